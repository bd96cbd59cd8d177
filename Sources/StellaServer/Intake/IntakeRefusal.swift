import HTTPTypes
import Hummingbird
import StellaModel

/// Why events were not taken. None of them was.
package struct IntakeRefusal: Error, Sendable, Hashable {
  package let problem: Problem
  /// Whether the same events may be taken in a moment.
  package let isTransient: Bool
  /// The place, from 0, of the line that is no JSON object, and why it is none.
  let malformed: Malformed?

  struct Malformed: Sendable, Hashable {
    let line: Int
    let reason: String
  }

  /// What is wrong with the request.
  init(_ status: HTTPResponse.Status, _ failure: CommandFailure) {
    problem = Problem(failure, status: status)
    isTransient = false
    malformed = nil
  }

  /// What keeps the host from taking events at present.
  package init(unavailable message: String) {
    problem = Problem(CommandFailure(.failure, message), status: .serviceUnavailable)
    isTransient = true
    malformed = nil
  }

  /// A line is no JSON object, which only its decoder has seen.
  ///
  /// - Parameter line: its place among the lines that were to be taken, from 0.
  package init(malformed reason: String, line: Int) {
    problem = Problem(
      CommandFailure(.usage, "event \(line + 1) is no JSON object: \(reason). Nothing was taken."), status: .badRequest)
    isTransient = false
    malformed = Malformed(line: line, reason: reason)
  }

  var response: Response {
    var response = problem.response
    if isTransient { response.headers[.retryAfter] = "1" }
    return response
  }
}

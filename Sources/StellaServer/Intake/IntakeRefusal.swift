import HTTPTypes
import Hummingbird
import StellaModel

/// Why events were not taken. None of them was.
package struct IntakeRefusal: Error, Sendable, Hashable {
  package let problem: Problem
  /// Whether the same events may be taken in a moment.
  package let isTransient: Bool

  /// What is wrong with the request.
  init(_ status: HTTPResponse.Status, _ failure: CommandFailure) {
    problem = Problem(failure, status: status)
    isTransient = false
  }

  /// What keeps the host from taking events at present.
  package init(unavailable message: String) {
    problem = Problem(CommandFailure(.failure, message), status: .serviceUnavailable)
    isTransient = true
  }

  var response: Response {
    var response = problem.response
    if isTransient { response.headers[.retryAfter] = "1" }
    return response
  }
}

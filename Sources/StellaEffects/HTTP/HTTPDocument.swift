import StellaModel

/// A document at a URL, fetched whole. Redirects are not followed: whoever may send one elsewhere decides what is read.
package struct HTTPDocument: Sendable {
  /// Why it can't be had, for people.
  package struct Trouble: Error, Sendable {
    package let text: String
  }

  private let url: String
  private let question: HTTPQuestion

  /// - Parameters:
  ///   - caFile: certificates (PEM) of those to believe instead of the system's.
  ///   - timeout: from the connection to the last byte.
  package init(_ url: String, caFile: String?, timeout: Duration, limitBytes: Int) {
    self.url = url
    question = HTTPQuestion(timeout: timeout, caFile: caFile, limitBytes: limitBytes)
  }

  /// Blocks; not to be called on an event loop.
  package func read() throws(Trouble) -> [UInt8] {
    let answer: HTTPAnswer.Content
    do {
      answer = try question.answer(to: .GET, url)
    } catch {
      let why = AnswerExcerpt(NoSecrets()).beginning(of: Array(ConnectionTrouble(error).configured.utf8))
      throw Trouble(text: "\(url) can't be read: \(why)")
    }
    guard answer.status == 200 else { throw Trouble(text: "\(url) answered with the status \(answer.status ?? 0)") }
    return answer.body
  }
}

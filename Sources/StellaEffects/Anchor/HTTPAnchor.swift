import AsyncHTTPClient
import NIOHTTP1
import StellaModel

/// An anchor that is a service elsewhere. It is told each checkpoint with POST, as a JSON object of `checkpoint` (the whole
/// line) and its parts, and says with 200, 201 or 204 that it keeps it; 409 says that it has one that contradicts. GET of the
/// same URL gives the newest one: any text in which its line stands, 404 or 204 when there is none yet, 405 or 501 when the
/// service never tells.
package struct HTTPAnchor: LogAnchor {
  private let address: HTTPAddress
  private let authorization: ConcealedText?
  private let timeout: Duration
  private let caFile: String?

  private static let answerLimitBytes = 64 << 10

  /// - Parameters:
  ///   - authorization: `TOKEN` for a bearer token, or `USER:PASSWORD`.
  ///   - timeout: from the connection to the last byte of the answer.
  ///   - caFile: certificates (PEM) of those to believe instead of the system's.
  package init(_ address: HTTPAddress, authorization: ConcealedText?, timeout: Duration, caFile: String?) {
    self.address = address
    self.authorization = authorization
    self.timeout = timeout
    self.caFile = caFile
  }

  /// Without the query, which may hold a secret.
  package var name: String { address.origin.description + address.path }

  package func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError) {
    let answer = try exchange(.POST, body: Self.json(checkpoint))
    switch answer.status {
    case 200, 201, 204: return
    case 409:
      throw LogAnchorError(
        .conflict, anchor: name,
        message:
          "has something that contradicts the checkpoint of size \(checkpoint.size): \(line(answer)). The log was "
          + "rolled back or replaced: restore it, or reseal it with a reason.")
    default: throw unavailable("didn't take the checkpoint: \(line(answer))")
    }
  }

  package func newest() throws(LogAnchorError) -> LogCheckpoint? {
    let answer = try exchange(.GET, body: nil)
    switch answer.status {
    case 204, 404: return nil
    case 405, 501:
      throw LogAnchorError(
        .writeOnly, anchor: name, message: "takes checkpoints and gives none back; compare what it has by hand.")
    case 200:
      guard let checkpoint = Self.checkpoint(in: answer.body) else {
        throw unavailable("answered without a checkpoint in it")
      }
      return checkpoint
    default: throw unavailable("didn't give its checkpoint: \(line(answer))")
    }
  }

  private static func json(_ checkpoint: LogCheckpoint) -> [UInt8] {
    Array(
      FieldValue.object([
        .init("checkpoint", .string(checkpoint.text)), .init("engine", .string(checkpoint.engine)),
        .init("key", .string(checkpoint.key.hex)), .init("log", .string(checkpoint.log.hex)),
        .init("root", .string(checkpoint.root.hex)), .init("size", .integer(checkpoint.size)),
        .init("time", .string(Timestamp.text(checkpoint.time))),
      ]).json.utf8)
  }

  /// A checkpoint is ASCII without quotes and ends with hexadecimal digits, so that it is the same within JSON.
  private static func checkpoint(in body: [UInt8]) -> LogCheckpoint? {
    guard let start = body.firstRange(of: Array(LogCheckpoint.tag.utf8))?.lowerBound else { return nil }
    let line = body[start...].prefix { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    return LogCheckpoint(text: String(decoding: line, as: UTF8.self))
  }

  private func unavailable(_ what: String) -> LogAnchorError {
    LogAnchorError(.unavailable, anchor: name, message: "\(what). It is tried again.")
  }

  private func line(_ answer: HTTPAnswer.Content) -> String {
    let text = AnswerExcerpt(NoSecrets()).beginning(of: answer.body)
    return "\(answer.status ?? 0)" + (text.isEmpty ? "" : ": \(text)")
  }

  private func exchange(_ method: HTTPMethod, body: [UInt8]?) throws(LogAnchorError) -> HTTPAnswer.Content {
    var headers: [(String, String)] = []
    if body != nil { headers.append(("content-type", "application/json")) }
    if let authorization { headers.append(("authorization", Self.headerValue(authorization.text))) }
    let url = address.origin.description + address.path + (address.query.map { "?" + $0 } ?? "")
    do {
      return try HTTPQuestion(timeout: timeout, caFile: caFile, limitBytes: Self.answerLimitBytes)
        .answer(to: method, url, headers: headers, body: body)
    } catch {
      let trouble = ConnectionTrouble(error).configured(by: "anchor_ca_file")
      let why = AnswerExcerpt(NoSecrets()).beginning(of: Array(trouble.utf8))
      throw unavailable("can't be reached: \(why)")
    }
  }

  private static func headerValue(_ text: String) -> String {
    guard let colon = text.firstIndex(of: ":") else { return HTTPClient.Authorization.bearer(tokens: text).headerValue }
    return HTTPClient.Authorization.basic(
      username: String(text[..<colon]), password: String(text[text.index(after: colon)...])
    ).headerValue
  }
}

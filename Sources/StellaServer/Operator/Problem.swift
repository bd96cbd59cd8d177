import Hummingbird
import StellaModel

/// A failure over HTTP (RFC 9457), with the command's message and exit status in it.
package struct Problem: Sendable, Hashable {
  package static let mediaType = "application/problem+json"

  package var status: HTTPResponse.Status
  package var failure: CommandFailure

  init(_ failure: CommandFailure, status: HTTPResponse.Status? = nil) {
    self.failure = failure
    self.status = status ?? Self.status(failure.status)
  }

  static func status(_ status: CommandStatus) -> HTTPResponse.Status {
    switch status {
    case .done, .findings: .ok
    case .broken: .unprocessableContent
    case .usage: .badRequest
    case .conflict: .conflict
    case .notPermitted: .forbidden
    case .quorumOpen: .accepted
    case .frozen: HTTPResponse.Status(code: 423, reasonPhrase: "Locked")
    case .notFound: .notFound
    case .failure, .interrupted: .serviceUnavailable
    case .integrity, .outcomeUnknown: .internalServerError
    }
  }

  var response: Response {
    var headers: HTTPFields = [.contentType: Self.mediaType, .cacheControl: "no-store"]
    if failure == RequestWork.busy { headers[.retryAfter] = "1" }
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
  }

  var body: ByteBuffer {
    let members = FieldValue.object([
      .init("type", .string("about:blank")), .init("title", .string(status.reasonPhrase)),
      .init("status", .integer(Int64(status.code))), .init("detail", .string(failure.message)),
      .init("exit_status", .integer(Int64(failure.status.rawValue))),
    ])
    return ByteBuffer(string: members.json + "\n")
  }
}

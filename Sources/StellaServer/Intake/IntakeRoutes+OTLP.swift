import Hummingbird
import NIOCore
import StellaIntake
import StellaModel

extension IntakeRoutes {
  private enum Encoding: String {
    case protobuf = "application/x-protobuf"
    case json = "application/json"

    func response(_ status: HTTPResponse.Status, _ answer: OTLPAnswer) -> Response {
      Response(
        status: status, headers: [.contentType: rawValue, .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: self == .json ? answer.json : answer.protobuf)))
    }
  }

  /// `POST /v1/logs`, as the OTLP specification has it: what is refused is told as a `google.rpc.Status`, in the encoding of the
  /// request.
  func logs(_ request: Request) async -> Response {
    let type = IntakeBody.mediaType(request)
    guard let encoding = type == "application/protobuf" ? .protobuf : type.flatMap(Encoding.init) else {
      return IntakeRefusal(
        .unsupportedMediaType,
        CommandFailure(
          .usage,
          "logs don't come as \(TextEscaping.oneLine(type ?? "nothing", limit: 80)). Use application/x-protobuf or "
            + "application/json.")
      ).response
    }
    do throws(IntakeRefusal) {
      let batch = try await take(body(of: request)) { (bytes, context) throws(CommandFailure) in
        switch encoding {
        case .protobuf: try OTLPLogs.batch(protobuf: bytes, context)
        case .json: try OTLPLogs.batch(json: bytes, context)
        }
      }
      let said = [batch.reason, batch.remark].compactMap(\.self)
      return encoding.response(
        .ok, .taken(rejected: batch.rejected, reason: said.isEmpty ? nil : said.joined(separator: "; ")))
    } catch {
      // Of `google.rpc.Code`: unavailable, resource exhausted, invalid argument.
      let code = error.isTransient ? 14 : error.problem.status == .contentTooLarge ? 8 : 3
      var response = encoding.response(
        error.problem.status, .refused(code: code, message: error.problem.failure.message))
      response.headers[.retryAfter] = error.response.headers[.retryAfter]
      return response
    }
  }
}

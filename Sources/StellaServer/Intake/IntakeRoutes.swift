import Hummingbird
import NIOCore
import StellaModel

/// `POST /api/v1/events`: events that programs send.
///
/// The body is `application/x-ndjson` (one JSON object a line), `application/json` (an object, an array of them, or several after
/// another) or `text/plain` (each line a message). Without one of these types the first byte decides between the first two.
/// The answer is `{"accepted":N}` once they are durable; otherwise a ``Problem``, and none of them was taken. 503 with
/// `Retry-After` asks to send them again later.
package struct IntakeRoutes: Sendable {
  /// Takes lines, and returns once they are durable.
  package typealias Append = @Sendable ([UInt8]) async throws(IntakeRefusal) -> Void

  private let bodyLimit: Int
  private let append: Append

  /// - Parameter bodyLimit: bytes of a body at most.
  package init(bodyLimit: Int, append: @escaping Append) {
    self.bodyLimit = bodyLimit
    self.append = append
  }

  package func add(to router: some RouterMethods<some RequestContext>) {
    router.post("api/v1/events") { request, _ in await response(to: request) }
  }

  private func response(to request: Request) async -> Response {
    do throws(IntakeRefusal) {
      let events = try await events(of: request)
      if events.count > 0 { try await append(events.bytes) }
      return Response(
        status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: "{\"accepted\":\(events.count)}\n")))
    } catch {
      return error.response
    }
  }

  private func events(of request: Request) async throws(IntakeRefusal) -> EventLines {
    if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw IntakeRefusal(
        .unsupportedMediaType, CommandFailure(.usage, "the body is encoded as \(encoding). Send it as it is."))
    }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: bodyLimit)
    } catch is NIOTooManyBytesError {
      throw IntakeRefusal(
        .contentTooLarge,
        CommandFailure(.usage, "the body is over \(SizeText.text(bodyLimit)). Send fewer events at a time."))
    } catch {
      throw IntakeRefusal(.badRequest, CommandFailure(.failure, "the body didn't come to its end."))
    }
    let format = try Self.format(request.headers[.contentType], body)
    do throws(CommandFailure) {
      return try body.withUnsafeReadableBytes { bytes in
        Result { () throws(CommandFailure) in try EventLines(bytes, format: format) }
      }.get()
    } catch {
      throw IntakeRefusal(.badRequest, error)
    }
  }

  private static func format(_ type: String?, _ body: ByteBuffer) throws(IntakeRefusal) -> EventLines.Format {
    let name = type?.split(separator: ";").first?.trimmingPrefix { $0 == " " }.lowercased()
    switch name {
    case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines": return .lines
    case "application/json": return .json
    case "text/plain": return .text
    // What curl says of a body when it isn't told.
    case nil, "application/x-www-form-urlencoded", "application/octet-stream":
      return body.readableBytesView.first { !$0.isWhitespace } == UInt8(ascii: "[") ? .json : .lines
    default:
      throw IntakeRefusal(
        .unsupportedMediaType,
        CommandFailure(
          .usage, "events don't come as \(name ?? ""). Use application/x-ndjson, application/json or text/plain."))
    }
  }
}

extension UInt8 {
  fileprivate var isWhitespace: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
}

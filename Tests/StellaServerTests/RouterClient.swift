import Hummingbird
import Logging

/// Asks a router without a server or a socket.
struct RouterClient {
  /// A request's context that needs no channel.
  struct Context: RequestContext {
    struct Source: RequestContextSource {
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }

    var coreContext: CoreRequestContextStorage

    init(source: Source) { coreContext = .init(source: source) }
  }

  struct Answer: Equatable {
    var status: Int
    var type: String?
    var body: String
  }

  private struct Writer: ResponseBodyWriter {
    let pieces: AsyncStream<ByteBuffer>.Continuation
    mutating func write(_ buffer: ByteBuffer) async throws { pieces.yield(buffer) }
    consuming func finish(_ trailers: HTTPFields?) async throws { pieces.finish() }
  }

  let router = Router(context: Context.self)

  func get(_ path: String, method: HTTPRequest.Method = .get) async throws -> Answer {
    let request = Request(
      head: HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path),
      body: RequestBody(buffer: ByteBuffer()))
    do {
      let response = try await router.buildResponder().respond(to: request, context: Context(source: .init()))
      let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
      try await response.body.write(Writer(pieces: continuation))
      var body = ""
      for await piece in stream { body += String(buffer: piece) }
      return Answer(status: response.status.code, type: response.headers[.contentType], body: body)
    } catch let error as any HTTPResponseError {
      return Answer(status: error.status.code, type: nil, body: "")
    }
  }
}

import HTTPTypes
import Hummingbird
import Logging
import StellaServer
import Testing

/// Asks a router without a server or a socket.
struct RouterClient {
  /// A request's context that needs no channel.
  struct Context: ViewerContext {
    var seesPersonalData: Bool { false }
    struct Source: RequestContextSource {
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }

    var coreContext: CoreRequestContextStorage
    var mayStillRead: (@Sendable () async -> Bool)?

    init(source: Source) { coreContext = .init(source: source) }
  }

  struct Answer: Equatable {
    var status: Int
    var type: String?
    var body: String
    var headers: [String: String] = [:]
    /// All of them, also those that are there several times.
    var fields: [HTTPField] = []
    /// What came behind the body.
    var trailers = HTTPFields()

    static func == (a: Answer, b: Answer) -> Bool { (a.status, a.type, a.body) == (b.status, b.type, b.body) }
  }

  private struct Writer: ResponseBodyWriter {
    let pieces: AsyncStream<ByteBuffer>.Continuation
    let ends: AsyncStream<HTTPFields>.Continuation
    mutating func write(_ buffer: ByteBuffer) async throws { pieces.yield(buffer) }
    consuming func finish(_ trailers: HTTPFields?) async throws {
      pieces.finish()
      if let trailers { ends.yield(trailers) }
      ends.finish()
    }
  }

  let router = Router(context: Context.self)
  /// As of ``ViewerContext``.
  var mayStillRead: (@Sendable () async -> Bool)?

  func get(_ path: String, method: HTTPRequest.Method = .get) async throws -> Answer {
    try await send(method.rawValue, path)
  }

  func send(
    _ method: String, _ path: String, headers: [(name: String, value: String)] = [], body: String = ""
  ) async throws -> Answer {
    try await send(method, path, headers: headers, bytes: Array(body.utf8))
  }

  func send(
    _ method: String, _ path: String, headers: [(name: String, value: String)] = [], bytes: [UInt8]
  ) async throws -> Answer {
    try await send(method, path, headers: headers, body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
  }

  func send(
    _ method: String, _ path: String, headers: [(name: String, value: String)] = [], body: RequestBody
  ) async throws -> Answer {
    var head = HTTPRequest(
      method: try #require(HTTPRequest.Method(method)), scheme: "http", authority: "localhost", path: path)
    for header in headers { head.headerFields[try #require(HTTPField.Name(header.name))] = header.value }
    let request = Request(head: head, body: body)
    do {
      var context = Context(source: .init())
      context.mayStillRead = mayStillRead
      let response = try await router.buildResponder().respond(to: request, context: context)
      let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
      let (ends, end) = AsyncStream.makeStream(of: HTTPFields.self)
      try await response.body.write(Writer(pieces: continuation, ends: end))
      var body = ""
      for await piece in stream { body += String(buffer: piece) }
      var trailers = HTTPFields()
      for await fields in ends { trailers = fields }
      return Answer(
        status: response.status.code, type: response.headers[.contentType], body: body,
        headers: Dictionary(response.headers.map { ($0.name.canonicalName, $0.value) }) { first, _ in first },
        fields: Array(response.headers), trailers: trailers)
    } catch let error as any HTTPResponseError {
      return Answer(status: error.status.code, type: nil, body: "")
    }
  }
}

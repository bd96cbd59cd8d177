import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import StellaServer

@Suite("Deadlines of a connection")
struct RequestDeadlineTests {
  /// Takes nothing until it is told to.
  private final class Client: ChannelOutboundHandler {
    typealias OutboundIn = HTTPResponsePart

    private var untaken: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      if let promise { untaken.append(promise) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
      for promise in untaken { promise.fail(ChannelError.ioOnClosedChannel) }
      untaken = []
    }

    func take() {
      let taken = untaken
      untaken = []
      for promise in taken { promise.succeed(()) }
    }
  }

  /// A connection whose requests and answers come part by part, with a clock of its own.
  private final class Scene {
    private let channel = EmbeddedChannel()
    private let client = Client()

    init() throws {
      try channel.pipeline.syncOperations.addHandler(client)
      try channel.pipeline.syncOperations.addHandler(RequestDeadline(.seconds(10)))
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    var isOpen: Bool { channel.isActive }

    func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    func head() throws { try read(.head(HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/"))) }

    func body() throws { try read(.body(ByteBuffer(string: "x"))) }

    func end() throws { try read(.end(nil)) }

    func request() throws {
      try head()
      try end()
    }

    private func read(_ part: HTTPRequestPart) throws { try channel.writeInbound(part) }

    /// Writes an answer; until ``take()`` the client has taken nothing of it.
    func answer(_ type: String = "application/json") {
      write(.head(HTTPResponse(status: .unauthorized, headerFields: [.contentType: type])))
      write(.body(ByteBuffer(string: "{}")))
      write(.end(nil))
    }

    func write(_ part: HTTPResponsePart) { channel.write(part, promise: nil) }

    func take() { client.take() }
  }

  @Test("An answer before the body's end counts for its own request, and not against the next one's deadline")
  func early() throws {
    let scene = try Scene()
    try scene.head()
    scene.answer()
    scene.take()
    scene.pass(9)
    try scene.end()
    scene.pass(9)
    #expect(scene.isOpen)
    try scene.head()
    scene.pass(9)
    try scene.body()
    #expect(scene.isOpen)
    scene.pass(1)
    #expect(!scene.isOpen)
  }

  @Test("Who was answered before the body's end has to send it, and then the next request")
  func debt() throws {
    let unfinished = try Scene()
    try unfinished.head()
    unfinished.answer()
    unfinished.take()
    unfinished.pass(10)
    #expect(!unfinished.isOpen)
    let idle = try Scene()
    try idle.head()
    idle.answer()
    idle.take()
    try idle.end()
    idle.pass(10)
    #expect(!idle.isOpen)
  }

  @Test("The host's own work has no deadline, whether it was answered early before or not")
  func work() throws {
    let scene = try Scene()
    for isEarly in [false, true, false] {
      try scene.head()
      if !isEarly {
        try scene.end()
        scene.pass(1000)
        #expect(scene.isOpen)
      }
      scene.answer()
      scene.take()
      if isEarly { try scene.end() }
    }
    scene.pass(9)
    #expect(scene.isOpen)
    scene.pass(1)
    #expect(!scene.isOpen)
  }

  @Test("Of requests that come together each is waited for once those before it are answered")
  func pipelined() throws {
    let scene = try Scene()
    try scene.request()
    try scene.request()
    try scene.head()
    scene.pass(1000)
    scene.answer()
    scene.take()
    scene.pass(1000)
    #expect(scene.isOpen)
    scene.answer()
    scene.take()
    scene.pass(9)
    #expect(scene.isOpen)
    scene.pass(1)
    #expect(!scene.isOpen)
  }

  @Test("An answer has to be taken in time, whatever requests come meanwhile")
  func untaken() throws {
    for isEarly in [false, true] {
      let scene = try Scene()
      try scene.head()
      if !isEarly { try scene.end() }
      scene.answer()
      scene.pass(9)
      if isEarly { try scene.end() }
      try scene.request()
      scene.pass(1)
      #expect(!scene.isOpen)
    }
  }

  @Test("An answer without an end may pause, and each of its parts has to be taken in time")
  func endless() throws {
    let scene = try Scene()
    try scene.head()
    scene.write(.head(HTTPResponse(status: .ok, headerFields: [.contentType: "text/event-stream"])))
    scene.take()
    try scene.end()
    scene.pass(1000)
    scene.write(.body(ByteBuffer(string: "data: 1\n\n")))
    scene.take()
    scene.pass(1000)
    #expect(scene.isOpen)
    scene.write(.body(ByteBuffer(string: "data: 2\n\n")))
    scene.pass(9)
    try scene.request()
    #expect(scene.isOpen)
    scene.pass(1)
    #expect(!scene.isOpen)
  }
}

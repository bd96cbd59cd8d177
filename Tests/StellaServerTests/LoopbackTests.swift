import Foundation
import Hummingbird
import Logging
import NIOCore
import StellaTesting
import Testing

@testable import StellaServer

@Suite("The server on a socket")
struct LoopbackTests {
  @Test("A supervisor asks over a real connection, and the server ends when it is told to")
  func loopback() async throws {
    let router = Router()
    HealthRoutes { HealthRoutesTests.ill }.add(to: router)
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { running.yield(port) }
        running.finish()
      }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { running.finish() }
        try await application.run()
      }
      let port = try #require(await ports.first { _ in true })
      let health = try await Self.get("/health", port: port)
      #expect(health.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(health)")
      let ready = try await Self.get("/ready", port: port)
      #expect(ready.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"), "\(ready)")
      #expect(ready.lowercased().contains("\r\ncache-control: no-store\r\n"), "\(ready)")
      #expect(ready.hasSuffix("\r\n\r\n" + #"{"status":"running","ready":false,"# + Self.parts + "}\n"), "\(ready)")
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  @Test("Who asks without a login is told which part is ill, and nothing more of it")
  func strangers() async throws {
    let intake = IntakeRoutes(limits: .init(bodyBytes: 1), time: ManualTime(), timeNames: []) { _ in }
    let server = try await LoopbackServer(
      host: "127.0.0.1", port: 0, intake: intake, health: { HealthRoutesTests.ill })
    let ready = try await Self.get("/ready", port: server.port)
    await server.end()
    #expect(
      ready.hasSuffix(
        "\r\n\r\n" + #"{"status":"running","ready":false,"parts":[{"name":"store","well":false,"detail":""}]}"# + "\n"),
      "\(ready)")
  }

  @Test("Behind a proxy pages are told apart by the address that it adds, else all are one")
  func pages() async throws {
    for isBehindProxy in [true, false] {
      let intake = IntakeRoutes(limits: .init(bodyBytes: 1 << 10), time: ManualTime(), timeNames: []) { _ in }
      // About one at once, and none for a long time after.
      let browser = BrowserRoutes.Settings(
        origins: ["https://shop.example.org"], perSecond: 0.0001, isBehindProxy: isBehindProxy)
      let server = try await LoopbackServer(
        host: "127.0.0.1", port: 0, intake: intake, health: { HealthRoutesTests.ill }, browser: browser)
      func status(_ addresses: String?) async throws -> String {
        let body = #"{"page":"/","view":"a"}"#
        let field = addresses.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
        let request =
          "POST /api/v1/metrics/page-view HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(field)"
          + "Origin: https://shop.example.org\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        return String(try await Self.answer(to: request, port: server.port).dropFirst(9).prefix(3))
      }
      #expect(try await status("192.0.2.1") == "200")
      // What a sender puts before it counts for nothing.
      #expect(try await status("198.51.100.7, 192.0.2.1") == "429")
      #expect(try await status("192.0.2.2") == (isBehindProxy ? "200" : "429"))
      #expect(try await status(nil) == (isBehindProxy ? "200" : "429"))
      await server.end()
    }
  }

  @Test(
    "What is no request of HTTP is answered with a problem, and a method that nobody has with those that there are",
    arguments: [
      ("FOO /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "no such method"),
      ("GET /health HTTP/1.1\r\nno field\r\n\r\n", "no request of HTTP/1.1"),
      ("\u{16}\u{3}\u{1}\r\n", "no such method"),
    ])
  func noRequest(request: String, told: String) async throws {
    let intake = IntakeRoutes(limits: .init(bodyBytes: 1 << 10), time: ManualTime(), timeNames: []) { _ in }
    let server = try await LoopbackServer(
      host: "127.0.0.1", port: 0, intake: intake, health: { HealthRoutesTests.ill })
    let answer = try await Self.answer(to: request, port: server.port)
    #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("content-type: \(Problem.mediaType)"), "\(answer)")
    #expect(answer.contains(told) && answer.hasSuffix("\"exit_status\":3}\n"), "\(answer)")
    await server.end()
  }

  static let parts = #""parts":[{"name":"store","well":false,"detail":"disk \"full\""}]"#

  /// The whole answer, head and body, as the socket gives it.
  static func get(_ path: String, port: Int) async throws -> String {
    try await answer(to: "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", port: port)
  }

  private static func answer(to request: String, port: Int) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try exchange(request, port: port) }) }
    }
  }

  private static func exchange(_ text: String, port: Int) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    let request = Array(text.utf8)
    guard send(descriptor, request, request.count, 0) == request.count else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { break }
      answer += chunk[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
  }
}

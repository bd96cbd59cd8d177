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

  static let parts = #""parts":[{"name":"store","well":false,"detail":"disk \"full\""}]"#

  /// The whole answer, head and body, as the socket gives it.
  static func get(_ path: String, port: Int) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try exchange(path, port: port) }) }
    }
  }

  private static func exchange(_ path: String, port: Int) throws -> String {
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
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
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

import Foundation
import Logging
import StellaModel
import Synchronization
import Testing

@testable import StellaServer

@Suite("The server on a Unix socket")
struct SocketServerTests {
  /// A server in a directory of its own.
  final class Scene: Sendable {
    let path: String
    let server: SocketServer
    let work = RequestWork()
    let uids = Mutex<[UInt32]>([])

    init(patience: Int64 = 10_000) async throws {
      path = NSTemporaryDirectory() + "stella-socket-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let seen = Sent()
      server = try await SocketServer(
        path: path + "/s",
        runs: OperatorRoutes(
          work: work, caller: { .uid(try await $0.peer().uid) },
          operation: { _, caller, _ throws(CommandFailure) in
            guard case .uid(let uid) = caller else { throw CommandFailure(.failure, "no uid") }
            seen.uids.withLock { $0.append(uid) }
            var answer = OperatorAnswer()
            answer.body = "{}\n"
            return answer
          }), health: HealthRoutes { Health(phase: .running) }, patience: .milliseconds(patience))
      sent = seen
    }

    final class Sent: Sendable { let uids = Mutex<[UInt32]>([]) }
    let sent: Sent

    func end() async throws {
      await server.end()
      await work.end()
      try FileManager.default.removeItem(atPath: path)
    }

    /// What the server says to these bytes until it closes the connection.
    func exchange(_ bytes: [UInt8]) async throws -> String {
      let path = path
      return try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
          continuation.resume(with: Result { try UnixConnection(path: path + "/s").exchange(bytes) })
        }
      }
    }
  }

  static func request(_ head: String, _ body: String = "") -> [UInt8] {
    Array(("\(head)\r\nhost: stella\r\nconnection: close\r\ncontent-length: \(body.utf8.count)\r\n\r\n" + body).utf8)
  }

  @Test("Only its own user can connect to the socket")
  func mode() async throws {
    let scene = try await Scene()
    var status = stat()
    #expect(stat(scene.path + "/s", &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK)
    #expect(status.st_mode & 0o777 == 0o600)
    try await scene.end()
  }

  @Test("Who asks is who connected, as the kernel says")
  func peer() async throws {
    let scene = try await Scene()
    let answer = try await scene.exchange(Self.request("GET /api/v1/whoami HTTP/1.1"))
    #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
    #expect(scene.sent.uids.withLock { $0 } == [getuid()])
    #expect(try await scene.exchange(Self.request("GET /health HTTP/1.1")).hasPrefix("HTTP/1.1 200"))
    try await scene.end()
  }

  @Test("Another user's request is that user's, where the mode lets them in at all")
  func otherUser() async throws {
    guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") else {
      print("left out: another user's request, which takes root and python3")
      return
    }
    let scene = try await Scene()
    chmod(scene.path, 0o755)
    func ask() throws -> Int32 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
      process.arguments = [
        "-c",
        """
        import os, socket, sys
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        s = socket.socket(socket.AF_UNIX)
        try: s.connect(sys.argv[1])
        except PermissionError: sys.exit(13)
        s.sendall(b"GET /api/v1/whoami HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n")
        sys.exit(0 if s.recv(12) == b"HTTP/1.1 200" else 1)
        """, scene.path + "/s",
      ]
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    #expect(try ask() == 13)
    #expect(scene.sent.uids.withLock { $0.isEmpty })
    chmod(scene.path + "/s", 0o666)
    #expect(try ask() == 0)
    #expect(scene.sent.uids.withLock { $0 } == [65534])
    try await scene.end()
  }

  @Test("A socket that a dead process left is replaced; a file that is none is not")
  func stale() async throws {
    let scene = try await Scene()
    await scene.server.end()
    try UnixConnection.leave(at: scene.path + "/s")
    let again = try await SocketServer(
      path: scene.path + "/s",
      runs: OperatorRoutes(
        work: scene.work, caller: { .uid(try await $0.peer().uid) },
        operation: { _, _, _ throws(CommandFailure) in OperatorAnswer() }),
      health: HealthRoutes { Health(phase: .running) })
    #expect(try await scene.exchange(Self.request("GET /health HTTP/1.1")).hasPrefix("HTTP/1.1 200"))
    await again.end()
    try Data("mine".utf8).write(to: URL(fileURLWithPath: scene.path + "/s"))
    await #expect(throws: (any Error).self) {
      _ = try await SocketServer(
        path: scene.path + "/s",
        runs: OperatorRoutes(
          work: scene.work, caller: { .uid(try await $0.peer().uid) },
          operation: { _, _, _ throws(CommandFailure) in OperatorAnswer() }),
        health: HealthRoutes { Health(phase: .running) })
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: scene.path + "/s")) == Data("mine".utf8))
    await scene.work.end()
    try FileManager.default.removeItem(atPath: scene.path)
  }

  @Test(
    "Garbage, endless heads and huge bodies are refused, and the next request is answered as ever",
    arguments: [
      Hostile("no HTTP", Array("\u{0}\u{1}\u{ff}garbage\r\n\r\n".utf8)),
      Hostile("no line's end", Array(repeating: 0x41, count: 200_000)),
      Hostile("a long header", Array("GET / HTTP/1.1\r\nx: \(String(repeating: "y", count: 100_000))\r\n\r\n".utf8)),
      Hostile(
        "many headers", Array(("GET / HTTP/1.1\r\n" + (0..<5000).map { "h\($0): v\r\n" }.joined() + "\r\n").utf8)),
      Hostile(
        "a huge body",
        request("POST /api/v1/runs/r-1/withdraw HTTP/1.1", #"{"reason":"\#(String(repeating: "x", count: 20 << 20))"}"#)
      ),
      Hostile("deep JSON", request("POST /api/v1/runs/r-1/withdraw HTTP/1.1", String(repeating: "[", count: 60_000))),
      Hostile("broken escapes", request("GET /api/v1/runs/%zz%ff?%zz=%ff HTTP/1.1")),
      Hostile("no method", request("BREW /api/v1/runs HTTP/1.1")),
      Hostile("a path above", request("GET /../../etc/passwd HTTP/1.1")),
      Hostile("HTTP/2", request("PRI * HTTP/2.0")), Hostile("TLS", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    ])
  func hostile(_ hostile: Hostile) async throws {
    let scene = try await Scene(patience: 500)
    let answer = try await scene.exchange(hostile.bytes)
    #expect(
      answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 200"), "\(answer.prefix(200))")
    #expect(try await scene.exchange(Self.request("GET /health HTTP/1.1")).hasPrefix("HTTP/1.1 200"))
    try await scene.end()
  }

  @Test("A crowd that says nothing makes others wait until it is shown out, and no longer")
  func crowd() async throws {
    let scene = try await Scene(patience: 200)
    let crowd = try (0..<100).map { _ in try UnixConnection(path: scene.path + "/s") }
    #expect(try await scene.exchange(Self.request("GET /health HTTP/1.1")).hasPrefix("HTTP/1.1 200"))
    for connection in crowd { _ = connection.exchange([]) }
    try await scene.end()
  }

  @Test("Requests that come at once over one connection are answered in their order")
  func pipelined() async throws {
    let scene = try await Scene()
    let first = Array("GET /api/v1/whoami HTTP/1.1\r\nhost: x\r\n\r\n".utf8)
    let answers = try await scene.exchange(first + first + Self.request("GET /nowhere HTTP/1.1"))
    let statuses = answers.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
    #expect(statuses == ["200", "200", "404"], "\(answers)")
    try await scene.end()
  }

  @Test(
    "Who is slow to ask is shown out, and doesn't keep the server from ending",
    arguments: [
      "", "GET /hea", "POST /api/v1/runs/r-1/withdraw HTTP/1.1\r\ncontent-length: 100\r\n\r\n{",
    ])
  func slow(beginning: String) async throws {
    let scene = try await Scene(patience: 100)
    // Returns when the server closes the connection: the client never does.
    #expect(try await !scene.exchange(Array(beginning.utf8)).hasPrefix("HTTP/1.1 200"))
    #expect(scene.sent.uids.withLock { $0.isEmpty })
    try await scene.end()
  }
}

/// Bytes that are told by a name: there may be millions of them.
struct Hostile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]

  init(_ name: String, _ bytes: [UInt8]) { (testDescription, self.bytes) = (name, bytes) }
}

/// A client of a Unix socket that sends what it likes.
struct UnixConnection {
  private let descriptor: Int32

  init(path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let descriptor = descriptor
    try Self.withAddress(path) { connect(descriptor, $0, $1) }
  }

  /// Makes a socket that nobody listens on, as a process does that is killed.
  static func leave(at path: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    try withAddress(path) { bind(descriptor, $0, $1) }
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  /// Sends all that the other side takes, and reads until it closes.
  func exchange(_ bytes: [UInt8]) -> String {
    defer { close(descriptor) }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
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

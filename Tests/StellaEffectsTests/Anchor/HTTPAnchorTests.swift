import Foundation
import StellaEffects
import StellaModel
import Synchronization
import Testing

@Suite("An anchor that is a service", .timeLimit(.minutes(2)))
struct HTTPAnchorTests {
  /// Keeps what it is told, as a service that somebody else runs would.
  final class Notary: Sendable {
    private let kept = Mutex<[LogCheckpoint]>([])

    var checkpoints: [LogCheckpoint] { kept.withLock { $0 } }

    func reply(to request: LoopbackServer.Request) -> LoopbackServer.Reply {
      guard request.target == "/anchors/prod?zone=eu", request.headers["authorization"] == "Bearer t0ken" else {
        return .answer(403, body: "who are you?")
      }
      return kept.withLock { kept in
        guard request.method == "POST" else {
          guard let last = kept.last else { return .answer(404) }
          return .answer(200, body: "{\"count\": \(kept.count), \"checkpoint\": \"\(last.text)\"}")
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any],
          let text = object["checkpoint"] as? String, let checkpoint = LogCheckpoint(text: text),
          object["size"] as? Int64 == checkpoint.size, object["root"] as? String == checkpoint.root.hex
        else { return .answer(400, body: "no checkpoint") }
        if let last = kept.last, last != checkpoint, last.size >= checkpoint.size {
          return .answer(409, body: "I have \(last.size)")
        }
        if kept.last != checkpoint { kept.append(checkpoint) }
        return .answer(201)
      }
    }
  }

  static func checkpoint(_ size: Int64) throws -> LogCheckpoint {
    let hash = { (byte: UInt8) in LogHash(Array(repeating: byte, count: 32)) ?? .zero }
    return try #require(
      LogCheckpoint(
        size: size, root: hash(UInt8(size)), log: hash(1), engine: "prod-1", key: hash(2), time: size,
        signature: Array(repeating: 7, count: 64)))
  }

  static func anchor(_ url: String, timeout: Duration = .seconds(20)) throws -> HTTPAnchor {
    let place = try #require(LogAnchorPlace(url, resolved: { $0 }))
    guard case .http(let address, let authorization) = place else { throw POSIXError(.EINVAL) }
    return HTTPAnchor(address, authorization: authorization, timeout: timeout, caFile: nil)
  }

  /// What a service does; a type of its own, so that a test's own closure can trail.
  private struct Service {
    let reply: @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply

    init(_ reply: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply) { self.reply = reply }

    static func always(_ reply: LoopbackServer.Reply) -> Service { Service { _ in reply } }
  }

  private func with(
    _ service: Service, path: String = "/a", timeout: Duration = .seconds(20), _ body: (HTTPAnchor) throws -> Void
  ) throws {
    let server = try LoopbackServer(reply: service.reply)
    defer { server.stop() }
    try body(try Self.anchor("http://t0ken@127.0.0.1:\(server.port)\(path)", timeout: timeout))
  }

  @Test("What was published last is what it gives back, and publishing it again changes nothing")
  func newest() throws {
    let notary = Notary()
    try with(Service { notary.reply(to: $0) }, path: "/anchors/prod?zone=eu") { anchor in
      #expect(try anchor.newest() == nil)
      let (first, second) = (try Self.checkpoint(3), try Self.checkpoint(5))
      try anchor.publish(first)
      try anchor.publish(first)
      #expect(try anchor.newest() == first)
      try anchor.publish(second)
      #expect(try anchor.newest() == second && notary.checkpoints == [first, second])
      let error = #expect(throws: LogAnchorError.self) { try anchor.publish(first) }
      #expect(error?.code == .conflict && error?.message.contains("I have 5") == true)
      #expect(!anchor.name.contains("t0ken") && !anchor.name.contains("zone") && anchor.name.hasSuffix("/anchors/prod"))
    }
  }

  @Test("A service that refuses, breaks off or only promises has not taken it")
  func refused() throws {
    for reply in [
      LoopbackServer.Reply.answer(202), .answer(500, body: "oops"), .answer(401),
      .answer(302, headers: ["location": "/b"]),
      .raw("HTTP/1.1 20"), .raw(""),
    ] {
      try with(.always(reply)) { anchor in
        let error = #expect(throws: LogAnchorError.self) { try anchor.publish(try Self.checkpoint(3)) }
        #expect(error?.code == .unavailable && error?.message.contains("t0ken") == false, "\(reply)")
        #expect(#expect(throws: LogAnchorError.self) { try anchor.newest() }?.code == .unavailable, "\(reply)")
      }
    }
    try with(.always(.answer(200, body: "it works!"))) { anchor in
      #expect(#expect(throws: LogAnchorError.self) { try anchor.newest() }?.code == .unavailable)
    }
    let closed = try Self.anchor("http://127.0.0.1:\(try LoopbackServer.closedPort())/")
    #expect(#expect(throws: LogAnchorError.self) { try closed.publish(try Self.checkpoint(3)) }?.code == .unavailable)
  }

  @Test("A service that takes checkpoints and gives none back says so by 405 or 501")
  func writeOnly() throws {
    for status in [405, 501] {
      try with(Service { $0.method == "POST" ? .answer(204) : .answer(status) }) { anchor in
        try anchor.publish(try Self.checkpoint(3))
        #expect(#expect(throws: LogAnchorError.self) { try anchor.newest() }?.code == .writeOnly)
      }
    }
  }

  @Test("A service that never answers is given up after the timeout")
  func silent() throws {
    try with(.always(.silence), timeout: .milliseconds(100)) { anchor in
      #expect(#expect(throws: LogAnchorError.self) { try anchor.publish(try Self.checkpoint(3)) }?.code == .unavailable)
      #expect(#expect(throws: LogAnchorError.self) { try anchor.newest() }?.code == .unavailable)
    }
  }

  @Test("Over TLS a service is believed by its certificate alone")
  func tls() throws {
    guard let server = try TLSTests.Server(subject: "IP:127.0.0.1") else {
      print("left out: there is no openssl program")
      return
    }
    func failure(caFile: String?) throws -> String? {
      let address = try #require(HTTPAddress("https://127.0.0.1:\(server.port)/"))
      let anchor = HTTPAnchor(address, authorization: nil, timeout: .seconds(20), caFile: caFile)
      return #expect(throws: LogAnchorError.self) { try anchor.newest() }?.message
    }
    // The server has a page, on which there is no checkpoint.
    #expect(try failure(caFile: server.certificate)?.contains("without a checkpoint") == true)
    let unknown = try #require(try failure(caFile: nil))
    // The key that stella.yaml has for anchors.
    #expect(unknown.contains("can't be reached") && unknown.contains("`anchor_ca_file` names others"), "\(unknown)")
  }

  @Test("A user and a password are sent as such, and an answer too long for a checkpoint is none")
  func basic() throws {
    let server = try LoopbackServer { request in
      request.headers["authorization"] == "Basic bWFyYTpwOncgQCE="
        ? .answer(200, body: String(repeating: "x", count: 100_000)) : .answer(403)
    }
    defer { server.stop() }
    let address = try #require(HTTPAddress("http://127.0.0.1:\(server.port)/a"))
    let anchor = HTTPAnchor(
      address, authorization: ConcealedText("mara:p:w @!"), timeout: .seconds(20), caFile: nil)
    #expect(#expect(throws: LogAnchorError.self) { try anchor.newest() }?.message.contains("longer than") == true)
  }
}

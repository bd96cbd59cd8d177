import Foundation
import NIOSSL
import StellaEffects
import StellaModel
import Testing

@Suite("Why there is no connection", .timeLimit(.minutes(2)))
struct ConnectionTroubleTests {
  /// What asking there fails with.
  static func failure(_ address: String, caFile: String? = nil) throws -> ServerExchange.Failure {
    let origin = try #require(HTTPOrigin(address))
    let exchange = ServerExchange(server: origin, timeout: .seconds(20), caFile: caFile)
    return try #require(
      #expect(throws: ServerExchange.Failure.self) {
        try exchange.send("POST", "/api/v1/freeze", headers: [], body: Array("{}".utf8))
      })
  }

  /// That it is a sentence's rest for people.
  static func expectPlain(_ failure: ServerExchange.Failure) {
    let text = failure.trouble.text
    for word in ["errno", "Error", "NIO", "target:", "OPENSSL", ".build", "(error set)"] {
      #expect(!text.contains(word), "\(text)")
    }
    #expect(!text.isEmpty && !text.hasSuffix("."))
  }

  @Test("Where nobody listens, or no such host is, nothing was sent, and a plain sentence says so")
  func nobody() throws {
    let port = try LoopbackServer.closedPort()
    for host in ["127.0.0.1", "localhost"] {
      let failure = try Self.failure("http://\(host):\(port)")
      #expect(failure.isUnsent && failure.trouble.kind == .refused, "\(failure)")
      #expect(failure.trouble.text.hasPrefix("nobody takes connections"), "\(failure)")
      Self.expectPlain(failure)
    }
    let unknown = try Self.failure("http://no-such-host.invalid:1")
    #expect(unknown.isUnsent, "\(unknown)")
    if unknown.trouble.kind == .noSuchHost { Self.expectPlain(unknown) }
  }

  @Test("Where a certificate isn't believed, or is for another name, nothing was sent")
  func handshakes() throws {
    guard let server = try TLSTests.Server(subject: "IP:127.0.0.1"),
      let other = try TLSTests.Server(subject: "DNS:search.internal")
    else {
      print("left out: the openssl program isn't there")
      return
    }
    let unknown = try Self.failure("https://127.0.0.1:\(server.port)")
    #expect(unknown.isUnsent && unknown.trouble.kind == .certificate, "\(unknown)")
    #expect(unknown.trouble.text.contains("vouches for its certificate"), "\(unknown)")
    #expect(unknown.trouble.configured.hasSuffix("; `ca_file` names others to believe"))
    #expect(unknown.trouble.configured(by: "anchor_ca_file").hasSuffix("; `anchor_ca_file` names others to believe"))
    let misnamed = try Self.failure("https://127.0.0.1:\(other.port)", caFile: other.certificate)
    #expect(misnamed.isUnsent && misnamed.trouble.kind == .wrongName, "\(misnamed)")
    #expect(misnamed.trouble.text.contains("another name"), "\(misnamed)")
    #expect(misnamed.trouble.configured == misnamed.trouble.text)
    for failure in [unknown, misnamed] { Self.expectPlain(failure) }
  }

  @Test("What goes wrong under TLS once there is a connection doesn't say that nothing was sent")
  func established() {
    let trouble = ConnectionTrouble(BoringSSLError.sslError([]))
    #expect(!trouble.kind.isBeforeSending && trouble.text == "the connection failed under TLS")
    let handshake = ConnectionTrouble(NIOSSLError.handshakeFailed(.sslError([])))
    #expect(!handshake.kind.isBeforeSending && handshake.text.hasPrefix("the TLS handshake failed"))
  }

  @Test("What was sent and never answered may have been done, also when the next connection is refused")
  func unanswered() throws {
    let server = try LoopbackServer { _ in .raw("") }
    defer { server.stop() }
    let failure = try Self.failure(server.origin)
    #expect(!failure.isUnsent && failure.trouble.kind != .refused, "\(failure)")
    #expect(server.requests.map(\.method) == ["POST"])
    // Of a second request of the same client it is known again: it came to no connection.
    let brief = try LoopbackServer { _ in .answer(200, headers: ["connection": "close"]) }
    let exchange = ServerExchange(
      server: try #require(HTTPOrigin(brief.origin)), timeout: .seconds(20), caFile: nil)
    #expect(try exchange.send("GET", "/", headers: [], body: nil).status == 200)
    brief.stop()
    _ = try? exchange.send("GET", "/", headers: [], body: nil)
    let later = #expect(throws: ServerExchange.Failure.self) {
      try exchange.send("POST", "/", headers: [], body: nil)
    }
    #expect(later?.isUnsent == true, "\(String(describing: later))")
  }
}

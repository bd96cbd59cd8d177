import Foundation
import StellaModel
import Testing

@testable import StellaNotify

@Suite("Mail", .timeLimit(.minutes(10)))
struct MailClientTests {
  static let hostile = "spike\r\nBcc: evil@example.org\r\n\r\n.\r\n<script>alert(1)</script> \u{202e}ü"

  static func message(_ summary: String = hostile) -> NotificationMessage {
    var notice = Notice(
      kind: .alert, state: .firing, subject: "a1", rule: "errors.spike", title: "Errors", summary: summary,
      startsAt: 1_780_000_000_000_000_000)
    (notice.severity, notice.labels) = (.high, ["service": "shop & <b>"])
    return NotificationMessage(
      id: "00112233445566778899aabbccddeeff", kind: .alert, group: [], notices: [notice],
      time: 1_780_000_000_000_000_000)
  }

  private func sink(
    _ server: MailServer, _ security: MailSettings.Security, _ certificate: TestCertificate,
    password: String? = "correct-horse", to: [String] = ["ops@example.org"]
  ) -> NotificationSink {
    var settings = MailSettings(
      host: "127.0.0.1", port: server.port, security: security, from: "stella@example.org", to: to)
    if let password { (settings.user, settings.password) = ("stella", ConcealedText(password)) }
    var sink = NotificationSink(name: "mail", kind: .email(settings))
    sink.caFile = certificate.certificate
    // A busy machine is no trouble of the server.
    sink.timeout = .seconds(120)
    return sink
  }

  @Test(
    "A mail comes over TLS, with its user, whole and under its id",
    arguments: [
      ("starttls", "PLAIN"), ("starttls", "LOGIN"), ("tls", "PLAIN"), ("none", "none"),
    ])
  func delivers(_ security: String, _ mechanism: String) async throws {
    guard let certificate = try TestCertificate(), let server = try MailServer(security, mechanism, certificate) else {
      return
    }
    let kind = try #require(MailSettings.Security(rawValue: security))
    let client = SinkAssembly.client(
      sink(
        server, kind, certificate, password: mechanism == "none" ? nil : "correct-horse",
        to: ["ops@example.org", "b@example.org"]))
    #expect(await client.check() == nil)
    #expect(await client.deliver(Self.message(), time: 0) == .taken(remark: ""))
    let mails = try server.mails()
    let mail = try #require(mails.first)
    #expect(mails.count == 1 && mail.from == "stella@example.org" && mail.to == ["ops@example.org", "b@example.org"])
    #expect(mail.tls == (security != "none") && mail.user == (mechanism == "none" ? nil : "stella"))
    #expect(mail.header("Message-ID") == "<00112233445566778899aabbccddeeff@example.org>")
    #expect(mail.header("Date") == "Thu, 28 May 2026 20:26:40 +0000")
    #expect(mail.header("Bcc") == nil && mail.header("To") == "ops@example.org, b@example.org")
    let subject = try #require(mail.header("Subject"))
    #expect(
      subject.split(separator: " ").allSatisfy { $0.hasPrefix("=?utf-8?B?") && $0.utf8.count <= 75 }, "\(subject)")
    let plain = try #require(mail.part("plain"))
    #expect(
      plain.contains(#"spike\r\nBcc: evil@example.org\r\n\r\n.\r\n<script>alert(1)</script> \u{202e}ü"#), "\(plain)")
    let html = try #require(mail.part("html"))
    #expect(!html.contains("<script>") && html.contains("&lt;script&gt;") && html.contains("shop &amp; &lt;b&gt;"))
  }

  @Test("A wrong password, no STARTTLS, a strange certificate and a refused recipient are told, without the password")
  func refusals() async throws {
    guard let certificate = try TestCertificate(), let other = try TestCertificate(),
      let server = try MailServer("starttls", "PLAIN", certificate),
      let plain = try MailServer("none", "none", certificate),
      let picky = try MailServer("none", "none", certificate, refused: "nobody@example.org"),
      let busy = try MailServer("none", "none", certificate, refused: "later")
    else { return }
    func said(_ sink: NotificationSink) async -> DeliveryOutcome {
      await SinkAssembly.client(sink).deliver(Self.message(), time: 0)
    }
    let wrong = await said(sink(server, .startTLS, certificate, password: "wrong-horse"))
    #expect(wrong == .refused("it doesn't take user and password (535)"), "\(wrong)")
    let bare = await said(sink(plain, .startTLS, certificate))
    #expect(bare == .refused("it offers no STARTTLS, and nothing is sent without"), "\(bare)")
    guard case .later(let stranger, nil) = await said(sink(server, .startTLS, other)) else {
      Issue.record("a certificate of somebody else was believed")
      return
    }
    #expect(!stranger.contains("OPENSSL") && !stranger.contains("errno"), "\(stranger)")
    let partly = await said(
      sink(picky, .none, certificate, password: nil, to: ["nobody@example.org", "ops@example.org"]))
    #expect(partly == .taken(remark: "not taken for nobody@example.org: 550 5.1.1 nobody of that name"), "\(partly)")
    let nobody = await said(sink(picky, .none, certificate, password: nil, to: ["nobody@example.org"]))
    guard case .refused = nobody else {
      Issue.record("\(nobody)")
      return
    }
    let later = await said(sink(busy, .none, certificate, password: nil))
    guard case .later(let reason, nil) = later, reason.contains("451") else {
      Issue.record("\(later)")
      return
    }
    #expect(try server.mails().isEmpty)
    #expect(try picky.mails().map(\.to) == [["ops@example.org"]])
  }

  @Test("One recipient who is put off keeps a mail from nobody else, and nobody has it twice")
  func postponed() async throws {
    guard let certificate = try TestCertificate(),
      let server = try MailServer("none", "none", certificate, refused: "once:b@example.org")
    else { return }
    let client = SinkAssembly.client(
      sink(server, .none, certificate, password: nil, to: ["a@example.org", "b@example.org", "c@example.org"]))
    let first = await client.deliver(Self.message(), time: 0)
    #expect(
      first
        == .later(
          "it doesn't take mail now for b@example.org: 450 4.2.0 not yet, and has taken it for a@example.org, c@example.org",
          after: nil), "\(first)")
    let second = await client.deliver(Self.message(), time: 0)
    #expect(second == .taken(remark: ""), "\(second)")
    #expect(try server.mails().map(\.to) == [["a@example.org", "c@example.org"], ["b@example.org"]])
  }

  @Test("What a server took is sent, though it doesn't answer QUIT")
  func silentQuit() async throws {
    guard let certificate = try TestCertificate(),
      let server = try MailServer("none", "none", certificate, refused: "quit")
    else { return }
    let client = SinkAssembly.client(sink(server, .none, certificate, password: nil))
    #expect(await client.check() == nil)
    #expect(await client.deliver(Self.message(), time: 0) == .taken(remark: ""))
    #expect(try server.mails().count == 1)
  }

  @Test(
    "What can't stand in a header is no address",
    arguments: [
      ("ops@example.org", true), ("a+b.c@sub.example.org", true), ("ops", false), ("a@b@c", false), ("a b@c", false),
      ("a@b\r\nBcc: c@d", false), ("<a@b>", false), ("\"a\"@b", false), ("a,b@c", false), ("ü@c", false), ("@c", false),
    ])
  func addresses(_ text: String, _ isOne: Bool) { #expect(MailSettings.isAddress(text) == isOne) }

  @Test(
    "A subject is plain when it can be, and else in words that stay whole",
    arguments: ["short", "=?x?=", String(repeating: "ü€", count: 60)])
  func subjects(_ text: String) {
    let encoded = MailText.encoded(text)
    if text == "short" { #expect(encoded == text) }
    let words = encoded.components(separatedBy: "\r\n ")
    let decoded = words.map { word -> String in
      guard word.hasPrefix("=?utf-8?B?") else { return word }
      let data = Data(base64Encoded: String(word.dropFirst(10).dropLast(2))) ?? Data()
      // Each word by itself is text.
      return String(validating: data, as: UTF8.self) ?? "broken"
    }
    #expect(decoded.joined() == text)
  }
}

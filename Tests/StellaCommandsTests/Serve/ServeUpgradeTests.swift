import Foundation
import Testing

@Suite("Requests that ask for another protocol", .serialized)
struct ServeUpgradeTests {
  private static let handshake = [
    ("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-version", "13"),
  ]

  private func text(_ method: String, _ path: String, _ headers: [(String, String)], _ body: String = "") -> String {
    "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n"
      + headers.map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n\(body)"
  }

  private func statuses(_ answers: String) -> [String] {
    answers.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
  }

  @Test("One that isn't accepted is answered like every other, and ends its connection")
  func refused() throws {
    let access = try AccessScene()
    try access.start()
    let clear = [
      ("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("http2-settings", "AAMAAABkAAQAAP__"),
    ]
    let first = [
      (text("GET", "/health", clear), "200"), (text("GET", "/api/v1/alerts", clear), "401"),
      (
        text("POST", "/api/v1/session", clear + [("content-length", "2"), ("content-type", "application/json")], "{}"),
        "400"
      ),
      (text("GET", "/api/v1/ws", Self.handshake), "401"), (text("GET", "/telemetry/ws", Self.handshake), "401"),
      (text("GET", "/api/v1/ws", Self.handshake + [("origin", "http://elsewhere.example")]), "401"),
      (text("GET", "/nowhere", Self.handshake), "401"), (text("GET", "/health", Self.handshake), "200"),
      (text("HEAD", "/api/v1/ws", Self.handshake), "401"),
    ]
    for (request, status) in first {
      let answers = try access.exchange(Array(request.utf8))
      #expect(
        statuses(answers) == [status] && answers.lowercased().contains("connection: close"), "\(request)\(answers)")
    }
    let refused = try access.exchange(Array(text("GET", "/api/v1/ws", Self.handshake).utf8))
    #expect(refused.contains("log in first") && refused.contains("application/problem+json"), "\(refused)")
  }

  @Test("What is no handshake is told so, and so is one that isn't the first request of its connection")
  func notFirst() throws {
    let access = try AccessScene(login: false)
    try access.start()
    let end = text("GET", "/health", [("connection", "close")])
    let event = #"{"message":"here"}"#
    let post = text(
      "POST", "/api/v1/events", [("content-length", "\(event.utf8.count)"), ("content-type", "application/json")], event
    )
    let later = try access.exchange(Array((post + text("GET", "/api/v1/ws", Self.handshake)).utf8))
    #expect(statuses(later) == ["200", "426"] && later.contains("as the first request of a connection"), "\(later)")
    #expect(later.lowercased().split(separator: "http/1.1").map { $0.contains("connection: close") } == [false, true])
    let wrong: [[(String, String)]] = [
      [], Array(Self.handshake.prefix(2)), Self.handshake.map { $0.0 == "sec-websocket-version" ? ($0.0, "12") : $0 },
      Self.handshake + [("content-length", "0")], Self.handshake + [("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")],
    ]
    for headers in wrong {
      let asked = text("GET", "/api/v1/ws", headers) + (headers.isEmpty ? end : "")
      let answers = try access.exchange(Array(asked.utf8))
      #expect(statuses(answers) == (headers.isEmpty ? ["426", "200"] : ["426"]), "\(headers): \(answers)")
      #expect(answers.contains("send `Upgrade: websocket`"), "\(answers)")
    }
    // A body, also one in pieces, is taken by the request that it belongs to.
    let pieces =
      text(
        "POST", "/api/v1/events",
        Array(Self.handshake.prefix(2)) + [("transfer-encoding", "chunked"), ("content-type", "application/json")])
      + "\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n0\r\n\r\n"
    let taken = try access.exchange(Array(pieces.utf8))
    #expect(statuses(taken) == ["200"] && taken.contains(#""accepted":1"#), "\(taken)")
    // Half a request, and what is none.
    let broken = try access.exchange(
      Array("GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nbroken line\r\n\r\n".utf8))
    #expect(statuses(broken).first == "400", "\(broken)")
  }

  @Test("curl asks for HTTP/2 in clear and gets HTTP/1.1")
  func curl() throws {
    let program = "/usr/bin/curl"
    guard FileManager.default.isExecutableFile(atPath: program) else { return print("left out: curl isn't installed") }
    let access = try AccessScene(login: false)
    try access.start()
    let asked = Process()
    let output = Pipe()
    asked.executableURL = URL(fileURLWithPath: program)
    asked.arguments = ["--http2", "-sS", "-m", "20", "-w", " %{http_code} %{http_version}", access.url + "/health"]
    asked.standardOutput = output
    asked.standardError = output
    try asked.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    asked.waitUntilExit()
    #expect(said.hasSuffix(" 200 1.1"), "\(said)")
  }

  @Test("A stream of events ends when its session or token does")
  func streams() async throws {
    let access = try AccessScene()
    try access.start()
    try access.add("vi", roles: ["viewer"])
    let (session, token) = (try access.logIn("vi"), try access.token("reader", "read"))
    func listen(_ secret: String, _ accept: String) -> RawStream? {
      try? RawStream(
        port: access.port, path: "/api/v1/stream?types=alert",
        headers: [("Authorization", "Bearer \(secret)"), ("Accept", accept)])
    }
    let events = try #require(listen(session, "text/event-stream"))
    let lines = try #require(listen(token, "application/x-ndjson"))
    #expect(events.until("retry").contains("200 OK") && lines.until("\r\n\r\n").contains("200 OK"))
    #expect(try access.send("DELETE", "/api/v1/session", [("authorization", "Bearer \(session)")]).status == 204)
    try access.expect(["tokens", "revoke", "reader"])
    #expect(events.until("event: end").contains("the session or token is over"), "\(events.text)")
    #expect(lines.until(#""type":"end""#).contains("the session or token is over"), "\(lines.text)")
    // Who may no longer see personal data gets nothing more of what shows it.
    try access.add("ad", roles: ["admin"])
    let whole = try #require(listen(try access.logIn("ad"), "text/event-stream"))
    #expect(whole.until("retry").contains("200 OK"))
    try access.expect(["users", "roles", "ad", "--role", "viewer"])
    #expect(whole.until("event: end").contains("the session or token is over"), "\(whole.text)")
  }
}

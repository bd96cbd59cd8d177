import Foundation
import Testing

@Suite("The live stream over a WebSocket, with a client of another maker", .serialized)
struct ServeSocketTests {
  private static func line(_ number: Int) -> String {
    #"{"ts":\#(1_750_000_000 + number),"level":"error","service":"shop","message":"broken by bob@example.com \#(number)"}"#
      + "\n"
  }

  private func append(_ text: String, _ access: AccessScene) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: access.directory("app.jsonl")))
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  @Test("Messages come as in the stream, masked, a client's filter holds from then on, and it goes on where it was")
  func messages() throws {
    guard let python = Clients.python else { return }
    let access = try AccessScene(login: false)
    try access.start()
    let url = access.url.replacing("http", with: "ws")
    let client = try SocketClient(python, url + "/api/v1/ws?types=event&level=error", in: access.directory)
    #expect(client.until { $0["open"] != nil } != nil, "\(client.text)")
    try append(Self.line(1), access)
    let first = try #require(client.message("event", with: "[email] 1"), "\(client.text)")
    #expect(!client.text.contains("bob@"))
    try client.send("ping")
    #expect(client.until { $0["pong"] != nil } != nil)
    // Nothing has this level.
    try client.send(#"{"types":["event"],"level":"critical"}"#)
    try client.send("ping")
    try client.send("close")
    #expect(client.until { $0["code"] as? Int == 1000 } != nil, "\(client.text)")

    let back = try SocketClient(python, url + "/telemetry/ws?types=event", in: access.directory)
    #expect(back.until { $0["open"] != nil } != nil)
    try back.send(#"{"types":"event","last_event_id":"\#(first["id"] as? String ?? "")"}"#)
    try append(Self.line(2), access)
    #expect(back.message("event", with: "[email] 2") != nil, "\(back.text)")
    try back.send(#"{"types":"nothing"}"#)
    let closed = back.until { $0["code"] != nil }
    #expect(closed?["code"] as? Int == 1008 && (closed?["reason"] as? String)?.contains("no type nothing") == true)

    let foreign = try SocketClient(python, url + "/api/v1/ws", origin: "http://elsewhere.example", in: access.directory)
    #expect(foreign.until { $0["status"] as? Int == 403 } != nil, "\(foreign.text)")
    let wrong = try SocketClient(python, url + "/api/v1/ws?level=loud", in: access.directory)
    #expect(wrong.until { $0["status"] as? Int == 400 } != nil, "\(wrong.text)")
    let other = try SocketClient(python, url + "/api/v1/alerts", in: access.directory)
    #expect(other.until { $0["status"] as? Int == 200 } != nil, "\(other.text)")
    #expect(try access.send("GET", "/api/v1/ws").status == 426)
    let last = try SocketClient(python, url + "/api/v1/ws", in: access.directory)
    #expect(last.until { $0["open"] != nil } != nil)
    access.server?.send(SIGTERM)
    #expect(last.until { $0["code"] as? Int == 1001 } != nil, "\(last.text)")
    #expect(access.server?.status() == 0)
  }

  @Test("Only who may read gets one, and it ends with the session")
  func sessions() throws {
    guard let python = Clients.python else { return }
    let access = try AccessScene()
    try access.start()
    let url = access.url.replacing("http", with: "ws") + "/api/v1/ws?types=event"
    let nobody = try SocketClient(python, url, in: access.directory)
    #expect(nobody.until { $0["status"] as? Int == 401 } != nil, "\(nobody.text)")
    let sender = try SocketClient(python, url, secret: try access.token("events", "events:write"), in: access.directory)
    #expect(sender.until { $0["status"] as? Int == 403 } != nil, "\(sender.text)")
    try access.add("vi", roles: ["viewer"])
    try access.add("ad", roles: ["admin"])
    let viewer = try access.logIn("vi")
    let (masked, whole) = (
      try SocketClient(python, url, secret: viewer, in: access.directory),
      try SocketClient(python, url, secret: try access.logIn("ad"), in: access.directory)
    )
    for client in [masked, whole] { #expect(client.until { $0["open"] != nil } != nil, "\(client.text)") }
    try append(Self.line(1), access)
    #expect(
      masked.message("event", with: "[email] 1") != nil && whole.message("event", with: "bob@example.com 1") != nil)
    #expect(try access.send("DELETE", "/api/v1/session", [("authorization", "Bearer \(viewer)")]).status == 204)
    #expect(masked.until { $0["code"] as? Int == 1008 } != nil, "\(masked.text)")
    try access.expect(["users", "disable", "ad"])
    #expect(whole.until { $0["code"] as? Int == 1008 } != nil, "\(whole.text)")
  }

  @Test("A page of this host gets one with its cookie, and a page of another doesn't, whatever it is logged in with")
  func pages() throws {
    guard let python = Clients.python else { return }
    let access = try AccessScene()
    try access.start()
    try access.add("vi", roles: ["viewer"])
    let body = #"{"user":"vi","password":"\#(AccessScene.password)","cookie":true}"#
    let cookie = try #require(try access.post("/api/v1/session", body).value("set-cookie")?.prefix { $0 != ";" })
    let url = access.url.replacing("http", with: "ws") + "/api/v1/ws?types=event"
    for origin in ["http://elsewhere.example", "http://127.0.0.1:1", "null"] {
      let foreign = try SocketClient(python, url, origin: origin, cookie: String(cookie), in: access.directory)
      #expect(foreign.until { $0["status"] as? Int == 403 } != nil, "\(origin): \(foreign.text)")
    }
    let own = try SocketClient(python, url, origin: access.url, cookie: String(cookie), in: access.directory)
    #expect(own.until { $0["open"] != nil } != nil, "\(own.text)")
    // A token in the place of a session's cookie is none.
    let token = try access.token("reader", "read")
    let wrong = try SocketClient(python, url, cookie: "stella=\(token)", in: access.directory)
    #expect(wrong.until { $0["status"] as? Int == 401 } != nil, "\(wrong.text)")
    let program = try SocketClient(python, url, secret: token, in: access.directory)
    #expect(program.until { $0["open"] != nil } != nil, "\(program.text)")
    try access.expect(["tokens", "revoke", "reader"])
    #expect(program.until { $0["code"] as? Int == 1008 } != nil, "\(program.text)")
  }

  @Test("A client that takes too little is closed with a reason, and another goes on")
  func slow() throws {
    guard let python = Clients.python else { return }
    let access = try AccessScene(login: false, tls: ", stream_client_bytes: 64KiB")
    try access.start()
    let url = access.url.replacing("http", with: "ws") + "/api/v1/ws"
    let slow = try SocketClient(python, url + "?types=event", in: access.directory)
    let other = try SocketClient(
      python, url + "?types=event&where=contains(message,%20%22last%22)", in: access.directory)
    for client in [slow, other] { #expect(client.until { $0["open"] != nil } != nil, "\(client.text)") }
    try slow.send("slow")
    #expect(slow.until { $0["slow"] != nil } != nil)
    // More than the kernel and the client hold: 40 MB.
    let filler = String(repeating: "x", count: 20_000)
    var dropped = false
    for round in 0..<40 where !dropped {
      try append(
        (0..<50).map { #"{"ts":\#(1_750_000_000 + round * 50 + $0),"level":"error","message":"\#(filler)"}"# + "\n" }
          .joined(),
        access)
      dropped = try access.send("GET", "/metrics").body.contains("stella_stream_dropped_clients_total 1")
    }
    for _ in 0..<1000 where !dropped {
      dropped = try access.send("GET", "/metrics").body.contains("stella_stream_dropped_clients_total 1")
    }
    #expect(dropped)
    // It may be too slow even for the reason.
    try slow.send("read")
    let end = slow.until { $0["code"] != nil }
    #expect([1013, 1006].contains(end?["code"] as? Int), "\(slow.text.suffix(500))")
    try append(#"{"ts":1750009999,"level":"error","message":"the last"}"# + "\n", access)
    #expect(other.message("event", with: "the last") != nil, "\(other.text)")
  }

  @Test("It comes over TLS as well")
  func encrypted() throws {
    guard let python = Clients.python else { return }
    let access = try AccessScene(tls: ", tls: { certificate: tls.crt, key: tls.key }")
    guard try access.makeCertificate() else { return }
    try access.start()
    try access.add("vi", roles: ["viewer"])
    try access.expect(
      ["login", "https://127.0.0.1:\(access.port)", "--user", "vi", "--ca-file", access.directory("tls.crt")],
      input: AccessScene.password + "\n")
    let kept = try String(contentsOfFile: access.directory("home/stella/sessions.json"), encoding: .utf8)
    let secret = try #require(kept.firstMatch(of: /stella_s_[0-9a-f]+/)).output
    let url = "wss://127.0.0.1:\(access.port)/telemetry/ws?types=event"
    let authority = access.directory("tls.crt")
    let nobody = try SocketClient(python, url, authority: authority, in: access.directory)
    #expect(nobody.until { $0["status"] as? Int == 401 } != nil, "\(nobody.text)")
    let client = try SocketClient(python, url, secret: String(secret), authority: authority, in: access.directory)
    #expect(client.until { $0["open"] != nil } != nil, "\(client.text)")
    try append(Self.line(1), access)
    #expect(client.message("event", with: "[email] 1") != nil, "\(client.text)")
    try client.send("close")
    #expect(client.until { $0["code"] as? Int == 1000 } != nil, "\(client.text)")
  }

  @Test("What is too long, no text or no filter is refused with the code for it")
  func unfit() throws {
    guard let python = Clients.python else { return }
    let access = try AccessScene(login: false)
    try access.start()
    let url = access.url.replacing("http", with: "ws") + "/api/v1/ws"
    let parts = [
      ("binary", 1003), ("[]", 1008), (#"{"types":"event","more":1}"#, 1008), (#"{"where":"status >>"}"#, 1008),
      (#"{"where":"\#(String(repeating: "ü", count: 20_000))"}"#, 1009),
      (#"{"level":"\#(String(repeating: "ü", count: 300))"}"#, 1008),
    ]
    for (text, code) in parts {
      let client = try SocketClient(python, url, in: access.directory)
      #expect(client.until { $0["open"] != nil } != nil, "\(client.text)")
      try client.send(text)
      #expect(client.until { $0["code"] != nil }?["code"] as? Int == code, "\(text.prefix(40)): \(client.text)")
    }
    #expect(try access.send("GET", "/metrics").body.contains("stella_stream_clients 0\n"))
  }

  @Test("One object tells how everything stands")
  func snapshot() throws {
    let access = try AccessScene(login: false)
    let run = try access.scene.propose("repair", "s1")
    let alert = try #require(try access.scene.alerts(["bob@example.com"]).first)
    try access.start()
    let snapshot = try access.send("GET", "/telemetry/snapshot").json
    #expect((snapshot["engine"] as? [String: Any])?["rules"] as? Int == 1, "\(snapshot)")
    #expect((snapshot["approvals"] as? [[String: Any]])?.contains { $0["id"] as? String == run.id } == true)
    let alerts = try #require(snapshot["alerts"] as? [[String: Any]])
    #expect(snapshot["alerts_firing"] as? Int == alerts.count && !"\(snapshot)".contains("bob@"))
    #expect(alerts.isEmpty || alerts.contains { $0["id"] as? String == alert })
    let sent = try access.send(
      "POST", "/api/v1/events", [("content-type", "application/json")], #"[{"level":"error"},{"message":"no level"}]"#)
    #expect(sent.status == 200, "\(sent)")
    let end = ProcessInfo.processInfo.systemUptime + StellaProcess.patience
    var levels: [String: Int] = [:]
    while levels["error"] != 1, ProcessInfo.processInfo.systemUptime < end {
      let traffic = try access.send("GET", "/telemetry/snapshot").json["traffic"] as? [String: Any]
      levels = traffic?["events_by_level"] as? [String: Int] ?? [:]
    }
    #expect(levels["error"] == 1 && levels["none"] == 1 && levels["critical"] == 0 && levels.count == 8, "\(levels)")
  }
}

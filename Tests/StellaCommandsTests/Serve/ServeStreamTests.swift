import Foundation
import StellaServer
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

@Suite("What a server shows as it happens")
struct ServeStreamTests {
  private let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  private func serve(_ more: String = "") throws -> (server: StellaProcess, port: Int) {
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n" + more)
    try directory.write("app.jsonl", "")
    let server = try directory.stella(["serve", "--output", "json", "app.jsonl"])
    try #require(
      server.until { $0.errors.contains("/api/v1/events\n") && $0.errors.contains("watching") }, "\(server.errors)")
    let port = try #require(server.errors.firstMatch(of: #/http://127.0.0.1:([0-9]+)/#)).1
    return (server, try #require(Int(port)))
  }

  private func append(_ text: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: directory("app.jsonl")))
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  private static let line =
    #"{"ts":1750000000,"level":"error","message":"by bob@example.com from 192.0.2.7","seq":41}"# + "\n"

  @Test(
    "Lines and alerts reach clients as they come: in full over the socket, masked over TCP, and no other site's page gets any"
  )
  func shown() throws {
    let (server, port) = try serve()
    let stream = try RawStream(port: port, path: "/api/v1/stream?level=error")
    stream.until("retry")
    let socket = try RawStream(socketPath: directory(".stella/stella.sock"), path: "/api/stella/server-logs-stream")
    socket.until("retry")
    let foreign = try RawStream(port: port, path: "/api/v1/stream", origin: "http://elsewhere.example")
    #expect(foreign.until("\r\n").hasPrefix("HTTP/1.1 403"))
    let rebound = try RawStream(port: port, path: "/api/v1/stream", host: "elsewhere.example")
    #expect(rebound.until("\r\n").hasPrefix("HTTP/1.1 421"))
    try append(Self.line)
    let text = stream.until("event: alert")
    #expect(text.contains("text/event-stream") && text.contains("event: event\ndata: {"), "\(text)")
    #expect(text.contains("by [email] from [ip]") && !text.contains("bob@") && !text.contains("192.0.2.7"), "\(text)")
    #expect(socket.until("event: alert").contains("by bob@example.com from 192.0.2.7"))
    // Figures are those of the last look at the engine, which may be older than the alert by seconds.
    var metrics = ""
    let end = Date(timeIntervalSinceNow: 60)
    while !metrics.contains("stella_events_total 1\n"), Date() < end {
      metrics = try RawStream(port: port, path: "/metrics").until("stella_frozen 0")
    }
    for part in [
      "stella_events_total 1\n", "stella_stream_clients 2\n", "stella_rule_alerts_total{rule=\"test.each\"} 1\n",
      "stella_runs{state=\"awaiting\"} 0\n",
    ] {
      #expect(metrics.contains(part), "\(part)\(metrics)")
    }
    server.send(SIGTERM)
    #expect(stream.until("event: end").contains("the server ends"))
    #expect(server.status() == 0, "\(server.errors)")
  }

  @Test("What somebody says about an alert by hand reaches those who look on, masked where they may not see all")
  func remarks() throws {
    let access = try AccessScene()
    let alert = try #require(try access.scene.alerts(["s1"]).first)
    try access.start()
    try access.add("vic", roles: ["viewer"])
    let viewer = try RawStream(
      port: access.port, path: "/api/v1/stream?types=alert&service=s1",
      headers: [("Authorization", "Bearer \(try access.logIn("vic"))")])
    viewer.until("retry")
    let socket = try RawStream(socketPath: access.directory(".stella/stella.sock"), path: "/api/v1/stream?types=alert")
    socket.until("retry")
    try access.expect(["alerts", "ack", String(alert.prefix(12)), "--reason", "bob@example.com looks"])
    let seen = viewer.until("\"acknowledged\":{")
    #expect(seen.contains("event: alert\ndata: {\"event\":\"acknowledged\"") && seen.contains(alert), "\(seen)")
    #expect(viewer.until("looks").contains("[email] looks") && !viewer.text.contains("bob@"), "\(viewer.text)")
    #expect(socket.until("looks").contains("bob@example.com looks"), "\(socket.text)")
    try access.expect(["alerts", "resolve", alert, "--reason", "undone"])
    let over = viewer.until("undone")
    #expect(over.contains("data: {\"event\":\"resolved\"") && over.contains("\"status\":\"resolved\""), "\(over)")
  }

  @Test(
    "A silence that is set or ended, also beside the server, reaches those who look on, with who and why and what it does to alerts"
  )
  func silences() throws {
    let access = try AccessScene()
    let alert = try #require(try access.scene.alerts(["s1"]).first)
    try access.start()
    try access.add("vic", roles: ["viewer"])
    let viewer = try RawStream(
      port: access.port, path: "/api/v1/stream?types=alert,silence",
      headers: [("Authorization", "Bearer \(try access.logIn("vic"))")])
    viewer.until("retry")
    let socket = try RawStream(socketPath: access.directory(".stella/stella.sock"), path: "/api/v1/stream")
    socket.until("retry")
    let words = ["--key", "service=s1", "--for", "1h", "--reason", "bob@example.com knows"]
    try access.expect(["alerts", "silence", "service.broken"] + words)
    let set = viewer.until("\"muted\":{")
    #expect(set.contains("event: silence\ndata: {\"event\":\"set\",\"kind\":\"silence\",\"number\":1,"), "\(set)")
    #expect(set.contains("[email] knows\",\"alerts\":1}") && !set.contains("bob@"), "\(set)")
    #expect(set.contains("event: alert\ndata: {\"event\":\"muted\"") && set.contains(alert), "\(set)")
    #expect(socket.until("\"muted\":{").contains("\"reason\":\"bob@example.com knows\""), "\(socket.text)")
    try access.expect(["alerts", "unsilence", "1"])
    let ended = viewer.until("{\"event\":\"unmuted\"")
    let over = try #require(ended.split(separator: "\n").first { $0.contains("{\"event\":\"ended\"") }, "\(ended)")
    #expect(over.contains("\"ended\":{\"by\":\"user:mara\",\"time\":") && over.contains("\"alerts\":1}"), "\(over)")
    // What the server wasn't asked for.
    try access.expect(["alerts", "silence", "service.broken", "--local"] + words)
    try access.expect(["alerts", "unsilence", "2", "--local"])
    try access.expect(["alerts", "silence", "service.broken"] + words)
    let last = viewer.until("\"number\":3")
    // Each once, whoever has seen it first.
    for event in ["set", "ended"] {
      for number in 1...2 {
        let count = last.components(separatedBy: "{\"event\":\"\(event)\",\"kind\":\"silence\",\"number\":\(number),")
          .count
        // One that was over before it was seen is none.
        #expect(number == 1 ? count == 2 : count <= 2, "\(event) \(number): \(last)")
      }
    }
  }

  @Test("Lines that are cut or repaired are told of once, by source, and counted while the server runs")
  func damaged() throws {
    let (server, port) = try serve("limits: { line_bytes: 4KiB }\n")
    // Its format is known by then.
    try append(CommandDirectory.lines(1...20))
    #expect(server.until { $0.sequence.contains(20) }, "\(server.errors)")
    let long = "{\"ts\":1750000000,\"message\":\"" + String(repeating: "x", count: 10_000) + "\",\"seq\":7}\n"
    try append(long + long)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: directory("app.jsonl")))
    try file.seekToEnd()
    try file.write(
      contentsOf: Data(#"{"ts":1750000000,"message":"a"#.utf8) + [0xff, 0xfe] + Data("\",\"seq\":8}\n".utf8))
    try file.close()
    #expect(server.until { $0.errors.contains("was cut") && $0.errors.contains("is no UTF-8") }, "\(server.errors)")
    try append(long + Self.line.replacing("41", with: "42"))
    #expect(server.until { $0.sequence.contains(42) }, "\(server.output)")
    var metrics = ""
    let end = Date(timeIntervalSinceNow: 60)
    while !metrics.contains("stella_cut_lines_total{source=\"file\"} 3\n"), Date() < end {
      metrics = try RawStream(port: port, path: "/metrics").until("stella_frozen 0")
    }
    for part in [
      "stella_cut_lines_total{source=\"file\"} 3\n", "stella_cut_lines_total{source=\"network\"} 0\n",
      "stella_repaired_lines_total{source=\"file\"} 1\n",
    ] {
      #expect(metrics.contains(part), "\(part)\(metrics)")
    }
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
    #expect(server.errors.components(separatedBy: "was cut").count == 2, "\(server.errors)")
    #expect(server.errors.components(separatedBy: "is no UTF-8").count == 2, "\(server.errors)")
  }

  @Test("With privacy in the configuration nothing personal is detected, stored or shown, whichever way it came")
  func masked() throws {
    let (server, port) = try serve(
      "privacy: { mask: [email, address], patterns: [{ name: seq, regex: 'SEQ-[0-9]+' }] }\n")
    let socket = try RawStream(socketPath: directory(".stella/stella.sock"), path: "/api/v1/stream")
    socket.until("retry")
    try append(Self.line.replacing("\"seq\":41", with: "\"seq\":41,\"x\":\"SEQ-12\""))
    #expect(socket.until("event: alert").contains("by [email] from [ip]"))
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/api/v1/events")))
    request.httpMethod = "POST"
    request.httpBody = Data(Self.line.replacing("41", with: "42").utf8)
    URLSession.shared.dataTask(with: request).resume()
    socket.until("\"seq\":42")
    #expect(server.until { $0.sequence == [41, 42] })
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
    #expect(!socket.text.contains("bob@") && !socket.text.contains("SEQ-12") && socket.text.contains("[seq]"))
    #expect(!server.output.contains("bob@") && server.output.contains("[email]"), "\(server.output)")
    let files = try #require(FileManager.default.enumerator(atPath: directory(".stella")))
    for case let name as String in files {
      guard let data = FileManager.default.contents(atPath: directory(".stella/" + name)) else { continue }
      #expect(data.range(of: Data("bob@".utf8)) == nil && data.range(of: Data("192.0.2.7".utf8)) == nil, "\(name)")
    }
  }
}

import HTTPTypes
import Hummingbird
import StellaModel
import StellaTesting
import Synchronization
import Testing

@testable import StellaServer

@Suite("Events over HTTP")
struct IntakeRoutesTests {
  private final class Taken: Sendable {
    let text = Mutex("")
    let refusal = Mutex<IntakeRefusal?>(nil)
  }

  private let taken = Taken()
  private let client = RouterClient()
  private let figures: IntakeFigures

  init() {
    let taken = taken
    let routes = IntakeRoutes(limits: .init(bodyBytes: 1000, lineBytes: 300), time: ManualTime(), timeNames: ["a"]) {
      lines async throws(IntakeRefusal) in
      if let refusal = taken.refusal.withLock({ $0 }) { throw refusal }
      taken.text.withLock { $0 += String(decoding: lines, as: UTF8.self) }
    }
    client.router.add(middleware: IntakeCount(routes))
    routes.add(to: client.router)
    figures = routes.figures
  }

  private func post(_ body: String, type: String? = nil, encoding: String? = nil) async throws -> RouterClient.Answer {
    var headers: [(name: String, value: String)] = []
    if let type { headers.append(("Content-Type", type)) }
    if let encoding { headers.append(("Content-Encoding", encoding)) }
    return try await client.send("POST", "/api/v1/events", headers: headers, body: body)
  }

  private func expect(_ answer: RouterClient.Answer, _ status: Int, _ part: String) {
    #expect(answer.status == status && answer.body.contains(part), "\(answer)")
    if status != 200 { #expect(answer.type == Problem.mediaType) }
  }

  @Test(
    "Each kind of body is taken, and said how many events it had",
    arguments: [
      ("{\"a\":1}\n{\"a\":2}\n", "application/x-ndjson"),
      ("[{\"a\":1},\n {\"a\":2}]", "application/json; charset=utf-8"),
      ("{\"a\":1}\n{\"a\":2}", nil), (" [{\"a\":1},{\"a\":2}]", nil),
      ("{\"a\":1}\n{\"a\":2}", "application/x-www-form-urlencoded"),
    ])
  func kinds(_ body: String, _ type: String?) async throws {
    expect(try await post(body, type: type), 200, "{\"accepted\":2}")
    #expect(taken.text.withLock { $0 } == "{\"a\":1}\n{\"a\":2}\n")
  }

  @Test("What can't be taken is refused whole, with what is wrong and what to do")
  func refused() async throws {
    expect(try await post("{}\nx", type: "application/x-ndjson"), 400, "line 2")
    expect(try await post("{}", type: "application/xml"), 415, "application/xml")
    expect(try await post("{}", encoding: "br"), 415, "br")
    expect(try await post("{}", encoding: "snappy"), 415, "snappy")
    expect(try await post(String(repeating: "{}\n", count: 400)), 413, "1000B")
    for path in ["/api/v1/events?foo=1", "/api/v1/alertmanager?service=shop", "/api/v1/events?foo"] {
      let answer = try await client.send("POST", path, body: "{}")
      expect(answer, 400, "there is no parameter \(path.contains("foo") ? "foo" : "service=shop")")
    }
    #expect(taken.text.withLock { $0 }.isEmpty)
    expect(try await post(""), 200, "{\"accepted\":0}")
  }

  @Test("Alertmanager is told what it left out itself")
  func truncated() async throws {
    let alert = #"{"status":"firing","labels":{"alertname":"Down"}}"#
    let answer = try await client.send(
      "POST", "/api/v1/alertmanager", body: #"{"version":"4","truncatedAlerts":3,"alerts":[\#(alert)]}"#)
    expect(answer, 200, #"{"accepted":1,"truncated":3}"#)
  }

  @Test("What its decoder refuses is no JSON object: its sender learns where it stands in the body")
  func malformed() async throws {
    taken.refusal.withLock { $0 = IntakeRefusal(malformed: "something is amiss", line: 1) }
    expect(try await post("{}\n\n{bad json}\n"), 400, "line 3 is no JSON object")
    expect(try await post("[{},{\"a\":1 2}]"), 400, "event 2 is no JSON object: something is amiss")
  }

  private static func samples(_ figures: IntakeFigures) throws -> [ExpositionParser.Sample] {
    var metrics = MetricsText()
    figures.add(to: &metrics)
    return try ExpositionParser.samples(metrics.text)
  }

  @Test("Each request counts by what it was answered, and its events by what became of them")
  func counts() async throws {
    #expect(try Self.samples(figures).map(\.value) == ["0", "0"])
    _ = try await post("{}\n{}\n", type: "application/x-ndjson")
    _ = try await post("{}\nx", type: "application/x-ndjson")
    _ = try await post(String(repeating: "{}\n", count: 400))
    taken.refusal.withLock { $0 = IntakeRefusal(unavailable: "detection is behind.") }
    _ = try await post("{}")
    _ = try await client.send("POST", "/api/v1/alertmanager?service=shop", body: "{}")
    let told = try Self.samples(figures)
    #expect(
      told.map { "\($0.labels["route"] ?? "") \($0.labels["status"] ?? "") \($0.value)" } == [
        "alertmanager 400 1", "events 200 1", "events 400 1", "events 413 1", "events 503 1", "  2", "  0",
      ], "\(told)")
  }

  /// Lets nobody in.
  private struct Closed: RouterMiddleware {
    func handle(
      _ request: Request, context: RouterClient.Context, next: (Request, RouterClient.Context) async throws -> Response
    ) async throws -> Response {
      guard request.headers[.authorization] == nil else { throw HTTPError(.forbidden) }
      return Response(status: .unauthorized)
    }
  }

  @Test("Whom a gate refuses counts once, and only where events are taken")
  func gates() async throws {
    let client = RouterClient()
    let routes = IntakeRoutes(limits: .init(bodyBytes: 1000), time: ManualTime(), timeNames: []) { _ in }
    client.router.add(middleware: IntakeCount(routes))
    client.router.add(middleware: Closed())
    routes.add(to: client.router)
    routes.addWebhooks(to: client.router)
    BrowserRoutes(BrowserRoutes.Settings(origins: []), intake: routes).add(to: client.router) { _, _ in "one" }
    client.router.get("api/v1/events") { _, _ in "found" }
    for path in [
      "/api/v1/events", "/api/v1/events/", "/v1/logs", "/loki/api/v1/push", "/api/v1/alertmanager",
      "/api/v1/webhooks/a", "/api/v1/webhooks/b", "/api/v1/metrics/custom", "/api/v1/metrics/page-view",
      "/api/v1/metrics/other", "/api/v1/other", "/api/v1/webhooks/a/b",
    ] {
      #expect(try await client.send("POST", path, body: "{}").status == 401)
    }
    #expect(try await client.send("POST", "/v1/logs", headers: [("Authorization", "x")]).status == 403)
    #expect(try await client.get("/api/v1/events").status == 401)
    let told = try Self.samples(routes.figures)
    #expect(
      told.map { "\($0.labels["route"] ?? "") \($0.labels["status"] ?? "") \($0.value)" } == [
        "alertmanager 401 1", "browser 401 2", "events 401 2", "loki 401 1", "otlp 401 1", "otlp 403 1",
        "webhook 401 2", "  0", "  0",
      ], "\(told)")
  }

  @Test("When the host can't take events at present, the sender is asked to come back")
  func busy() async throws {
    taken.refusal.withLock { $0 = IntakeRefusal(unavailable: "detection is behind.") }
    let answer = try await post("{}")
    expect(answer, 503, "detection is behind.")
    #expect(answer.headers["retry-after"] == "1")
  }

  @Test("Bodies may be compressed; what would be too long when it isn't, or is no such thing, is refused")
  func compressed() async throws {
    // {"a":1} and a newline, 100 times and 200,000 times, by gzip; the first also by zlib.
    func post(_ hex: String, _ coding: String) async throws -> RouterClient.Answer {
      try await client.send(
        "POST", "/api/v1/events", headers: [("Content-Type", "application/x-ndjson"), ("Content-Encoding", coding)],
        bytes: try #require(HexText.bytes(hex)))
    }
    expect(try await post(Self.gzip, "gzip"), 200, "{\"accepted\":100}")
    expect(try await post(Self.gzip, "identity, x-gzip"), 200, "{\"accepted\":100}")
    expect(try await post(Self.zlib, "deflate"), 200, "{\"accepted\":100}")
    #expect(taken.text.withLock { $0 } == String(repeating: "{\"a\":1}\n", count: 300))
    expect(try await post(Self.gzip + "00", "gzip"), 400, "gzip")
    expect(try await post(Self.bomb, "gzip"), 413, "1000B")
    expect(try await post(Self.gzip, "gzip, gzip, gzip"), 415, "more than twice")
  }

  private static let gzip =
    "1f8b0800000000000203ab564a54b232ace5aa1ea547e9511a830600e9c1b82720030000"
  private static let zlib =
    "78daab564a54b232ace5aa1ea547e9511a8306005330cf09"
  private static let bomb =
    "1f8b0800000000000203edc521110040080030ff3168f09636e4e0e84e0dc466d651917f5edbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
    + "b66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66d"
    + "dbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb6"
    + "6ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddbb66ddb"
  private func logs(_ bytes: [UInt8], _ type: String) async throws -> RouterClient.Answer {
    try await client.send("POST", "/v1/logs", headers: [("Content-Type", type)], bytes: bytes)
  }

  @Test("OTLP is answered in the encoding of the request: whole, in part, refused, and not at present")
  func otlp() async throws {
    func record(_ body: String) -> String {
      "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1790000000000000001\",\"body\":{\"stringValue\":\"\(body)\"}}]}]}]}"
    }
    let json = "application/json"
    #expect(try await logs(Array(record("hi").utf8), json) == .init(status: 200, type: json, body: "{}"))
    #expect(taken.text.withLock { $0 } == "{\"time\":1790000000000000001,\"message\":\"hi\"}\n")
    let partial = try await logs(
      Array(record(String(repeating: "x", count: 400)).utf8), "application/json; charset=utf-8")
    #expect(
      partial.status == 200 && partial.body.hasPrefix("{\"partialSuccess\":{\"rejectedLogRecords\":\"1\""), "\(partial)"
    )
    let timeless = try await logs(Array(record("hi").replacing("1790000000000000001", with: "abc").utf8), json)
    #expect(
      timeless.status == 200
        && timeless.body.hasPrefix(#"{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"1 record has a time"#),
      "\(timeless)")
    #expect(taken.text.withLock { $0 }.hasSuffix(#"{"time":"timeUnixNano: abc","message":"hi"}"# + "\n"))
    let refused = try await logs(Array("[".utf8), json)
    #expect(
      refused.status == 400 && refused.type == json && refused.body.hasPrefix("{\"code\":3,\"message\":"), "\(refused)")
    let tooLong = try await logs([UInt8](repeating: 0x20, count: 2000), json)
    #expect(tooLong.status == 413 && tooLong.body.hasPrefix("{\"code\":8,"), "\(tooLong)")
    let protobuf = "application/x-protobuf"
    #expect(try await logs([], protobuf) == .init(status: 200, type: protobuf, body: ""))
    let broken = try await logs([0xff], protobuf)
    #expect(broken.status == 400 && broken.type == protobuf && broken.body.hasPrefix("\u{8}\u{3}\u{12}"), "\(broken)")
    #expect(try await logs([], "text/plain").status == 415)
    taken.refusal.withLock { $0 = IntakeRefusal(unavailable: "detection is behind.") }
    let busy = try await logs(Array(record("hi").utf8), json)
    #expect(busy.status == 503 && busy.headers["retry-after"] == "1" && busy.body.hasPrefix("{\"code\":14,"), "\(busy)")
  }

  @Test("Loki's senders get 204 once their lines are durable, and a reason when some are not")
  func loki() async throws {
    func push(_ bytes: [UInt8], _ type: String?, _ coding: String? = nil) async throws -> RouterClient.Answer {
      var headers = type.map { [(name: "Content-Type", value: $0)] } ?? []
      if let coding { headers.append((name: "Content-Encoding", value: coding)) }
      return try await client.send("POST", "/loki/api/v1/push", headers: headers, bytes: bytes)
    }
    let line = "{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[[\"1790000000000000001\",\"hi\"]]}]}"
    #expect(try await push(Array(line.utf8), "application/json").status == 204)
    // A stream {app="a"} with the entry "hi" of 1,790,000,000 s, as a literal of a snappy block.
    let message: [UInt8] =
      [0x0a, 0x17, 0x0a, 0x09] + Array("{app=\"a\"}".utf8) + [0x12, 0x0a, 0x0a, 0x06, 0x08] + [
        0x80, 0xf7, 0xc4, 0xd5, 0x06,
      ]
      + [0x12, 0x00]
    #expect(message.count == 25)
    let protobuf = "application/x-protobuf"
    let kinds: [(type: String?, coding: String?)] = [
      (protobuf, nil), (nil, nil), (protobuf, "snappy"), (protobuf, "identity, Snappy"),
    ]
    for (type, coding) in kinds {
      let answer = try await push([25, 24 << 2] + message, type, coding)
      #expect(answer.status == 204, "\(answer)")
    }
    #expect(
      taken.text.withLock { $0 }
        == "{\"time\":1790000000000000001,\"message\":\"hi\",\"app\":\"a\"}\n"
        + String(repeating: "{\"time\":1790000000000000000,\"message\":\"\",\"app\":\"a\"}\n", count: 4))
    expect(try await push(message, nil), 400, "snappy")
    expect(try await push(message, protobuf, "snappy"), 400, "snappy")
    expect(try await push(Array(line.utf8), "application/json", "snappy"), 415, "snappy")
    expect(try await push([25, 24 << 2] + message, protobuf, "snappy, br"), 415, "br")
    expect(try await push([0x80, 0x80, 0x80, 0x80, 1, 0], nil), 413, "1000B")
    expect(try await push([], "text/plain"), 415, "text/plain")
    let long = line.replacing("\"hi\"", with: "\"\(String(repeating: "x", count: 400))\"")
    expect(try await push(Array(long.utf8), "application/json"), 400, "1 of 1 lines was left out")
  }

  @Test("A page of another site is refused, under whatever name it comes here; programs and own pages aren't")
  func pages() async throws {
    let local = ["localhost", "localhost:7480", "127.0.0.1:1", "[::1]:7480", "LOCALHOST"]
    for authority in local { #expect(LocalPagesOnly<RouterClient.Context>.isLocal(authority), "\(authority)") }
    for authority in ["evil.example", "localhost.evil.example:80", "127.0.0.1.nip.io", "10.0.0.1", "", "[::2]:1"] {
      #expect(!LocalPagesOnly<RouterClient.Context>.isLocal(authority), "\(authority)")
    }
    let guarded = RouterClient()
    guarded.router.add(middleware: LocalPagesOnly())
    guarded.router.post("x") { _, _ in "taken" }
    func status(_ name: String, _ value: String) async throws -> Int {
      try await guarded.send("POST", "/x", headers: [(name, value)]).status
    }
    #expect(try await status("Accept", "*/*") == 200)
    #expect(try await status("Origin", "http://localhost") == 200)
    #expect(try await status("Sec-Fetch-Site", "same-origin") == 200)
    #expect(try await status("Origin", "https://evil.example") == 403)
    #expect(try await status("Origin", "null") == 403)
    #expect(try await status("Sec-Fetch-Site", "cross-site") == 403)
  }
}

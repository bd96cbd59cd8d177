import Crypto
import Foundation
import StellaModel
import StellaSQLite
import StellaTesting
import Synchronization
import Testing

@testable import StellaNotify

@Suite("Handing messages over", .timeLimit(.minutes(10)))
struct SinkDeliveryTests {
  private struct SystemClock: TimeSource {
    func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
  }

  private final class Notes: Sendable {
    private let texts = Mutex<[String]>([])

    var count: Int { texts.withLock { $0.count } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
  }

  /// A store whose next writes fail when a test says so.
  private final class FullStore: NotificationStore {
    private struct Full: Error {}

    let store: SQLiteStore
    private let left = Mutex(0)

    init(_ store: SQLiteStore) { self.store = store }

    func refuse(_ count: Int) { left.withLock { $0 = count } }

    func write<Value>(as writer: LogWriter, _ body: (SQLiteTransaction) throws -> Value) throws -> Value {
      let isFull = left.withLock { left in
        defer { left = max(0, left - 1) }
        return left > 0
      }
      if isFull { throw Full() }
      return try store.write(as: writer, body)
    }

    func readLog<Value>(_ body: (any LogSource) throws -> Value) throws -> Value { try store.readLog(body) }

    func readNotifications<Value>(_ body: (SQLiteTransaction) throws -> Value) throws -> Value {
      try store.readNotifications(body)
    }
  }

  /// A delivery on a store with one sink and a route that waits for nothing.
  private final class Scene {
    let path = NSTemporaryDirectory() + "stella-deliver-" + UUID().uuidString
    let store: SQLiteStore
    let notes = Notes()
    private(set) var delivery: NotificationDelivery<SQLiteStore>?

    init(_ sink: NotificationSink, giveUpAfter: Int64 = 3600 * NotifyScene.second) throws {
      store = try SQLiteStore(StateDirectory(path: path))
      var settings = NotificationSettings()
      settings.sinks = [sink]
      settings.giveUpAfter = giveUpAfter
      var route = NotificationRoute()
      (route.sinks, route.groupWait, route.groupInterval, route.groupBy) = ([sink.name], 0, 0, ["subject"])
      settings.routes = [route]
      let delivery = NotificationDelivery(
        store, settings: settings, clients: SinkAssembly.clients(settings), time: SystemClock(),
        makeID: { UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "") },
        note: { [notes] in notes.add($0) })
      try delivery.begin()
      self.delivery = delivery
    }

    func keep(_ alerts: [Alert]) throws {
      try store.write(as: .command) { for alert in alerts { try $0.put(StoredAlert(alert, updatedAt: 0)) } }
    }

    func messages(_ state: OutboxMessage.State?) throws -> [OutboxMessage] {
      try store.readNotifications { try $0.outbox(state, limit: 1000) }
    }

    /// Waits for a state of the outbox, by looking at it.
    func until(_ condition: ([OutboxMessage]) -> Bool) async throws -> Bool {
      let end = Date(timeIntervalSinceNow: 180)
      while Date() < end {
        if condition(try messages(nil)) { return true }
        try await Task.sleep(for: .milliseconds(10))
      }
      return false
    }

    func end() async {
      await delivery?.end()
      try? store.close()
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  private static func hook(
    _ url: String, secret: String? = nil, authorization: String? = nil, timeout: Duration = .seconds(120)
  ) -> NotificationSink {
    var sink = NotificationSink(
      name: "hook",
      kind: .webhook(
        url: ConcealedText(url), secret: secret.map(ConcealedText.init),
        authorization: authorization.map(ConcealedText.init)))
    sink.timeout = timeout
    return sink
  }

  @Test("What fails is sent again with the same id and body, and is counted")
  func retries() async throws {
    let server = HookServer { _, index in index == 0 ? .status(500, body: "no") : index == 1 ? .hangUp : .fine }
    let scene = try Scene(Self.hook(server.url + "/hook", authorization: "token-123456"))
    try scene.keep([NotifyScene.alert("a1")])
    #expect(try await scene.until { $0.first?.state == .sent })
    let received = server.received
    let message = try #require(try scene.messages(.sent).first)
    #expect(message.attempts == 3 && received.count == 3)
    #expect(Set(received.compactMap { $0.headers["idempotency-key"] }) == [message.message.id])
    #expect(Set(received.map(\.body)).count == 1)
    #expect(received.allSatisfy { $0.method == "POST" && $0.path == "/hook" })
    #expect(received.allSatisfy { $0.headers["authorization"] == "Bearer token-123456" })
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(received[0].body.utf8)) as? [String: Any])
    #expect(object["id"] as? String == message.message.id && object["status"] as? String == "firing")
    let counts = try #require(scene.store.readNotifications { try $0.notificationCounts() }.first)
    #expect(counts.sentTotal == 1 && counts.attemptsTotal == 3 && counts.waiting == 0)
    await scene.end()
  }

  @Test("What a sink took while nothing could be written is noted later, and isn't sent again")
  func recordsLater() async throws {
    let path = NSTemporaryDirectory() + "stella-deliver-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = FullStore(try SQLiteStore(StateDirectory(path: path)))
    let server = HookServer { _, index in
      // The planner's writes are among them.
      if index == 0 { store.refuse(5) }
      return .fine
    }
    var settings = NotificationSettings()
    settings.sinks = [Self.hook(server.url)]
    var route = NotificationRoute()
    (route.sinks, route.groupWait, route.groupInterval, route.groupBy) = (["hook"], 0, 0, ["subject"])
    settings.routes = [route]
    let delivery = NotificationDelivery(
      store, settings: settings, clients: SinkAssembly.clients(settings), time: SystemClock(),
      makeID: { UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "") }, note: { _ in })
    try delivery.begin()
    _ = try store.store.write(as: .command) { try $0.put(StoredAlert(NotifyScene.alert("a1"), updatedAt: 0)) }
    let end = Date(timeIntervalSinceNow: 180)
    var sent: [OutboxMessage] = []
    while sent.isEmpty, Date() < end {
      sent = try store.readNotifications { try $0.outbox(.sent, limit: 10) }
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(sent.map(\.attempts) == [1] && server.received.count == 1)
    await delivery.end()
    try store.store.close()
  }

  @Test("A sink that asks for patience gets it")
  func retryAfter() async throws {
    let server = HookServer { _, _ in .status(429, headers: ["retry-after": "3000"]) }
    let scene = try Scene(Self.hook(server.url))
    try scene.keep([NotifyScene.alert("a1")])
    #expect(try await scene.until { $0.first?.attempts == 1 })
    let message = try #require(try scene.messages(.waiting).first)
    #expect(message.nextAt - SystemClock().now() > 2000 * NotifyScene.second)
    await scene.end()
    #expect(server.received.count == 1)
  }

  @Test(
    "What the sink refuses for good, and what is late, is given up; a redirect is not followed", arguments: [404, 302])
  func refusals(_ status: Int) async throws {
    let server = HookServer { _, _ in
      .status(status, headers: ["location": "/elsewhere"], body: "no \u{1b}[31m such hook: secret-path")
    }
    let scene = try Scene(Self.hook(server.url + "/secret-path"))
    try scene.keep([NotifyScene.alert("a1")])
    #expect(try await scene.until { $0.first?.state == .failed })
    let message = try #require(try scene.messages(.failed).first)
    #expect(
      message.trouble == "it answered \(status): no \\x1b[31m such hook: secret-path"
        || message.trouble.contains("left out"))
    #expect(server.received.count == 1)
    await scene.end()
  }

  @Test(
    "What an answer gives back of a secret isn't told, however it is written",
    arguments: [
      "no open%2Fsesame+1", "no open/sesame+1", "no open/sesame 1", "no correct-horse",
      "no Basic " + Data("stella:correct-horse".utf8).base64EncodedString(),
    ])
  func secrets(_ body: String) async {
    let server = HookServer { _, index in .status(404, body: index == 0 ? body : "no channel ops for stella") }
    let client = SinkAssembly.client(
      Self.hook(server.url + "/hook?channel=ops&key=open%2Fsesame+1", authorization: "stella:correct-horse"))
    let message = MailClientTests.message()
    #expect(await client.deliver(message, time: 0) == .refused("it answered 404: (left out, it holds a secret)"))
    #expect(await client.deliver(message, time: 0) == .refused("it answered 404: no channel ops for stella"))
    await client.end()
  }

  @Test("A sink that says nothing is left after its timeout, and one that is away is tried again until it is given up")
  func silence() async throws {
    let server = HookServer { _, _ in .silence }
    let scene = try Scene(Self.hook(server.url, timeout: .milliseconds(200)), giveUpAfter: 1)
    try scene.keep([NotifyScene.alert("a1")])
    #expect(try await scene.until { $0.first?.state == .failed })
    #expect(try scene.messages(.failed).first?.trouble == "no answer within 200ms")
    await scene.end()
    let away = try Scene(Self.hook("http://127.0.0.1:1/"))
    try away.keep([NotifyScene.alert("a1")])
    #expect(try await away.until { ($0.first?.attempts ?? 0) >= 2 })
    #expect(try away.messages(.waiting).first?.trouble == "can't be reached: nobody takes connections there")
    #expect(away.notes.count == 1)
    await away.end()
  }

  @Test("A sink that says how it went and then stalls is left after its timeout, and what it said counts")
  func stall() async throws {
    let server = HookServer { _, index in index == 0 ? .stall(404) : .stall(200) }
    let client = SinkAssembly.client(Self.hook(server.url, timeout: .seconds(2)))
    #expect(await client.deliver(MailClientTests.message(), time: 0) == .refused("it answered 404"))
    #expect(await client.deliver(MailClientTests.message(), time: 0) == .taken(remark: ""))
    await client.end()
  }

  @Test("A signature is over the time and the body")
  func signature() async throws {
    let server = HookServer()
    let client = SinkAssembly.client(Self.hook(server.url, secret: "correct-horse"))
    let time: Int64 = 1_780_000_000_000_000_000
    #expect(await client.deliver(MailClientTests.message(), time: time) == .taken(remark: ""))
    #expect(await client.check() == nil)
    await client.end()
    let request = try #require(server.received.first)
    let code = HMAC<SHA256>.authenticationCode(
      for: Data("1780000000.".utf8) + Data(request.body.utf8), using: SymmetricKey(data: Data("correct-horse".utf8)))
    #expect(request.headers["stella-signature"] == "t=1780000000,v1=\(HexText.text(Array(code)))")
    #expect(server.received.last?.method == "HEAD")
  }

  @Test("A Slack message has a text and blocks, in which text from logs means nothing")
  func slack() async throws {
    let server = HookServer { _, _ in .status(200, body: "ok") }
    let client = SinkAssembly.client(
      NotificationSink(name: "slack", kind: .slack(url: ConcealedText(server.url + "/services/T/B/x"))))
    let message = MailClientTests.message("<!channel> <https://evil.example|click> & *bold* `code` \u{202e}")
    #expect(await client.deliver(message, time: 0) == .taken(remark: ""))
    await client.end()
    let body = try #require(server.received.first?.body)
    let object = try #require(JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    let text = try #require(object["text"] as? String)
    #expect(text.hasPrefix("[FIRING:1] &lt;!channel&gt; &lt;https://evil.example|click&gt; &amp;"), "\(text)")
    let blocks = try #require(object["blocks"] as? [[String: Any]])
    #expect(blocks.compactMap { $0["type"] as? String } == ["header", "section", "context"])
    let header = try #require(blocks[0]["text"] as? [String: Any])
    #expect(header["type"] as? String == "plain_text" && header["verbatim"] == nil)
    let markup = try #require(blocks[1]["text"] as? [String: Any])
    let closing = try #require((blocks[2]["elements"] as? [[String: Any]])?.first)
    #expect([markup, closing].allSatisfy { $0["type"] as? String == "mrkdwn" && $0["verbatim"] as? Bool == true })
    let section = try #require(markup["text"] as? String)
    #expect(!section.contains("<") && !section.contains("*bold*") && section.contains(#"\u{202e}"#), "\(section)")
    #expect(SlackClient.link("https://runbooks.example/a?b=1&c=*") == "<https://runbooks.example/a?b=1&amp;c=*>")
    #expect(SlackClient.link("see <https://evil.example|here>") == "see &lt;https://evil.example|here&gt;")
  }

  @Test("Many alerts all come, each once while nothing fails, and those of a group in their order")
  func many() async throws {
    let server = HookServer()
    let scene = try Scene(Self.hook(server.url))
    try scene.keep((0..<30).map { NotifyScene.alert("a\($0)", service: "s\($0)") })
    #expect(try await scene.until { $0.count { $0.state == .sent } == 30 })
    try scene.keep((0..<30).map { NotifyScene.alert("a\($0)", service: "s\($0)", status: .resolved, revision: 2) })
    #expect(try await scene.until { $0.count { $0.state == .sent } == 60 })
    let ids = server.received.compactMap { $0.headers["idempotency-key"] }
    #expect(ids.count == 60 && Set(ids).count == 60)
    await scene.end()
  }
}

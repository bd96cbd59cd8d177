#if NATS
  import Foundation
  import StellaModel
  import StellaNATS
  import Testing

  @testable import StellaNotify

  /// Against a real server; `Scripts/test-traits.sh` starts one and says where.
  @Suite("Notifications to NATS", .timeLimit(.minutes(3)))
  struct NATSClientTests {
    private func address() throws -> String {
      try #require(
        ProcessInfo.processInfo.environment["STELLA_TEST_NATS"], "run these tests with Scripts/test-traits.sh")
    }

    private func client(_ url: String, _ subject: String, timeout: Duration = .seconds(10)) -> any NotificationClient {
      var sink = NotificationSink(name: "bus", kind: .nats(url: ConcealedText(url), subject: subject))
      sink.timeout = timeout
      return SinkAssembly.client(sink)
    }

    private func message(_ id: String) -> NotificationMessage {
      let notice = Notice(
        kind: .alert, state: .firing, subject: "a", rule: "errors.spike", title: "Errors", summary: "shöp: many",
        startsAt: 0)
      return NotificationMessage(id: id, kind: .alert, group: [], notices: [notice], time: 1_780_000_000_000_000_000)
    }

    @Test("A message is stored once under its id, as the object that webhooks get")
    func published() async throws {
      let stream = try JetStream(try address())
      try stream.makeStream("NOTIFY", subjects: ["notify.>"])
      let client = client(try address(), "notify.alerts")
      #expect(await client.check() == nil)
      for id in ["one", "one", "two", "one"] {
        #expect(await client.deliver(message(id), time: 0) == .taken(remark: ""))
      }
      let pull = try stream.pull("notify.>", as: "reader")
      var ids: [String] = []
      while let found = try pull.next(within: .seconds(ids.count < 2 ? 10 : 1)) {
        let object = try #require(JSONSerialization.jsonObject(with: Data(found.data)) as? [String: Any])
        #expect(found.subject == "notify.alerts" && object["title"] as? String == "[FIRING:1] shöp: many")
        ids.append(try #require(object["id"] as? String))
        try found.acknowledge()
      }
      #expect(ids == ["one", "two"])
      await client.end()
    }

    @Test("Without a stream, or without a server, it is tried again, and nothing tells the password")
    func later() async throws {
      let none = client(try address(), "nobody.takes.this")
      guard case .later(let text, nil) = await none.deliver(message("a"), time: 0) else {
        Issue.record("it was taken")
        return
      }
      #expect(text.contains("no stream takes nobody.takes.this"), "\(text)")
      await none.end()
      let gone = client("nats://stella:not-for-anybody@127.0.0.1:1", "x", timeout: .seconds(1))
      guard case .later(let said, nil) = await gone.deliver(message("a"), time: 0) else {
        Issue.record("it was taken")
        return
      }
      #expect(!said.contains("not-for-anybody") && !said.isEmpty)
      #expect(await gone.check() == said)
    }
  }
#endif

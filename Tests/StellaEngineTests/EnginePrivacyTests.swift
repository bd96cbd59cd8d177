import StellaModel
import Testing

@testable import StellaEngine

@Suite("Personal data in an embedded engine", .timeLimit(.minutes(20)))
struct EnginePrivacyTests {
  static let rule = """
    return rule {
      api = 1, id = "test.login", title = "Logins fail", severity = "high", type = "errors", status = "test",
      where = [[level >= error]], by = { "user_id" }, state = { last = ring(2) },
      on = function(e, s)
        s.last:push(e)
        return alert { evidence = s.last, summary = "{message}" }
      end,
    }
    """

  static let event = Event(
    time: 1_750_000_000_000_000_000, level: .error, message: "no mail to mara@example.org, order ORD-1234",
    service: nil,
    fields: [
      .init("user_id", .string("mara")), .init("password", .string("hunter2")),
      .init("card", .string("4111 1111 1111 1111")), .init("peer", .string("203.0.113.9")),
    ])

  static func alert(_ privacy: EnginePrivacy) async throws -> String {
    var configuration = EngineConfiguration(rules: .memory(["login.lua": rule]))
    configuration.privacy = privacy
    let engine = try await StellaEngine(configuration)
    let alerts = engine.alerts
    engine.ingest([event])
    engine.shutDown()
    try await engine.run()
    var found: [String] = []
    for await alert in alerts { found.append(alert.json) }
    #expect(found.count == 1)
    return found.first ?? ""
  }

  @Test("Without a word addresses of mail, credentials and cards are nowhere in an alert or its evidence")
  func standard() async throws {
    let alert = try await Self.alert(.standard)
    for secret in ["mara@example.org", "hunter2", "4111"] { #expect(!alert.contains(secret)) }
    for kept in ["[email]", "[secret]", "[card]", "203.0.113.9", "ORD-1234", #""user_id":"mara""#] {
      #expect(alert.contains(kept))
    }
  }

  @Test(
    "Fields that are named become a keyed hash, the same for the same value, and patterns of the host's own are taken out"
  )
  func hashed() async throws {
    let privacy = EnginePrivacy(
      kinds: [.address], patterns: [.init("order", "ORD-[0-9]+")], hashedFields: ["user_id"],
      hashKey: "sixteen bytes and more")
    let alert = try await Self.alert(privacy)
    for secret in [#""user_id":"mara""#, "203.0.113.9", "ORD-1234"] { #expect(!alert.contains(secret)) }
    for kept in ["mara@example.org", "hunter2", "[ip]", "[order]", #""user_id":"id_"#] { #expect(alert.contains(kept)) }
    #expect(try await Self.alert(privacy) == alert)
    var other = privacy
    other.hashKey = "another key of that length"
    #expect(try await Self.alert(other) != alert)
  }

  @Test("Switched off everything stays as it came")
  func off() async throws {
    let alert = try await Self.alert(.off)
    for text in ["mara@example.org", "hunter2", "4111 1111 1111 1111"] { #expect(alert.contains(text)) }
  }

  @Test("Fields that are to be hashed without a key, and patterns that are none, keep the engine from being made")
  func refused() async throws {
    for privacy in [
      EnginePrivacy(kinds: [], hashedFields: ["user_id"]),
      EnginePrivacy(kinds: [], hashedFields: ["user_id"], hashKey: "short"),
      EnginePrivacy(kinds: [], patterns: [.init("broken", "(")]),
    ] {
      var configuration = EngineConfiguration(rules: .memory(["login.lua": Self.rule]))
      configuration.privacy = privacy
      await #expect { _ = try await StellaEngine(configuration) } throws: {
        ($0 as? StellaError)?.code == .configuration
      }
    }
  }
}

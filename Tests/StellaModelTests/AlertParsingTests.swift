import StellaModel
import Testing

@Suite("Alerts read back") struct AlertParsingTests {
  @Test("What is no alert is none") func none() {
    #expect(Alert(.null) == nil && Alert(.object([.init("id", .string("a"))])) == nil)
  }

  @Test("An alert's members become the alert again") func members() throws {
    let alert = try #require(
      Alert(
        .object([
          .init("id", .string("a1")), .init("rule", .string("r")), .init("type", .string("t")),
          .init("severity", .string("high")), .init("title", .string("T")), .init("summary", .string("s")),
          .init("key", .object([.init("user_id", .string("u")), .init("n", .null)])),
          .init("status", .string("firing")),
          .init("first_seen", .string("2026-01-01T00:00:00Z")), .init("last_seen", .string("2026-01-01T00:00:01Z")),
          .init("count", .integer(3)), .init("value", .double(1.5)), .init("fixes", .array([.string("f")])),
          .init("labels", .object([.init("x", .bool(true))])), .init("source", .string("app.log")),
          .init(
            "evidence",
            .array([
              .object([
                .init("time", .string("2026-01-01T00:00:00Z")), .init("level", .string("error")),
                .init("message", .string("no")), .init("fields", .object([.init("a", .integer(1))])),
              ])
            ])),
        ])))
    #expect(alert.id == "a1" && alert.severity == .high && alert.status == .firing && alert.count == 3)
    #expect(alert.key == [.init("user_id", .string("u")), .init("n", .null)] && alert.fixes == ["f"])
    #expect(alert.value == .double(1.5) && alert.expected == nil && alert.source == "app.log")
    #expect(alert.lastSeen - alert.firstSeen == 1_000_000_000)
    #expect(alert.evidence.count == 1 && alert.evidence[0].level == .error && alert.evidence[0].message == "no")
  }
}

import StellaModel
import Testing

@testable import StellaCommands

@Suite("Events for who looks at many")
struct EventLineTests {
  private func text(_ event: Event, columns: Int? = nil, hasColor: Bool = false, _ read: [String] = []) -> String {
    EventLine(terminal: Terminal(columns: columns, hasColor: hasColor), highlighting: read).text(event)
  }

  private func event(
    _ message: String, level: LogLevel? = .error, service: String? = "shop", _ fields: [FieldValue.Member] = []
  ) -> Event {
    Event(time: 1_730_625_362_000_000_000, level: level, message: message, service: service, fields: fields)
  }

  @Test("Every field is shown once, nested ones by their members, in the order of the record")
  func fields() {
    let shown = text(
      event(
        "charge failed",
        [
          .init("msg", .string("charge failed")),
          .init("user", .object([.init("id", .integer(7)), .init("name", .string("a b"))])),
          .init("tags", .array([.string("x"), .null])), .init("ok", .bool(false)), .init("none", .null),
          .init("count", .string("12")), .init("flag", .string("true")), .init("share", .double(0.5)),
        ]))
    #expect(
      shown
        == #"2024-11-03 09:16:02Z error    shop charge failed user.id=7 user.name="a b" tags="[\"x\",null]" ok=false none=null count="12" flag="true" share=0.5"#
    )
  }

  @Test("What comes from data can't pass for a level, a service, a field or a line of its own")
  func spoofs() {
    #expect(
      text(event("critical db gone", level: nil, service: nil)) == "2024-11-03 09:16:02Z -        - critical db gone")
    #expect(text(event("ok user_id=root")) == #"2024-11-03 09:16:02Z error    shop "ok user_id=root""#)
    for hostile in ["a\nb", "\u{1b}[2J", "\u{202e}x", "a\u{200b}b", "שלום", "\u{9b}31m", "a\r"] {
      for shown in [
        text(event(hostile)), text(event("m", service: hostile)), text(event("m", [.init(hostile, .string("v"))])),
        text(event("m", [.init("f", .string(hostile))])), text(event("m", [.init("f", .array([.string(hostile)]))])),
      ] {
        #expect(shown.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) }, "\(shown.debugDescription)")
        #expect(shown.hasPrefix("2024-11-03 09:16:02Z error    "))
      }
    }
  }

  @Test("Colours are for terminals, and what a condition reads stands out under the name that the record has")
  func highlights() {
    let record = event("m", [.init("userId", .string("u7")), .init("other", .string("x"))])
    let shown = text(record, columns: 200, hasColor: true, ["user_id"])
    #expect(shown.contains("\u{1b}[1mu7\u{1b}[0m") && !shown.contains("\u{1b}[1mx"))
    #expect(!text(record, columns: 200, ["user_id"]).contains("\u{1b}"))
  }
}

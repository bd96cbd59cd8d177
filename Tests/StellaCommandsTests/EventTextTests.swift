import StellaModel
import Testing

@testable import StellaCommands

@Suite("Events as lines")
struct EventTextTests {
  @Test func `members of objects are named with dots, and arrays stand as they are`() {
    let event = Event(
      time: 0, level: nil, message: "", service: nil,
      fields: [
        .init("ctx", .object([.init("actor", .object([.init("id", .string("u6"))])), .init("ok", .bool(false))])),
        .init("codes", .array([.integer(1), .string("b")])),
      ])
    #expect(EventText.line(event) == #"1970-01-01 00:00:00Z ctx.actor.id=u6 ctx.ok=false codes=[1,"b"]"#)
  }

  @Test("Time and level are shown once, whatever the record calls them")
  func once() {
    let event = Event(
      time: 1_730_625_362_000_000_000, level: .error, message: "charge failed", service: "payments",
      fields: [
        .init("@timestamp", .string("2024-11-03T09:16:02Z")), .init("lvl", .string("ERROR")),
        .init("app", .string("payments")), .init("msg", .string("charge failed")), .init("user", .string("amy")),
      ])
    #expect(EventText.line(event) == "2024-11-03 09:16:02Z error payments charge failed user=amy")
  }

  @Test("A field that another one comes before is shown as the record has it")
  func others() {
    let event = Event(
      time: 0, level: .info, message: "done", service: nil,
      fields: [.init("time", .string("0")), .init("date", .string("tomorrow")), .init("level", .string("info"))])
    #expect(EventText.line(event) == "1970-01-01 00:00:00Z info done date=tomorrow")
  }

  @Test("A text that reads like a number or a truth stands in quotes, as a rule would not take it for one")
  func quotes() {
    let event = Event(
      time: 0, level: nil, message: "m", service: nil,
      fields: [
        .init("rssi", .string("-70")), .init("n", .integer(-70)), .init("ok", .string("true")),
        .init("w", .string("x")),
      ])
    #expect(EventText.line(event) == "1970-01-01 00:00:00Z m rssi=\"-70\" n=-70 ok=\"true\" w=x")
  }
}

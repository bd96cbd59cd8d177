import StellaModel
import Testing

@testable import StellaDetection

@Suite("What passes through detection")
struct TrafficGaugeTests {
  private static let second: Int64 = 1_000_000_000

  private static func batch(_ rows: [[String: TestValue]], _ gauge: TrafficGauge) -> EventBatch {
    let register = FieldRegister(keySeed: 7)
    gauge.register(in: register)
    return TestEvents(rows, fields: register.table).batch
  }

  @Test("Before anything is published there are no figures, and without events they are zero")
  func empty() {
    let gauge = TrafficGauge()
    #expect(gauge.figures == nil)
    gauge.publish(at: 5)
    #expect(gauge.figures == TrafficFigures(time: 5, total: 0) && gauge.figures?.errorRate == nil)
  }

  @Test("What an engine that says nothing more has published a minute ago is nothing of now")
  func stale() {
    let gauge = TrafficGauge()
    #expect(gauge.current(at: 0) == nil)
    gauge.publish(at: 5)
    #expect(gauge.current(at: 4 + 60 * Self.second) == gauge.figures)
    #expect(gauge.current(at: 5 + 60 * Self.second) == nil)
  }

  @Test("An event says how it went by a level or by a status of HTTP; others are counted and not judged")
  func errors() {
    let gauge = TrafficGauge()
    let batch = Self.batch(
      [
        ["level": .level(.error)], ["level": .level(.critical), "status": .integer(200)], ["level": .level(.info)],
        ["status": .integer(503)], ["status": .integer(404)], ["status": .integer(7)], ["status": .text("500")], [:],
        ["level": .level(.warning), "status": .integer(500)],
      ], gauge)
    gauge.note(batch, at: 100 * Self.second)
    gauge.publish(at: 101 * Self.second)
    let figures = gauge.figures
    #expect(figures?.total == 9 && figures?.judgedEvents == 6 && figures?.errors == 4)
    #expect(figures?.errorRate == 4.0 / 6)
    #expect(figures?.eventsByLevel == [5, 0, 0, 1, 0, 1, 1, 1])
    // Of five minutes, as errors are.
    gauge.note(batch, at: 390 * Self.second)
    gauge.publish(at: 391 * Self.second)
    #expect(gauge.figures?.eventsByLevel == [10, 0, 0, 2, 0, 2, 2, 2])
    gauge.publish(at: 402 * Self.second)
    #expect(gauge.figures?.eventsByLevel == [5, 0, 0, 1, 0, 1, 1, 1])
    gauge.note(batch, at: 690 * Self.second)
    gauge.publish(at: 691 * Self.second)
    #expect(gauge.figures?.eventsByLevel == [5, 0, 0, 1, 0, 1, 1, 1])
  }

  @Test("Rates are those of their spans, and what is older is gone")
  func spans() {
    let gauge = TrafficGauge()
    let batch = Self.batch((0..<100).map { _ in ["level": .level(.error)] }, gauge)
    let start = 1000 * Self.second
    for second in 0..<120 { gauge.note(batch, at: start + Int64(second) * Self.second) }
    gauge.publish(at: start + 119 * Self.second)
    #expect(gauge.figures?.total == 12_000 && gauge.figures?.judgedEvents == 12_000)
    let rate = gauge.figures?.eventsPerSecond ?? 0
    #expect(rate > 90 && rate < 110, "\(rate)")
    gauge.publish(at: start + 200 * Self.second)
    #expect(gauge.figures?.eventsPerSecond == 0 && gauge.figures?.judgedEvents == 12_000)
    gauge.publish(at: start + 430 * Self.second)
    #expect(gauge.figures?.judgedEvents == 0 && gauge.figures?.errorRate == nil && gauge.figures?.total == 12_000)
  }

  @Test("A start is not taken for a lull: the rate is that of the time since")
  func start() {
    let gauge = TrafficGauge()
    let batch = Self.batch((0..<100).map { _ in [:] }, gauge)
    gauge.note(batch, at: 10 * Self.second)
    gauge.publish(at: 12 * Self.second)
    #expect(gauge.figures?.eventsPerSecond == 50)
  }

  @Test(
    "Users are counted once, by text and by number, and for a quarter of an hour", arguments: [1, 50, 1000, 20_000])
  func users(count: Int) {
    let gauge = TrafficGauge()
    let register = FieldRegister(keySeed: 7)
    gauge.register(in: register)
    for repetition in 0..<2 {
      for first in stride(from: 0, to: count, by: 500) {
        let rows: [[String: TestValue]] = (first..<min(count, first + 500)).map {
          ["user_id": $0 % 2 == 0 ? .text("user-\($0)") : .integer(Int64($0))]
        }
        gauge.note(TestEvents(rows, fields: register.table).batch, at: Int64(100 + repetition) * Self.second)
      }
    }
    gauge.note(TestEvents([["user_id": .text("")], ["user_id": .null]], fields: register.table).batch, at: 102)
    gauge.publish(at: 110 * Self.second)
    let found = gauge.figures?.activeUsers ?? 0
    #expect(abs(found - count) <= max(1, count / 10), "\(found) of \(count)")
    gauge.publish(at: 1100 * Self.second)
    #expect(gauge.figures?.activeUsers == 0)
  }

  @Test("A batch without the columns, as one from before they were wanted, is counted all the same")
  func narrow() {
    let gauge = TrafficGauge()
    let register = FieldRegister()
    _ = register.table.column(of: "message")
    let events = TestEvents([["message": .text("a")], ["message": .text("b")]], fields: register.table)
    gauge.register(in: register)
    gauge.note(events.batch, at: 1)
    gauge.publish(at: 2)
    #expect(gauge.figures?.total == 2 && gauge.figures?.judgedEvents == 0)
  }
}

import Testing

@testable import StellaCommands

@Suite("Losses of a quarter of an hour")
struct LossSpanTests {
  private static let minute: Int64 = 60_000_000_000

  @Test("Lines that could not be decoded before a restart are none, whenever the engine tells of them first")
  func restart() {
    var losses = LossSpan()
    #expect(losses.lately(0, at: 0) == 0)
    losses.note(failedLines: 50_000)
    #expect(losses.lately(0, at: Self.minute) == 0)
    losses.note(failedLines: 50_007)
    #expect(losses.lately(3, at: 2 * Self.minute) == 10)
  }

  @Test("What was lost counts for a quarter of an hour, and then no more")
  func span() {
    var losses = LossSpan()
    losses.note(failedLines: 0)
    var found: [Int] = []
    for minute in 0...40 {
      if minute == 10 { losses.note(failedLines: 5) }
      found.append(losses.lately(minute < 12 ? 0 : 2, at: Int64(minute) * Self.minute))
    }
    #expect(found[..<10].allSatisfy { $0 == 0 } && found[10] == 5 && found[12] == 7 && found[20] == 7)
    #expect(found[30...].allSatisfy { $0 == 0 })
  }
}

import StellaModel
import StellaNotify
import Testing

@Suite("When a message is tried again")
struct RetryTimesTests {
  private static let second: Int64 = 1_000_000_000

  private func message(_ giveUpAt: Int64 = 3600 * second) -> OutboxMessage {
    let message = NotificationMessage(id: "00", kind: .alert, group: [], notices: [], time: 0)
    return OutboxMessage(number: 1, sink: "a", group: "g", message: message, nextAt: 0, giveUpAt: giveUpAt)
  }

  @Test("Pauses double up to five minutes, and chance shortens them by a half at most")
  func pauses() {
    #expect((1...4).map { RetryTimes.pause(after: $0, chance: 0) / Self.second } == [1, 2, 4, 8])
    #expect(RetryTimes.pause(after: 40, chance: 0) == 300 * Self.second)
    #expect(RetryTimes.pause(after: 3, chance: 1) == 2 * Self.second)
    #expect(RetryTimes.pause(after: .max, chance: 0) == 300 * Self.second)
  }

  @Test("A sink's own wish counts, up to an hour")
  func wishes() {
    let now = 10 * Self.second
    let asked = RetryTimes.settled(message(), .later("busy", after: 120 * Self.second), now: now, chance: 0)
    #expect(asked.nextAt == now + 120 * Self.second && asked.state == .waiting && asked.attempts == 1)
    let endless = RetryTimes.settled(message(.max), .later("busy", after: .max), now: now, chance: 0)
    #expect(endless.nextAt == now + 3600 * Self.second)
  }

  @Test("A wish for no pause, or for a shorter one than there would be, changes nothing", arguments: [0, 1, -5])
  func hasty(wish: Int64) {
    let now = 10 * Self.second
    var message = message()
    for attempt in 1...4 {
      message = RetryTimes.settled(message, .later("busy", after: wish * Self.second), now: now, chance: 0)
      #expect(message.nextAt == now + Self.second << Int64(attempt - 1) && message.attempts == attempt)
    }
  }

  @Test("It is tried once more at the end, and then given up; a refusal ends it at once")
  func ends() {
    let last = RetryTimes.settled(message(), .later("no", after: nil), now: 3599 * Self.second + 1, chance: 0)
    #expect(last.nextAt == 3600 * Self.second && last.state == .waiting)
    let over = RetryTimes.settled(last, .later("no", after: nil), now: 3600 * Self.second, chance: 0)
    #expect(over.state == .failed && over.endedAt == 3600 * Self.second && over.trouble == "no")
    #expect(RetryTimes.settled(message(), .refused("404"), now: 1, chance: 0).state == .failed)
    #expect(RetryTimes.settled(message(), .taken(remark: ""), now: 1, chance: 0).state == .sent)
  }
}

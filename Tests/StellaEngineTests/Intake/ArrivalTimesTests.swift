import StellaDetection
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

@Suite("Times of what comes over the network")
struct ArrivalTimesTests {
  private static let arrival: Int64 = 1_790_000_000_000_000_000
  private static let minute: Int64 = 60_000_000_000
  private static var stamp: String { "\"time\":\"\(Timestamp.text(arrival))\"" }

  private func settled(_ text: String) -> ArrivalTimes.Settled {
    ArrivalTimes().settled(Array(text.utf8), arrival: Self.arrival)
  }

  private func event(_ name: String, _ offset: Int64) -> String {
    "{\"\(name)\":\"\(Timestamp.text(Self.arrival + offset))\",\"a\":1}\n"
  }

  @Test("What lies ahead of its arrival takes its time; what is older, or little ahead, stays byte for byte")
  func ahead() {
    let kept = event("ts", -86_400 * Self.minute) + event("time", 4 * Self.minute) + "no JSON\n" + event("ts", 0 - 1)
    let plain = settled(kept)
    #expect(String(decoding: plain.lines, as: UTF8.self) == kept && plain.ahead == 0 && plain.untimed == 0)
    let future = event("ts", 180 * Self.minute)
    let found = settled(kept + future + kept + event("time", 6 * Self.minute))
    let expected =
      kept + future.dropLast(2) + ",\(Self.stamp)}\n" + kept + event("time", 6 * Self.minute).dropLast(2)
      + ",\(Self.stamp)}\n"
    #expect(String(decoding: found.lines, as: UTF8.self) == expected)
    #expect(found.ahead == 2 && found.untimed == 0 && found.sample == String(future.dropLast()))
    // What was added counts, so that another look changes nothing but what has just that time.
    let again = ArrivalTimes().settled(found.lines, arrival: Self.arrival + 1)
    #expect(again.lines == found.lines && again.ahead == 0 && again.untimed == 0)
  }

  @Test("A time that can't be read is that of the arrival, not that of the line before")
  func unread() {
    let old = event("ts", -86_400 * 365 * Self.minute)
    let found = settled(old + "{\"ts\":\"yesterday\"}\r\n{ }\n{\"time\":5}\n{\"time\":\"timeUnixNano: -1\"}\n")
    #expect(
      String(decoding: found.lines, as: UTF8.self)
        == old + "{\"ts\":\"yesterday\",\(Self.stamp)}\r\n{ \(Self.stamp)}\n{\"time\":5,\(Self.stamp)}\n"
        + "{\"time\":\"timeUnixNano: -1\",\(Self.stamp)}\n")
    #expect(found.untimed == 4 && found.ahead == 0)
  }

  @Test("Each line is read by itself, however many there are, and whatever stands between them")
  func many() {
    // More than a batch, blank lines, ends of lines of two bytes, and years that only the arrival tells.
    var (sent, expected) = ("", "")
    for index in 0..<3000 {
      let past = event("ts", Int64(-index - 1) * Self.minute)
      let untimed = "{\"n\":\(index)}"
      let yearless = "{\"ts\":\"Sep 20 12:00:00\",\"n\":\(index)}\n"
      sent += past + "\n\(untimed)\r\nno {JSON}\n" + yearless
      expected += past + "\n\(untimed.dropLast()),\(Self.stamp)}\r\nno {JSON}\n" + yearless
    }
    let found = settled(sent)
    #expect(String(decoding: found.lines, as: UTF8.self) == expected)
    #expect(found.untimed == 3000 && found.ahead == 0)
  }

  @Test("Many senders at once get the same as one after the other")
  func senders() async {
    let clocks = SenderClocks(now: { Self.arrival }, onWrongClock: { _ in })
    let lines = (event("ts", -Self.minute) + "{\"a\":1}\n" + event("ts", 60 * Self.minute))
    let alone = settled(lines).lines
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<64 { group.addTask { clocks.settled(Array(lines.utf8)) == alone } }
      for await isSame in group { #expect(isSame) }
    }
    let counts = clocks.counts
    #expect(counts.ahead == 64 && counts.untimed == 64)
  }

  @Test(
    "The journal stores such times, so that each reading is the same; it counts them and tells of them once a minute")
  func journal() async throws {
    let directory = try TemporaryDirectory()
    let told = Mutex<[String]>([])
    let journal = try IntakeJournal(
      path: directory("intake"), name: "http", saved: nil, now: { Self.arrival },
      onWrongClock: { notice in told.withLock { $0.append(notice) } })
    let future = event("ts", 180 * Self.minute)
    for _ in 1...2 { try await journal.append(Array((future + future + "{\"ts\":\"soon\"}\n").utf8)) }
    journal.finish()
    let first = try IntakeJournalTests.rest(of: JournalSource(journal, saved: nil))
    #expect(try first == IntakeJournalTests.rest(of: JournalSource(journal, saved: nil)))
    let lines = first.split(separator: "\n")
    #expect(lines.count == 6 && lines.allSatisfy { $0.hasSuffix(Self.stamp + "}") }, "\(first)")
    #expect(journal.state.aheadEvents == 4 && journal.state.untimedEvents == 2)
    let notices = told.withLock { $0 }
    #expect(notices.count == 1 && notices[0].contains("2 events lie over five minutes ahead"), "\(notices)")
  }
}

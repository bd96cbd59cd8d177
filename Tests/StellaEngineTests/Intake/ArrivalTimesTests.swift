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
      kept + future.dropLast(2) + ",\(Self.stamp)}\n" + kept + event("time_sent", 6 * Self.minute).dropLast(2)
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
        == old + "{\"ts\":\"yesterday\",\(Self.stamp)}\r\n{ \(Self.stamp)}\n{\"time_sent\":5,\(Self.stamp)}\n"
        + "{\"time_sent\":\"timeUnixNano: -1\",\(Self.stamp)}\n")
    #expect(found.untimed == 4 && found.ahead == 0)
  }

  @Test("What was sent as `time` stays under another name, so that none stands twice")
  func sent() {
    let others = "\"a\":{\"time\":1},\"b\":[{\"time\":2}],\"c\":\"\\\"time\\\":\",\"d\":\"time\""
    let found = settled("{\"time\" : \"soon\",\(others),\"time\":\"later\"}\n{\"time\":\"\"}\n{\"xtime\":1}\n")
    #expect(
      String(decoding: found.lines, as: UTF8.self)
        == "{\"time_sent\" : \"soon\",\(others),\"time_sent\":\"later\",\(Self.stamp)}\n"
        + "{\"time_sent\":\"\",\(Self.stamp)}\n{\"xtime\":1,\(Self.stamp)}\n")
    #expect(found.untimed == 3)
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
    "A sender's batch hours ahead takes its arrival, whatever its size, and the others' events of the same batch keep theirs"
  )
  func batchAhead() {
    let own = event("ts", -2 * Self.minute)
    let future = (0..<300).map { event("ts", (180 + Int64($0)) * Self.minute) }
    let found = settled(own + future.joined() + own)
    let lines = String(decoding: found.lines, as: UTF8.self).split(separator: "\n").map { "\($0)\n" }
    #expect(lines.count == 302 && lines[0] == own && lines[301] == own)
    #expect(lines.dropFirst().dropLast().allSatisfy { $0.hasSuffix(",\(Self.stamp)}\n") })
    #expect(found.ahead == 300 && found.untimed == 0)
    // Also where every sender's clock is wrong, and by years.
    let years = settled(event("ts", 600_000 * 60 * Self.minute))
    #expect(years.ahead == 1 && String(decoding: years.lines, as: UTF8.self).contains(Self.stamp))
  }

  @Test("Five minutes ahead is the clock of a sender, a nanosecond more is none")
  func edge() {
    let kept = event("ts", 5 * Self.minute) + event("time", 5 * Self.minute - 1)
    let inside = settled(kept)
    #expect(String(decoding: inside.lines, as: UTF8.self) == kept && inside.ahead == 0 && inside.sample == nil)
    let outside = settled(kept + event("ts", 5 * Self.minute + 1))
    #expect(outside.ahead == 1 && String(decoding: outside.lines, as: UTF8.self).hasPrefix(kept))
  }

  @Test(
    "Times of all kinds that nobody can read are counted, and are the arrival's",
    arguments: ["\"soon\"", "\"2026-13-45T99:00:00Z\"", "true", "null", "[1]", "{\"a\":1}", "\"\""])
  func unreadable(value: String) {
    let found = settled("{\"ts\":\(value),\"a\":1}\n")
    let text = String(decoding: found.lines, as: UTF8.self)
    #expect(found.ahead == 0 && found.untimed == 1 && text.hasSuffix(",\(Self.stamp)}\n"), "\(text)")
    // Another look finds the time that was given.
    #expect(ArrivalTimes().settled(found.lines, arrival: Self.arrival + 1).untimed == 0)
  }

  @Test(
    "Of mixed senders each is told of by itself: those ahead with the first of them, those without a time by number")
  func mixed() throws {
    let told = Mutex<[String]>([])
    let clocks = SenderClocks(
      now: { Self.arrival }, onWrongClock: { notice in told.withLock { $0.append(notice) } })
    let right = event("ts", -Self.minute)
    #expect(clocks.settled(Array(right.utf8)) == Array(right.utf8))
    #expect(clocks.counts == (ahead: 0, untimed: 0) && told.withLock { $0 }.isEmpty)
    let body =
      right + "{\"ts\":\"yesterday\",\"who\":\"b\"}\n"
      + "{\"ts\":\"\(Timestamp.text(Self.arrival + 60 * Self.minute))\",\"who\":\"c\"}\n"
      + event("time", 61 * Self.minute) + right
    let lines = String(decoding: clocks.settled(Array(body.utf8)), as: UTF8.self).split(separator: "\n").map {
      $0 + "\n"
    }
    #expect(lines.count == 5 && lines[0] == right && lines[4] == right)
    #expect(lines[1...3].allSatisfy { $0.hasSuffix(",\(Self.stamp)}\n") })
    #expect(clocks.counts == (ahead: 2, untimed: 1))
    let notice = try #require(told.withLock { $0 }.first)
    #expect(
      notice.contains("2 events lie") && notice.contains("\"who\":\"c\"") && !notice.contains("\"who\":\"b\""),
      "\(notice)")
    // Those who come within the minute are counted and not told of one by one.
    _ = clocks.settled(Array(event("ts", 90 * Self.minute).utf8))
    #expect(clocks.counts == (ahead: 3, untimed: 1) && told.withLock { $0 }.count == 1)
  }

  @Test("A notice shows how the event begins, without what a terminal would act on")
  func shortened() throws {
    let told = Mutex<[String]>([])
    let clocks = SenderClocks(
      now: { Self.arrival }, onWrongClock: { notice in told.withLock { $0.append(notice) } })
    let time = Timestamp.text(Self.arrival + 60 * Self.minute)
    let text = String(repeating: "x", count: 200)
    _ = clocks.settled(Array("{\"ts\":\"\(time)\",\"who\":\"a\u{202e}b\",\"text\":\"\(text)\"}\n".utf8))
    let notice = try #require(told.withLock { $0 }.first)
    #expect(
      notice.contains("begins with {\"ts\":") && notice.contains(#"a\u{202e}b"#) && notice.hasSuffix("…"), "\(notice)")
    #expect(!notice.contains("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") && !notice.contains("\u{202e}"), "\(notice)")
  }

  @Test("The journal stores such times, so that each reading is the same; it counts them and tells of them")
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
    // The second time is told only where the first was a minute ago.
    #expect(
      (1...2).contains(notices.count) && notices.allSatisfy { $0.contains("2 events lie over five minutes ahead") },
      "\(notices)")
  }
}

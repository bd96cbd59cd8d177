import StellaModel
import Testing

@testable import StellaDetection

@Suite struct DecodeTimeTests {
  private func read(_ text: String, _ clock: SourceClock = SourceClock(reference: DecodedLines.reference)) -> String? {
    var text = text
    return text.withUTF8 { clock.read($0) }.map { Timestamp.text($0.time) }
  }

  @Test("Day and month stand in the order that the source has shown, else where they lie nearer")
  func dateOrder() {
    let clock = SourceClock(reference: 1_797_336_000_000_000_000)  // 2026-12-15T12:00:00Z
    let days = { (texts: [String], clock: SourceClock) in
      texts.map { self.read($0 + " 08:00:00", clock)?.prefix(10) ?? "" }
    }
    #expect(
      days(["10/12/2026", "11/12/2026", "12/12/2026", "13/12/2026", "01/02/2027"], clock) == [
        "2026-12-10", "2026-12-11", "2026-12-12", "2026-12-13", "2027-02-01",
      ])
    let american = SourceClock(reference: 1_797_336_000_000_000_000)
    #expect(
      days(["12/10/2026", "12/11/2026", "12/13/2026", "01/02/2027"], american) == [
        "2026-12-10", "2026-12-11", "2026-12-13", "2027-01-02",
      ])
    // Nothing tells: the month is first, and the next ones follow it.
    let old = SourceClock(reference: 1_797_336_000_000_000_000)
    #expect(days(["03/04/2020", "03/05/2020"], old) == ["2020-03-04", "2020-03-05"])
    let saved = SourceClock(reference: 0)
    saved.snapshot = clock.snapshot
    #expect(days(["03/04/2027"], saved) == ["2027-04-03"])
  }

  @Test(
    arguments: [
      ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000000Z"),
      ("2026-01-02T03:04:05.5+02:00", "2026-01-02T01:04:05.500000000Z"),
      ("2026-01-02 03:04:05,123 INFO x", "2026-01-02T03:04:05.123000000Z"),
      ("2026-01-02T03:04:05.123456789-0130", "2026-01-02T04:34:05.123456789Z"),
      ("2026/01/02 03:04:05 [error]", "2026-01-02T03:04:05.000000000Z"),
      ("2026.01.02 03:04:05 LOG3", "2026-01-02T03:04:05.000000000Z"),
      ("2005-06-03-15.42.50.675872 R02", "2005-06-03T15:42:50.675872000Z"),
      ("17/May/2015:10:05:03 +0200] x", "2015-05-17T08:05:03.000000000Z"),
      ("10-Oct-2020 13:55:36.123 info", "2020-10-10T13:55:36.123000000Z"),
      ("22-06-2014 09:56:12   smtp", "2014-06-22T09:56:12.000000000Z"),
      ("22.06.2014 09:56:12", "2014-06-22T09:56:12.000000000Z"),
      ("06/22/2014 09:56:12 PM x", "2014-06-22T21:56:12.000000000Z"),
      ("6/22/2014 12:00:01 AM", "2014-06-22T00:00:01.000000000Z"),
      ("Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05.000000000Z"),
      ("Mon Mar 28 16:50:49.522240 2016] [:error]", "2016-03-28T16:50:49.522240000Z"),
      ("Mon Jan  2 15:04:05 UTC 2006", "2006-01-02T15:04:05.000000000Z"),
      ("Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05.000000000Z"),
      ("Apr-07-13 07:08:36 [SSL-out]", "2013-04-07T07:08:36.000000000Z"),
      ("20171223-22:15:29:606|Step", "2017-12-23T22:15:29.606000000Z"),
      ("20060102T150405Z", "2006-01-02T15:04:05.000000000Z"),
      ("081109 203615 148 INFO", "2008-11-09T20:36:15.000000000Z"),
      ("130324  0:04:00 [Warning]", "2013-03-24T00:04:00.000000000Z"),
      ("1386543323.000      4 1.2.3.4", "2013-12-08T22:55:23.000000000Z"),
      ("1386543323123 x", "2013-12-08T22:55:23.123000000Z"),
      ("1386543323123456 x", "2013-12-08T22:55:23.123456000Z"),
      ("1386543323123456789 x", "2013-12-08T22:55:23.123456789Z"),
      ("@4000000037c219bf2ef02e94 x", "1999-08-24T04:04:05.787492500Z"),
      ("Jun 14 15:16:01 combo", "2025-06-14T15:16:01.000000000Z"),
      ("Jun 17 15:16:01 combo", "2024-06-17T15:16:01.000000000Z"),
      ("Feb 29 01:00:00 leap", "2024-02-29T01:00:00.000000000Z"),
      ("Jan  2 2006 15:04:05: %ASA", "2006-01-02T15:04:05.000000000Z"),
      ("05-03 07:56:53.026292 [WARN]", "2025-05-03T07:56:53.026292000Z"),
      ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000000Z"),
    ])
  func `a form that logs use is read`(_ text: String, _ expected: String) {
    #expect(read(text) == expected)
  }

  @Test(
    arguments: [
      "", "12345678", "hello world, this is text", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z",
      "2026-01-02T25:04:05Z",
      "2026-01-02", "Foo 12 12:12:12", "12:13:14 x y z", "99999999999999999999", "0000-12-30 00:00:00 x",
      "1.2.3.4 10:11:12",
      "2300-01-01T00:00:00Z", "-----------",
    ])
  func `what is no time is not read as one`(_ text: String) {
    #expect(read(text) == nil)
  }

  @Test func `reading through the memory of the previous time equals reading each alone`() {
    let seed: UInt64 = 20_260_102
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let forms: [(_ date: (Int, Int, Int), _ day: Int, _ fraction: String) -> String] = [
      { "\($0.0)-\(two($0.1))-\(two($0.2))T\(clockText($1))\($2.isEmpty ? "" : "." + $2)Z" },
      { "\($0.0)-\(two($0.1))-\(two($0.2)) \(clockText($1))\($2.isEmpty ? "" : "," + $2) +0530" },
      { "\(two($0.2))/\(months[$0.1 - 1])/\($0.0):\(clockText($1)) -0700] \($2)" },
      { "\(months[$0.1 - 1]) \($0.2 < 10 ? " " : "")\($0.2) \(clockText($1)) UTCHOST \($2)" },
      { "\($0.0)-\(two($0.1))-\(two($0.2)) \(clockText($1)) PM \($2)" },
      { "\($0.0)-\(two($0.1))-\(two($0.2)) \(clockText($1)) INFO \($2)" },
      { "\($0.0)-\(two($0.1))-\(two($0.2)) \(clockText($1)) AM\($2.isEmpty ? "" : " EST")" },
      { "\(months[$0.1 - 1]) \($0.2 < 10 ? " " : "")\($0.2) \(clockText($1)) host \($2)" },
      { "\(two($0.1))-\(two($0.2)) \(clockText($1))\($2.isEmpty ? "" : "." + $2) text" },
      { "Mon \(months[$0.1 - 1]) \($0.2) \(clockText($1))\($2.isEmpty ? " 1" : " \($0.0)")" },
      { "\($0.0)\(two($0.1))\(two($0.2))-\(clockText($1))\($2.isEmpty ? "" : ":" + $2)|text" },
    ]
    let shared = SourceClock(reference: DecodedLines.reference)
    var day = 20_000
    var second = 40_000
    for _ in 0..<20_000 {
      if random.chance(5) { day = 19_000 + random.below(1_500) }
      if random.chance(1) { shared.previous = Int64(15_000 + random.below(8_000)) * Timestamp.day }
      if random.chance(30) { second = random.below(86_400) } else { second = min(86_399, second + random.below(3)) }
      let date = Timestamp.civil(days: day)
      let digits = random.below(10)
      let fraction = (0..<digits).map { _ in String(random.below(10)) }.joined()
      let text = random.pick(forms)((date.year, date.month, date.day), second, fraction)
      let alone = SourceClock(reference: DecodedLines.reference)
      alone.previous = shared.previous
      if read(text, alone) != read(text, shared) { Issue.record("\(text)") }
    }
  }

  @Test func `every time that is written is read back, and agrees with counting days one by one`() {
    let seed: UInt64 = 7
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    for _ in 0..<20_000 {
      let time = Int64(bitPattern: random.next())
      let text = Timestamp.text(time)
      if text.utf8.count != 30 || Timestamp.parse(text) != time { Issue.record("\(text)") }
    }
    var days = 0
    for year in 1970...2105 {
      for month in 1...12 {
        for day in 1...Timestamp.daysIn(month: month, year: year) {
          if Timestamp.days(year: year, month: month, day: day) != days { Issue.record("\(year)-\(month)-\(day)") }
          if Timestamp.civil(days: days) != (year, month, day) { Issue.record("day \(days)") }
          days += 1
        }
      }
    }
    for time in [Int64.min, -1, 0, 1, .max] { #expect(Timestamp.parse(Timestamp.text(time)) == time) }
  }

  @Test func `a year-less log rolls over from December to January, and a late line stays in the old year`() {
    let clock = SourceClock(reference: Timestamp.parse("2024-01-05T00:00:00Z") ?? 0)
    let times = ["Dec 31 23:59:59 a", "Jan  1 00:00:01 a", "Dec 31 23:59:58 a", "Jan  1 00:00:02 a"].map {
      read($0, clock)
    }
    #expect(
      times == [
        "2023-12-31T23:59:59.000000000Z", "2024-01-01T00:00:01.000000000Z", "2023-12-31T23:59:58.000000000Z",
        "2024-01-01T00:00:02.000000000Z",
      ])
    #expect(read("Jun  1 00:00:00 a", SourceClock(year: 2011, reference: 0)) == "2011-06-01T00:00:00.000000000Z")
  }

  @Test func `a zone that the text lacks is the source's, across its changes`() {
    let zone = ZoneRules(
      transitions: [1_711_846_800, 1_729_990_800], offsets: [7200, 3600], initialOffset: 3600)
    func local(_ text: String) -> String? { read(text, SourceClock(reference: 0, zone: zone)) }
    #expect(local("2024-03-31 01:30:00 x") == "2024-03-31T00:30:00.000000000Z")
    #expect(local("2024-03-31 03:30:00 x") == "2024-03-31T01:30:00.000000000Z")
    #expect(local("2024-07-01 12:00:00 x") == "2024-07-01T10:00:00.000000000Z")
    #expect(local("2024-10-27 02:30:00 x") == "2024-10-27T00:30:00.000000000Z")
    #expect(local("2024-12-01 12:00:00 x") == "2024-12-01T11:00:00.000000000Z")
    #expect(local("2024-07-01T12:00:00Z x") == "2024-07-01T12:00:00.000000000Z")
  }

  @Test func `a compiled zone of the system gives its offsets`() throws {
    guard let bytes = DecodeCorpora.read("/usr/share/zoneinfo/Europe/Berlin") else {
      print("left out: this machine has no time zones")
      return
    }
    let zone = try #require(ZoneRules(tzif: bytes))
    for (time, offset) in [
      ("1970-06-01T00:00:00Z", 3600), ("2024-01-01T00:00:00Z", 3600), ("2024-07-01T00:00:00Z", 7200),
      ("2030-07-01T00:00:00Z", 7200),
    ] {
      let seconds = Int((Timestamp.parse(time) ?? 0) / Timestamp.second)
      #expect(zone.offset(atUTC: seconds) == offset, "\(time)")
    }
    #expect(ZoneRules(tzif: Array(bytes.prefix(60))) == nil)
    #expect(ZoneRules(tzif: []) == nil)
  }

  @Test func `a clock goes on from its snapshot`() {
    let clock = SourceClock(reference: DecodedLines.reference)
    _ = read("Jun 14 15:16:01 a", clock)
    var address = "192.0.2.1"
    address.withUTF8 { clock.sessions.record(42, address: $0) }
    let copy = SourceClock(reference: 0)
    copy.snapshot = clock.snapshot
    #expect(copy.snapshot == clock.snapshot)
    #expect(copy.missing == clock.missing)
    #expect(copy.sessions.withAddress(of: 42) { String(decoding: $0, as: UTF8.self) } == "192.0.2.1")
    #expect(copy.sessions.withAddress(of: 43) { _ in 0 } == nil)
  }
}

private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
private func clockText(_ seconds: Int) -> String {
  "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
}

import StellaModel
import StellaTesting
import Testing

@testable import StellaDetection

struct SourceHeldEventsTests {
  private static let start: Int64 = 1_781_000_000  // 2026-06-09T10:13:20Z

  /// A line at so many seconds after the start.
  private func line(_ seconds: Int64, _ text: String) -> String {
    let time = Timestamp.text((SourceHeldEventsTests.start + seconds) * Timestamp.second)
    return "{\"time\":\"\(time)\",\"message\":\"\(text)\"}"
  }

  private func messages(_ rows: [SourceRun.Row]) -> [String] {
    rows.map { row in
      if case .string(let text)? = row.cells["message"] { text } else { "?" }
    }
  }

  private func order(_ lines: [String]) throws -> String {
    try messages(SourceRun(lines).rest()).joined(separator: " ")
  }

  @Test func `one event far ahead waits for the end, and what has no time keeps the time before it`() throws {
    let run = SourceRun([
      line(0, "a"), line(1, "b"), line(9_000_000, "poison"), "{\"message\":\"none\"}", line(2, "c"),
    ])
    let rows = try run.rest()
    #expect(messages(rows) == ["a", "b", "none", "c", "poison"])
    #expect(rows[2].time == rows[1].time)
    #expect(rows.map(\.offset).sorted() == [rows[0], rows[1], rows[4], rows[2], rows[3]].map(\.offset))
    #expect(run.reader.heldEvents == 0 && run.reader.droppedAhead == 0)
  }

  @Test func `what stands before the first time takes that time and follows it`() throws {
    func none(_ text: String) -> String { "{\"message\":\"\(text)\"}" }
    let run = SourceRun([none("1"), none("2"), line(0, "a"), none("3"), line(5, "b")])
    let rows = try run.rest()
    #expect(messages(rows) == ["a", "1", "2", "3", "b"])
    #expect(rows.map { $0.time - rows[0].time } == [0, 0, 0, 0, 5 * Timestamp.second])
    #expect(run.reader.untimedHeads == nil && run.reader.heldEvents == 0)
    let text = SourceRun(["# made by hand", "\tat com.shop.Main", "2026-06-09T10:00:00Z ERROR broken"], format: .plain)
    #expect(try Set(text.rest().map(\.time)).count == 1)
  }

  @Test func `without any time the reference time holds, at the end, when idle and beyond a thousand events`() throws {
    let lines = (0..<1200).map { "{\"message\":\"\($0)\"}" }
    let short = SourceRun(Array(lines.prefix(3)))
    #expect(try short.rest().map(\.time) == Array(repeating: SourceRun.reference, count: 3))
    #expect(short.reader.untimedHeads == 3)
    let idle = SourceRun([.text(lines[0] + "\n"), .idle, .text(lines[1] + "\n" + line(0, "a") + "\n")])
    #expect(try idle.rest().isEmpty && idle.reader.heldEvents == 1)
    #expect(idle.confirm(upTo: 0).map(\.time) == [SourceRun.reference])
    #expect(messages(try idle.rest()) == ["1", "a"])
    let long = SourceRun(lines + [line(0, "a")])
    let rows = try long.rest()
    #expect(messages(rows) == (0..<1200).map(String.init) + ["a"] && long.reader.untimedHeads == 1000)
    #expect(rows.dropLast().allSatisfy { $0.time == SourceRun.reference })
  }

  @Test func `what is held keeps the number of its line, also over a restart`() throws {
    let broken = Array("no time ".utf8) + [0xff, 0x0a]
    let jump = Array(line(9_000_000, "j").utf8.dropLast(2)) + [0xff] + Array("\"}\n".utf8)
    let ordinary = Array((line(0, "a") + "\n").utf8)
    let heads = SourceRun([.bytes(Array(repeatElement(broken, count: 1010).joined()))])
    #expect(try heads.rest().count == 1010)
    #expect(heads.reader.failures.repaired == 1010 && heads.reader.failures.repairedNumbers == [1, 2, 3, 4, 5])
    let jumps = SourceRun([.bytes(ordinary + jump + ordinary)])
    #expect(messages(try jumps.rest()) == ["a", "a", "j\u{fffd}"])
    #expect(jumps.reader.failures.repairedNumbers == [2])

    let first = SourceRun([.bytes(broken + broken), .idle])
    #expect(try first.rest().isEmpty && first.reader.heldEvents == 2)
    let checkpoint = first.reader.checkpoint()
    let second = SourceRun([.bytes(ordinary)], from: checkpoint.position.offset)
    try second.reader.resume(from: checkpoint)
    #expect(try second.rest().count == 3)
    #expect(second.reader.failures.repairedNumbers == [1, 2])
  }

  @Test func `a time without a year is not led astray by one far ahead`() throws {
    let rows = try SourceRun(
      [
        "Jun  9 10:00:00 h p[1]: a", "2031-12-30T10:00:00Z h p[1]: poison", "Jun  9 10:00:01 h p[1]: b",
        "Jun  9 10:00:02 h p[1]: c",
      ], format: .syslog
    ).rest()
    #expect(messages(rows) == ["a", "b", "c", "poison"])
    #expect(rows.map { Timestamp.text($0.time).prefix(4) } == ["2025", "2025", "2025", "2031"])
  }

  @Test func `three further events within an hour of a jump confirm it`() throws {
    let lines = [line(0, "a"), line(7200, "j"), line(7201, "1"), line(7100, "2")]
    #expect(try order(lines + [line(1, "b")]) == "a b j 1 2")
    #expect(try order(lines + [line(7202, "3"), line(1, "b")]) == "a j 1 2 3 b")
    #expect(try order(lines + [line(7202, "3"), line(7203, "4")]) == "a j 1 2 3 4")
  }

  @Test func `an ordinary event in between starts the count anew and one without a time does not`() throws {
    let two = [line(0, "a"), line(7200, "j"), line(7201, "1"), line(7202, "2")]
    #expect(try order(two + [line(1, "b"), line(7203, "3"), line(2, "c")]) == "a b c j 1 2 3")
    #expect(
      try order(two + [line(1, "b"), line(7203, "3"), line(7204, "4"), line(7205, "5"), line(2, "c")])
        == "a b j 1 2 3 4 5 c")
    #expect(try order(two + ["{\"message\":\"none\"}", line(7203, "3"), line(1, "b")]) == "a none j 1 2 3 b")
    #expect(try order(two + [line(0, "same"), line(7203, "3"), line(1, "b")]) == "a same b j 1 2 3")
  }

  @Test func `an event of exactly an hour is no jump, one nanosecond more is`() throws {
    let a = "{\"time\":\"2026-06-09T10:00:00Z\",\"message\":\"a\"}"
    let hour = "{\"time\":\"2026-06-09T11:00:00.000000000Z\",\"message\":\"hour\"}"
    let more = "{\"time\":\"2026-06-09T11:00:00.000000001Z\",\"message\":\"more\"}"
    let b = "{\"time\":\"2026-06-09T10:00:00Z\",\"message\":\"b\"}"
    #expect(try order([a, hour, b]) == "a hour b")
    #expect(try order([a, more, b]) == "a b more")
  }

  @Test func `a log whose every line jumps lags by three events`() throws {
    let lines = (0..<10).map { line($0 * 10_000, "\($0)") }
    let run = SourceRun([.text(lines.map { $0 + "\n" }.joined()), .idle, .text(line(100_000, "10") + "\n")])
    #expect(messages(try run.rest()) == (0..<7).map(String.init))
    #expect(run.reader.heldEvents == 3)
    #expect(messages(try run.rest()) == ["7", "8", "9", "10"])
  }

  @Test func `a jump that others don't confirm stays when a real gap beneath it is confirmed`() throws {
    #expect(
      try order([
        line(0, "a"), line(9_000_000, "poison"), line(20_000, "j"), line(20_001, "1"), line(20_002, "2"),
        line(20_003, "3"), line(20_004, "4"),
      ]) == "a j 1 2 3 4 poison")
  }

  @Test func `a held event goes on when ordinary time comes within an hour of it`() throws {
    #expect(
      try order([line(0, "a"), line(7200, "j"), line(3000, "b"), line(3600, "c"), line(3601, "d"), line(7201, "e")])
        == "a b c j d e")
    // What goes lets others go; those within an hour of each other as they arrived.
    #expect(
      try order([line(0, "a"), line(10_000, "k"), line(1, "b"), line(6500, "j"), line(2900, "c"), line(2901, "d")])
        == "a b c k j d")
  }

  @Test func `the first event of a source is never held`() throws {
    #expect(try order([line(9_000_000, "first"), line(0, "a"), line(9_003_700, "j"), line(1, "b")]) == "first a b j")
  }

  @Test func `over a thousand held events or a mebibyte of them the oldest are dropped and counted`() throws {
    // Each lies an hour before the one before it, so that none confirms another.
    let falling = (0..<1100).map { line(90_000_000 - 3700 * $0, "h\($0)") }
    let run = SourceRun([line(0, "a")] + falling + [line(1, "b")])
    let rows = try run.rest()
    #expect(messages(rows) == ["a", "b"] + (100..<1100).reversed().map { "h\($0)" })
    #expect(run.reader.droppedAhead == 100)

    let long = String(repeating: "x", count: 3900)
    let wide = SourceRun([line(0, "a")] + (0..<300).map { line(90_000_000 - 3700 * $0, "h\($0)\(long)") })
    var most = 0
    var count = 0
    while try wide.fill(room: 7) {
      most = max(most, wide.reader.held.entries.reduce(0) { $0 + $1.record.count })
      count += wide.last.count
    }
    #expect(most <= HeldEvents.maximumBytes && most > HeldEvents.maximumBytes - 4100)
    #expect(count == 301 - wide.reader.droppedAhead && wide.reader.droppedAhead > 0)
  }

  @Test func `at the end what arrived after a poisoned time but lies before it is used before it`() throws {
    #expect(
      try order([line(0, "a"), line(9_000_000, "poison"), line(7200, "j"), line(7100, "k"), line(8_000_000, "other")])
        == "a j k other poison")
  }

  @Test func `held events count as read`() throws {
    let lines = [line(0, "a"), line(9_000_000, "poison")]
    let run = SourceRun([.text(lines.map { $0 + "\n" }.joined()), .idle])
    _ = try run.rest()
    #expect(run.reader.heldEvents == 1)
    #expect(run.reader.position.offset == Int64(lines.reduce(0) { $0 + $1.utf8.count + 1 }))
  }

  @Test func `the calendar lets go what isn't ahead of it and nothing else`() throws {
    let lines = [line(0, "a"), line(20_000, "night"), line(9_000_000, "poison")]
    let run = SourceRun([.text(lines.map { $0 + "\n" }.joined()), .idle, .text(line(20_010, "b") + "\n"), .idle])
    #expect(messages(try run.rest()) == ["a"])
    let start = SourceHeldEventsTests.start
    #expect(run.confirm(upTo: (start + 20_000 - 3601) * Timestamp.second) == [])
    #expect(run.reader.heldEvents == 2)
    #expect(messages(run.confirm(upTo: (start + 20_000 - 3600) * Timestamp.second)) == ["night"])
    #expect(run.reader.heldEvents == 1)
    #expect(run.confirm(upTo: (start + 20_005) * Timestamp.second) == [])
    #expect(messages(try run.rest()) == ["b"])
  }

  @Test func `what the calendar lets go is in a checkpoint that is taken before all of it was used`() throws {
    let lines = [line(0, "a"), line(20_000, "1"), line(20_001, "2"), line(9_000_000, "poison")]
    let text = lines.map { $0 + "\n" }.joined()
    let run = SourceRun([.text(text), .idle])
    _ = try run.rest()
    #expect(messages(run.confirm(upTo: (SourceHeldEventsTests.start + 20_005) * Timestamp.second)) == ["1", "2"])
    run.reader.usedEvents = 1
    let checkpoint = run.reader.checkpoint()
    #expect(checkpoint.skip == 1 && checkpoint.position.offset == Int64(text.utf8.count))
    let next = SourceRun([.text(line(20_002, "3") + "\n")], from: checkpoint.position.offset)
    try next.reader.resume(from: checkpoint)
    #expect(messages(try next.rest()) == ["2", "3", "poison"])
  }

  @Test func `the times of one reader that is told to pass everything on are as they come`() throws {
    let fields = FieldRegister()
    let batch = EventBatch(columnCount: 0)
    let text = [line(0, "a"), line(9_000_000, "poison"), line(1, "b")].map { $0 + "\n" }.joined()
    let reader = SourceReader(
      splitter: LineSplitter(source: ScriptedSource([.text(text)]), index: 0), number: 0, format: .json,
      clock: SourceClock(reference: 0), fields: fields, holdsJumps: false)
    _ = try reader.fill(batch)
    #expect(
      (0..<batch.count).map { batch.times[$0] / Timestamp.second - SourceHeldEventsTests.start } == [0, 9_000_000, 1])
  }
}

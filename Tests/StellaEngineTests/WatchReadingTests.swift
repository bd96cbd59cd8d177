import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Watching files to their end")
struct WatchReadingTests {
  let watch: WatchHarness

  init() throws { watch = try WatchHarness() }

  @Test("An empty file and one of blank lines only have no events and end well")
  func nothing() throws {
    try watch.ruleForEachEvent()
    try watch.directory.write("empty.log", "")
    try watch.directory.write("blank.log", "\n\r\n   \n\n")
    for names in [["empty.log"], ["blank.log"], ["empty.log", "blank.log"]] {
      let summary = try #require(try watch.run(names))
      #expect(summary.events == 0 && summary.failedLines == 0 && summary.fired == 0)
    }
  }

  @Test("A last line without its line feed counts")
  func unfinishedLine() throws {
    try watch.ruleForEachEvent()
    try watch.directory.write("app.log", String(WatchHarness.lines(1...3).dropLast()))
    #expect(try watch.run(["app.log"])?.events == 3)
    #expect(watch.sequence == [1, 2, 3])
  }

  @Test("Huge lines, NUL bytes and invalid UTF-8 are counted, and the lines between them are read")
  func damage() throws {
    try watch.ruleForEachEvent()
    var bytes = Array(WatchHarness.lines(1...1).utf8)
    bytes += Array("{\"seq\":99,\"m\":\"".utf8) + [UInt8](repeating: 0x78, count: 3 << 20) + Array("\"}\n".utf8)
    bytes += Array(WatchHarness.lines(2...2).utf8)
    bytes +=
      Array("{\"ts\":1700000001,\"seq\":3,\"message\":\"a".utf8) + [0xff, 0xfe, 0xc3, 0x28] + Array("\"}\n".utf8)
    bytes += [0, 0, 0, 0x0a]
    bytes += Array("{\"seq\":98,\"message\":\"a".utf8) + [0] + Array("\"}\n".utf8)
    bytes += Array(WatchHarness.lines(4...4).utf8)
    try watch.directory.write("app.log", bytes: bytes)
    for size in [16, 4096, LineSplitter.defaultReadBytes] {
      watch.forget()
      watch.options.readBytes = size
      let summary = try #require(try watch.run(["app.log"], format: .json))
      #expect(watch.sequence == [1, 2, 3, 4], "read size \(size)")
      #expect(summary.linesCut == 1 && summary.repairedLines == 1)
      #expect(summary.failedLines == 3, "the cut line, the NUL bytes, the NUL in a text: \(summary.decodeFailures)")
      #expect(summary.decodeFailures.first?.samples.allSatisfy { $0.text.utf8.count <= 800 } == true)
      #expect(summary.decodeFailures.first?.samples.map(\.line) == [2, 5, 6])
      #expect(summary.damagedLines.map(\.kind) == [.repaired, .cut])
      #expect(summary.damagedLines.map(\.numbers) == [[4], [2]])
    }
  }

  /// Files whose times overlap and have ties, and rules of several kinds over them. Seeded.
  func overlapping(seed: UInt64) throws -> [String] {
    var state = seed
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    let names = (0..<3).map { "part\($0).log" }
    for name in names {
      var time = 0.0
      var text = ""
      for number in 0..<2500 {
        // Now and then back in time, often not at all forward.
        time += [0, 0, 0.25, 1, 3, -2][Int(next(6))]
        let level = next(4) == 0 ? "error" : "info"
        text += WatchHarness.line(
          time, "\"level\":\"\(level)\",\"user_id\":\"u\(next(9))\",\"duration_ms\":\(next(900)),\"n\":\(number)")
        if next(50) == 0 { text += "\n" }
        if next(80) == 0 { text += "no json at all\n" }
      }
      try watch.directory.write(name, text)
    }
    try watch.rule(
      "sliding",
      "where = [[level == error]], by = { \"user_id\" }, threshold = { count = 6, within = \"30s\" }, max_keys = 6")
    try watch.rule(
      "script",
      """
      where = [[duration_ms > 850]], by = { "user_id" }, max_keys = 5, state = { w = window.count("1m"), last = ring(3) },
      on = function(e, s) s.w:add(e) s.last:push(e) s.seen = (s.seen or 0) + (e.n or 0) end,
      every = "10s", hold = "10s", keep_firing = "20s",
      check = function(s) if s.w:count() > 4 then return alert { value = s.seen, evidence = s.last, summary = "{value}" } end end
      """)
    return names
  }

  @Test("The merge of several files gives byte-identical output whatever the read size", arguments: [7, 20_261_121])
  func readSizes(seed: UInt64) throws {
    print("seed \(seed)")
    let names = try overlapping(seed: seed)
    var outputs: Set<String> = []
    var events: Set<Int> = []
    for size in [64, 333, 4096, 65_537, LineSplitter.defaultReadBytes] {
      watch.forget()
      watch.options.readBytes = size
      events.insert(try #require(try watch.run(names)).events)
      outputs.insert(watch.output)
    }
    #expect(outputs.count == 1 && events.count == 1, "seed \(seed)")
    #expect(Set(watch.alerts.map(\.rule)).count == 2, "both rules must have fired")
  }

  @Test("One file gives byte-identical output whatever the read size")
  func readSizesOfOne() throws {
    let names = try overlapping(seed: 3)
    var outputs: Set<String> = []
    for size in [64, 1021, LineSplitter.defaultReadBytes] {
      watch.forget()
      watch.options.readBytes = size
      try watch.run([names[0]])
      outputs.insert(watch.output)
    }
    #expect(outputs.count == 1 && !watch.output.isEmpty)
  }

  @Test("Files are merged by time, then by the order of arguments, then by offset")
  func mergeOrder() throws {
    try watch.ruleForEachEvent()
    func lines(_ events: [(Double, Int)]) -> String {
      events.map { WatchHarness.line($0.0, "\"seq\":\($0.1)") }.joined()
    }
    try watch.directory.write("a.log", lines([(1, 1), (5, 4), (3, 5), (9, 9)]))
    try watch.directory.write("b.log", lines([(1, 2), (1, 3), (5, 6), (5, 7), (8, 8)]))
    try watch.run(["a.log", "b.log"])
    #expect(watch.sequence == [1, 2, 3, 4, 5, 6, 7, 8, 9])
    watch.forget()
    try watch.run(["b.log", "a.log"])
    #expect(watch.sequence == [2, 3, 1, 6, 7, 4, 5, 8, 9])
  }

  @Test("A log that was cut into files in order gives the alerts that the whole log gives")
  func splitFiles() throws {
    let names = try overlapping(seed: 11)
    let whole = try String(contentsOfFile: watch.directory(names[0]), encoding: .utf8)
    // Only where time moves on may a merge by time be cut.
    let sorted = whole.split(separator: "\n").filter { $0.hasPrefix("{") }.sorted {
      ($0.prefix(30).dropFirst(6).split(separator: ",")[0]) < ($1.prefix(30).dropFirst(6).split(separator: ",")[0])
    }.map { $0 + "\n" }
    try watch.directory.write("whole.log", sorted.joined())
    try watch.run(["whole.log"])
    let expected = watch.alerts.map { "\($0.status) \($0.id) \($0.count)" }
    #expect(!expected.isEmpty)
    for cut in [1, 700, sorted.count - 1] {
      watch.forget()
      try watch.directory.write("first.log", sorted[..<cut].joined())
      try watch.directory.write("second.log", sorted[cut...].joined())
      try watch.run(["first.log", "second.log"])
      #expect(watch.alerts.map { "\($0.status) \($0.id) \($0.count)" } == expected, "cut at \(cut)")
    }
  }

  @Test("A field that no rule declares has the same values in the first batch and later, alone and merged")
  func undeclaredFields() throws {
    try watch.rule(
      "sum",
      """
      where = [[seq ~= nil]], state = { n = 0, sum = 0, texts = 0 },
      on = function(e, s)
        s.n = s.n + 1
        s.sum = s.sum + e.odd_one + e["deep.inner"]
        if e.word == "w" .. e.odd_one and e.absent == nil and e.nothing == null then s.texts = s.texts + 1 end
        if e.seq == 6000 then return alert { value = s.sum, summary = "{value} " .. s.n .. " " .. s.texts } end
      end
      """)
    func line(_ number: Int) -> String {
      WatchHarness.line(
        Double(number),
        "\"seq\":\(number),\"odd_one\":\(number % 97),\"word\":\"w\(number % 97)\",\"nothing\":null,\"deep\":{\"inner\":\(number % 13)}"
      )
    }
    let sum = (1...6000).reduce(0) { $0 + $1 % 97 + $1 % 13 }
    try watch.directory.write("all.log", (1...6000).map(line).joined())
    try watch.directory.write("odd.log", stride(from: 1, through: 6000, by: 2).map(line).joined())
    try watch.directory.write("even.log", stride(from: 2, through: 6000, by: 2).map(line).joined())
    for names in [["all.log"], ["odd.log", "even.log"]] {
      for size in [100, LineSplitter.defaultReadBytes] {
        watch.forget()
        watch.options.readBytes = size
        let summary = try #require(try watch.run(names))
        #expect(summary.quarantined.isEmpty, "\(summary.quarantined)")
        #expect(watch.alerts.first?.summary == "\(sum) 6000 6000")
      }
    }
  }

  @Test("A source's service is that of events that name none, for rules, keys and evidence")
  func service() throws {
    try watch.rule(
      "shop", "where = [[service == \"shop\"]], by = { \"service\" }, threshold = { count = 2, within = \"1m\" }")
    try watch.directory.write(
      "app.log",
      WatchHarness.line(1, "\"message\":\"a\"") + WatchHarness.line(2, "\"message\":\"b\",\"service\":\"other\"")
        + WatchHarness.line(3, "\"message\":\"c\""))
    try watch.run(["app.log"], service: "shop")
    let alert = try #require(watch.alerts.first)
    #expect(alert.key == [.init("service", .string("shop"))] && alert.count == 2)
    #expect(alert.evidence.allSatisfy { $0.service == "shop" } && !alert.evidence.isEmpty)
    watch.forget()
    try watch.run(["app.log"])
    #expect(watch.alerts.isEmpty)
  }

  @Test("A rule whose Lua fails rests; the others are as if it were not there")
  func quarantine() throws {
    try watch.ruleForEachEvent()
    try watch.directory.write("app.log", WatchHarness.lines(1...3000))
    try watch.run(["app.log"])
    let alone = watch.output
    watch.forget()
    try watch.rule("broken", "where = [[seq ~= nil]], on = function(e, s) local x = nil; return x.y end")
    try watch.rule("endless", "where = [[seq ~= nil]], on = function(e, s) while true do end end")
    let summary = try #require(try watch.run(["app.log"]))
    let others = watch.output.split(separator: "\n").filter { $0.contains("\"rule\":\"test.each\"") }
    #expect(others.joined(separator: "\n") + "\n" == alone)
    #expect(Set(summary.quarantined.map(\.rule)) == ["test.broken", "test.endless"])
    #expect(summary.quarantined.allSatisfy { $0.failures >= 5 && $0.failures < 20 }, "\(summary.quarantined)")
    let resting = watch.notices.compactMap { if case .quarantined(let rule, _) = $0 { rule } else { nil } }
    #expect(Set(resting) == ["test.broken", "test.endless"])
  }

  @Test("A rule that changes a variable of its script is stopped, said to be, and counted with the engine's alert")
  func stopped() throws {
    try watch.directory.write("app.log", WatchHarness.lines(1...200))
    try watch.directory.write(
      "Rules/global.lua",
      "local seen = { n = 0 }\n"
        + WatchHarness.text("global", "where = [[seq ~= nil]], on = function(e, s) seen.n = seen.n + 1 end"))
    let summary = try #require(try watch.run(["app.log"]))
    let stops = watch.notices.compactMap { if case .stopped(let rule, _) = $0 { rule } else { nil } }
    #expect(stops == ["test.global"] && summary.isAnyRuleBroken)
    #expect(!watch.notices.contains { if case .quarantined = $0 { true } else { false } })
    #expect(summary.firedByRule.map(\.rule) == ["stella.rule-quarantined"] && summary.fired == 1)
  }

  @Test("Times that can't be read are counted with the first of them; lines without any are not")
  func unreadTimes() throws {
    try watch.ruleForEachEvent()
    try watch.directory.write(
      "app.jsonl",
      WatchHarness.line(1, "\"seq\":1") + #"{"ts":"20.11.2026 klokken 8","seq":2}"# + "\n" + #"{"seq":3}"# + "\n"
        + #"{"ts":"some day soon","seq":4}"# + "\n" + #"{"ts":"","seq":5}"# + "\n")
    let summary = try #require(try watch.run(["app.jsonl"]))
    let unread = try #require(summary.unreadTimes.first)
    #expect(unread.count == 2 && unread.samples.map(\.text) == ["20.11.2026 klokken 8"])
    #expect(unread.samples.first?.place == "line 2" && summary.events == 5)
    try watch.directory.write(
      "app.log", "time=2026-11-20T08:00:00Z level=info seq=1\ntime=\"20.11.2026 klokken 8\" level=info seq=2\n")
    let text = try #require(try watch.run(["app.log"], format: .logfmt)?.unreadTimes)
    #expect(text.map(\.count) == [1] && text.first?.samples.first?.place == "line 2", "\(text)")
  }

  @Test("A file that begins like no text is told of once; UTF-16 and a log that was emptied under its writer are none")
  func binary() throws {
    try watch.ruleForEachEvent()
    func said(_ bytes: [UInt8]) throws -> Int {
      watch.forget()
      try watch.directory.write("app.bin", String(decoding: bytes, as: UTF8.self))
      let summary = try watch.run(["app.bin"])
      let notices = watch.notices.count { if case .binary = $0 { true } else { false } }
      #expect(summary?.binarySources.count == notices)
      return notices
    }
    #expect(
      try said(Array("\u{7f}ELF\u{2}\u{1}".utf8) + [0, 0, 0, 3, 10] + Array(repeating: 7, count: 9000) + [10]) == 1)
    #expect(try said(Array("an event\n".utf8)) == 0)
    #expect(try said("an event\nand another\n".utf8.flatMap { [$0, 0] }) == 0)
    #expect(try said(Array(repeating: 0, count: 5000) + Array("an event\n".utf8)) == 0)
  }
}

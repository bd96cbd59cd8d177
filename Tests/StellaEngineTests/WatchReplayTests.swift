import StellaModel
import Testing

@testable import StellaEngine

/// A watch that is broken off anywhere and started again says what one that was not would have said.
@Suite("Watches that are broken off")
struct WatchReplayTests {
  let watch: WatchHarness

  init() throws {
    watch = try WatchHarness()
    watch.options.store = InMemoryStore()
    watch.options.checkpointInterval = 0
  }

  private struct Random {
    var state: UInt64

    /// SplitMix64 (Steele, Lea, Flood 2014).
    mutating func below(_ limit: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ (z >> 31)) % UInt64(limit))
    }
  }

  private func rules() throws {
    try watch.rule(
      "order",
      """
      where = [[seq ~= nil]], suppress_for = "0s", on = function(e, s)
        s.n = (s.n or 0) + 1
        s.text = (s.text or "") .. e.seq .. " "
        if s.n % 5 == 0 then
          local text = s.text
          s.text = nil
          return alert { value = s.n, summary = text }
        end
      end
      """)
    try watch.rule(
      "held", "where = [[seq ~= nil]], by = { \"k\" }, threshold = { count = 3, within = \"10s\" }, hold = \"4s\"")
    try watch.rule(
      "checked",
      """
      where = [[seq ~= nil]], by = { "k" }, state = { n = window.count("20s") }, every = "5s", suppress_for = "0s",
      on = function(e, s) s.n:add(e) end, check = function(s) if s.n:count() > 6 then return alert {} end end
      """)
  }

  private func line(_ time: Double, _ number: Int, _ random: inout Random) -> String {
    WatchHarness.line(time, "\"seq\":\(number),\"k\":\(random.below(5))")
  }

  @Test("Files that are merged give the same alerts, byte for byte", arguments: [UInt64(1), 2, 3, 4])
  func merged(seed: UInt64) throws {
    print("seed \(seed)")
    var random = Random(state: seed)
    try rules()
    var files = ["", "", ""]
    var now = 0.0
    for number in 1...900 {
      now += Double(random.below(1500)) / 1000
      files[random.below(3)] += line(now - Double(random.below(3)), number, &random)
    }
    let names = ["a.log", "b.log", "c.log"]
    for (name, text) in zip(names, files) { try watch.directory.write(name, text) }
    try watch.run(names)
    let whole = Set(watch.output.split(separator: "\n"))
    #expect(whole.count > 300)
    watch.options.store = InMemoryStore()
    watch.forget()
    watch.options.readBytes = 700
    var breaks = 0
    var left = 0
    watch.onAlert = { _, _ in
      left -= 1
      if left == 0 { throw WatchHarness.Done() }
    }
    repeat {
      left = 5 + random.below(60)
      breaks += 1
    } while try watch.run(names, from: .checkpoint) == nil
    #expect(breaks > 5)
    #expect(Set(watch.output.split(separator: "\n")) == whole)
  }

  @Test("Followed files are read again in the order that alerts have told of", arguments: [UInt64(11), 12, 13, 14])
  func followed(seed: UInt64) throws {
    print("seed \(seed)")
    var random = Random(state: seed)
    try rules()
    let names = ["a.log", "b.log", "c.log"]
    for name in names { try watch.directory.write(name, "") }
    watch.options.readBytes = 300
    watch.options.follow = true
    // From here on the positions are known.
    watch.onNotice = nil
    var written = 0
    let total = 1200
    var now = 0.0
    func append(_ count: Int) throws {
      for _ in 0..<min(count, total - written) {
        written += 1
        now += Double(random.below(400)) / 1000
        try watch.directory.append(names[random.below(3)], line(now, written, &random))
      }
    }
    watch.options.follow = false
    try watch.run(names, from: .checkpoint)
    watch.options.follow = true
    watch.forget()
    var left = 0
    var isEnd = false
    watch.onAlert = { alert, _ in
      if case .integer(Int64(total))? = alert.value, alert.rule == "test.order" { isEnd = true }
      left -= 1
      if left <= 0 || isEnd { throw WatchHarness.Done() }
      try append(random.below(12))
    }
    while !isEnd {
      left = 3 + random.below(40)
      // What came meanwhile lies before what was read already in some of the files.
      try append(20 + random.below(60))
      _ = try watch.run(names, from: .checkpoint)
    }
    var told: [String: Set<Substring>] = [:]
    for line in watch.output.split(separator: "\n") {
      let alert = try #require(line.firstRange(of: "\"id\":\"")).upperBound
      told[line.prefix(40) + line[alert...].prefix(32) + "", default: []].insert(line)
    }
    #expect(told.values.allSatisfy { $0.count == 1 }, "one alert was told in two ways")
    let counts = watch.alerts.filter { $0.rule == "test.order" && $0.status == .firing }.compactMap { $0.value }
    #expect(Set(counts) == Set(stride(from: 5, through: total, by: 5).map { FieldValue.integer(Int64($0)) }))
    let texts = Set(watch.alerts.filter { $0.rule == "test.order" && $0.status == .firing }.map(\.summary))
    #expect(texts.count == total / 5, "the order was another after a restart")
    let numbers = texts.flatMap { $0.split(separator: " ").compactMap { Int($0) } }
    #expect(numbers.sorted() == Array(1...total))
  }
}

import StellaModel
import Synchronization
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

  /// A store whose checkpoints are lost now and then, as by a kill before they were durable.
  private final class LosingStore: CheckpointStore {
    struct Lost: Sendable { var count = 0, saves = 0 }

    private let store = InMemoryStore()
    let lost = Mutex(Lost())

    func positions() throws(StoreError) -> [String: SourcePosition] { try store.positions() }
    func save(_ positions: [String: SourcePosition]) throws(StoreError) { try store.save(positions) }
    func remove(_ sources: some Collection<String>) throws(StoreError) { try store.remove(sources) }
    func checkpoint() throws(StoreError) -> Checkpoint { try store.checkpoint() }
    func append(_ steps: [CheckpointStep]) throws(StoreError) { try store.append(steps) }

    func save(_ change: CheckpointChange) throws(StoreError) {
      let isLost = lost.withLock { lost in
        lost.saves += 1
        let isLost = lost.saves % 5 == 2 || lost.saves % 7 == 3
        if isLost { lost.count += 1 }
        return isLost
      }
      if isLost { throw StoreError(.failed, path: "memory", message: "was lost.") }
      try store.save(change)
    }
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

  /// - Parameter group: after so many events the order of them is told.
  private func rules(group: Int) throws {
    try watch.rule(
      "order",
      """
      where = [[seq ~= nil]], suppress_for = "0s", on = function(e, s)
        s.n = (s.n or 0) + 1
        s.text = (s.text or "") .. e.seq .. " "
        if s.n % \(group) == 0 then
          local text = s.text
          s.text = nil
          return alert { value = s.n, summary = text }
        end
      end
      """)
  }

  private func moreRules() throws {
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
    try rules(group: 5)
    try moreRules()
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
  func followed(seed: UInt64) throws { try follow(seed, thenToEnd: false) }

  @Test("What a followed reading has told of stands when the next goes on to the end", arguments: [UInt64(15), 16, 17])
  func followedThenReadToEnd(seed: UInt64) throws { try follow(seed, thenToEnd: true) }

  private func follow(_ seed: UInt64, thenToEnd: Bool) throws {
    print("seed \(seed)")
    var random = Random(state: seed)
    // Seldom, so that there are steps that nothing has told of when state is saved.
    let group = 25
    try rules(group: group)
    let store = LosingStore()
    watch.options.store = store
    let names = ["a.log", "b.log", "c.log"]
    for name in names { try watch.directory.write(name, "") }
    watch.options.readBytes = 300
    var written = 0
    let total = 8000
    var now = 0.0
    func append(_ count: Int) throws {
      for _ in 0..<min(count, total - written) {
        written += 1
        now += Double(random.below(400)) / 1000
        try watch.directory.append(names[random.below(3)], line(now, written, &random))
      }
    }
    // From here on the positions are known.
    watch.options.follow = false
    try watch.run(names, from: .checkpoint)
    watch.options.follow = true
    watch.forget()
    var left = 0
    var isEnd = false
    var breaks = 0
    watch.onAlert = { alert, _ in
      if case .integer(Int64(total))? = alert.value, alert.rule == "test.order" { isEnd = true }
      left -= 1
      if left <= 0 || isEnd { throw WatchHarness.Done() }
      try append(random.below(12))
    }
    while !isEnd {
      // A checkpoint comes after each source had its turn.
      left = 30 + random.below(40)
      if thenToEnd && written == total {
        watch.options.follow = false
        left = total
      }
      // Much is there when the last followed reading is broken off.
      if thenToEnd && written > total / 2 { try append(total) }
      // What comes meanwhile lies before what was read already in some of the files.
      try append(group * left / 2)
      _ = try watch.run(names, from: .checkpoint)
      breaks += 1
    }
    #expect(breaks > 5 && store.lost.withLock(\.count) > 3)
    var told: [String: Set<Substring>] = [:]
    for line in watch.output.split(separator: "\n") {
      let alert = try #require(line.firstRange(of: "\"id\":\"")).upperBound
      told[line.prefix(40) + line[alert...].prefix(32) + "", default: []].insert(line)
    }
    #expect(told.values.allSatisfy { $0.count == 1 }, "one alert was told in two ways")
    let counts = watch.alerts.filter { $0.rule == "test.order" && $0.status == .firing }.compactMap { $0.value }
    #expect(Set(counts) == Set(stride(from: group, through: total, by: group).map { FieldValue.integer(Int64($0)) }))
    let texts = Set(watch.alerts.filter { $0.rule == "test.order" && $0.status == .firing }.map(\.summary))
    #expect(texts.count == total / group, "the order was another after a restart")
    let numbers = texts.flatMap { $0.split(separator: " ").compactMap { Int($0) } }
    #expect(numbers.sorted() == Array(1...total))
  }
}

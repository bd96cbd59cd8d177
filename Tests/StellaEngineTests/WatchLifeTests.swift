import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Reloading, new files and restarts of a watch")
struct WatchLifeTests {
  let watch: WatchHarness

  init() throws { watch = try WatchHarness() }

  private static let counting =
    "where = [[seq ~= nil]], state = { n = 0 }, suppress_for = \"0s\", on = function(e, s) s.n = s.n + 1 "
    + "if e.say then return alert { value = s.n, summary = \"{value}\" } end end"

  private func say(_ number: Int) -> String { WatchHarness.line(Double(number), "\"seq\":\(number),\"say\":true") }

  @Test("A reload keeps the state of rules, also of those whose text has changed, and counts on")
  func reload() throws {
    try watch.rule("kept", Self.counting)
    try watch.rule("changed", Self.counting)
    try watch.directory.write("app.log", WatchHarness.lines(1...50, step: 1) + say(51))
    watch.options.follow = true
    var isReloaded = false
    watch.onAlert = { [watch] _, run in
      switch watch.alerts.filter({ $0.status == .firing }).count {
      case 2 where !isReloaded:
        isReloaded = true
        try watch.rule("changed", Self.counting + ", description = \"other\"")
        try watch.rule("new", Self.counting)
        try run.reload()
        try watch.directory.append("app.log", WatchHarness.lines(52...60, step: 1) + say(61))
      case 5...: throw WatchHarness.Done()
      default: break
      }
    }
    #expect(try watch.run(["app.log"]) == nil)
    let said = watch.alerts.filter { $0.status == .firing }.map { "\($0.rule) \($0.summary)" }
    #expect(said.sorted() == ["test.changed 51", "test.changed 61", "test.kept 51", "test.kept 61", "test.new 10"])
    #expect(watch.notices.contains(.reloaded(active: 3, carriedOver: 2, refused: [])))
  }

  @Test(
    "Alerts that fire at the end are told as they stand, and that their input has ended where nothing goes on",
    arguments: [false, true])
  func standing(isKept: Bool) throws {
    try watch.rule("many", "where = [[seq ~= nil]], threshold = { count = 2, within = \"1m\" }")
    try watch.directory.write("app.log", WatchHarness.lines(1...5, step: 1))
    if isKept { watch.options.store = InMemoryStore() }
    try watch.run(["app.log"])
    #expect(watch.alerts.map(\.count) == [2] && watch.alerts.allSatisfy { !$0.inputEnded })
    let last = try #require(watch.standing.last)
    #expect(last.id == watch.alerts[0].id && last.count == 5 && last.status == .firing)
    #expect(last.inputEnded == !isKept)
    #expect(watch.standing.filter { !$0.inputEnded }.last?.count == 5)
  }

  @Test(
    "What was read under the rules before a reload isn't read again under the new ones, also when alerts wait at a kill"
  )
  func killAfterReload() throws {
    try watch.rule("kept", Self.counting)
    try watch.directory.write("app.log", WatchHarness.lines(1...50, step: 1) + say(51))
    watch.options.follow = true
    watch.options.store = InMemoryStore()
    var asked = 0
    watch.onAlert = { [watch] alert, run in
      switch alert.summary {
      case "51" where alert.status == .firing:
        // Alerts wait from now on, but for a moment after the reload was asked for.
        watch.isSettled = {
          asked += 1
          return asked > 2 && !watch.notices.contains { if case .reloaded = $0 { true } else { false } }
        }
        try watch.rule("new", Self.counting)
        try run.reload()
        #expect(watch.notices.isEmpty)
      case "51": break
      default: throw WatchHarness.Done()
      }
    }
    watch.onNotice = { [watch] notice in
      if case .reloaded = notice {
        try? watch.directory.append("app.log", WatchHarness.lines(53...60, step: 1) + say(61))
      }
    }
    #expect(try watch.run(["app.log"]) == nil)
    #expect(asked > 3)
    watch.forget()
    (watch.isSettled, watch.onNotice) = ({ true }, nil)
    var fired: [Alert] { watch.alerts.filter { $0.status == .firing } }
    watch.onAlert = { _, _ in if fired.count == 4 { throw WatchHarness.Done() } }
    try watch.directory.append("app.log", say(62))
    #expect(try watch.run(["app.log"], from: .checkpoint) == nil)
    // Ten events were of the new rule's time.
    #expect(
      fired.map { "\($0.rule) \($0.summary)" }.sorted() == [
        "test.kept 60", "test.kept 61", "test.new 10", "test.new 9",
      ])
  }

  @Test("A broken set is refused and the rules before go on with their state, in their order")
  func refusedReload() throws {
    try watch.rule("b", Self.counting)
    try watch.rule("c", Self.counting)
    try watch.directory.write("app.log", WatchHarness.lines(1...4, step: 1) + say(5))
    watch.options.follow = true
    var isReloaded = false
    watch.onAlert = { [watch] _, run in
      switch watch.alerts.filter({ $0.status == .firing }).count {
      case 2 where !isReloaded:
        isReloaded = true
        try watch.directory.write("Rules/a.lua", "return rule { api = 1, id = \"test.a\", titel = \"x\" }")
        try watch.directory.remove("Rules/b.lua")
        try run.reload()
        try watch.directory.append("app.log", say(6))
      case 4...: throw WatchHarness.Done()
      default: break
      }
    }
    #expect(try watch.run(["app.log"]) == nil)
    let said = watch.alerts.filter { $0.status == .firing }.map { "\($0.rule) \($0.summary)" }
    #expect(said == ["test.b 5", "test.c 5", "test.b 6", "test.c 6"])
    let refusals = watch.notices.compactMap { if case .reloadRefused(let errors, _) = $0 { errors } else { nil } }
    #expect(refusals.count == 1)
    #expect(refusals.first?.first?.file.hasSuffix("a.lua") == true && refusals.first?.first?.line == 1)
  }

  @Test("Rules that vanish as a whole are refused")
  func vanishedRules() throws {
    try watch.rule("kept", Self.counting)
    try watch.directory.write("app.log", say(1) + say(2))
    var isGone = false
    watch.onAlert = { [watch] _, run in
      if isGone { return }
      isGone = true
      try watch.directory.rename("Rules", to: "Elsewhere")
      try run.reload()
    }
    #expect(try watch.run(["app.log"])?.firedByRule.map(\.rule) == ["test.kept"])
    #expect(watch.notices.contains { if case .reloadRefused = $0 { true } else { false } })
  }

  @Test("What a rule with another kind of state had raised stays in the summary, its alert is ended, and that is said")
  func countsOverReload() throws {
    let body = "where = [[seq ~= nil]], threshold = { count = 3, within = \"10m\" }"
    try watch.rule("changed", body)
    let many = (1...5000).map { WatchHarness.line(Double($0) * 0.001, "\"seq\":\($0)") }.joined()
    try watch.directory.write("app.log", many)
    var isReloaded = false
    watch.onAlert = { [watch] _, run in
      if isReloaded { return }
      isReloaded = true
      try watch.rule("changed", body.replacing("\"10m\"", with: "\"10m\", window = \"from_first\""))
      try run.reload()
    }
    let summary = try #require(try watch.run(["app.log"]))
    #expect(summary.firedByRule.map(\.count) == [2] && summary.events == 5000)
    #expect(watch.alerts.map(\.status) == [.firing, .resolved, .firing])
    #expect(watch.alerts[0].id == watch.alerts[1].id && watch.alerts[0].id != watch.alerts[2].id)
    #expect(
      watch.notices.contains { if case .stateReset(let reset) = $0 { reset.rule == "test.changed" } else { false } })
    #expect(
      watch.notices.contains {
        if case .alertsEnded(let rule, let count) = $0 { rule == "test.changed" && count == 1 } else { false }
      })
    #expect(summary.stateResets.map(\.rule) == ["test.changed"] && summary.stateResets.map(\.count) == [1])
  }

  @Test("Each time that a rule begins without its state is counted, after reloads and after a restart, and no other")
  func stateResets() throws {
    let body = "where = [[seq ~= nil]], every = \"1s\", check = function(s) end, "
    let on = "on = function(e, s) s.n = 1 return alert {} end, suppress_for = \"0s\", "
    func state(_ number: Int, _ more: String = "") -> String { body + on + "state = { n\(number) = 0 }" + more }
    let migrate = ", migrate = function(old) return {} end"
    try watch.rule("changed", state(0))
    try watch.rule("kept", state(0))
    let many = (1...20000).map { WatchHarness.line(Double($0) * 0.001, "\"seq\":\($0)") }.joined()
    try watch.directory.write("app.log", many)
    watch.options.store = InMemoryStore()
    var reloads = 0
    watch.onAlert = { [watch] _, run in
      if reloads == 3 { return }
      reloads += 1
      try watch.rule("changed", state(reloads))
      try watch.rule("kept", state(reloads, migrate))
      try run.reload()
    }
    let summary = try #require(try watch.run(["app.log"]))
    #expect(reloads == 3)
    #expect(summary.stateResets.map(\.rule) == ["test.changed"] && summary.stateResets.map(\.count) == [3])
    watch.onAlert = nil
    try watch.rule("changed", state(9))
    let restarted = try #require(try watch.run(["app.log"], from: .checkpoint))
    #expect(restarted.stateResets.map(\.rule) == ["test.changed"] && restarted.stateResets.map(\.count) == [1])
    let again = try #require(try watch.run(["app.log"], from: .checkpoint))
    #expect(again.stateResets.isEmpty)
  }

  @Test("A file that begins to match a pattern is read from its start")
  func newFile() throws {
    try watch.ruleForEachEvent()
    try watch.directory.write("a.log", WatchHarness.lines(1...1))
    watch.options.follow = true
    watch.onAlert = { [watch] _, _ in
      if watch.sequence == [1] { try watch.directory.write("b.log", WatchHarness.lines(2...3)) }
      if watch.sequence.count == 3 { throw WatchHarness.Done() }
    }
    #expect(try watch.run(["*.log"]) == nil)
    #expect(watch.sequence == [1, 2, 3])
  }

  @Test("That a pattern matches nothing is told, and also that it does")
  func awaited() throws {
    try watch.ruleForEachEvent()
    let pattern = watch.directory("*.log")
    watch.options.follow = true
    watch.onNotice = { [watch] notice in
      guard notice == .trouble(source: pattern, message: WatchNotice.awaited) else { return }
      try? watch.directory.write("a.log", WatchHarness.lines(1...1))
    }
    watch.onAlert = { _, _ in throw WatchHarness.Done() }
    #expect(try watch.run(["*.log", "b.txt"]) == nil)
    let troubles = watch.notices.filter { if case .trouble(pattern, _) = $0 { true } else { false } }
    #expect(
      troubles == [.trouble(source: pattern, message: WatchNotice.awaited), .trouble(source: pattern, message: nil)])
  }

  @Test("A restart from the checkpoint goes on behind the last event, across rotation by renaming")
  func restart() throws {
    try watch.ruleForEachEvent()
    watch.options.store = InMemoryStore()
    try watch.directory.write("app.log", WatchHarness.lines(1...100))
    try watch.run(["app.log"], from: .checkpoint)
    try watch.run(["app.log"], from: .checkpoint)
    #expect(watch.sequence == Array(1...100))
    try watch.directory.append("app.log", WatchHarness.lines(101...110))
    try watch.directory.rename("app.log", to: "app.log.1")
    try watch.directory.write("app.log", WatchHarness.lines(111...120))
    try watch.run(["app.log"], from: .checkpoint)
    try watch.run(["app.log"], from: .checkpoint)
    #expect(watch.sequence == Array(1...120))
  }

  @Test("Files that were found after the checkpoint may be gone at the restart, and others be there")
  func foundSince() throws {
    try watch.ruleForEachEvent()
    let store = InMemoryStore()
    watch.options.store = store
    try watch.directory.write("a.log", WatchHarness.lines(1...2))
    try watch.run(["a.log"])
    let steps: [ReadingStep] = [
      .source(1, key: watch.directory("gone.log")), .source(2, key: watch.directory("c.log")),
      .source(3, key: watch.directory("last.log")), .rest(silent: [1, 30], nanoseconds: 0),
    ]
    try store.append(steps.enumerated().map { CheckpointStep(number: Int64($0 + 1), bytes: $1.encoded) })
    try watch.directory.write("b.log", WatchHarness.lines(3...4))
    try watch.directory.write("c.log", WatchHarness.lines(5...6))
    try watch.run(["a.log", "b.log", "c.log"], from: .checkpoint)
    #expect(watch.sequence == Array(1...6))
    #expect(watch.alerts.last { $0.status == .firing }?.source == watch.directory("c.log"))
  }

  @Test("Where all numbers were given to files that are gone, new files get theirs, those silent longest first")
  func numbersOfFilesThatAreGone() throws {
    try watch.ruleForEachEvent()
    let store = InMemoryStore()
    watch.options.store = store
    try watch.directory.write("a.log", WatchHarness.lines(1...2))
    try watch.run(["a.log"])
    let latest: Int64 = 1_700_000_000_000_000_000
    let writer = StateWriter()
    writer.write(.stream)
    writer.write((0..<Pipeline.sourceLimit).map { $0 == 0 ? watch.directory("a.log") : "gone" })
    for number in 0..<Pipeline.sourceLimit {
      writer.write(number == 700 ? latest - 1 : latest)
      writer.write(false)
    }
    writer.write(latest)
    writer.write(latest)
    var change = CheckpointChange()
    change.names = Set(try store.checkpoint().parts.keys)
    change.parts[Checkpointer.streamPart] = writer.take()
    try store.save(change)
    try watch.directory.append("a.log", WatchHarness.lines(3...3))
    try watch.directory.write("b.log", WatchHarness.lines(4...5))
    try watch.run(["a.log", "b.log"], from: .checkpoint)
    #expect(watch.sequence == Array(1...5))
    #expect(watch.alerts.last { $0.status == .firing }?.source == watch.directory("b.log"))
    let saved = try #require(try store.checkpoint().parts[Checkpointer.sourcesPart])
    let sources = try SavedSources(saved, positions: [:])
    #expect(sources.numbers == [watch.directory("a.log"): 0, watch.directory("b.log"): 700])
  }

  @Test("Files beyond the limit are refused, which is told once, and the others are read")
  func tooManyFiles() throws {
    try watch.ruleForEachEvent()
    watch.options.fileLimit = 2
    for (place, name) in ["a.log", "b.log", "c.log", "d.log"].enumerated() {
      try watch.directory.write(name, WatchHarness.lines(place + 1...place + 1))
    }
    try watch.run(["*.log"])
    #expect(watch.sequence == [1, 2])
    let troubles = watch.notices.filter { if case .trouble = $0 { true } else { false } }
    #expect(troubles.count == 1)
    guard case .trouble(let source, let message?)? = troubles.first else { return }
    #expect(source == watch.directory("c.log") && message.hasPrefix("2 sources are read, and no more can be."))
  }

  @Test("A run that breaks off loses no event: those not used yet are read again, merged files too")
  func brokenOff() throws {
    try watch.ruleForEachEvent()
    try watch.directory.write(
      "odd.log", stride(from: 1, through: 3999, by: 2).map { WatchHarness.lines($0...$0) }.joined())
    // Far ahead, so that its events wait in the merge.
    try watch.directory.write("late.log", WatchHarness.lines(50_000...50_500))
    for names in [["odd.log"], ["odd.log", "late.log"]] {
      watch.forget()
      watch.options.store = InMemoryStore()
      watch.options.readBytes = 4096
      watch.onAlert = { [watch] _, _ in if watch.sequence.count > 600 { throw WatchHarness.Done() } }
      #expect(try watch.run(names, from: .checkpoint) == nil)
      watch.onAlert = nil
      try watch.run(names, from: .checkpoint)
      var expected = Set(stride(from: Int64(1), through: 3999, by: 2))
      if names.count > 1 { expected.formUnion(50_000...50_500) }
      #expect(Set(watch.sequence) == expected)
    }
  }

  @Test("A silent source holds timers back only until it counts as silent")
  func silence() throws {
    try watch.rule(
      "held", "where = [[seq ~= nil]], threshold = { count = 1, within = \"10s\" }, suppress_for = \"10s\"")
    let (sources, _) = RuleFiles.read(watch.options.rulePaths)
    let (transitions, late) = try EngineThread.run { () -> ([[Alert.Status]], Int) in
      let fields = FieldRegister()
      let pipeline = Pipeline(rules: RuleSet(sources: sources, fields: fields), lateness: 5_000_000_000) { _, _, time in
        Event(time: time, level: nil, message: "", service: nil, fields: [])
      }
      let busy = pipeline.addSource("busy")
      let quiet = pipeline.addSource("quiet")
      func feed(_ source: UInt16, _ text: String) throws -> [Alert.Status] {
        let reader = SourceReader(
          splitter: LineSplitter(source: RecordedSource(name: "x", bytes: Array(text.utf8)), index: source),
          number: source, format: .json, clock: SourceClock(year: nil, reference: 0, zone: .utc), fields: fields)
        pipeline.clear()
        _ = try reader.fill(pipeline.batch)
        return pipeline.process().map(\.status)
      }
      var transitions = [try feed(quiet, "{\"ts\":1700000000}\n")]
      transitions.append(try feed(busy, "{\"ts\":1700000000,\"seq\":1}\n"))
      // The quiet source may still bring something earlier.
      transitions.append(try feed(busy, "{\"ts\":1700000100}\n"))
      pipeline.setSilent(quiet)
      transitions.append(try feed(busy, "{\"ts\":1700000101}\n"))
      transitions.append(try feed(quiet, "{\"ts\":1700000001,\"seq\":2}\n"))
      transitions.append(pipeline.advance(to: 1_700_000_200_000_000_000).map(\.status))
      return (transitions, pipeline.lateEvents)
    }
    #expect(transitions == [[], [.firing], [], [.resolved], [.firing, .resolved], []])
    #expect(late == 1)
  }
}

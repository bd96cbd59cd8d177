import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Alerts that people resolve while a watch runs", .timeLimit(.minutes(2)))
struct WatchResolvedTests {
  let watch: WatchHarness

  init() throws {
    watch = try WatchHarness()
    // Alone the steps tell what was done.
    watch.options.checkpointInterval = .max / 2
    watch.options.store = InMemoryStore()
    try watch.rule(
      "many", "where = [[seq ~= nil]], threshold = { count = 3, within = \"1h\" }, suppress_for = \"1h\"")
    try watch.rule("last", "where = [[last == true]], threshold = { count = 1, within = \"1s\" }")
  }

  /// Somebody says so `second` seconds after the harness's day began.
  private static func closing(_ alert: Alert, at second: Double = 0) -> AlertClosing {
    let time = Int64((1_700_000_000 + second) * 1e9)
    return AlertClosing(alert: alert.id, rule: alert.rule, by: "user:mara", time: time)
  }
  private static let last = WatchHarness.line(100, "\"last\":true")

  @Test("A new alert follows from what comes later, and after a kill the same again at the same place")
  func killed() throws {
    watch.options.follow = true
    try watch.directory.write("app.log", WatchHarness.lines(1...5, step: 1))
    var wanted: [AlertClosing] = []
    watch.resolvedByHand = ResolvedByHand(
      take: {
        defer { wanted = [] }
        return wanted
      }, all: { [] })
    watch.onAlert = { [watch] alert, _ in
      switch (alert.rule, alert.status) {
      case ("test.last", _): throw WatchHarness.Done()
      case (_, .firing) where wanted.isEmpty && watch.alerts.count == 1:
        wanted = [
          Self.closing(alert), AlertClosing(alert: "none", rule: alert.rule, by: "user:mara", time: 0),
          Self.closing(alert),
        ]
      case (_, .resolved):
        try watch.directory.append("app.log", WatchHarness.lines(6...8, step: 1) + Self.last)
      default: break
      }
    }
    #expect(try watch.run(["app.log"]) == nil)
    let first = watch.alerts
    #expect(first.map(\.rule) == ["test.many", "test.many", "test.many", "test.last"])
    try #require(first.count == 4)
    #expect(first[0].status == .firing && first[1].status == .resolved && first[2].status == .firing)
    #expect(first[1].id == first[0].id && first[1].resolvedBecause == .byHand && first[1].count == 5)
    #expect(first[2].id != first[0].id && first[2].count == 3)
    // Nobody says it again.
    watch.forget()
    watch.onAlert = { alert, _ in if alert.rule == "test.last" { throw WatchHarness.Done() } }
    #expect(try watch.run(["app.log"], from: .checkpoint) == nil)
    #expect(watch.alerts.map(\.json) == first.map(\.json))
  }

  @Test("What was resolved while nothing ran is over at the next start", arguments: [false, true])
  func atTheStart(isFollowed: Bool) throws {
    try watch.directory.write("app.log", WatchHarness.lines(1...5, step: 1))
    try watch.run(["app.log"])
    let first = try #require(watch.alerts.first)
    #expect(watch.alerts.count == 1)
    watch.forget()
    watch.options.follow = isFollowed
    watch.resolvedByHand = ResolvedByHand(take: { [] }, all: { [Self.closing(first, at: 5)] })
    watch.onAlert = { alert, _ in if alert.rule == "test.last" { throw WatchHarness.Done() } }
    try watch.directory.append("app.log", WatchHarness.lines(6...8, step: 1) + Self.last)
    #expect(try watch.run(["app.log"], from: .checkpoint) == nil)
    #expect(watch.alerts.map(\.status) == [.resolved, .firing, .firing])
    #expect(watch.alerts[0].id == first.id && watch.alerts[1].id != first.id)
  }

  /// What is read in one turn is much less than the log.
  private func readInSmallPieces() { watch.options.readBytes = 128 }

  private func resolve(_ closings: [AlertClosing]) {
    watch.resolvedByHand = ResolvedByHand(take: { [] }, all: { closings })
  }

  @Test(
    "An old log that is read again from its start brings nothing new, whether it is known before or while it is read")
  func readAgain() throws {
    readInSmallPieces()
    watch.options.follow = true
    try watch.directory.write("app.log", WatchHarness.lines(1...300, step: 1))
    watch.onAlert = { _, _ in throw WatchHarness.Done() }
    try watch.run(["app.log"])
    let first = try #require(watch.alerts.first)
    let closing = Self.closing(first, at: 301)
    for isKnown in [true, false] {
      watch.forget()
      watch.options.store = InMemoryStore()
      var wanted: [AlertClosing] = []
      watch.resolvedByHand = ResolvedByHand(
        take: {
          defer { wanted = [] }
          return wanted
        }, all: { isKnown ? [closing] : [] })
      watch.onAlert = { alert, _ in
        if alert.status == .resolved { throw WatchHarness.Done() }
        // The store refuses it, because it is resolved.
        if !isKnown { wanted = [closing] }
      }
      #expect(try watch.run(["app.log"]) == nil)
      #expect(watch.alerts.map(\.id) == [first.id, first.id] && watch.alerts.map(\.status) == [.firing, .resolved])
      #expect(watch.alerts.last?.count == 300 && watch.alerts.last?.resolvedBecause == .byHand)
    }
    // And so does one that is read to its end.
    watch.forget()
    watch.options.follow = false
    watch.options.store = nil
    watch.onAlert = nil
    resolve([closing])
    try watch.run(["app.log"])
    #expect(watch.alerts.map(\.id) == [first.id, first.id] && watch.alerts.last?.resolvedBecause == .byHand)
  }

  @Test(
    "The events up to the resolve are no news to an engine that was down, those from then on are, and a kill changes nothing",
    arguments: [128, LineSplitter.defaultReadBytes])
  func downMeanwhile(readBytes: Int) throws {
    watch.options.readBytes = readBytes
    try watch.directory.write("app.log", WatchHarness.lines(1...5, step: 1))
    try watch.run(["app.log"])
    let first = try #require(watch.alerts.first)
    try watch.directory.append("app.log", WatchHarness.lines(6...300, step: 1))
    watch.options.follow = true
    resolve([Self.closing(first, at: 200)])
    watch.onAlert = { alert, _ in if alert.id != first.id { throw WatchHarness.Done() } }
    watch.forget()
    #expect(try watch.run(["app.log"], from: .checkpoint) == nil)
    let told = watch.alerts
    #expect(told.map(\.status) == [.resolved, .firing])
    #expect(told.first?.id == first.id && told.first?.count == 199)
    #expect(told.last?.firstSeen == 1_700_000_200_000_000_000)
    watch.forget()
    #expect(try watch.run(["app.log"], from: .checkpoint) == nil)
    #expect(watch.alerts.map(\.json) == told.map(\.json))
  }

  @Test("A source that has come further doesn't end an alert before the others have come as far")
  func laggard() throws {
    readInSmallPieces()
    try watch.directory.write("a.log", WatchHarness.lines(1...5, step: 1))
    try watch.directory.write("b.log", WatchHarness.lines(1...1, step: 1))
    try watch.run(["a.log", "b.log"])
    let first = try #require(watch.alerts.first)
    try watch.directory.append("a.log", WatchHarness.lines(300...400, step: 1))
    try watch.directory.append("b.log", WatchHarness.lines(6...250, step: 1))
    watch.options.follow = true
    resolve([Self.closing(first, at: 200)])
    watch.onAlert = { alert, _ in if alert.id != first.id { throw WatchHarness.Done() } }
    watch.forget()
    #expect(try watch.run(["a.log", "b.log"], from: .checkpoint) == nil)
    let told = watch.alerts
    #expect(told.map(\.status) == [.resolved, .firing] && told.last?.firstSeen == 1_700_000_200_000_000_000)
    watch.forget()
    #expect(try watch.run(["a.log", "b.log"], from: .checkpoint) == nil)
    #expect(watch.alerts.map(\.json) == told.map(\.json))
  }

  @Test("Closings wait for their times, and the last word about an alert counts")
  func waiting() {
    func closing(_ alert: String, _ time: Int64) -> AlertClosing {
      AlertClosing(alert: alert, rule: "test.many", by: "user:mara", time: time)
    }
    var waiting = WaitingClosings()
    #expect(waiting.isEmpty && waiting.next == nil && waiting.take(upTo: .max).isEmpty)
    waiting.add([closing("a", 3), closing("b", 1), closing("c", 2)], learnedAt: nil)
    waiting.add([closing("b", 2), closing("d", .min)], learnedAt: 0)
    #expect(waiting.next == .min && waiting.take(upTo: 1) == [closing("d", .min)])
    #expect(waiting.next == 2 && waiting.take(upTo: 2) == [closing("b", 2), closing("c", 2)])
    #expect(!waiting.isEmpty && waiting.take(upTo: .max) == [closing("a", 3)] && waiting.isEmpty)
  }

  @Test("The step is read as it was written, and joined with no other")
  func step() throws {
    let step = ReadingStep.ended([
      AlertClosing(alert: "ab", rule: "test.many", by: "user:mara", time: .min),
      AlertClosing(alert: "", rule: "", by: "ü", time: .min),
    ])
    #expect(try ReadingStep(step.encoded) == step)
    #expect(step.joined(with: step) == nil)
    #expect(throws: StateError.self) { try ReadingStep(Array(step.encoded.dropLast(3))) }
  }
}

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

  private static func closing(_ alert: Alert) -> AlertClosing {
    AlertClosing(alert: alert.id, rule: alert.rule, by: "user:mara")
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
      }, among: { _ in [] })
    watch.onAlert = { [watch] alert, _ in
      switch (alert.rule, alert.status) {
      case ("test.last", _): throw WatchHarness.Done()
      case (_, .firing) where wanted.isEmpty && watch.alerts.count == 1:
        wanted = [
          Self.closing(alert), AlertClosing(alert: "none", rule: alert.rule, by: "user:mara"), Self.closing(alert),
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
    var asked: [String] = []
    watch.resolvedByHand = ResolvedByHand(
      take: { [] },
      among: { ids in
        asked += ids
        return [Self.closing(first)]
      })
    watch.onAlert = { alert, _ in if alert.rule == "test.last" { throw WatchHarness.Done() } }
    try watch.directory.append("app.log", WatchHarness.lines(6...8, step: 1) + Self.last)
    #expect(try watch.run(["app.log"], from: .checkpoint) == nil)
    #expect(asked == [first.id])
    #expect(watch.alerts.map(\.status) == [.resolved, .firing, .firing])
    #expect(watch.alerts[0].id == first.id && watch.alerts[1].id != first.id)
  }

  @Test("The step is read as it was written, and joined with no other")
  func step() throws {
    let step = ReadingStep.ended([
      AlertClosing(alert: "ab", rule: "test.many", by: "user:mara"), AlertClosing(alert: "", rule: "", by: "ü"),
    ])
    #expect(try ReadingStep(step.encoded) == step)
    #expect(step.joined(with: step) == nil)
    #expect(throws: StateError.self) { try ReadingStep(Array(step.encoded.dropLast(3))) }
  }
}

import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Muting while watching")
struct WatchMutingTests {
  private static func scene() throws -> WatchHarness {
    let harness = try WatchHarness()
    try harness.ruleForEachEvent("each")
    try harness.rule("other", "where = [[seq ~= nil]], threshold = { count = 1, within = \"1s\" }")
    try harness.directory.write("app.log", WatchHarness.lines(1...6, step: 10))
    harness.options.muting.exceptions = [
      RuleException(
        rules: ["test.each"], key: [.init("seq", .integer(2))], author: "mara", reason: "known", expires: .max,
        file: "stella.yaml", line: 1)
    ]
    // Events 4 and 5, by their own times.
    let start: Int64 = 1_700_000_040_000_000_000
    harness.options.muting.alerts = AlertMuting(
      shadows: [.init(rules: ["test.other"], by: "ivo", reason: "new")],
      maintenance: [
        .init(
          name: "move", rules: ["test.each"], spans: [start..<start + 15_000_000_000], by: "mara", reason: "racks")
      ])
    return harness
  }

  @Test("Each alert carries what keeps it back, and the decisions say so; the events of the exception raise none")
  func marks() throws {
    let harness = try Self.scene()
    let summary = try #require(try harness.run(["app.log"]))
    #expect(harness.sequence == [1, 3, 4, 5, 6])
    let each = harness.alerts.filter { $0.rule == "test.each" && $0.status == .firing }
    #expect(each.map { $0.mute?.name } == [nil, nil, "move", "move", nil])
    let other = harness.alerts.filter { $0.rule == "test.other" }
    #expect(!other.isEmpty && other.allSatisfy { $0.mute?.cause == .shadow })
    #expect(summary.muted == 2)
    #expect(summary.excepted.map(\.rule) == ["test.each"] && summary.excepted.map(\.count) == [1])
  }

  @Test("The same events give the same bytes with workers and without, and in a replay")
  func replay() throws {
    let harness = try Self.scene()
    try harness.run(["app.log"])
    let expected = harness.output
    harness.forget()
    harness.options.workers = 2
    try harness.run(["app.log"])
    #expect(harness.output == expected)
    var options = harness.options
    options.inputs = [.init(paths: [harness.directory("app.log")])]
    let prepared = options
    let replay = try EngineThread.run {
      let (sources, _) = RuleFiles.read(prepared.rulePaths)
      return try RuleReplay.run(
        prepared,
        rules: RuleSet(sources: sources, exceptions: prepared.muting.exceptions, fields: FieldRegister()))
    }
    let marks = Dictionary(harness.alerts.map { ($0.id, $0.mute) }) { first, _ in first }
    #expect(replay.alerts.count == marks.count)
    #expect(replay.alerts.allSatisfy { marks[$0.id] == .some($0.mute) })
  }
}

import StellaDetection
import StellaLua
import StellaModel
import StellaScripting

/// The world of one test case: rules of its own, a virtual clock, and the alerts so far. Nothing reaches outside.
///
/// Time stands at 2026-01-01T00:00:00Z at first. Rules and parameters are settled by the first event.
final class RuleTestRun {
  static let start: Int64 = 1_767_225_600_000_000_000
  private static let eventLimit = 2_000_000

  /// Gives the source of a rule by its id, and reads a file beside the test.
  struct Surroundings {
    let source: (_ id: String) -> RuleSource?
    let knownIDs: [String]
    let fixture: (_ name: String) throws(RuleTestFailure) -> [UInt8]
    /// Whether the lines that run are noted.
    var tracesLines = false
    /// What the scripts of rules see besides the script API.
    var functions = ScriptFunctions.none
    /// Why the rule beside the test can't be used; empty when it can.
    var refusal: [RuleError] = []
    /// The files of rules that are refused as they are, without parameters of a case.
    var refusedFiles: Set<String> = []
  }

  private let surroundings: Surroundings
  private var parameters: [String: [String: FieldValue]]
  private(set) var ids: [String]
  private let fields = FieldRegister()
  private var pipeline: Pipeline?
  /// Whether the case could not run because a rule is refused as it is.
  private(set) var isRefused = false
  private let readers = Readers()
  private var now = RuleTestRun.start
  /// Lines fed and not yet run.
  private var lines = JSONText()
  private var fedEvents = 0
  private var latest: [String: Alert] = [:]
  /// Ids of the alerts that fired, in order.
  private var firedIDs: [String] = []
  private(set) var expectations = 0

  private final class Readers { var list: [SourceReader] = [] }

  init(ids: [String], parameters: [String: [String: FieldValue]], surroundings: Surroundings) {
    self.ids = ids
    self.parameters = parameters
    self.surroundings = surroundings
  }

  /// The rules that fired at least once.
  var firedRules: Set<String> { Set(latest.values.filter { firedIDs.contains($0.id) }.map(\.rule)) }

  /// The lines of each rule that ran, once; nothing unless they are noted.
  func takeLines() -> [(rule: String, lines: [Int])] {
    guard surroundings.tracesLines, let pipeline else { return [] }
    return pipeline.rules.rules.map { ($0.manifest.id, $0.script.takeLines()) }
  }

  // MARK: - What the script calls

  func use(_ value: LuaValue) throws(RuleTestFailure) {
    guard case .table(let list) = value, list.fields.isEmpty, !list.array.isEmpty else {
      throw RuleTestFailure("use needs ids of rules: t:use { \"errors.spike\" }")
    }
    guard pipeline == nil else { throw RuleTestFailure("use comes before the first event") }
    ids = []
    for item in list.array {
      guard case .string(let id) = item else { throw RuleTestFailure("use needs ids of rules as texts") }
      guard surroundings.source(id) != nil else {
        let hint = NearestName.of(id, in: surroundings.knownIDs).map { "; did you mean \($0)?" } ?? ""
        throw RuleTestFailure("there is no rule \(id) beside this test or under the given paths\(hint)")
      }
      if !ids.contains(id) { ids.append(id) }
    }
  }

  func setParameters(_ first: LuaValue, _ second: LuaValue) throws(RuleTestFailure) {
    guard pipeline == nil else { throw RuleTestFailure("params comes before the first event") }
    var id: String?
    var values = first
    if case .string(let name) = first {
      id = name
      values = second
    }
    guard let id = id ?? (ids.count == 1 ? ids[0] : nil) else {
      throw RuleTestFailure("several rules are in use; say which: t:params(\"id\", { … })")
    }
    guard case .table(let table) = values, table.array.isEmpty else {
      throw RuleTestFailure("params needs names: t:params { min_count = 5 }")
    }
    for (name, value) in table.fields {
      guard let value = FieldValue(value) else { throw RuleTestFailure("the parameter \(name) is no plain value") }
      parameters[id, default: [:]][name] = value
    }
  }

  /// `count` copies of the event, the first now and each `every` after the one before.
  func feed(_ event: LuaValue, count: Int, every: String?, after: String?) throws(RuleTestFailure) {
    guard case .table(let table) = event, table.array.isEmpty, case .object(let members)? = FieldValue(event) else {
      throw RuleTestFailure("an event is a table of plain values by name")
    }
    fedEvents += count
    guard fedEvents <= RuleTestRun.eventLimit else {
      throw RuleTestFailure("a case may feed \(RuleTestRun.eventLimit) events")
    }
    let step = try every.map { text throws(RuleTestFailure) in try duration(text) } ?? 0
    if let after { now += try duration(after) }
    let hasTime = ["time", "timestamp", "ts"].contains { table[$0] != nil }
    for number in 0..<count {
      if number > 0 { now += step }
      lines.raw("{")
      if !hasTime {
        lines.name("time")
        lines.string(Timestamp.text(now))
      }
      for member in members {
        lines.name(member.name)
        lines.value(member.value)
      }
      lines.raw("}\n")
    }
  }

  /// Sets the clock: `+1m` and `-1m` from where it stands, `10m` from the start, or a time.
  func at(_ value: LuaValue) throws(RuleTestFailure) {
    guard case .string(let text) = value else { throw RuleTestFailure("at needs a time such as \"+1m\"") }
    if text.hasPrefix("+") {
      now += try duration(String(text.dropFirst()))
    } else if text.hasPrefix("-") {
      now -= try duration(String(text.dropFirst()))
    } else if let time = Timestamp.parse(text) {
      now = time
    } else {
      now = RuleTestRun.start + (try duration(text))
    }
  }

  func replay(_ value: LuaValue) throws(RuleTestFailure) {
    guard case .table(let table) = value else {
      throw RuleTestFailure("replay needs the name of a file, or { file = … } or { text = … }")
    }
    var bytes: [UInt8]?
    var format = LogFormat.auto
    var year: Int?
    var name = "text"
    for (key, value) in table.fields {
      switch (key, value) {
      case ("file", .string(let file)):
        bytes = try surroundings.fixture(file)
        name = file
      case ("text", .string(let text)): bytes = Array(text.utf8)
      case ("format", .string(let text)):
        guard let known = LogFormat(rawValue: text) else {
          throw RuleTestFailure(
            "there is no format \(text); there are \(LogFormat.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        format = known
      case ("year", .integer(let number)): year = Int(number)
      default: throw RuleTestFailure("replay takes file, text, format and year, not \(key)")
      }
    }
    guard let bytes else { throw RuleTestFailure("replay needs a file or a text") }
    try runFed()
    try run(bytes, name: name, format: format, year: year)
  }

  func advance(_ value: LuaValue) throws(RuleTestFailure) {
    guard case .string(let text) = value else { throw RuleTestFailure("advance needs a duration such as \"10m\"") }
    let step = try duration(text)
    try runFed()
    now += step
    note(try running().advance(to: now))
  }

  func expect(_ value: LuaValue) throws(RuleTestFailure) {
    let expectation = try RuleTestExpectation(value)
    expectations += 1
    try runFed()
    let pipeline = try running()
    for rule in pipeline.rules.rules { for alert in rule.detector.firingAlerts { latest[alert.id] = alert } }
    let pending = pipeline.rules.rules.flatMap(\.detector.pendingAlerts)
    guard let failure = expectation.failure(fired: firedIDs.compactMap { latest[$0] }, pending: pending) else { return }
    // What a script could not do is why: what is missing because of it says less.
    throw RuleTestFailure([scriptFailure, failure].compactMap(\.self).joined(separator: "\n"))
  }

  /// Runs what was fed last, and tells of scripts that failed meanwhile.
  func finish() throws(RuleTestFailure) {
    try runFed()
    guard expectations > 0 else {
      throw RuleTestFailure("the case expects nothing; end it with t:expect { … } or t:expect_quiet()")
    }
    if let scriptFailure { throw RuleTestFailure(scriptFailure) }
  }

  /// What scripts could not do, or did wrong, so far.
  private var scriptFailure: String? {
    guard let pipeline else { return nil }
    if let broken = pipeline.rules.failingRules.first {
      let times = broken.failures == 1 ? "" : " \(broken.failures) times"
      return "the script of \(broken.id) failed\(times): \(broken.error)"
    }
    for rule in pipeline.rules.rules {
      if let result = rule.detector.quarantine?.unusableResult {
        return "\(rule.manifest.id) returned something that is no alert: \(result)"
      }
    }
    return nil
  }

  // MARK: - Running

  private func duration(_ text: String) throws(RuleTestFailure) -> Int64 {
    guard let nanoseconds = DurationText.nanoseconds(text) else {
      throw RuleTestFailure("\"\(text)\" is no duration such as \"30s\" or \"5m\"")
    }
    return nanoseconds
  }

  private func running() throws(RuleTestFailure) -> Pipeline {
    if let pipeline { return pipeline }
    guard !ids.isEmpty else {
      if !surroundings.refusal.isEmpty {
        isRefused = true
        throw RuleTestRun.refused(surroundings.refusal)
      }
      throw RuleTestFailure("no rule is under test; name the file like the rule's, or say t:use { \"id\" }")
    }
    let set = RuleSet(
      sources: ids.compactMap(surroundings.source), parameters: parameters, functions: surroundings.functions,
      fields: fields, tracesLines: surroundings.tracesLines)
    if let refusal = set.refusals.first {
      isRefused = surroundings.refusedFiles.contains(refusal.file)
      throw RuleTestRun.refused(refusal.errors)
    }
    let readers = readers
    let made = Pipeline(rules: set, lateness: 0) { source, record, time in
      readers.list[Int(source)].event(record, time: time)
    }
    pipeline = made
    return made
  }

  private static func refused(_ errors: [RuleError]) -> RuleTestFailure {
    RuleTestFailure("the rule is refused:\n" + errors.map { "  \($0)" }.joined(separator: "\n"))
  }

  private func runFed() throws(RuleTestFailure) {
    if lines.bytes.isEmpty { return }
    let bytes = lines.bytes
    lines.removeAll()
    try run(bytes, name: "feed", format: .json, year: nil)
  }

  private func run(_ bytes: [UInt8], name: String, format: LogFormat, year: Int?) throws(RuleTestFailure) {
    let pipeline = try running()
    guard readers.list.count < Int(UInt16.max) else { throw RuleTestFailure("the case feeds and looks too often") }
    let number = pipeline.addSource(name)
    let reader = SourceReader(
      splitter: LineSplitter(source: RecordedSource(name: name, bytes: bytes), index: number), number: number,
      format: format, clock: SourceClock(year: year, reference: now), fields: fields)
    readers.list.append(reader)
    pipeline.clear()
    do throws(SourceError) {
      while case .more = try reader.fill(pipeline.batch) { note(pipeline.process()) }
    } catch {
      throw RuleTestFailure("\(name) can't be read: \(error.message)")
    }
    pipeline.endSource(number)
    if let sample = reader.failures.samples.first {
      throw RuleTestFailure(
        "\(name): \(CountText.count(reader.failures.count, "line")) could not be decoded; the first, \(sample.place): \(sample.reason)"
      )
    }
    if let last = reader.clock.previous { now = max(now, last) }
  }

  private func note(_ alerts: [Alert]) {
    for alert in alerts {
      latest[alert.id] = alert
      if alert.status == .firing { firedIDs.append(alert.id) }
    }
  }
}

import StellaLua
import StellaModel
import StellaRemediation
import StellaScripting

/// The world of one test case of a fix. The plan is made with the first expectation; a plan on databases alone is also
/// approved, carried out, verified and rolled back, by what does so in earnest.
final class FixTestRun<Place: FixTestPlace> {
  private let fix: FixScript
  private let place: Place
  /// Reads a file beside the test.
  private let fixture: (_ name: String) throws(RuleTestFailure) -> [UInt8]
  private var databases: [(name: String, database: any FixTestDatabase)] = []
  private var parameters: [FieldValue.Member] = []
  private var alert: Alert?
  private var planned: FixTestPlan?
  /// Of each database, as the test made it.
  private var before: [[String]] = []
  private var ended: Run?
  private var wantedEnd = RunState.succeeded.rawValue
  private var expectations = 0
  /// Whether there was a plan.
  var hasPlan: Bool { planned?.plan != nil }

  private static var requester: String { "asks" }
  private static var approver: String { "decides" }

  init(
    _ fix: FixScript, _ place: Place, fixture: @escaping (_ name: String) throws(RuleTestFailure) -> [UInt8]
  ) {
    self.fix = fix
    self.place = place
    self.fixture = fixture
  }

  // MARK: - What the script calls

  func database(_ name: LuaValue, _ what: LuaValue) throws(RuleTestFailure) {
    try begin("database")
    guard case .string(let name) = name else { throw RuleTestFailure("database needs the name of a target") }
    guard fix.manifest.targets.contains(name) else {
      let hint = NearestName.of(name, in: fix.manifest.targets).map { "; did you mean \($0)?" } ?? ""
      throw RuleTestFailure("\(fix.manifest.id) has no target \(name)\(hint)")
    }
    guard !databases.contains(where: { $0.name == name }) else { throw RuleTestFailure("\(name) is there already") }
    let script: String
    switch what {
    case .string(let file): script = String(decoding: try fixture(file), as: UTF8.self)
    case .table(let table):
      guard case .string(let text)? = table["text"], table.fields.count == 1 else {
        throw RuleTestFailure("database needs a file beside the test, or { text = \"create table …\" }")
      }
      script = text
    default: throw RuleTestFailure("database needs a file beside the test, or { text = \"create table …\" }")
    }
    try failing {
      let database = try place.makeDatabase(name, script: script)
      try database.target.prepareMarkers()
      databases.append((name, database))
    }
  }

  func given(_ value: LuaValue) throws(RuleTestFailure) {
    try begin("given")
    guard alert == nil else { throw RuleTestFailure("a case has either an alert or parameters") }
    parameters = try members(value, of: "given")
  }

  func alert(_ value: LuaValue) throws(RuleTestFailure) {
    try begin("alert")
    guard parameters.isEmpty else { throw RuleTestFailure("a case has either an alert or parameters") }
    guard case .table(let table) = value else { throw RuleTestFailure("alert needs { key = { … } }") }
    let manifest = fix.manifest
    var alert = Alert(
      id: "00000000000000000000000000000001", rule: manifest.handles.first ?? "test.rule",
      type: manifest.handlesType.first ?? "test", severity: .high, title: "An alert of a test", summary: "", key: [],
      status: .firing, revision: 1, firstSeen: FixTestTime.start, lastSeen: FixTestTime.start, count: 1)
    for (name, value) in table.fields {
      switch (name, value) {
      case ("key", _): alert.key = try members(value, of: "key")
      case ("labels", _): alert.labels = try members(value, of: "labels")
      case ("rule", .string(let text)): alert.rule = text
      case ("type", .string(let text)): alert.type = text
      case ("summary", .string(let text)): alert.summary = text
      case ("severity", .string(let text)):
        guard let severity = Severity(rawValue: text) else { throw RuleTestFailure("alert: no severity is \(text)") }
        alert.severity = severity
      default:
        throw RuleTestFailure("alert knows key, labels, rule, severity, summary and type, and no such \(name)")
      }
    }
    self.alert = alert
  }

  func expect(_ value: LuaValue) throws(RuleTestFailure) {
    let expectation = try FixTestExpectation(value)
    expectations += 1
    if let end = expectation.end {
      guard ended == nil else { throw RuleTestFailure("say how it ends before the first `after`") }
      wantedEnd = end
    }
    let planned = try plan()
    if let failure = expectation.failure(planned) { throw RuleTestFailure(failure) }
    if expectation.end != nil, !planned.isPerformable {
      throw RuleTestFailure("nothing of this plan can be carried out in a test; \(planned.words)")
    }
  }

  /// The answer, in a table of its own.
  func after(
    _ name: LuaValue, _ question: LuaValue, isWanted: Bool, _ wanted: LuaValue
  ) throws(RuleTestFailure) -> LuaValue {
    guard case .string(let name) = name, case .string(let question) = question else {
      throw RuleTestFailure("after needs a database and a question in SQL")
    }
    guard let database = databases.first(where: { $0.name == name })?.database else {
      let hint = NearestName.of(name, in: databases.map(\.name)).map { "; did you mean \($0)?" } ?? ""
      throw RuleTestFailure("the case has no database \(name)\(hint)")
    }
    expectations += 1
    try apply(try plan())
    let found = try failing { try database.value(question) }
    if isWanted {
      guard let expected = wanted == .nil ? .null : FieldValue(wanted) else {
        throw RuleTestFailure("after: a database holds no such value")
      }
      guard found == expected else {
        throw RuleTestFailure("expected \(expected.json), got \(found.json): \(question)")
      }
    }
    var fields: [(key: String, value: LuaValue)] = []
    switch found {
    case .bool(let flag): fields = [("value", .bool(flag))]
    case .integer(let number): fields = [("value", .integer(number))]
    case .double(let number): fields = [("value", .double(number))]
    case .string(let text): fields = [("value", .string(text))]
    default: break
    }
    return .table(LuaTable(fields: fields))
  }

  /// Carries out what wasn't yet, and takes it back.
  func finish() throws(RuleTestFailure) {
    guard expectations > 0 else {
      throw RuleTestFailure("the case expects nothing; end it with t:expect { … } or t:after(…)")
    }
    let planned = try plan()
    guard planned.isPerformable else { return }
    try apply(planned)
    try rollBack()
  }

  // MARK: - Running

  private func begin(_ name: String) throws(RuleTestFailure) {
    if planned != nil { throw RuleTestFailure("\(name) comes before the first expectation") }
  }

  private func members(_ value: LuaValue, of name: String) throws(RuleTestFailure) -> [FieldValue.Member] {
    guard case .table(let table) = value, table.array.isEmpty, table.integers.isEmpty else {
      throw RuleTestFailure("\(name) needs names in { }")
    }
    return try table.fields.map { (field, value) throws(RuleTestFailure) in
      guard let value = FieldValue(value) else { throw RuleTestFailure("\(name): \(field) is no plain value") }
      return FieldValue.Member(field, value)
    }
  }

  private func failing<Value>(_ body: () throws -> Value) throws(RuleTestFailure) -> Value {
    do {
      return try body()
    } catch {
      throw RuleTestFailure("\(error)")
    }
  }

  private func remediation() throws -> Remediation<Place.Store> {
    var policy = Policy(name: "tests")
    policy.limits = Policy.Limits(rows: Plan.rowLimit, targets: 100)
    var targets = TargetSet(events: PlanOnlyExecutor(name: nil))
    for (name, database) in databases {
      targets.databases[name] = database.target
      targets.readable.insert(name)
    }
    for name in fix.manifest.targets where targets.databases[name] == nil {
      targets.executors[name] = PlanOnlyExecutor(name: name)
    }
    return Remediation(
      store: place.store,
      journal: RunJournal(time: FixTestTime()) { Array(repeating: 0, count: LogPayload.saltBytes) },
      fixes: FixSet(sources: [fix.source]), targets: targets, policies: PolicySet([policy]),
      people: try People.checked(
        [Self.requester, Self.approver].enumerated().map {
          Person(name: $1, uids: [UInt32($0 + 1)], groups: [], roles: [.approver])
        }, groups: []),
      reserve: place.reserve, log: place.log)
  }

  private func dumps() throws -> [[String]] { try databases.map { try $0.database.dump() } }

  private func plan() throws(RuleTestFailure) -> FixTestPlan {
    if let planned { return planned }
    let made = try failing {
      before = try dumps()
      let made = try makePlan()
      if let difference = difference(before, try dumps()) {
        throw RuleTestFailure("planning changed something: \(difference)")
      }
      return made
    }
    planned = made
    return made
  }

  private func makePlan() throws -> FixTestPlan {
    let remediation = try remediation()
    var run: Run?
    if let alert {
      guard let candidate = remediation.fixes.candidates(for: alert).first else {
        return FixTestPlan(
          outcome: .notProposed("it handles neither the rule \(alert.rule) nor the type \(alert.type)"))
      }
      switch candidate.when.result {
      case .failure(let error): throw RuleTestFailure("\(error)")
      case .success(false): return FixTestPlan(outcome: .notProposed("its when says no"))
      case .success(true): break
      }
      run = try remediation.propose(alert)
      if run == nil {
        var query = RunQuery()
        query.alert = alert.id
        run = try place.store.readRuns { try $0.runs(query) }.first
      }
    } else {
      run = try remediation.request(fix.manifest.id, parameters: parameters, by: "user:\(Self.requester)")
    }
    guard let run else { throw RuleTestFailure("the engine made no run of it") }
    switch run.state {
    case .awaiting, .approved:
      let (plan, notes) = try place.store.readRuns { (try $0.plan(of: run.id), try $0.notes(of: run.id)) }
      guard let plan else { throw RuleTestFailure("the engine kept no plan") }
      return FixTestPlan(outcome: .plan(try Plan(canonical: plan)), notes: notes, run: run)
    case .noChange: return FixTestPlan(outcome: .nothing, notes: [run.detail], run: run)
    default: return FixTestPlan(outcome: .refused(run.detail), run: run)
    }
  }

  private func apply(_ planned: FixTestPlan) throws(RuleTestFailure) {
    if ended != nil { return }
    guard let run = planned.run, planned.isPerformable else {
      throw RuleTestFailure("nothing is carried out: \(planned.words)")
    }
    let end = try failing { try carryOut(run) }
    ended = end
    guard end.state.rawValue == wantedEnd else {
      throw RuleTestFailure("the run ended as \(end.state.rawValue), not \(wantedEnd): \(end.detail)")
    }
  }

  private func carryOut(_ run: Run) throws -> Run {
    let remediation = try remediation()
    guard let digest = run.digest else { throw RuleTestFailure("the run has no plan") }
    _ = try remediation.vote(
      .approve, on: run.id, by: Self.approver, digest: digest.description, reason: "a test")
    return try Runner(remediation, holder: "stella fixes test").execute(run.id)
  }

  private func rollBack() throws(RuleTestFailure) {
    guard let ended else { return }
    try failing {
      if RunState.next(ended.state, .rollbackStarted) != nil {
        let undoing = try remediation().requestRollback(of: ended.id, by: "user:\(Self.requester)")
        let end = try carryOut(undoing)
        guard end.state == .succeeded else {
          throw RuleTestFailure("the rollback ended as \(end.state.rawValue): \(end.detail)")
        }
      }
      if let difference = difference(before, try dumps()) {
        throw RuleTestFailure("after the rollback not all is as before: \(difference)")
      }
    }
  }

  /// The first line that differs; nil when all are the same, byte for byte.
  private func difference(_ before: [[String]], _ after: [[String]]) -> String? {
    for (number, pair) in zip(before, after).enumerated() {
      for (old, new) in zip(pair.0, pair.1) where !old.utf8.elementsEqual(new.utf8) {
        return "\(databases[number].name) had \(old) and has \(new)"
      }
      if pair.0.count != pair.1.count {
        return "\(databases[number].name) had \(CountText.count(pair.0.count, "row")) and has \(pair.1.count)"
      }
    }
    return nil
  }
}

/// The time in tests of fixes, at which everything happens.
struct FixTestTime: TimeSource {
  /// 2026-01-01T00:00:00Z.
  static let start: Int64 = 1_767_225_600_000_000_000

  func now() -> Int64 { FixTestTime.start }
}

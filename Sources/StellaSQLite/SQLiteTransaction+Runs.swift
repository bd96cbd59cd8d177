import FoundationEssentials
import GRDB
import StellaModel

extension SQLiteTransaction: RunTransaction {
  package func run(_ id: String) throws(StoreError) -> Run? {
    try StoreError.translating(path) {
      try fetch("WHERE id = ?", [id]).first
    }
  }

  package func runs(_ query: RunQuery) throws(StoreError) -> [Run] {
    try StoreError.translating(path) {
      let (condition, arguments) = SQLiteTransaction.condition(query)
      let limit = query.limit.map { " LIMIT \(max(0, $0))" } ?? ""
      return try fetch("\(condition) ORDER BY number DESC\(limit)", arguments).reversed()
    }
  }

  private func fetch(_ clauses: String, _ arguments: StatementArguments) throws -> [Run] {
    let statement = try db.cachedStatement(
      sql: "SELECT \(SQLiteTransaction.columns.joined(separator: ", ")) FROM run \(clauses)")
    let rows = try Row.fetchCursor(statement, arguments: arguments)
    var runs: [Run] = []
    while let row = try rows.next() { runs.append(try decoded(row)) }
    return runs
  }

  package func runCount(_ query: RunQuery) throws(StoreError) -> Int {
    try StoreError.translating(path) {
      let (condition, arguments) = SQLiteTransaction.condition(query)
      return try Int.fetchOne(db, sql: "SELECT count(*) FROM run \(condition)", arguments: arguments) ?? 0
    }
  }

  private static func condition(_ query: RunQuery) -> (sql: String, arguments: StatementArguments) {
    var conditions: [String] = []
    var arguments: [(any DatabaseValueConvertible)?] = []
    if !query.states.isEmpty {
      conditions.append("state IN (\(query.states.map { _ in "?" }.joined(separator: ", ")))")
      arguments += query.states.map(\.rawValue)
    }
    for (column, value) in [("fix", query.fix), ("subject", query.subject), ("alert", query.alert)] {
      guard let value else { continue }
      conditions.append("\(column) = ?")
      arguments.append(value)
    }
    if let target = query.target {
      conditions.append("EXISTS (SELECT 1 FROM json_each(run.targets) WHERE value = ?)")
      arguments.append(target)
    }
    if let isRollback = query.isRollback { conditions.append("rolls_back IS \(isRollback ? "NOT " : "")NULL") }
    if query.isUnreviewed { conditions.append("glass_broken_by IS NOT NULL AND reviewed_by IS NULL") }
    if let since = query.openSince {
      conditions.append("coalesce(ended_at, 9223372036854775807) >= ?")
      arguments.append(since)
    }
    if let since = query.since {
      conditions.append("proposed_at >= ?")
      arguments.append(since)
    }
    let text = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return (text, StatementArguments(arguments))
  }

  package func insert(_ run: Run) throws(StoreError) {
    try write(run, "INSERT INTO run (\(SQLiteTransaction.columns.joined(separator: ", "))) VALUES (\(places))")
  }

  package func update(_ run: Run) throws(StoreError) {
    let assignments = SQLiteTransaction.columns.map { "\($0) = ?" }.joined(separator: ", ")
    try write(run, "UPDATE run SET \(assignments) WHERE id = ?", and: run.id)
  }

  private var places: String { SQLiteTransaction.columns.map { _ in "?" }.joined(separator: ", ") }

  /// In the order in which ``write(_:_:and:)`` gives and ``decoded(_:)`` takes them.
  private static let columns = [
    "id", "state", "rolls_back", "fix", "fix_title", "fix_file", "alert", "rule", "alert_key", "subject", "parameters",
    "requested_by", "reason", "editors", "policy", "digest", "is_safe", "targets", "effect_count", "row_count",
    "proposed_at", "planned_at", "checked_at", "decide_by", "execute_by", "waits_since", "waits_since_boot",
    "waits_since_steady", "ended_at", "glass_broken_by", "reviewed_by", "supersedes", "superseded_by", "supersessions",
    "detail",
  ]

  private func write(_ run: Run, _ sql: String, and id: String? = nil) throws(StoreError) {
    try StoreError.translating(path) {
      var values: [(any DatabaseValueConvertible)?] = [
        run.id, run.state.rawValue, run.rollsBack, run.fix, run.fixTitle, run.fixFile, run.alert, run.rule,
        run.alertKey, run.subject, Data(StoredValues.bytes(run.parameters)), run.requestedBy, run.reason,
        try SQLiteTransaction.json(run.editors), run.policy, run.digest.map { Data($0.content.bytes) }, run.isSafe,
        try SQLiteTransaction.json(run.targets), run.effectCount, run.rowCount, run.proposedAt, run.plannedAt,
        run.checkedAt, run.decideBy, run.executeBy, run.waitsSince?.calendar, run.waitsSince?.steady?.boot,
        run.waitsSince?.steady?.nanoseconds, run.endedAt, run.glassBrokenBy, run.reviewedBy, run.supersedes,
        run.supersededBy, run.supersessions,
        run.detail,
      ]
      if let id { values.append(id) }
      try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
      guard db.changesCount == 1 else { throw SQLiteTransaction.damaged(path, "a run that is no longer there") }
    }
  }

  private func decoded(_ row: Row) throws -> Run {
    var columns = ColumnReader(row)
    let id: String = try columns.next()
    guard let state = RunState(rawValue: try columns.next()) else { throw SQLiteTransaction.damaged(path, "a run") }
    let rollsBack: String? = try columns.optional()
    let fix: (id: String, title: String, file: String) = try (columns.next(), columns.next(), columns.next())
    let alert: (id: String, rule: String, key: String) = try (columns.next(), columns.next(), columns.next())
    let subject: String = try columns.next()
    guard let parameters = StoredValues.values([UInt8](try columns.next() as Data)) else {
      throw SQLiteTransaction.damaged(path, "a run")
    }
    let requestedBy: String = try columns.next()
    let reason: String = try columns.next()
    let editors = try SQLiteTransaction.texts(try columns.next())
    let policy: String = try columns.next()
    let digest = try (try columns.optional() as Data?).map { try self.digest($0) }
    let isSafe: Bool = try columns.next()
    let targets = try SQLiteTransaction.texts(try columns.next())
    let count: (effects: Int, rows: Int) = try (columns.next(), columns.next())
    var run = Run(
      id: id, fix: fix.id, fixTitle: fix.title, fixFile: fix.file, subject: subject, parameters: parameters,
      requestedBy: requestedBy, policy: policy, proposedAt: try columns.next())
    run.state = state
    run.rollsBack = rollsBack
    run.alert = alert.id
    run.rule = alert.rule
    run.alertKey = alert.key
    run.reason = reason
    run.editors = editors
    run.digest = digest
    run.isSafe = isSafe
    run.targets = targets
    run.effectCount = count.effects
    run.rowCount = count.rows
    run.plannedAt = try columns.optional()
    run.checkedAt = try columns.optional()
    run.decideBy = try columns.optional()
    run.executeBy = try columns.optional()
    run.waitsSince = (try columns.optional() as Int64?).map { ClockReading(calendar: $0) }
    let (boot, steady): (String?, Int64?) = try (columns.optional(), columns.optional())
    if let boot, let steady { run.waitsSince?.steady = SteadyTime(boot: boot, nanoseconds: steady) }
    run.endedAt = try columns.optional()
    run.glassBrokenBy = try columns.optional()
    run.reviewedBy = try columns.optional()
    run.supersedes = try columns.optional()
    run.supersededBy = try columns.optional()
    run.supersessions = try columns.next()
    run.detail = try columns.next()
    return run
  }

  private func digest(_ bytes: Data) throws -> PlanDigest {
    guard let content = ContentDigest(bytes: [UInt8](bytes)) else { throw SQLiteTransaction.damaged(path, "a digest") }
    return PlanDigest(content)
  }

  private static func json(_ texts: [String]) throws -> String {
    String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
  }

  private static func texts(_ json: String) throws -> [String] {
    // Of most runs: a decoder for each would take as long as all the rest of the row.
    json == "[]" ? [] : try JSONDecoder().decode([String].self, from: Data(json.utf8))
  }

  package func plan(of run: String) throws(StoreError) -> [UInt8]? {
    try StoreError.translating(path) {
      try Data.fetchOne(db, sql: "SELECT plan FROM run_plan WHERE run = ?", arguments: [run]).map { [UInt8]($0) }
    }
  }

  package func setPlan(_ canonical: [UInt8], of run: String) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT INTO run_plan (run, plan, notes) VALUES (?1, ?2, '[]')
          ON CONFLICT (run) DO UPDATE SET plan = ?2
          """, arguments: [run, Data(canonical)])
    }
  }

  package func notes(of run: String) throws(StoreError) -> [String] {
    try StoreError.translating(path) {
      let notes = try String.fetchOne(db, sql: "SELECT notes FROM run_plan WHERE run = ?", arguments: [run])
      return try notes.map { try SQLiteTransaction.texts($0) } ?? []
    }
  }

  package func setNotes(_ notes: [String], of run: String) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "UPDATE run_plan SET notes = ? WHERE run = ?", arguments: [try SQLiteTransaction.json(notes), run])
    }
  }

  package func votes(on run: String) throws(StoreError) -> [RunVote] {
    try StoreError.translating(path) {
      let votes = try db.cachedStatement(sql: "SELECT * FROM run_vote WHERE run = ? ORDER BY number")
      return try Row.fetchAll(votes, arguments: [run]).map { row in
        guard let decision = RunVote.Decision(rawValue: row["decision"]) else {
          throw SQLiteTransaction.damaged(path, "a vote")
        }
        return RunVote(
          run: run, voter: row["voter"], decision: decision, digest: try digest(row["digest"]), reason: row["reason"],
          time: row["time"])
      }
    }
  }

  package func insert(_ vote: RunVote) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "INSERT INTO run_vote (run, voter, decision, digest, reason, time) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          vote.run, vote.voter, vote.decision.rawValue, Data(vote.digest.content.bytes), vote.reason, vote.time,
        ])
    }
  }

  package func steps(of run: String) throws(StoreError) -> [RunStep] {
    try StoreError.translating(path) {
      try Row.fetchAll(db, sql: "SELECT * FROM run_step WHERE run = ? ORDER BY effect_group", arguments: [run]).map {
        row in
        guard let state = RunStep.State(rawValue: row["state"]),
          let results = StoredValues.results([UInt8](row["results"] as Data))
        else { throw SQLiteTransaction.damaged(path, "a step") }
        var step = RunStep(
          run: run, group: row["effect_group"], attempt: row["attempt"], epoch: row["epoch"],
          intendedAt: row["intended_at"])
        step.state = state
        if let boot = row["intended_boot"] as String?, let steady = row["intended_steady"] as Int64? {
          step.intendedSteady = SteadyTime(boot: boot, nanoseconds: steady)
        }
        step.detail = row["detail"]
        step.results = results
        step.endedAt = row["ended_at"]
        return step
      }
    }
  }

  package func put(_ step: RunStep) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO run_step
            (run, effect_group, attempt, state, detail, results, epoch, intended_at, intended_boot, intended_steady,
             ended_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          step.run, step.group, step.attempt, step.state.rawValue, step.detail, Data(StoredValues.bytes(step.results)),
          step.epoch,
          step.intendedAt, step.intendedSteady?.boot, step.intendedSteady?.nanoseconds, step.endedAt,
        ])
    }
  }

  package func freeze() throws(StoreError) -> Freeze? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM freeze").map { row in
        Freeze(by: row["by"], reason: row["reason"], since: row["since"])
      }
    }
  }

  package func setFreeze(_ freeze: Freeze?) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(sql: "DELETE FROM freeze")
      guard let freeze else { return }
      try db.execute(
        sql: "INSERT INTO freeze (id, by, reason, since) VALUES (1, ?, ?, ?)",
        arguments: [freeze.by, freeze.reason, freeze.since])
    }
  }
}

extension SQLiteStore: RunStore {
  package func readRuns<Value>(_ body: (SQLiteTransaction) throws -> Value) throws -> Value {
    try passing {
      try pool.read { db in try body(try SQLiteTransaction(db, path: path)) }
    }
  }

  package func changeStamp() throws -> Int64? {
    try StoreError.translating(path) {
      try observer.withLock { observer in
        if observer == nil {
          var configuration = Configuration()
          configuration.label = "stella-changes"
          configuration.readonly = true
          observer = try DatabaseQueue(path: path, configuration: configuration)
        }
        return try observer?.unsafeRead { db in
          try Int64.fetchOne(try db.cachedStatement(sql: "PRAGMA data_version"))
        }
      }
    }
  }
}

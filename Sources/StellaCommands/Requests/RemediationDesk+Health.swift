import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer

/// Requests about how the system is.
extension RemediationDesk {
  static let noEngine = CommandFailure(
    .notFound,
    "no server runs here, and only the process that the engine runs in can say how the system is. Start `stella serve`. How it "
      + "was before says `stella health --history`.")

  /// - Parameter keeper: of the engine that runs in this process; nil where none does.
  func answer(
    _ request: HealthRequest, for viewer: Viewer, as layout: AnswerLayout, keeper: HealthKeeper? = nil
  ) throws -> OperatorAnswer {
    switch request {
    case .system:
      guard let keeper else { throw Self.noEngine }
      return HealthText.answer(keeper.current(), layout)
    case .history(let filter): return try history(filter, layout)
    case .findings(let filter): return try findings(filter, layout)
    case .acknowledge(let id, let reason): return try acknowledgeFinding(id, reason, viewer, layout)
    }
  }

  private var now: Int64 { remediation.journal.time.now() }

  private func history(_ filter: HealthRequest.HistoryFilter, _ layout: AnswerLayout) throws -> OperatorAnswer {
    var query = HealthHistoryQuery()
    query.since = try moment(filter.since, "since")
    query.until = try moment(filter.until, "until")
    query.status = filter.status
    query.scoreBelow = filter.scoreBelow
    query.limit = try limit(filter.limit)
    let samples = try store.readRuns { try $0.samples(query) }
    var answer = OperatorAnswer()
    answer.isList = true
    answer.body =
      switch layout {
      case .json: samples.map { $0.value.json + "\n" }.joined()
      case .text: HealthText.history(samples, ScreenTime(now: now), layout.terminal)
      }
    return answer
  }

  private func findings(_ filter: HealthRequest.FindingFilter, _ layout: AnswerLayout) throws -> OperatorAnswer {
    var query = HealthFindingQuery()
    query.since = try moment(filter.since, "since")
    query.until = try moment(filter.until, "until")
    query.statuses = filter.statuses
    query.severity = filter.severity
    query.scoreBelow = filter.scoreBelow
    query.limit = try limit(filter.limit)
    let findings = try store.readRuns { try $0.findings(query) }
    var answer = OperatorAnswer()
    answer.isList = true
    answer.body =
      switch layout {
      case .json: findings.map { $0.value.json + "\n" }.joined()
      case .text: HealthText.findings(findings, ScreenTime(now: now), layout.terminal)
      }
    return answer
  }

  /// Puts on record that somebody looks after a finding.
  private func acknowledgeFinding(
    _ id: String, _ reason: String, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let remark = StoredAlert.Remark(by: Caller.actor(try viewer.responder()), time: now, reason: reason)
    let finding = try store.write(as: .command) { transaction in
      var finding = try found(id, transaction)
      guard finding.closedAt == nil else {
        throw CommandFailure(.conflict, "\(finding.id) is closed: it doesn't hold any more. Nothing was done.")
      }
      finding.acknowledged = remark
      try transaction.put(finding)
      try transaction.append(
        LogEntry(
          .findingAcknowledged, time: remark.time, actor: remark.by,
          body: [
            .init("finding", .string(finding.id)), .init("kind", .string(finding.kind)),
            .init("severity", .string(finding.severity.rawValue)),
          ]))
      return finding
    }
    var answer = OperatorAnswer()
    answer.notes = sealed()
    answer.body =
      switch layout {
      case .json: finding.value.json + "\n"
      case .text: TextEscaping.oneLine("Acknowledged \(finding.id) as \(remark.by).") + "\n"
      }
    return answer
  }

  private func found(_ id: String, _ transaction: SQLiteTransaction) throws -> HealthFinding {
    if let finding = try transaction.finding(id) { return finding }
    let candidates = id.utf8.count >= 8 ? try transaction.findings(withPrefix: id) : []
    guard candidates.count == 1 else {
      throw CommandFailure(
        .notFound,
        candidates.isEmpty
          ? "there is no finding \(TextEscaping.oneLine(id)). stella health --findings shows those that there are."
          : "several findings begin with \(TextEscaping.oneLine(id)). Give more digits.")
    }
    return candidates[0]
  }

  private func limit(_ limit: Int) throws(CommandFailure) -> Int {
    guard (1...100_000).contains(limit) else {
      throw CommandFailure(.usage, "limit \(limit): write a number from 1 to 100000.")
    }
    return limit
  }

  /// A time, or a duration before now.
  private func moment(_ text: String?, _ name: String) throws(CommandFailure) -> Int64? {
    guard let text else { return nil }
    if let length = DurationText.nanoseconds(text) { return now - length }
    if let time = Timestamp.ofParameter(text) { return time }
    throw CommandFailure(
      .usage,
      "\(name) \(TextEscaping.oneLine(text, limit: 60)): write a time such as 2026-11-22T10:00:00Z, or a duration before now such as "
        + "24h.")
  }
}

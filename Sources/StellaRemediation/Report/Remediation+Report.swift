import StellaModel

extension Remediation {
  /// Everything about one run, for `viewer`.
  ///
  /// - Parameter parsed: reads the JSON of the alert as it is kept; nil for what is none.
  /// - Throws: ``RemediationError`` `notFound`; ``StoreError``.
  package func report(
    on id: String, viewer: RunReport.Viewer, alert parsed: (String) -> FieldValue?
  ) throws -> RunReport {
    try store.readRuns { transaction in
      let run = try found(id, transaction)
      var report = try report(run, transaction, viewer: viewer, freeze: try transaction.freeze())
      report.steps = try transaction.steps(of: run.id)
      report.plan = try transaction.plan(of: run.id).map { try Plan(canonical: $0) }
      report.notes = try transaction.notes(of: run.id)
      if let alert = try transaction.alert(run.alert) { report.alert = parsed(alert.json) }
      var query = RunQuery()
      query.subject = run.subject
      query.since = report.now - report.policy.attempts.within
      report.earlierAttempts = try transaction.runs(query).count {
        $0.id != run.id && $0.state != .suppressed && $0.supersededBy == nil && $0.proposedAt <= run.proposedAt
      }
      return report
    }
  }

  /// Those that the query asks for, in the order in which they were proposed, with how many there would be without its limit.
  /// Lists do without plan, alert and, where no operator is asked for, steps.
  package func reports(
    _ query: RunQuery, viewer: RunReport.Viewer
  ) throws -> (reports: [RunReport], total: Int, freeze: Freeze?) {
    try store.readRuns { transaction in
      let freeze = try transaction.freeze()
      let reports = try transaction.runs(query).map { run in
        var report = try report(run, transaction, viewer: viewer, freeze: freeze)
        if run.state.turn == .operators { report.steps = try transaction.steps(of: run.id) }
        return report
      }
      return (reports, try transaction.runCount(query), freeze)
    }
  }

  private func report(
    _ run: Run, _ transaction: Store.Transaction, viewer: RunReport.Viewer, freeze: Freeze?
  ) throws -> RunReport {
    RunReport(
      run: run, policy: policy(of: run), quorum: try fullQuorum(of: run, transaction), viewer: viewer,
      freeze: freeze, now: time.now())
  }
}

import FoundationEssentials
import GRDB
import StellaModel

extension SQLiteTransaction: HealthTransaction {
  // MARK: - Samples

  package func insert(_ sample: HealthSample) throws(StoreError) {
    try StoreError.translating(path) {
      try db.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO health_sample (time, score, uptime, active_users, error_rate, events_per_second,
            free_bytes, disk_bytes, reasons)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        sample.time, sample.score, sample.uptime, sample.activeUsers, sample.errorRate, sample.eventsPerSecond,
        sample.freeBytes, sample.diskBytes, String(decoding: try JSONEncoder().encode(sample.reasons), as: UTF8.self),
      ])
    }
  }

  package func samples(_ query: HealthHistoryQuery) throws(StoreError) -> [HealthSample] {
    try StoreError.translating(path) {
      var conditions = SQLConditions()
      conditions.add("time >= ?", query.since)
      conditions.add("time < ?", query.until)
      conditions.add("score < ?", query.scoreBelow)
      if let status = query.status {
        conditions.add("score >= ?", status.scores.lowerBound)
        conditions.add("score <= ?", status.scores.upperBound)
      }
      let decoder = JSONDecoder()
      return try Row.fetchAll(
        db, sql: "SELECT * FROM health_sample\(conditions.text) ORDER BY time DESC\(conditions.limit(query.limit))",
        arguments: conditions.arguments
      ).reversed().map { try sample($0, decoder) }
    }
  }

  private func sample(_ row: Row, _ decoder: JSONDecoder) throws -> HealthSample {
    guard let reasons = try? decoder.decode([HealthReason].self, from: row["reasons"] as Data) else {
      throw SQLiteTransaction.damaged(path, "a sample of the system's health")
    }
    return HealthSample(
      time: row["time"], score: row["score"], reasons: reasons, uptime: row["uptime"],
      activeUsers: row["active_users"], errorRate: row["error_rate"], eventsPerSecond: row["events_per_second"],
      freeBytes: row["free_bytes"], diskBytes: row["disk_bytes"])
  }

  package func sampleCounts(since: Int64, until: Int64) throws(StoreError) -> (all: Int, unhealthy: Int) {
    try StoreError.translating(path) {
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT count(*) AS counted, coalesce(sum(score < ?), 0) AS ill FROM health_sample WHERE time >= ? AND time < ?
          """, arguments: [HealthStatus.healthy.scores.lowerBound, since, until])
      guard let row else { return (0, 0) }
      return (row["counted"], row["ill"])
    }
  }

  package func meanErrorRate(since: Int64, until: Int64) throws(StoreError) -> (rate: Double, samples: Int)? {
    try StoreError.translating(path) {
      // By their events, so that the two of a quiet night don't outweigh a day. A sample may have none: its rate is of a longer time.
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT sum(error_rate * (events_per_second + 1e-6)) / sum(events_per_second + 1e-6) AS rate, count(*) AS samples
          FROM health_sample WHERE time >= ? AND time < ? AND error_rate IS NOT NULL
          """, arguments: [since, until])
      guard let row, let rate = row["rate"] as Double? else { return nil }
      return (rate, row["samples"])
    }
  }

  // MARK: - Findings

  package func findings(_ query: HealthFindingQuery) throws(StoreError) -> [HealthFinding] {
    try StoreError.translating(path) {
      var conditions = SQLConditions()
      conditions.add("last_seen >= ?", query.since)
      conditions.add("first_seen < ?", query.until)
      conditions.add("score < ?", query.scoreBelow)
      conditions.add("severity >= ?", query.severity.map(SQLiteTransaction.rank))
      if !query.statuses.isEmpty {
        conditions.add(
          query.statuses.map { status in
            switch status {
            case .open: "closed_at IS NULL AND acknowledged_by IS NULL"
            case .acknowledged: "closed_at IS NULL AND acknowledged_by IS NOT NULL"
            case .closed: "closed_at IS NOT NULL"
            }
          })
      }
      return try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM health_finding\(conditions.text)
          ORDER BY closed_at IS NOT NULL, last_seen DESC, severity DESC, id\(conditions.limit(query.limit))
          """, arguments: conditions.arguments
      ).reversed().map { try finding($0) }
    }
  }

  package func finding(_ id: String) throws(StoreError) -> HealthFinding? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM health_finding WHERE id = ?", arguments: [id]).map { try finding($0) }
    }
  }

  package func findings(withPrefix prefix: String) throws(StoreError) -> [HealthFinding] {
    try StoreError.translating(path) {
      // Ids are hexadecimal digits, so that no byte of one is greater than "g".
      try Row.fetchAll(
        db, sql: "SELECT * FROM health_finding WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 2",
        arguments: [prefix]
      ).map { try finding($0) }
    }
  }

  package func put(_ finding: HealthFinding) throws(StoreError) {
    try StoreError.translating(path) {
      try db.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO health_finding (id, kind, subject, severity, title, detail, recommendation, first_seen,
            last_seen, closed_at, score, acknowledged_by, acknowledged_at, acknowledged_reason)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        finding.id, finding.kind, finding.subject, SQLiteTransaction.rank(finding.severity), finding.title,
        finding.detail, finding.recommendation, finding.firstSeen, finding.lastSeen, finding.closedAt, finding.score,
        finding.acknowledged?.by, finding.acknowledged?.time, finding.acknowledged?.reason,
      ])
    }
  }

  package func pruneHealth(before time: Int64) throws(StoreError) -> Int {
    try StoreError.translating(path) {
      try db.execute(sql: "DELETE FROM health_sample WHERE time < ?", arguments: [time])
      let samples = db.changesCount
      try db.execute(sql: "DELETE FROM health_finding WHERE closed_at < ?", arguments: [time])
      return samples + db.changesCount
    }
  }

  // MARK: - Alerts, counted

  package func firingAlerts(
    except isMuted: (_ rule: String, _ key: String) -> Bool
  ) throws(StoreError) -> [FiringAlerts] {
    try StoreError.translating(path) {
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT severity, acknowledged_by IS NOT NULL AS known, rule, key, count(*) AS counted, min(first_seen) AS since
          FROM alert
          WHERE status = 'firing' AND resolved_by IS NULL
            AND (muted_by IS NOT NULL OR json_extract(json, '$.muted') IS NULL)
            AND json_extract(json, '$.input_ended') IS NULL
          GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
          """)
      var found: [FiringAlerts] = []
      for row in rows where !isMuted(row["rule"], row["key"]) {
        guard let severity = Severity(rawValue: row["severity"]) else {
          throw SQLiteTransaction.damaged(path, "an alert")
        }
        let alerts = FiringAlerts(
          severity: severity, isAcknowledged: row["known"], count: row["counted"], since: row["since"])
        // The rows of one severity come together, and of these those that somebody looks after.
        if let last = found.last, last.severity == severity, last.isAcknowledged == alerts.isAcknowledged {
          found[found.count - 1].count += alerts.count
          found[found.count - 1].since = min(last.since, alerts.since)
        } else {
          found.append(alerts)
        }
      }
      return found
    }
  }

  package func alertEpisodes(since: Int64, limit: Int) throws(StoreError) -> [AlertEpisodes] {
    try StoreError.translating(path) {
      try Row.fetchAll(
        db,
        sql: """
          SELECT rule, key, count(*) AS counted FROM alert
          WHERE updated_at >= ?1 AND last_seen >= ?1 AND status <> 'pending' AND json_extract(json, '$.muted') IS NULL
          GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ?2
          """, arguments: [since, limit]
      ).map { AlertEpisodes(rule: $0["rule"], key: $0["key"], count: $0["counted"]) }
    }
  }

  private func finding(_ row: Row) throws -> HealthFinding {
    let rank: Int = row["severity"]
    guard Severity.allCases.indices.contains(rank) else { throw SQLiteTransaction.damaged(path, "a finding") }
    var finding = HealthFinding(
      kind: row["kind"], subject: row["subject"], severity: Severity.allCases[rank], title: row["title"],
      detail: row["detail"], recommendation: row["recommendation"], at: row["first_seen"], score: row["score"])
    finding.id = row["id"]
    finding.lastSeen = row["last_seen"]
    finding.closedAt = row["closed_at"]
    if let by = row["acknowledged_by"] as String?, let time = row["acknowledged_at"] as Int64? {
      finding.acknowledged = StoredAlert.Remark(by: by, time: time, reason: row["acknowledged_reason"] ?? "")
    }
    return finding
  }

  /// Severities ascend in the order of their cases.
  private static func rank(_ severity: Severity) -> Int { Severity.allCases.firstIndex(of: severity) ?? 0 }
}

/// Conditions of a query that all hold.
private struct SQLConditions {
  private var conditions: [String] = []
  private var values: [(any DatabaseValueConvertible)?] = []

  /// - Parameter value: nil for a condition that nobody wants.
  mutating func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
    guard let value else { return }
    conditions.append(condition)
    values.append(value)
  }

  /// One of these is enough.
  mutating func add(_ alternatives: [String]) {
    conditions.append("(" + alternatives.map { "(\($0))" }.joined(separator: " OR ") + ")")
  }

  var text: String { conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ") }
  var arguments: StatementArguments { StatementArguments(values) }
  func limit(_ limit: Int?) -> String { limit.map { " LIMIT \(max(0, $0))" } ?? "" }
}

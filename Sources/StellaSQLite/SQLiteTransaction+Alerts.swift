import FoundationEssentials
import GRDB
import StellaModel

extension SQLiteTransaction: AlertTransaction {
  package func alert(_ id: String) throws(StoreError) -> StoredAlert? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM alert WHERE id = ?", arguments: [id]).map { try decodedAlert($0) }
    }
  }

  package func alerts(withPrefix prefix: String) throws(StoreError) -> [StoredAlert] {
    try StoreError.translating(path) {
      // Ids are hexadecimal digits, so that no byte of one is greater than "g".
      try Row.fetchAll(
        db, sql: "SELECT * FROM alert WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 2", arguments: [prefix]
      ).map { try decodedAlert($0) }
    }
  }

  package func alerts(_ query: AlertQuery) throws(StoreError) -> [StoredAlert] {
    try StoreError.translating(path) {
      let (sql, arguments) = Self.statement(query)
      return try Row.fetchAll(db, sql: sql, arguments: arguments).reversed().map { try decodedAlert($0) }
    }
  }

  /// How many fire, by an index that has no others.
  package func firingAlertCount() throws(StoreError) -> Int {
    try StoreError.translating(path) {
      try Int.fetchOne(db, sql: "SELECT count(*) FROM alert INDEXED BY alert_firing WHERE status = 'firing'") ?? 0
    }
  }

  /// Those that changed last come first.
  static func statement(_ query: AlertQuery) -> (sql: String, arguments: StatementArguments) {
    var index = ""
    var conditions: [String] = []
    var arguments: [(any DatabaseValueConvertible)?] = []
    if query.statuses == [.firing], query.rule != nil, query.resolvedByHandSince == nil {
      // An index of some rows is no use to a condition that isn't known before.
      index = " INDEXED BY alert_firing"
      conditions.append("status = 'firing'")
    } else if !query.statuses.isEmpty {
      conditions.append("status IN (\(query.statuses.map { _ in "?" }.joined(separator: ", ")))")
      arguments += query.statuses.map(\.rawValue)
    }
    if let rule = query.rule {
      conditions.append("rule = ?")
      arguments.append(rule)
    }
    if let time = query.resolvedByHandSince {
      index = " INDEXED BY alert_by_hand"
      conditions.append("updated_at >= ? AND status = 'resolved' AND resolved_by IS NOT NULL")
      arguments.append(time)
    }
    let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    let limit = query.limit.map { " LIMIT \(max(0, $0))" } ?? ""
    return (
      "SELECT * FROM alert\(index)\(condition) ORDER BY updated_at DESC, id\(limit)", StatementArguments(arguments)
    )
  }

  @discardableResult
  package func put(_ alert: StoredAlert) throws(StoreError) -> Bool {
    try StoreError.translating(path) {
      try db.cachedStatement(
        sql: """
          INSERT INTO alert (id, rule, type, severity, status, title, key, count, first_seen, last_seen, updated_at, json,
            muted_by)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
          ON CONFLICT (id) DO UPDATE SET severity = ?4, status = ?5, title = ?6, count = ?8, last_seen = ?10,
            updated_at = ?11, json = ?12, muted_by = ?13
          WHERE NOT (resolved_by IS NOT NULL AND status = 'resolved' AND excluded.status <> 'resolved'
            AND coalesce(json_extract(excluded.json, '$.revision'), 0) <= coalesce(json_extract(json, '$.revision'), 0))
          """
      ).execute(arguments: [
        alert.id, alert.rule, alert.type, alert.severity.rawValue, alert.status.rawValue, alert.title, alert.key,
        alert.count, alert.firstSeen, alert.lastSeen, alert.updatedAt, alert.json, alert.mutedBy,
      ])
      return db.changesCount > 0
    }
  }

  package func acknowledge(_ id: String, _ remark: StoredAlert.Remark?) throws(StoreError) {
    try set("acknowledged", remark, on: id)
  }

  package func resolve(_ id: String, _ remark: StoredAlert.Remark?) throws(StoreError) {
    try set("resolved", remark, on: id)
  }

  private func set(_ column: String, _ remark: StoredAlert.Remark?, on id: String) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "UPDATE alert SET \(column)_by = ?, \(column)_at = ?, \(column)_reason = ? WHERE id = ?",
        arguments: [remark?.by, remark?.time, remark?.reason, id])
    }
  }

  package func pruneAlerts(before time: Int64) throws(StoreError) -> Int {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          DELETE FROM alert
          WHERE updated_at < ? AND (status = 'resolved' OR json_extract(json, '$.input_ended') IS NOT NULL)
          """, arguments: [time])
      let count = db.changesCount
      try db.execute(sql: "DELETE FROM silence WHERE until < ?", arguments: [time])
      return count
    }
  }

  private func decodedAlert(_ row: Row) throws -> StoredAlert {
    guard let severity = Severity(rawValue: row["severity"]), let status = Alert.Status(rawValue: row["status"]) else {
      throw SQLiteTransaction.damaged(path, "an alert")
    }
    var alert = StoredAlert(
      id: row["id"], rule: row["rule"], type: row["type"], severity: severity, status: status, title: row["title"],
      key: row["key"], count: row["count"], firstSeen: row["first_seen"], lastSeen: row["last_seen"],
      updatedAt: row["updated_at"], json: row["json"])
    alert.mutedBy = row["muted_by"]
    alert.acknowledged = SQLiteTransaction.remark(row, "acknowledged")
    alert.resolved = SQLiteTransaction.remark(row, "resolved")
    return alert
  }

  private static func remark(_ row: Row, _ column: String) -> StoredAlert.Remark? {
    guard let by = row["\(column)_by"] as String?, let time = row["\(column)_at"] as Int64? else { return nil }
    return StoredAlert.Remark(by: by, time: time, reason: (row["\(column)_reason"] as String?) ?? "")
  }

  package func silences() throws(StoreError) -> [Silence] {
    try StoreError.translating(path) {
      try Row.fetchAll(db, sql: "SELECT * FROM silence ORDER BY number").map { row in
        guard let key = StoredValues.values([UInt8](row["key"] as Data)) else {
          throw SQLiteTransaction.damaged(path, "a silence")
        }
        return Silence(
          number: row["number"], rule: row["rule"],
          key: key.map { member in
            if case .text(let text) = member.value { return FieldValue.Member(member.name, .string(text)) }
            return FieldValue.Member(member.name, .null)
          },
          until: row["until"],
          set: StoredAlert.Remark(by: row["set_by"], time: row["set_at"], reason: row["reason"]))
      }
    }
  }

  package func insert(_ silence: Silence) throws(StoreError) -> Int64 {
    try StoreError.translating(path) {
      let key = try NamedValues(silence.key.map { NamedValues.Member($0.name, .text(Silence.text($0.value))) })
      try db.execute(
        sql: "INSERT INTO silence (rule, key, until, set_by, set_at, reason) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          silence.rule, Data(StoredValues.bytes(key)), silence.until, silence.set.by, silence.set.time,
          silence.set.reason,
        ])
      return db.lastInsertedRowID
    }
  }

  package func endSilence(_ number: Int64, at time: Int64) throws(StoreError) -> Bool {
    try StoreError.translating(path) {
      try db.execute(
        sql: "UPDATE silence SET until = ?2 WHERE number = ?1 AND until > ?2", arguments: [number, time])
      guard db.changesCount > 0 else { return false }
      // What it kept back is looked at again at once.
      try db.execute(
        sql: """
          UPDATE notification_group SET next_at = ?2 WHERE next_at > ?2 AND id IN (
            SELECT group_id FROM notification_member WHERE kind = 'alert'
              AND json_extract(notice, '$.rule') = (SELECT rule FROM silence WHERE number = ?1))
          """, arguments: [number, time])
      return true
    }
  }
}

import FoundationEssentials
import GRDB
import StellaModel

extension SQLiteTransaction: NotificationTransaction {
  package func setNotifications(_ isOn: Bool) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(sql: "UPDATE notification_setting SET is_on = ?", arguments: [isOn])
      if isOn { return }
      try db.execute(sql: "DELETE FROM notification_change")
      try db.execute(sql: "DELETE FROM notification_member")
      try db.execute(sql: "DELETE FROM notification_group")
    }
  }

  package func notificationChanges(limit: Int) throws(StoreError) -> [NotificationChange] {
    try StoreError.translating(path) {
      try Row.fetchAll(
        db, sql: "SELECT * FROM notification_change ORDER BY number LIMIT ?", arguments: [limit]
      ).map { row in
        NotificationChange(
          number: row["number"], kind: try kind(row["kind"]), state: row["state"], subject: row["subject"],
          time: row["time"], body: row["body"])
      }
    }
  }

  package func removeNotificationChanges(upTo number: Int64) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(sql: "DELETE FROM notification_change WHERE number <= ?", arguments: [number])
    }
  }

  package func note(_ change: NotificationChange) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT INTO notification_change (kind, state, subject, time, body) SELECT ?, ?, ?, ?, ?
          WHERE (SELECT is_on FROM notification_setting)
            AND (SELECT coalesce(max(number) - min(number), 0) FROM notification_change) < ?
          """,
        arguments: [
          change.kind.rawValue, change.state, change.subject, change.time, change.body, Schema.notificationChangeLimit,
        ])
    }
  }

  package func droppedNotificationChanges() throws(StoreError) -> Int64 {
    try StoreError.translating(path) { try Int64.fetchOne(db, sql: "SELECT dropped FROM notification_setting") ?? 0 }
  }

  // MARK: - Groups

  package func notificationGroup(_ id: String) throws(StoreError) -> NotificationGroup? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM notification_group WHERE id = ?", arguments: [id]).map { try group($0) }
    }
  }

  package func notificationGroups(dueBy time: Int64, limit: Int) throws(StoreError) -> [NotificationGroup] {
    try StoreError.translating(path) {
      try Row.fetchAll(
        db, sql: "SELECT * FROM notification_group WHERE next_at <= ? ORDER BY next_at, id LIMIT ?",
        arguments: [time, limit]
      ).map { try group($0) }
    }
  }

  package func put(_ group: NotificationGroup) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO notification_group
            (id, sink, kind, labels, wait, interval, repeat_interval, sends_resolved, next_at, sent_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          group.id, group.sink, group.kind.rawValue, try text(group.labels), group.wait, group.interval,
          group.repeatInterval, group.sendsResolved, group.nextAt, group.sentAt,
        ])
    }
  }

  package func removeNotificationGroup(_ id: String) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(sql: "DELETE FROM notification_member WHERE group_id = ?", arguments: [id])
      try db.execute(sql: "DELETE FROM notification_group WHERE id = ?", arguments: [id])
    }
  }

  package func removeNotificationGroups(exceptOf sinks: [String]) throws(StoreError) {
    try StoreError.translating(path) {
      let gone = try String.fetchAll(db, sql: "SELECT DISTINCT sink FROM notification_group").filter {
        !sinks.contains($0)
      }
      for sink in gone {
        try db.execute(
          sql: "DELETE FROM notification_member WHERE group_id IN (SELECT id FROM notification_group WHERE sink = ?)",
          arguments: [sink])
        try db.execute(sql: "DELETE FROM notification_group WHERE sink = ?", arguments: [sink])
      }
    }
  }

  package func notificationMembers(of group: String) throws(StoreError) -> [NotificationMember] {
    try members("group_id = ? ORDER BY subject", [group])
  }

  package func hasNotificationMembers(of group: String) throws(StoreError) -> Bool {
    try StoreError.translating(path) {
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM notification_member WHERE group_id = ?)", arguments: [group]) ?? false
    }
  }

  package func notificationMembers(
    about subject: String, kind: Notice.Kind
  ) throws(StoreError) -> [NotificationMember] {
    try members("subject = ? AND kind = ? ORDER BY group_id", [subject, kind.rawValue])
  }

  private func members(_ condition: String, _ arguments: StatementArguments) throws(StoreError) -> [NotificationMember]
  {
    try StoreError.translating(path) {
      try Row.fetchAll(db, sql: "SELECT * FROM notification_member WHERE \(condition)", arguments: arguments).map {
        NotificationMember(group: $0["group_id"], notice: try decoded($0["notice"]), isTold: $0["is_told"])
      }
    }
  }

  package func put(_ member: NotificationMember) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO notification_member (group_id, kind, subject, notice, is_told) VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          member.group, member.notice.kind.rawValue, member.notice.subject, try text(member.notice), member.isTold,
        ])
    }
  }

  package func removeNotificationMember(_ subject: String, of group: String) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "DELETE FROM notification_member WHERE group_id = ? AND subject = ?", arguments: [group, subject])
    }
  }

  private func group(_ row: Row) throws -> NotificationGroup {
    var group = NotificationGroup(
      id: row["id"], sink: row["sink"], kind: try kind(row["kind"]), labels: try decoded(row["labels"]))
    group.wait = row["wait"]
    group.interval = row["interval"]
    group.repeatInterval = row["repeat_interval"]
    group.sendsResolved = row["sends_resolved"]
    group.nextAt = row["next_at"]
    group.sentAt = row["sent_at"]
    return group
  }

  // MARK: - Values

  func kind(_ text: String) throws -> Notice.Kind {
    guard let kind = Notice.Kind(rawValue: text) else { throw SQLiteTransaction.damaged(path, "a notification") }
    return kind
  }

  func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  func decoded<Value: Decodable>(_ text: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }
}

extension SQLiteStore: NotificationStore {
  package func readNotifications<Value>(_ body: (SQLiteTransaction) throws -> Value) throws -> Value {
    try readRuns(body)
  }
}

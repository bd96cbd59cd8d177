import GRDB
import StellaModel

extension SQLiteTransaction {
  package func insert(_ message: OutboxMessage) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT INTO notification
            (id, sink, group_id, message, state, attempts, next_at, give_up_at, trouble, ended_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          message.message.id, message.sink, message.group, try text(message.message), message.state.rawValue,
          message.attempts, message.nextAt, message.giveUpAt, message.trouble, message.endedAt,
        ])
    }
  }

  package func outboxMessage(_ id: String) throws(StoreError) -> OutboxMessage? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM notification WHERE id = ?", arguments: [id]).map { try outbox($0) }
    }
  }

  package func outbox(_ state: OutboxMessage.State?, limit: Int) throws(StoreError) -> [OutboxMessage] {
    try StoreError.translating(path) {
      try Row.fetchAll(
        db, sql: "SELECT * FROM notification WHERE ?1 IS NULL OR state = ?1 ORDER BY number DESC LIMIT ?2",
        arguments: [state?.rawValue, max(0, limit)]
      ).reversed().map { try outbox($0) }
    }
  }

  package func outbox(of sink: String, dueBy time: Int64, limit: Int) throws(StoreError) -> [OutboxMessage] {
    try StoreError.translating(path) {
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM notification AS one WHERE state = 'waiting' AND sink = ? AND next_at <= ? AND NOT EXISTS
            (SELECT 1 FROM notification WHERE state = 'waiting' AND group_id = one.group_id AND number < one.number)
          ORDER BY number LIMIT ?
          """, arguments: [sink, time, limit]
      ).map { try outbox($0) }
    }
  }

  package func isWaiting(_ group: String) throws(StoreError) -> Bool {
    try StoreError.translating(path) {
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM notification WHERE state = 'waiting' AND group_id = ?)",
        arguments: [group]) ?? false
    }
  }

  package func update(_ message: OutboxMessage, attempted: Bool) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          UPDATE notification SET state = ?, attempts = ?, next_at = ?, give_up_at = ?, trouble = ?, ended_at = ?
          WHERE number = ?
          """,
        arguments: [
          message.state.rawValue, message.attempts, message.nextAt, message.giveUpAt, message.trouble, message.endedAt,
          message.number,
        ])
      guard attempted else { return }
      try db.execute(
        sql: """
          INSERT INTO notification_sink (name, sent, failed, attempts, trouble) VALUES (?1, ?2, ?3, 1, ?4)
          ON CONFLICT (name) DO UPDATE SET sent = sent + ?2, failed = failed + ?3, attempts = attempts + 1, trouble = ?4
          """,
        arguments: [
          message.sink, message.state == .sent ? 1 : 0, message.state == .failed ? 1 : 0, message.trouble,
        ])
    }
  }

  package func giveUpOutbox(exceptOf sinks: [String], trouble: String, now: Int64) throws(StoreError) {
    try StoreError.translating(path) {
      let gone = try String.fetchAll(db, sql: "SELECT DISTINCT sink FROM notification WHERE state = 'waiting'").filter {
        !sinks.contains($0)
      }
      for sink in gone {
        try db.execute(
          sql: """
            UPDATE notification SET state = 'failed', trouble = ?, ended_at = ? WHERE state = 'waiting' AND sink = ?
            """, arguments: [trouble, now, sink])
      }
    }
  }

  package func pruneOutbox(waiting limit: Int, ended: Int, before time: Int64, now: Int64) throws(StoreError) -> Int {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          UPDATE notification SET state = 'failed', trouble = 'too many messages waited', ended_at = ?2
          WHERE number IN (SELECT number FROM notification WHERE state = 'waiting' ORDER BY number DESC LIMIT -1 OFFSET ?1)
          """, arguments: [limit, now])
      let count = db.changesCount
      try db.execute(
        sql: """
          DELETE FROM notification WHERE state <> 'waiting' AND (ended_at < ?1
            OR number IN (SELECT number FROM notification WHERE state = 'sent' ORDER BY number DESC LIMIT -1 OFFSET ?2)
            OR number IN (SELECT number FROM notification WHERE state = 'failed' ORDER BY number DESC LIMIT -1 OFFSET ?2))
          """, arguments: [time, ended])
      return count
    }
  }

  package func notificationCounts() throws(StoreError) -> [NotificationCounts] {
    try StoreError.translating(path) {
      var counts: [String: NotificationCounts] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT * FROM notification_sink") {
        var count = NotificationCounts(sink: row["name"])
        (count.sentTotal, count.failedTotal) = (row["sent"], row["failed"])
        (count.attemptsTotal, count.trouble) = (row["attempts"], row["trouble"])
        counts[count.sink] = count
      }
      let states = try Row.fetchAll(
        db,
        sql: """
          SELECT sink, state, count(*) AS n, min(json_extract(message, '$.time')) AS oldest FROM notification
          WHERE state <> 'sent' GROUP BY sink, state
          """)
      for row in states {
        let sink: String = row["sink"]
        var count = counts[sink] ?? NotificationCounts(sink: sink)
        if row["state"] as String == OutboxMessage.State.waiting.rawValue {
          (count.waiting, count.oldestWaiting) = (row["n"], row["oldest"])
        } else {
          count.failed = row["n"]
        }
        counts[sink] = count
      }
      return counts.values.sorted { $0.sink < $1.sink }
    }
  }

  private func outbox(_ row: Row) throws -> OutboxMessage {
    guard let state = OutboxMessage.State(rawValue: row["state"]) else {
      throw SQLiteTransaction.damaged(path, "a notification")
    }
    var message = OutboxMessage(
      number: row["number"], sink: row["sink"], group: row["group_id"], message: try decoded(row["message"]),
      nextAt: row["next_at"], giveUpAt: row["give_up_at"])
    message.state = state
    message.attempts = row["attempts"]
    message.trouble = row["trouble"]
    message.endedAt = row["ended_at"]
    return message
  }
}

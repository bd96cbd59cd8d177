import FoundationEssentials
import GRDB
import StellaModel

/// A write transaction of the embedded store. State that the log describes is written through `db`, in the same breath.
package final class SQLiteTransaction: LogTransaction {
  let db: Database
  let path: String
  package private(set) var epoch: Int64
  package private(set) var head: LogHead
  /// Which of the store's logs is written; 0 when there is none.
  private(set) var log: Int64

  init(_ db: Database, path: String) throws {
    self.db = db
    self.path = path
    epoch = try Int64.fetchOne(db, sql: "SELECT epoch FROM log_writer") ?? 0
    log = try Int64.fetchOne(db, sql: "SELECT max(log) FROM log_chain") ?? 0
    let last = try Row.fetchOne(
      db,
      sql: """
        SELECT number, hash FROM log_record WHERE log = ?1 AND number = (SELECT max(number) FROM log_record WHERE log = ?1)
        """, arguments: [log])
    let floor = try Row.fetchOne(
      db, sql: "SELECT floor, floor_root FROM log_chain WHERE log = ? AND floor > 0", arguments: [log])
    if let last {
      head = LogHead(size: last["number"], root: try SQLiteTransaction.hash(last["hash"], path))
    } else if let floor {
      head = LogHead(size: floor["floor"], root: try SQLiteTransaction.hash(floor["floor_root"], path))
    } else {
      head = .empty
    }
  }

  /// Nobody else can change the epoch before this transaction ends: it holds the write lock.
  func admit(_ writer: LogWriter) throws {
    guard case .runner(let own) = writer, own != epoch else { return }
    let holder = try String.fetchOne(db, sql: "SELECT holder FROM log_writer") ?? ""
    throw StoreError(
      .fenced, path: path,
      message:
        "is written by another engine since (\(holder.isEmpty ? "unnamed" : TextEscaping.oneLine(holder)), epoch "
        + "\(epoch); this one has \(own)). Nothing was written; stop this one.")
  }

  package func takeEpoch(holder: String) throws(StoreError) -> Int64 {
    try StoreError.translating(path) {
      try db.execute(sql: "UPDATE log_writer SET epoch = epoch + 1, holder = ?", arguments: [holder])
      epoch = try Int64.fetchOne(db, sql: "SELECT epoch FROM log_writer") ?? 0
      return epoch
    }
  }

  package func outline() throws(StoreError) -> LogOutline? {
    try StoreError.translating(path) { try SQLiteTransaction.outline(db, log: log, path: path) }
  }

  package func hash(at number: Int64) throws(StoreError) -> LogHash? {
    try StoreError.translating(path) {
      if let hash = try Data.fetchOne(
        db, sql: "SELECT hash FROM log_record WHERE log = ? AND number = ?", arguments: [log, number])
      {
        return try SQLiteTransaction.hash(hash, path)
      }
      let root = try Data.fetchOne(
        db, sql: "SELECT floor_root FROM log_chain WHERE log = ? AND floor = ? AND floor > 0", arguments: [log, number])
      return try root.map { try SQLiteTransaction.hash($0, path) }
    }
  }

  package func record(at number: Int64) throws(StoreError) -> StoredLogRecord? {
    try StoreError.translating(path) {
      try Row.fetchOne(
        db,
        sql: """
          SELECT r.number, r.hash, r.bytes, p.salt, p.bytes FROM log_record r
          LEFT JOIN log_payload p ON p.log = r.log AND p.number = r.number WHERE r.log = ? AND r.number = ?
          """, arguments: [log, number]
      ).map { try SQLiteLogSource.record($0, path) }
    }
  }

  package func open(_ outline: LogOutline) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "INSERT INTO log_chain (log, id, opening) VALUES (?, ?, ?)",
        arguments: [log + 1, Data(outline.log.bytes), Data(outline.opening)])
      log += 1
      head = .empty
    }
  }

  package func append(_ record: StoredLogRecord) throws(StoreError) {
    precondition(record.number == head.size + 1)
    try StoreError.translating(path) {
      try db.cachedStatement(sql: "INSERT INTO log_record (log, number, hash, bytes) VALUES (?, ?, ?, ?)")
        .execute(arguments: [log, record.number, Data(record.hash.bytes), Data(record.bytes)])
      if let payload = record.payload {
        try db.cachedStatement(sql: "INSERT INTO log_payload (log, number, salt, bytes) VALUES (?, ?, ?, ?)")
          .execute(arguments: [log, record.number, Data(payload.salt), Data(payload.bytes)])
      }
      head = LogHead(size: record.number, root: record.hash)
    }
  }

  package func add(_ rotation: LogKeyRotation) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "INSERT INTO log_rotation (log, number, key, signature) VALUES (?, ?, ?, ?)",
        arguments: [log, rotation.number, Data(rotation.key), Data(rotation.signature)])
    }
  }

  package func checkpoint(at size: Int64) throws(StoreError) -> LogCheckpoint? {
    try StoreError.translating(path) {
      let text = try String.fetchOne(
        db, sql: "SELECT text FROM log_checkpoint WHERE log = ? AND size = ?", arguments: [log, size])
      return try text.map { try SQLiteTransaction.checkpoint($0, size: size, path) }
    }
  }

  package func checkpoint(signedBefore time: Int64, upTo size: Int64) throws(StoreError) -> LogCheckpoint? {
    try StoreError.translating(path) {
      var last: LogCheckpoint?
      let rows = try Row.fetchCursor(
        db, sql: "SELECT size, text FROM log_checkpoint WHERE log = ? AND size <= ? ORDER BY size",
        arguments: [log, size])
      while let row = try rows.next() {
        let checkpoint = try SQLiteTransaction.checkpoint(row["text"], size: row["size"], path)
        guard checkpoint.time < time else { break }
        last = checkpoint
      }
      return last
    }
  }

  package func insert(_ checkpoint: LogCheckpoint) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "INSERT INTO log_checkpoint (log, size, text) VALUES (?, ?, ?)",
        arguments: [log, checkpoint.size, checkpoint.text])
    }
  }

  package func receipts() throws(StoreError) -> [LogAnchorReceipt] {
    try StoreError.translating(path) {
      try Row.fetchAll(db, sql: "SELECT name, checkpoint FROM log_anchor ORDER BY name").map { row in
        guard let checkpoint = LogCheckpoint(text: row["checkpoint"]) else {
          throw SQLiteTransaction.damaged(path, "what an anchor took")
        }
        return LogAnchorReceipt(anchor: row["name"], checkpoint: checkpoint)
      }
    }
  }

  package func put(_ receipt: LogAnchorReceipt) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "INSERT OR REPLACE INTO log_anchor (name, checkpoint) VALUES (?, ?)",
        arguments: [receipt.anchor, receipt.checkpoint.text])
    }
  }

  package func prune(to floor: LogFloor) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "UPDATE log_chain SET floor = ?, floor_root = ? WHERE log = ?",
        arguments: [floor.number, Data(floor.root.bytes), log])
      _ = try removePayloads(1...floor.number)
      try db.execute(
        sql: "DELETE FROM log_record WHERE log = ? AND number <= ?", arguments: [log, floor.number])
      try db.execute(
        sql: "DELETE FROM log_checkpoint WHERE log = ? AND size < ?", arguments: [log, floor.number])
    }
  }

  package func erasePayloads(of numbers: ClosedRange<Int64>) throws(StoreError) -> Int {
    try StoreError.translating(path) { try removePayloads(numbers) }
  }

  /// Their bytes are overwritten, not only let go.
  private func removePayloads(_ numbers: ClosedRange<Int64>) throws -> Int {
    try db.execute(sql: "PRAGMA secure_delete = ON")
    try db.execute(
      sql: "DELETE FROM log_payload WHERE log = ? AND number BETWEEN ? AND ?",
      arguments: [log, numbers.lowerBound, numbers.upperBound])
    let count = db.changesCount
    try db.execute(sql: "PRAGMA secure_delete = OFF")
    return count
  }
}

extension SQLiteTransaction {
  static func damaged(_ path: String, _ what: String) -> StoreError {
    StoreError(
      .corrupt, path: path, message: "\(what) of the execution log is damaged. Restore the store from a backup.")
  }

  static func hash(_ data: Data, _ path: String) throws(StoreError) -> LogHash {
    guard let hash = LogHash(data) else { throw damaged(path, "a hash") }
    return hash
  }

  static func checkpoint(_ text: String, size: Int64, _ path: String) throws(StoreError) -> LogCheckpoint {
    guard let checkpoint = LogCheckpoint(text: text), checkpoint.size == size else {
      throw damaged(path, "a checkpoint")
    }
    return checkpoint
  }

  static func outline(_ db: Database, log: Int64, path: String) throws -> LogOutline? {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM log_chain WHERE log = ?", arguments: [log]) else {
      return nil
    }
    var outline = LogOutline(log: try hash(row["id"], path), opening: [UInt8](row["opening"] as Data))
    let floor: Int64 = row["floor"]
    if floor > 0 { outline.floor = LogFloor(number: floor, root: try hash(row["floor_root"] as Data? ?? Data(), path)) }
    outline.rotations = try Row.fetchAll(
      db, sql: "SELECT number, key, signature FROM log_rotation WHERE log = ? ORDER BY number", arguments: [log]
    ).map {
      LogKeyRotation(
        number: $0["number"], key: [UInt8]($0["key"] as Data), signature: [UInt8]($0["signature"] as Data))
    }
    return outline
  }
}

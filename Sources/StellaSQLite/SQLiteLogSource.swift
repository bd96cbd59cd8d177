import FoundationEssentials
import GRDB
import StellaModel

/// The store's newest log as one snapshot has it, read row by row.
final class SQLiteLogSource: LogSource {
  let outline: LogOutline?
  private let path: String
  private let records: RowCursor
  private let checkpoints: RowCursor
  private var heldRecord: StoredLogRecord?
  private var heldCheckpoint: LogCheckpoint?

  init(_ db: Database, path: String) throws {
    self.path = path
    let log = try Int64.fetchOne(db, sql: "SELECT max(log) FROM log_chain") ?? 0
    outline = try SQLiteTransaction.outline(db, log: log, path: path)
    records = try Row.fetchCursor(
      db,
      sql: """
        SELECT r.number, r.hash, r.bytes, p.salt, p.bytes FROM log_record r
        LEFT JOIN log_payload p ON p.log = r.log AND p.number = r.number
        WHERE r.log = ? ORDER BY r.number
        """, arguments: [log])
    checkpoints = try Row.fetchCursor(
      db, sql: "SELECT size, text FROM log_checkpoint WHERE log = ? ORDER BY size", arguments: [log])
    try advanceRecord()
    try advanceCheckpoint()
  }

  func next() throws -> LogItem? {
    if let checkpoint = heldCheckpoint, heldRecord.map({ $0.number > checkpoint.size }) ?? true {
      try advanceCheckpoint()
      return .checkpoint(checkpoint)
    }
    guard let record = heldRecord else { return nil }
    try advanceRecord()
    return .record(record)
  }

  private func advanceRecord() throws {
    heldRecord = try records.next().map { try SQLiteLogSource.record($0, path) }
  }

  /// A row of number, hash, bytes, and salt and bytes of its payload.
  static func record(_ row: Row, _ path: String) throws -> StoredLogRecord {
    let hash = try row.withUnsafeData(atIndex: 1) { $0.flatMap { LogHash($0) } }
    guard let hash else { throw SQLiteTransaction.damaged(path, "a hash") }
    let bytes = try row.withUnsafeData(atIndex: 2) { $0.map { [UInt8]($0) } ?? [] }
    var record = StoredLogRecord(number: row[0], hash: hash, bytes: bytes)
    if let salt = try row.withUnsafeData(atIndex: 3, { $0.map { [UInt8]($0) } }) {
      guard salt.count == LogPayload.saltBytes else { throw SQLiteTransaction.damaged(path, "a payload") }
      record.payload = LogPayload(
        salt: salt, bytes: try row.withUnsafeData(atIndex: 4) { $0.map { [UInt8]($0) } ?? [] })
    }
    return record
  }

  private func advanceCheckpoint() throws {
    heldCheckpoint = try checkpoints.next().map { row in
      try SQLiteTransaction.checkpoint(row[1], size: row[0], path)
    }
  }
}

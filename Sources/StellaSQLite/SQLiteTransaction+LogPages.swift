import FoundationEssentials
import GRDB
import StellaModel

extension SQLiteTransaction {
  /// Some records of the log, in the order of their numbers.
  ///
  /// - Parameters:
  ///   - numbers: of which they are; those that there are none of, or that were pruned, are left out.
  ///   - limit: the most that are given.
  ///   - isFromEnd: whether they are the last of the range, else the first.
  ///   - text: only records whose bytes have this text somewhere; nil for all. Without it O(limit · log records), with it
  ///     O(bytes of the range).
  package func records(
    _ numbers: ClosedRange<Int64>, limit: Int, isFromEnd: Bool, mentioning text: String? = nil
  ) throws(StoreError) -> [StoredLogRecord] {
    try StoreError.translating(path) {
      var arguments: StatementArguments = [log, numbers.lowerBound, numbers.upperBound]
      if let text { arguments += [Data(text.utf8)] }
      arguments += [limit]
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT r.number, r.hash, r.bytes, p.salt, p.bytes FROM log_record r
          LEFT JOIN log_payload p ON p.log = r.log AND p.number = r.number
          WHERE r.log = ? AND r.number BETWEEN ? AND ? \(text == nil ? "" : "AND instr(r.bytes, ?) > 0")
          ORDER BY r.number \(isFromEnd ? "DESC" : "") LIMIT ?
          """, arguments: arguments)
      var records: [StoredLogRecord] = []
      while let row = try rows.next() { records.append(try SQLiteLogSource.record(row, path)) }
      return isFromEnd ? records.reversed() : records
    }
  }

  /// The signed checkpoint that covers most; nil when there is none.
  package func lastCheckpoint() throws(StoreError) -> LogCheckpoint? {
    try StoreError.translating(path) {
      try Row.fetchOne(
        db, sql: "SELECT size, text FROM log_checkpoint WHERE log = ? ORDER BY size DESC LIMIT 1", arguments: [log]
      ).map { try SQLiteTransaction.checkpoint($0["text"], size: $0["size"], path) }
    }
  }
}

import StellaModel

extension LogTransaction {
  /// Appends a record, as part of this transaction. O(bytes).
  ///
  /// - Throws: ``LogError`` `unfit`, `empty` when no log was opened; ``StoreError``, such as `fenced` or `full`. The
  ///   transaction must then be given up, and with it the change that the record is about.
  @discardableResult
  package func append(_ entry: LogEntry) throws -> LogRecord {
    guard head.size > 0 else { throw LogError(.empty, "no execution log was opened in this store") }
    let record = LogRecord(entry, number: head.size + 1, epoch: epoch)
    try append(try record.sealed(after: head.root, payload: entry.payload))
    return record
  }
}

extension LogRecord {
  func sealed(after root: LogHash, payload: LogPayload? = nil) throws(LogError) -> StoredLogRecord {
    let bytes = try bytes()
    return StoredLogRecord(
      number: number, hash: LogRecord.hash(of: bytes, after: root), bytes: bytes, payload: payload)
  }
}

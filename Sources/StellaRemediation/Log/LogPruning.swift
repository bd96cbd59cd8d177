import StellaModel

/// Takes the oldest part of a log out of a store: only what is sealed, anchored, exported and without an open effect, and
/// with a record that says so.
package struct LogPruning: Sendable {
  /// What was found when the exported bundle was verified.
  package var export: LogVerification
  /// What the anchors say.
  package var anchors: [LogAnchorReport]

  package init(export: LogVerification, anchors: [LogAnchorReport]) {
    self.export = export
    self.anchors = anchors
  }

  /// Prunes the records up to `size`, in one transaction with the record of it.
  ///
  /// - Parameter size: That of a checkpoint.
  /// - Throws: ``LogError`` `not_prunable` with what is missing; ``StoreError``.
  @discardableResult
  package func prune<Store: LogStore>(
    _ store: Store, to size: Int64, as writer: LogWriter, time: Int64, actor: String
  ) throws -> LogRecord {
    try store.write(as: writer) { transaction in
      guard let outline = try transaction.outline() else { throw LogPruning.missing("there is no log") }
      let floor = outline.floor?.number ?? 0
      guard size > floor, let root = try transaction.hash(at: size), try transaction.checkpoint(at: size) != nil else {
        throw LogPruning.missing("it is not sealed: there is no checkpoint of size \(LogText.grouped(size))")
      }
      try checkExport(transaction, outline, size: size, floor: floor)
      guard let anchor = try anchors.first(where: { try holds($0.checkpoint, transaction, outline, size: size) }) else {
        throw LogPruning.missing("no anchor has seen it")
      }
      let record = try transaction.append(
        LogEntry(
          .logPruned, time: time, actor: actor,
          body: [
            FieldValue.Member("anchor", .string(anchor.name)),
            FieldValue.Member("exported_size", .integer(export.head.size)),
            FieldValue.Member("exported_root", .string(export.head.root.hex)),
            FieldValue.Member("from", .integer(floor + 1)), FieldValue.Member("to", .integer(size)),
            FieldValue.Member("root", .string(root.hex)),
          ]))
      try transaction.prune(to: LogFloor(number: size, root: root))
      return record
    }
  }

  private func checkExport(
    _ transaction: some LogTransaction, _ outline: LogOutline, size: Int64, floor: Int64
  ) throws {
    guard export.verdict != .failed, export.log == outline.log, export.first <= floor + 1, export.head.size >= size,
      try transaction.hash(at: export.head.size) == export.head.root
    else { throw LogPruning.missing("no bundle that verifies holds all of it") }
    if let item = export.openItems.first(where: { $0.number <= size }) {
      throw LogPruning.missing("run \(item.run) has an effect without outcome in it")
    }
  }

  private func holds(
    _ checkpoint: LogCheckpoint?, _ transaction: some LogTransaction, _ outline: LogOutline, size: Int64
  ) throws -> Bool {
    guard let checkpoint, checkpoint.log == outline.log, checkpoint.size >= size,
      case .success = LogKeyRing(outline, trusted: []).check(checkpoint)
    else { return false }
    return try transaction.hash(at: checkpoint.size) == checkpoint.root
  }

  private static func missing(_ reason: String) -> LogError {
    LogError(.notPrunable, "this part of the log can't be pruned yet: \(reason).")
  }
}

extension LogTransaction {
  /// Erases the payloads of these records, and puts that on record. The chain stays as it is.
  ///
  /// - Returns: How many there were; with none nothing is recorded.
  package func erase(_ numbers: ClosedRange<Int64>, time: Int64, actor: String, reason: String) throws -> Int {
    let count = try erasePayloads(of: numbers)
    guard count > 0 else { return 0 }
    try append(
      LogEntry(
        .payloadsErased, time: time, actor: actor,
        body: [
          FieldValue.Member("from", .integer(numbers.lowerBound)),
          FieldValue.Member("to", .integer(numbers.upperBound)),
          FieldValue.Member("count", .integer(Int64(count))), FieldValue.Member("reason", .string(reason)),
        ]))
    return count
  }
}

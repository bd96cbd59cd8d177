import StellaModel

/// Takes the oldest part of a log out of a store: only what is sealed, anchored, exported and without an open effect, and
/// with a record that says so.
package struct LogPruning: Sendable {
  /// What was found when the log was verified just now.
  package var log: LogVerification
  /// What the anchors outside of the store say.
  package var anchors: [LogAnchorReport]

  package init(log: LogVerification, anchors: [LogAnchorReport]) {
    self.log = log
    self.anchors = anchors
  }

  /// How far a log can be pruned.
  package struct Reach: Sendable, Hashable {
    /// The last record of the part that can go now; nil when none can.
    package var size: Int64?
    /// The number before the first record that the store has; 0 when nothing was pruned yet.
    package var floor: Int64
    /// What keeps more that is old enough from going; nil when nothing does.
    package var obstacle: String?
  }

  /// What of the log may go of what was signed before `time`. Changes nothing.
  ///
  /// - Throws: ``LogError`` `not_prunable` when the log doesn't verify; ``StoreError``.
  package func reach<Store: RunStore>(_ store: Store, before time: Int64) throws -> Reach {
    try store.readRuns { transaction in
      guard let outline = try transaction.outline() else { return Reach(floor: 0) }
      let floor = outline.floor?.number ?? 0
      guard log.verdict != .failed, log.log == outline.log else {
        throw LogPruning.missing("it does not verify. See `stella log verify`")
      }
      guard let wanted = try transaction.checkpoint(signedBefore: time, upTo: transaction.head.size),
        wanted.size > floor
      else { return Reach(floor: floor) }
      let anchored =
        try anchors.compactMap { try holds($0.checkpoint, transaction, outline) ? $0.checkpoint?.size : nil }.max() ?? 0
      let limits: [(size: Int64, reason: String)] = [
        (log.export?.to ?? 0, "no recorded export holds all of it: `stella log export FILE`"),
        (anchored, "no anchor has seen all of it"),
        ((log.openItems.first?.number).map { $0 - 1 } ?? .max, "an effect in it has no known outcome"),
      ]
      var reach = Reach(floor: floor)
      var least = Int64.max
      for limit in limits where limit.size < wanted.size && limit.size < least {
        least = limit.size
        reach.obstacle = limit.reason
      }
      let found = try transaction.checkpoint(signedBefore: time, upTo: least)
      reach.size = found.flatMap { $0.size > floor ? $0.size : nil }
      return reach
    }
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
      let export = try checkedExport(transaction, outline, size: size, floor: floor)
      let anchor = try anchors.first { report in
        guard let checkpoint = report.checkpoint, checkpoint.size >= size else { return false }
        return try holds(checkpoint, transaction, outline)
      }
      guard let anchor else { throw LogPruning.missing("no anchor has seen it") }
      let record = try transaction.append(
        LogEntry(
          .logPruned, time: time, actor: actor,
          body: [
            FieldValue.Member("anchor", .string(anchor.name)),
            FieldValue.Member("export", .string(export.digest.description)),
            FieldValue.Member("exported_size", .integer(export.to)),
            FieldValue.Member("exported_root", .string(export.root.hex)),
            FieldValue.Member("from", .integer(floor + 1)), FieldValue.Member("to", .integer(size)),
            FieldValue.Member("root", .string(root.hex)),
          ]))
      try transaction.prune(to: LogFloor(number: size, root: root))
      return record
    }
  }

  private func checkedExport(
    _ transaction: some LogTransaction, _ outline: LogOutline, size: Int64, floor: Int64
  ) throws -> LogExport {
    guard log.verdict != .failed, log.log == outline.log else { throw LogPruning.missing("the log does not verify") }
    guard let export = log.export, export.from <= floor + 1, export.to >= size,
      try transaction.hash(at: export.to) == export.root
    else { throw LogPruning.missing("no recorded export holds all of it") }
    if let item = log.openItems.first(where: { $0.number <= size }) {
      throw LogPruning.missing("run \(item.run) has an effect without outcome in it")
    }
    return export
  }

  private func holds(
    _ checkpoint: LogCheckpoint?, _ transaction: some LogTransaction, _ outline: LogOutline
  ) throws -> Bool {
    guard let checkpoint, checkpoint.log == outline.log,
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

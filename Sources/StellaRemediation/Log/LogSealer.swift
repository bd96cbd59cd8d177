import StellaModel

/// Opens a log, signs how far it has come, and publishes that. Never signs two checkpoints of one size, nor one that
/// contradicts what any reachable anchor has seen.
package struct LogSealer: Sendable {
  package let engine: String
  private let key: LogSigningKey
  /// The engine's own memory, outside the store: without it, a store restored from a backup would sign again.
  private let own: any LogAnchor
  private let others: [any LogAnchor]

  package struct Sealing: Sendable {
    package var checkpoint: LogCheckpoint
    /// Anchors that couldn't be asked or didn't take it; it is signed and in force all the same.
    package var failures: [LogAnchorError]
    /// Names of the anchors outside of the store that have it.
    package var taken: [String] = []
  }

  /// - Parameters:
  ///   - engine: 1…64 of `A–Z a–z 0–9 . _ -`; nil is returned for anything else.
  ///   - own: Remembers what this engine signed last. Sealing needs it.
  ///   - others: Sealing goes on without them.
  package init?(engine: String, key: LogSigningKey, own: any LogAnchor, others: [any LogAnchor]) {
    guard LogCheckpoint.isEngineName(engine) else { return nil }
    self.engine = engine
    self.key = key
    self.own = own
    self.others = others
  }

  package var publicKey: LogPublicKey { key.publicKey }

  /// Begins the log of a store that has none; one that has it must be signed with this key.
  ///
  /// - Parameter nonce: Unpredictable bytes, so that no two logs have the same id.
  /// - Returns: The log's id.
  /// - Throws: ``LogError`` `wrong_key`; ``StoreError``.
  @discardableResult
  package func open<Store: LogStore>(
    _ store: Store, as writer: LogWriter, time: Int64, actor: String, nonce: [UInt8]
  ) throws -> LogHash {
    try store.write(as: writer) { transaction in
      if let outline = try transaction.outline() {
        try checkKey(outline)
        return outline.log
      }
      return try begin(
        transaction, LogOpening.entry(engine: engine, key: publicKey, nonce: nonce, time: time, actor: actor))
    }
  }

  /// Begins another log after one that is damaged or was rolled back, and signs and publishes that at once. The old one's
  /// records stay in the store; the new one's first record names it, where it ended, and why.
  ///
  /// - Throws: as ``seal(_:as:time:)``, but for what anchors have seen. When only publishing to the own memory failed, or
  ///   the process ended before it, sealing refuses the new log; reseal again.
  package func reseal<Store: LogStore>(
    _ store: Store, as writer: LogWriter, time: Int64, actor: String, reason: String, nonce: [UInt8]
  ) throws -> Sealing {
    let checkpoint = try store.write(as: writer) { transaction in
      guard let outline = try transaction.outline() else { throw LogSealer.noLog }
      let former = LogOpening.Former(
        logs: [outline.log] + (LogOpening(outline)?.formerLogs ?? []), head: transaction.head, reason: reason)
      let log = try begin(
        transaction,
        LogOpening.entry(engine: engine, key: publicKey, nonce: nonce, time: time, actor: actor, after: former))
      return try sign(transaction, log: log, time: time)
    }
    return try publish(checkpoint, store, as: writer, failures: [])
  }

  private func begin(_ transaction: some LogTransaction, _ entry: LogEntry) throws -> LogHash {
    let record = try LogRecord(entry, number: 1, epoch: transaction.epoch).sealed(after: .zero)
    try transaction.open(LogOutline(log: record.hash, opening: record.bytes))
    try transaction.append(record)
    return record.hash
  }

  /// Signs the log as it is now and publishes that; when nothing was appended since, the same checkpoint once more.
  ///
  /// - Throws: ``LogError`` `rolled_back` when an anchor has seen other or more records, `wrong_key`, `empty`;
  ///   ``LogAnchorError`` of the engine's own memory; ``StoreError``. Nothing was signed then, unless only publishing to
  ///   the own memory failed, in which case the next call publishes the same again.
  package func seal<Store: LogStore>(_ store: Store, as writer: LogWriter, time: Int64) throws -> Sealing {
    var failures: [LogAnchorError] = []
    let signed = try own.newest()
    var seen: [(name: String, checkpoint: LogCheckpoint)] = []
    for anchor in others {
      do throws(LogAnchorError) {
        if let newest = try anchor.newest() { seen.append((anchor.name, newest)) }
      } catch {
        // One that never tells takes checkpoints all the same.
        if error.code != .writeOnly { failures.append(error) }
      }
    }
    let checkpoint = try store.write(as: writer) { transaction in
      guard let outline = try transaction.outline() else { throw LogSealer.noLog }
      try checkKey(outline)
      if let signed { try LogSealer.check(transaction, outline, holds: signed, of: own.name) }
      for (name, checkpoint) in seen {
        // An anchor that was away during a reseal. That the own memory has seen this log shows that it was one.
        let isFormer = signed != nil && LogOpening(outline)?.formerLogs.contains(checkpoint.log) == true
        if !isFormer { try LogSealer.check(transaction, outline, holds: checkpoint, of: name) }
      }
      return try transaction.checkpoint(at: transaction.head.size) ?? sign(transaction, log: outline.log, time: time)
    }
    return try publish(checkpoint, store, as: writer, failures: failures)
  }

  private func sign(_ transaction: some LogTransaction, log: LogHash, time: Int64) throws -> LogCheckpoint {
    guard let checkpoint = try LogCheckpoint(head: transaction.head, log: log, engine: engine, time: time, by: key)
    else { throw LogSealer.noLog }
    try transaction.insert(checkpoint)
    return checkpoint
  }

  private func publish<Store: LogStore>(
    _ checkpoint: LogCheckpoint, _ store: Store, as writer: LogWriter, failures: [LogAnchorError]
  ) throws -> Sealing {
    var sealing = Sealing(checkpoint: checkpoint, failures: failures)
    try publish(checkpoint, to: own, store)
    for anchor in others where !failures.contains(where: { $0.anchor == anchor.name }) {
      do {
        try publish(checkpoint, to: anchor, store)
        sealing.taken.append(anchor.name)
      } catch let error as LogAnchorError {
        sealing.failures.append(error)
      }
    }
    guard !sealing.taken.isEmpty else { return sealing }
    try store.write(as: writer) { transaction in
      let known = try transaction.receipts()
      for name in sealing.taken {
        // Another process may have come further meanwhile.
        let isNew = known.allSatisfy {
          $0.anchor != name || $0.checkpoint.log != checkpoint.log || $0.checkpoint.size < checkpoint.size
        }
        if isNew { try transaction.put(LogAnchorReceipt(anchor: name, checkpoint: checkpoint)) }
      }
    }
    return sealing
  }

  /// An anchor that has a later checkpoint of this very log has got it from another process, and is no worse for it.
  private func publish<Store: LogStore>(
    _ checkpoint: LogCheckpoint, to anchor: any LogAnchor, _ store: Store
  ) throws {
    do throws(LogAnchorError) {
      try anchor.publish(checkpoint)
    } catch {
      guard error.code == .conflict, let newest = try anchor.newest(), newest.log == checkpoint.log,
        newest.size > checkpoint.size
      else { throw error }
      let isHeld = try store.write(as: .command) { transaction in
        try transaction.outline()?.log == newest.log && transaction.hash(at: newest.size) == newest.root
      }
      guard isHeld else { throw error }
    }
  }

  /// Names the key that signs from the next record on. The record of it is signed by the present key.
  ///
  /// Keep the new key durably before; when the process ends in between, ``open(_:as:time:actor:nonce:)`` tells by
  /// `wrong_key` which of the two is in force.
  package func rotate<Store: LogStore>(
    _ store: Store, to new: LogSigningKey, as writer: LogWriter, time: Int64, actor: String
  ) throws -> LogSealer {
    try store.write(as: writer) { transaction in
      guard let outline = try transaction.outline() else { throw LogSealer.noLog }
      try checkKey(outline)
      let rotation = try LogKeyRotation(
        number: transaction.head.size + 1, to: new.publicKey, log: outline.log, by: key)
      let body = [
        FieldValue.Member("key", .string(new.publicKey.text)), FieldValue.Member("old", .string(publicKey.text)),
        FieldValue.Member("signature", .string(HexText.text(rotation.signature))),
      ]
      try transaction.append(LogEntry(.keyRotated, time: time, actor: actor, body: body))
      try transaction.add(rotation)
    }
    return LogSealer(engine: engine, key: new, own: own, others: others) ?? self
  }

  private static let noLog = LogError(.empty, "no execution log was opened in this store")

  private func checkKey(_ outline: LogOutline) throws(LogError) {
    guard outline.rotations.last?.key ?? LogOpening(outline)?.key.bytes == publicKey.bytes else {
      throw LogError(
        .wrongKey,
        "the execution log is signed with another key than the one at hand (\(publicKey.id.short)). Use the key that "
          + "belongs to this store, or reseal the log.")
    }
  }

  /// A store that was restored from a backup has fewer records than it once signed, or by now others.
  private static func check(
    _ transaction: some LogTransaction, _ outline: LogOutline, holds checkpoint: LogCheckpoint, of name: String
  ) throws {
    if checkpoint.log == outline.log {
      if checkpoint.size < outline.floor?.number ?? 0 { return }
      if try transaction.hash(at: checkpoint.size) == checkpoint.root { return }
    }
    throw LogError(
      .rolledBack,
      "the execution log isn't the one that \(name) has seen: that one had \(LogText.count(checkpoint.size, "record")) "
        + "at \(LogText.time(checkpoint.time)), this one has \(LogText.grouped(transaction.head.size)). Restore the "
        + "store, or reseal the log with a reason.")
  }
}

/// Where a log ends.
package struct LogHead: Sendable, Hashable {
  /// Number of the last record; 0 when there is none.
  package var size: Int64
  package var root: LogHash

  package static let empty = LogHead(size: 0, root: .zero)

  package init(size: Int64, root: LogHash) {
    self.size = size
    self.root = root
  }
}

/// In whose name a transaction writes.
package enum LogWriter: Sendable, Hashable {
  /// The engine that holds the runner's lease. Its transactions fail with `store.fenced` once another took a later epoch.
  case runner(epoch: Int64)
  /// A single decision or command beside the engine, under whatever epoch is current.
  case command
}

/// One transaction of a store that keeps the execution log: its state changes and its records become durable together or
/// not at all. Used within the closure that got it only, from one thread.
///
/// Every call throws ``StoreError``; the transaction must then be given up.
package protocol LogTransaction: AnyObject {
  /// What records of this transaction say.
  var epoch: Int64 { get }
  /// Includes what this transaction has appended.
  var head: LogHead { get }

  /// Takes the next epoch, so that the writer before fails from now on; `holder` says who, for messages.
  func takeEpoch(holder: String) throws(StoreError) -> Int64

  /// Nil when no log was ever opened.
  func outline() throws(StoreError) -> LogOutline?
  /// The hash of a record, or of the floor; nil for other numbers.
  func hash(at number: Int64) throws(StoreError) -> LogHash?

  /// Nil for a number that there is none of, also when it was pruned.
  func record(at number: Int64) throws(StoreError) -> StoredLogRecord?

  /// Begins a log; what was appended before stays readable as a former log.
  func open(_ outline: LogOutline) throws(StoreError)
  /// - Precondition: its number is one more than the head's.
  func append(_ record: StoredLogRecord) throws(StoreError)
  func add(_ rotation: LogKeyRotation) throws(StoreError)

  func checkpoint(at size: Int64) throws(StoreError) -> LogCheckpoint?
  /// The largest of at most that size that was signed before `time`, as all smaller ones were. O(those).
  func checkpoint(signedBefore time: Int64, upTo size: Int64) throws(StoreError) -> LogCheckpoint?
  /// Throws when there is one of that size already.
  func insert(_ checkpoint: LogCheckpoint) throws(StoreError)

  /// By name of the anchor.
  func receipts() throws(StoreError) -> [LogAnchorReceipt]
  /// Takes the place of the anchor's last one.
  func put(_ receipt: LogAnchorReceipt) throws(StoreError)

  /// Removes records, payloads and older checkpoints up to the floor.
  func prune(to floor: LogFloor) throws(StoreError)
  /// Removes payloads; how many there were.
  func erasePayloads(of numbers: ClosedRange<Int64>) throws(StoreError) -> Int
}

/// A store that keeps the execution log beside the state that it describes. May be used from any thread.
package protocol LogStore: Sendable {
  associatedtype Transaction: LogTransaction

  /// Runs `body` in one transaction, durable on return. When it or the commit throws, nothing has changed.
  ///
  /// - Throws: what `body` throws, or ``StoreError``: `fenced` when a later engine has taken over, `full`, `locked`.
  func write<Value>(as writer: LogWriter, _ body: (Transaction) throws -> Value) throws -> Value

  /// Reads the log as it is now; what is appended meanwhile isn't seen, and appending doesn't wait.
  func readLog<Value>(_ body: (any LogSource) throws -> Value) throws -> Value
}

import StellaModel

/// Everything that an ``InMemoryRunStore`` holds. Changed in place, under its lock.
final class InMemoryState {
  var epoch: Int64 = 0
  var holder = ""
  var outline: LogOutline?
  /// Those after the floor, in the order of their numbers.
  var records: [StoredLogRecord] = []
  var checkpoints: [LogCheckpoint] = []
  var receipts: [LogAnchorReceipt] = []
  var head = LogHead.empty
  var runs: [String: Run] = [:]
  /// Ids in the order in which the runs were proposed.
  var order: [String] = []
  var plans: [String: [UInt8]] = [:]
  var notes: [String: [String]] = [:]
  var votes: [String: [RunVote]] = [:]
  var steps: [String: [RunStep]] = [:]
  var freeze: Freeze?
  var alerts: [String: StoredAlert] = [:]
  var silences: [Silence] = []

  /// Takes back what a transaction did, newest first.
  private var undo: [(InMemoryState) -> Void] = []
  private var isReadOnly = true

  /// More runs that have ended, or resolved alerts, than these are forgotten, the oldest first.
  static let endedLimit = 4_000
  /// More records of the log than these are forgotten, but for the hash that the next one follows.
  static let recordLimit = 40_000

  func begin(isReadOnly: Bool) { self.isReadOnly = isReadOnly }

  func commit() {
    undo.removeAll(keepingCapacity: true)
    forget()
  }

  func rollBack() {
    for step in undo.reversed() { step(self) }
    undo.removeAll(keepingCapacity: true)
  }

  /// Changes one thing so that it can be taken back. O(1), as long as nobody else holds what is changed.
  func change<Value>(
    _ path: ReferenceWritableKeyPath<InMemoryState, Value>, _ body: (inout Value) -> Void,
    undo: @escaping (inout Value) -> Void
  ) throws(StoreError) {
    guard !isReadOnly else {
      throw StoreError(.failed, path: "memory", message: "a reading transaction can't write.")
    }
    body(&self[keyPath: path])
    self.undo.append { undo(&$0[keyPath: path]) }
  }

  func set<Value>(_ path: ReferenceWritableKeyPath<InMemoryState, Value>, _ value: Value) throws(StoreError) {
    let before = self[keyPath: path]
    try change(path, { $0 = value }, undo: { $0 = before })
  }

  func set<Value>(
    _ path: ReferenceWritableKeyPath<InMemoryState, [String: Value]>, _ key: String, _ value: Value?
  ) throws(StoreError) {
    let before = self[keyPath: path][key]
    try change(path, { $0[key] = value }, undo: { $0[key] = before })
  }

  func append<Value>(_ path: ReferenceWritableKeyPath<InMemoryState, [Value]>, _ value: Value) throws(StoreError) {
    try change(path, { $0.append(value) }, undo: { $0.removeLast() })
  }

  /// What a process that never ends would otherwise pile up.
  private func forget() {
    if records.count > InMemoryState.recordLimit {
      let count = InMemoryState.recordLimit / 2
      let floor = records[count - 1]
      records.removeFirst(count)
      checkpoints.removeAll { $0.size < floor.number }
      outline?.floor = LogFloor(number: floor.number, root: floor.hash)
    }
    if order.count > 2 * InMemoryState.endedLimit {
      let ended = order.filter { runs[$0].map(\.state.isTerminal) ?? true }.dropLast(InMemoryState.endedLimit)
      for id in ended {
        runs[id] = nil
        plans[id] = nil
        notes[id] = nil
        votes[id] = nil
        steps[id] = nil
      }
      let gone = Set(ended)
      order.removeAll { gone.contains($0) }
    }
    if alerts.count > 2 * InMemoryState.endedLimit {
      let resolved = alerts.values.filter { $0.status == .resolved }.sorted { $0.updatedAt < $1.updatedAt }
      for alert in resolved.dropLast(InMemoryState.endedLimit) { alerts[alert.id] = nil }
    }
  }
}

import Glibc
import StellaModel

/// A store of an embedded engine for as long as its process runs. Bounded: what has long ended is forgotten.
///
/// May be used from any thread; transactions come one after the other, and one thread may begin one within another.
final class InMemoryRunStore: RunStore, CheckpointStore, @unchecked Sendable {
  typealias Transaction = InMemoryTransaction

  // Sendable, because `lock` guards the state.
  private let state = InMemoryState()
  private let checkpoints = InMemoryStore()
  private let lock: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  /// How many transactions the thread that holds the lock is in.
  private var depth = 0

  init() {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(lock, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  private func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    pthread_mutex_lock(lock)
    depth += 1
    defer {
      depth -= 1
      pthread_mutex_unlock(lock)
    }
    return try body()
  }

  func write<Value>(as writer: LogWriter, _ body: (InMemoryTransaction) throws -> Value) throws -> Value {
    try locked {
      precondition(depth == 1, "a transaction can't begin within another")
      if case .runner(let epoch) = writer, epoch != state.epoch {
        throw StoreError(
          .fenced, path: "memory",
          message: "is written by another engine since (\(TextEscaping.oneLine(state.holder))). Stop this one.")
      }
      state.begin(isReadOnly: false)
      defer { state.begin(isReadOnly: true) }
      do {
        let value = try body(InMemoryTransaction(state))
        state.commit()
        return value
      } catch {
        state.rollBack()
        throw error
      }
    }
  }

  func readRuns<Value>(_ body: (InMemoryTransaction) throws -> Value) throws -> Value {
    try locked { try body(InMemoryTransaction(state)) }
  }

  func readLog<Value>(_ body: (any LogSource) throws -> Value) throws -> Value {
    try body(locked { InMemoryLog(state) })
  }

  func positions() throws(StoreError) -> [String: SourcePosition] { try checkpoints.positions() }
  func save(_ positions: [String: SourcePosition]) throws(StoreError) { try checkpoints.save(positions) }
  func remove(_ sources: some Collection<String>) throws(StoreError) { try checkpoints.remove(sources) }
  func checkpoint() throws(StoreError) -> Checkpoint { try checkpoints.checkpoint() }
  func save(_ change: CheckpointChange) throws(StoreError) { try checkpoints.save(change) }
  func append(_ steps: [CheckpointStep]) throws(StoreError) { try checkpoints.append(steps) }
}

/// A log as it was at one moment.
private final class InMemoryLog: LogSource {
  let outline: LogOutline?
  private var records: ArraySlice<StoredLogRecord>
  private var checkpoints: ArraySlice<LogCheckpoint>

  init(_ state: InMemoryState) {
    outline = state.outline
    records = state.records[...]
    checkpoints = state.checkpoints[...]
  }

  func next() -> LogItem? {
    if let checkpoint = checkpoints.first, records.first.map({ $0.number > checkpoint.size }) ?? true {
      checkpoints.removeFirst()
      return .checkpoint(checkpoint)
    }
    return records.popFirst().map { .record($0) }
  }
}

/// Remembers what an engine signed last, as long as the process runs.
final class InMemoryAnchor: LogAnchor, @unchecked Sendable {
  // Sendable, because `lock` guards the checkpoint.
  let name = "memory"
  private let lock = ConditionLock()
  private var last: LogCheckpoint?

  func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError) { lock.locked { last = checkpoint } }

  func newest() throws(LogAnchorError) -> LogCheckpoint? { lock.locked { last } }
}

/// Memory has no space to set aside.
struct NoReserve: SpaceReserve {
  func take() throws(StoreError) {}
  func giveUp() throws(StoreError) {}
}

extension EngineStore {
  /// A store for as long as the engine lives: nothing is kept beyond it, and what has long ended is forgotten.
  public static let inMemory = EngineStore(name: "memory") { _ in
    var random = SystemRandomNumberGenerator()
    return Place(
      store: InMemoryRunStore(), anchor: InMemoryAnchor(),
      keySeed: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }, reserve: NoReserve(), close: {})
  }
}

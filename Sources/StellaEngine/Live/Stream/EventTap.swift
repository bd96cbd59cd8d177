import StellaDetection
import Synchronization

/// Where detection leaves copies of its events for those who look on, without waiting for them unless it has the patience.
///
/// A ring of slots that one thread fills and one empties, each by an atomic exchange: a batch that was not taken out when its
/// slot comes round again gives way to the newer one. While nobody looks on, a batch costs one atomic load.
package final class EventTap: Sendable {
  static let slots = 64
  /// Batches that may be on their way when somebody waits.
  static let window = 32
  /// Bytes of records that are copied together; more of a batch is copied in pieces. All slots hold 32 MiB at most.
  static let batchBytes = 512 << 10

  private final class Slot: Sendable {
    /// The bits of a retained pointer; 0 for none.
    private let held = Atomic<UInt>(0)

    deinit { exchange(nil) }

    @discardableResult
    func exchange(_ batch: TappedBatch?) -> TappedBatch? {
      let new = batch.map { UInt(bitPattern: Unmanaged.passRetained($0).toOpaque()) } ?? 0
      let old = UnsafeRawPointer(bitPattern: held.exchange(new, ordering: .sequentiallyConsistent))
      return old.map { Unmanaged<TappedBatch>.fromOpaque($0).takeRetainedValue() }
    }
  }

  private let ring: [Slot] = (0..<slots).map { _ in Slot() }
  private let wanted = Atomic(false)
  private let turn = Atomic<UInt64>(0)
  /// Whether the taker waits for ``waker``.
  private let isResting = Atomic(false)
  private let waker: Waker
  /// Batches that were found before one that comes before them.
  private let early = Mutex<[TappedBatch]>([])
  /// Batches that the taker is through with, those it never saw included.
  private let finished = Atomic<UInt64>(0)
  /// Whether detection waits for ``finished``.
  private let isAwaited = Atomic(false)
  private let lock = ConditionLock()
  /// What was finished when a wait was in vain; nobody waits again until that changes.
  private let stalled = Atomic<UInt64>(.max)
  /// Batches that somebody wants kept, those that are, and what was when a wait for that was in vain.
  private let toKeep = Atomic<UInt64>(0)
  private let kept = Atomic<UInt64>(0)
  private let keptInVain = Atomic<UInt64>(.max)

  package init() throws(LiveError) { waker = try Waker() }

  /// Readable when there is something to take.
  package var descriptor: Int32 { waker.readEnd }

  /// Whether somebody looks on. The one load that detection pays for otherwise.
  var isWanted: Bool { wanted.load(ordering: .relaxed) }

  package func setWanted(_ isWanted: Bool) {
    wanted.store(isWanted, ordering: .sequentiallyConsistent)
    if !isWanted { lock.locked { lock.broadcast() } }
  }

  // MARK: - Detection

  /// Leaves the events of a batch.
  ///
  /// - Parameters:
  ///   - firstEvent: events before these since the engine's start.
  ///   - patience: nanoseconds to wait while a taker that calls ``finish(_:)`` is behind and gets nothing done; 0 for a
  ///     batch that must not wait. A wait in vain is the last until something gets done.
  ///   - source: how the records of a source are read.
  package func put(
    _ batch: EventBatch, firstEvent: Int, patience: Int64 = 0, source: (UInt16) -> TappedBatch.Source
  ) {
    var row = 0
    while row < batch.count {
      let number = batch.sources[row]
      var end = row
      var bytes = 0
      while end < batch.count, batch.sources[end] == number {
        bytes += batch.record(end).count + 1
        if bytes > EventTap.batchBytes, end > row { break }
        end += 1
      }
      let turn = turn.load(ordering: .relaxed)
      if patience > 0 { awaitRoom(for: turn, patience) }
      let copy = TappedBatch(batch, row..<end, turn: turn, firstEvent: firstEvent + row, source: source(number))
      // What nobody took is the oldest.
      ring[Int(turn % UInt64(EventTap.slots))].exchange(copy)
      self.turn.store(turn + 1, ordering: .releasing)
      row = end
    }
    wake()
  }

  /// Waits until the taker is less than a window behind, gets nothing done for too long, or is gone.
  private func awaitRoom(for turn: UInt64, _ patience: Int64) {
    func isBehind() -> Bool {
      isWanted && turn &- finished.load(ordering: .sequentiallyConsistent) >= UInt64(EventTap.window)
    }
    guard isBehind() else { return }
    var done = finished.load(ordering: .sequentiallyConsistent)
    if done == stalled.load(ordering: .relaxed) { return }
    wake()
    lock.locked {
      isAwaited.store(true, ordering: .sequentiallyConsistent)
      defer { isAwaited.store(false, ordering: .sequentiallyConsistent) }
      var deadline = machineMonotonicTime() + patience
      while isBehind() {
        let isInTime = lock.wait(until: deadline)
        let now = finished.load(ordering: .sequentiallyConsistent)
        if now != done {
          (done, deadline) = (now, machineMonotonicTime() + patience)
        } else if !isInTime {
          stalled.store(done, ordering: .relaxed)
          return
        }
      }
    }
  }

  /// Waits until the taker has kept all that was left so far, so that whoever goes on from here after a kill lacks none of it. On one
  /// thread at a time.
  ///
  /// - Parameter patience: nanoseconds to wait for that at most. A wait in vain is the last until something is kept.
  package func awaitKept(patience: Int64) {
    let mark = mark
    func isAwaited() -> Bool { isWanted && kept.load(ordering: .sequentiallyConsistent) < mark }
    guard isAwaited() else { return }
    toKeep.store(mark, ordering: .sequentiallyConsistent)
    wake()
    if kept.load(ordering: .sequentiallyConsistent) == keptInVain.load(ordering: .relaxed) { return }
    let deadline = machineMonotonicTime() + patience
    lock.locked {
      while isAwaited() {
        if lock.wait(until: deadline) { continue }
        keptInVain.store(kept.load(ordering: .sequentiallyConsistent), ordering: .relaxed)
        return
      }
    }
  }

  /// Lets the taker look; from any thread.
  package func wake() {
    if isResting.exchange(false, ordering: .sequentiallyConsistent) { waker.wake() }
  }

  // MARK: - The taker

  /// What was left since the last call, in order.
  package func take() -> [TappedBatch] {
    waker.take()
    // Those before it are all there by now. One behind it may be found while the one before that is not: it has to wait.
    let end = turn.load(ordering: .acquiring)
    var batches = early.withLock { early in
      defer { early = [] }
      return early
    }
    for slot in ring {
      if let batch = slot.exchange(nil) { batches.append(batch) }
    }
    batches.sort { $0.turn < $1.turn }
    guard let first = batches.firstIndex(where: { $0.turn >= end }) else { return batches }
    early.withLock { $0 = Array(batches[first...]) }
    return Array(batches[..<first])
  }

  /// The taker is through with a batch, and with all before it. One that never says so is waited for in vain.
  package func finish(_ batch: TappedBatch) {
    finished.store(batch.turn + 1, ordering: .sequentiallyConsistent)
    if isAwaited.load(ordering: .sequentiallyConsistent) { lock.locked { lock.broadcast() } }
  }

  /// How far detection has come: what was taken by now and what is taken next hold all before it.
  package var mark: UInt64 { turn.load(ordering: .acquiring) }

  /// Whether somebody waits until all is kept.
  package var isKeepingAsked: Bool {
    toKeep.load(ordering: .sequentiallyConsistent) > kept.load(ordering: .sequentiallyConsistent)
  }

  /// All before a mark is kept, or lost for good.
  package func keep(upTo mark: UInt64) {
    let before = kept.exchange(mark, ordering: .sequentiallyConsistent)
    // Looked at last: who asks meanwhile sees what is kept, or is seen here.
    if toKeep.load(ordering: .sequentiallyConsistent) > before { lock.locked { lock.broadcast() } }
  }

  /// To be called before the last look at what there is and a wait for ``descriptor``.
  package func rest() { isResting.store(true, ordering: .sequentiallyConsistent) }

  /// The wait is over.
  package func rise() { isResting.store(false, ordering: .sequentiallyConsistent) }
}

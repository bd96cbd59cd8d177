import StellaDetection
import Synchronization

/// Where detection leaves copies of its events for those who look on, without ever waiting for them.
///
/// A ring of slots that one thread fills and one empties, each by an atomic exchange: a batch that was not taken out when its
/// slot comes round again gives way to the newer one. While nobody looks on, a batch costs one atomic load.
package final class EventTap: Sendable {
  static let slots = 64
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

  package init() throws(LiveError) { waker = try Waker() }

  /// Readable when there is something to take.
  package var descriptor: Int32 { waker.readEnd }

  /// Whether somebody looks on. The one load that detection pays for otherwise.
  var isWanted: Bool { wanted.load(ordering: .relaxed) }

  package func setWanted(_ isWanted: Bool) { wanted.store(isWanted, ordering: .relaxed) }

  // MARK: - Detection

  /// Leaves the events of a batch. Never waits.
  ///
  /// - Parameters:
  ///   - firstEvent: events before these since the engine's start.
  ///   - source: how the records of a source are read.
  package func put(_ batch: EventBatch, firstEvent: Int, source: (UInt16) -> TappedBatch.Source) {
    var row = 0
    while row < batch.count {
      let number = batch.sources[row]
      var end = row
      var bytes = 0
      while end < batch.count, batch.sources[end] == number {
        bytes += Int(batch.recordLengths[end]) + 1
        if bytes > EventTap.batchBytes, end > row { break }
        end += 1
      }
      let turn = turn.load(ordering: .relaxed)
      let copy = TappedBatch(batch, row..<end, turn: turn, firstEvent: firstEvent + row, source: source(number))
      // What nobody took is the oldest.
      ring[Int(turn % UInt64(EventTap.slots))].exchange(copy)
      self.turn.store(turn + 1, ordering: .relaxed)
      row = end
    }
    wake()
  }

  /// Lets the taker look; from any thread.
  package func wake() {
    if isResting.exchange(false, ordering: .sequentiallyConsistent) { waker.wake() }
  }

  // MARK: - The taker

  /// What was left since the last call, in order.
  package func take() -> [TappedBatch] {
    waker.take()
    var batches: [TappedBatch] = []
    for slot in ring {
      if let batch = slot.exchange(nil) { batches.append(batch) }
    }
    batches.sort { $0.turn < $1.turn }
    return batches
  }

  /// To be called before the last look at what there is and a wait for ``descriptor``.
  package func rest() { isResting.store(true, ordering: .sequentiallyConsistent) }

  /// The wait is over.
  package func rise() { isResting.store(false, ordering: .sequentiallyConsistent) }
}

import CStellaValue
import StellaModel

/// `anomaly`: how unusual the newest point of a key's series is (``AnomalyScorer``).
///
/// Without a bucket every value is a point. With one, what is added between two multiples of it is summed, and the sum
/// becomes a point when the bucket closes: at a `check` after its end, or when an event of the bucket after the next one
/// comes, so that what comes up to a bucket late still counts. A bucket without events is a point of 0.
final class AnomalyState: Primitive {
  /// Empty buckets that a gap is scored as at the most.
  private static let longestGap: Int64 = 1024
  private static let greatest = 1e150

  private struct Slot: BitwiseCopyable {
    /// The latest time seen; `Int64.min` when empty.
    var last = Int64.min
    /// The oldest bucket that is still open; `Int64.min` without a bucket or before the first event.
    var open = Int64.min
    /// What lies in it and in the one after it.
    var sum = 0.0
    var next = 0.0
    /// The newest point and its score; NaN before any.
    var point = Double.nan
    var score = Double.nan
    /// Bytes of the scorer when last looked at.
    var bytes = 0
  }

  private let keep: Int64
  /// Nil when each value is a point.
  private let clock: BucketClock?
  private var slots: UnsafeMutablePointer<Slot>
  /// Nil for a slot that is empty.
  private var scorers: [AnomalyScorer?] = []
  let slotBytes = MemoryLayout<Slot>.stride + MemoryLayout<AnomalyScorer?>.stride
  private(set) var heldBytes = 0

  /// - Parameters:
  ///   - bucket: nanoseconds, 0 for none.
  ///   - keep: after such a silence a key is forgotten.
  init(bucket: Int64, keep: Int64) {
    self.keep = keep
    clock = bucket > 0 ? BucketClock(within: bucket, offset: 0, buckets: 1) : nil
    slots = RawStorage.allocate(count: 1)
  }

  deinit { RawStorage.free(slots) }

  func grow(to capacity: Int) {
    slots = RawStorage.resize(slots, to: capacity)
    if scorers.count < capacity { scorers += Array(repeating: nil, count: capacity - scorers.count) }
  }

  func clear(_ slot: Int) {
    if scorers[slot] != nil {
      heldBytes -= slots[slot].bytes
      scorers[slot] = nil
    }
    slots[slot] = Slot()
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool { slots[slot].last == .min || now - slots[slot].last >= keep }

  func lastUse(_ slot: Int) -> Int64 { slots[slot].last }

  /// Takes a value in; its score, nil with a bucket. O(1) amortised.
  func add(_ value: Double, slot: Int, at time: Int64) -> Double? {
    guard value.isFinite else { return nil }
    if slots[slot].last != .min, time - slots[slot].last >= keep { clear(slot) }
    let scorer = scorer(slot)
    slots[slot].last = max(slots[slot].last, time)
    guard let clock else {
      take(value, slot: slot, scorer, at: time)
      return slots[slot].score
    }
    let bucket = clock.bucket(time)
    if slots[slot].open == .min { slots[slot].open = bucket }
    close(slot, scorer, before: bucket - 1, clock)
    switch bucket - slots[slot].open {
    case 0: slots[slot].sum = AnomalyState.fitted(slots[slot].sum + value)
    case 1: slots[slot].next = AnomalyState.fitted(slots[slot].next + value)
    // It came after its bucket was closed.
    default: break
    }
    return nil
  }

  /// Closes the buckets that ended until `now`.
  func advance(_ slot: Int, to now: Int64) {
    guard let clock, let scorer = scorers[slot] else { return }
    close(slot, scorer, before: clock.bucket(now), clock)
  }

  /// Scores the buckets before `end`. Of several the highest score is kept, with its point.
  private func close(_ slot: Int, _ scorer: AnomalyScorer, before end: Int64, _ clock: BucketClock) {
    var open = slots[slot].open
    guard open != .min, open < end else { return }
    var (sum, next) = (slots[slot].sum, slots[slot].next)
    slots[slot].score = .nan
    let limit = open + AnomalyState.longestGap
    while open < min(end, limit) {
      open += 1
      take(sum, slot: slot, scorer, at: open * clock.width, keepsHighest: true)
      (sum, next) = (next, 0)
    }
    slots[slot].open = end
    (slots[slot].sum, slots[slot].next) = open == end ? (sum, next) : (0, 0)
  }

  private func take(
    _ value: Double, slot: Int, _ scorer: AnomalyScorer, at time: Int64, keepsHighest: Bool = false
  ) {
    let score = scorer.score(value: value, time: time)
    let bytes = scorer.memoryBytes
    heldBytes += bytes - slots[slot].bytes
    slots[slot].bytes = bytes
    if keepsHighest, slots[slot].score >= score { return }
    slots[slot].point = value
    slots[slot].score = score
  }

  private static func fitted(_ value: Double) -> Double { min(max(value, -greatest), greatest) }

  private func scorer(_ slot: Int) -> AnomalyScorer {
    if let scorer = scorers[slot] { return scorer }
    let scorer = AnomalyScorer()
    scorers[slot] = scorer
    slots[slot].bytes = scorer.memoryBytes
    heldBytes += slots[slot].bytes
    return scorer
  }

  /// The newest point and its score.
  func newest(_ slot: Int) -> (point: Double, score: Double)? {
    slots[slot].score.isFinite ? (slots[slot].point, slots[slot].score) : nil
  }

  /// Whether enough points were seen for a score above 0.
  func isReady(_ slot: Int) -> Bool { scorers[slot]?.isWarm ?? false }

  func save(to writer: StateWriter, slots count: Int) {
    for slot in 0..<count {
      let state = slots[slot]
      writer.write(state.last)
      writer.write(state.open)
      for number in [state.sum, state.next, state.point, state.score] { writer.write(number) }
      writer.write(scorers[slot] != nil)
      scorers[slot]?.save(to: writer)
    }
  }

  func restore(from reader: inout StateReader, slots count: Int) throws(StateError) {
    for slot in 0..<count {
      clear(slot)
      var state = Slot()
      state.last = try reader.time()
      state.open = try reader.integer()
      if state.open != .min, clock?.steps.contains(state.open) != true { throw StateReader.impossible }
      state.sum = AnomalyState.fitted(try reader.double())
      state.next = AnomalyState.fitted(try reader.double())
      state.point = try reader.double()
      state.score = try reader.double()
      guard try reader.bool() else { continue }
      let restored = AnomalyScorer()
      try restored.restore(from: &reader)
      state.bytes = restored.memoryBytes
      slots[slot] = state
      scorers[slot] = restored
      heldBytes += state.bytes
    }
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    if method == 0 {
      if let value = value(call), let score = add(value, slot: slot, at: call.now) { call.answer(score) }
      return
    }
    // Inside `on` an event may still come for the bucket before.
    if call.event == nil { advance(slot, to: call.now) }
    switch method {
    case 1: if let newest = newest(slot) { call.answer(newest.score) }
    case 2:
      guard let point = newest(slot)?.point else { return }
      // Sums of whole numbers are whole.
      if clock != nil, abs(point) < 9e15, let whole = Int(exactly: point) {
        call.answer(whole)
      } else {
        call.answer(point)
      }
    default: call.answer(isReady(slot))
    }
  }

  /// The number of the argument; with a bucket an event, or nothing at all, counts one.
  private func value(_ call: PrimitiveCall) -> Double? {
    if let number = call.number { return number }
    guard clock != nil, call.arguments.isEmpty || call.arguments.first?.kind == UInt8(STELLA_RECORD) else { return nil }
    return 1
  }
}

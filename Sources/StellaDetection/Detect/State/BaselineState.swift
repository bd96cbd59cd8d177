import CStellaValue
import StellaScripting

/// `baseline`: what is usual at this time of the day or of the week.
///
/// Keeps one number per bucket. What is usual for a bucket is the median of those at the same phase of earlier seasons and
/// of their neighbours, its spread their median absolute deviation, as in F. R. Hampel: The Influence Curve and its Role
/// in Robust Estimation, JASA 69, 1974. The bucket that is judged is the latest full one.
final class BaselineState: FedPrimitive {
  /// Makes the median absolute deviation of normal values their standard deviation.
  private static let normal = 1.4826
  /// Fewer buckets than that say nothing about what is usual.
  private static let leastSamples = 3
  private static let greatest = 1e30

  /// What lies in a bucket that may still get values.
  private struct Running: BitwiseCopyable {
    var sum = 0.0
    var count: Int64 = 0
  }

  private struct Slot: BitwiseCopyable {
    /// The newest bucket; `Int64.min` when empty.
    var head = Int64.min
    /// The bucket in which the key began, of which only a part was seen.
    var first = Int64.min
    var newest = Running()
    /// The bucket before the newest, for values that come late.
    var before = Running()
  }

  private let shape: BaselineShape
  private let clock: BucketClock
  /// Means instead of sums.
  private let isMean: Bool
  private let isFed: Bool
  /// Buckets of a slot: the running one, the judged one, those kept, and one neighbour.
  private let ring: Int
  @exclusivity(unchecked) private var slots: UnsafeMutablePointer<Slot>
  private var cells: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Double>

  init(shape: BaselineShape, isMean: Bool, isFed: Bool = false) {
    self.isFed = isFed
    self.shape = shape
    self.isMean = isMean
    clock = BucketClock(within: shape.bucket, offset: 0, buckets: 1)
    ring = shape.kept + 3
    slots = RawStorage.allocate(count: 1)
    cells = RawStorage.allocate(count: 1)
    scratch = RawStorage.allocate(count: ring)
  }

  deinit {
    RawStorage.free(slots)
    RawStorage.free(cells)
    RawStorage.free(scratch)
  }

  var slotBytes: Int { MemoryLayout<Slot>.stride + ring * 4 }
  var heldBytes: Int { 0 }

  func grow(to capacity: Int) {
    slots = RawStorage.resize(slots, to: capacity)
    cells = RawStorage.resize(cells, to: capacity * ring)
  }

  func clear(_ slot: Int) {
    slots[slot] = Slot()
    (cells + slot * ring).update(repeating: 0, count: ring)
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    slots[slot].head == .min || clock.bucket(now) - slots[slot].head >= Int64(ring)
  }

  func lastUse(_ slot: Int) -> Int64 { slots[slot].head == .min ? .min : (slots[slot].head + 1) * clock.width }

  private func cell(_ slot: Int, _ bucket: Int64) -> Int {
    let remainder = Int(bucket % Int64(ring))
    return slot * ring + (remainder < 0 ? remainder + ring : remainder)
  }

  /// Adds to the bucket of `time`. O(1) amortised over the buckets that pass. To a mean only the newest two buckets still
  /// take values.
  func add(_ value: Double, slot: Int, at time: Int64) {
    guard abs(value) <= BaselineState.greatest else { return }
    let bucket = clock.bucket(time)
    if slots[slot].head == .min || bucket - slots[slot].head >= Int64(ring) {
      slots[slot] = Slot(head: bucket, first: bucket)
    } else if bucket > slots[slot].head {
      let head = slots[slot].head
      for passed in (head + 1)...bucket { cells[cell(slot, passed)] = isMean ? .nan : 0 }
      slots[slot].before = bucket == head + 1 ? slots[slot].newest : Running()
      slots[slot].newest = Running()
      slots[slot].head = bucket
    }
    let age = slots[slot].head - bucket
    if bucket < slots[slot].first || age >= Int64(ring) { return }
    let target = cell(slot, bucket)
    switch age {
    case 0: cells[target] = take(value, &slots[slot].newest)
    case 1: cells[target] = take(value, &slots[slot].before)
    default: if !isMean { cells[target] = BaselineState.fitted(Double(cells[target]) + value) }
    }
  }

  func take(_ event: Int, slot: Int, at time: Int64, in context: DetectionContext) { add(1, slot: slot, at: time) }

  private func take(_ value: Double, _ running: inout Running) -> Float {
    running.sum += value
    running.count &+= 1
    return BaselineState.fitted(isMean ? running.sum / Double(running.count) : running.sum)
  }

  private static func fitted(_ value: Double) -> Float {
    let most = Double(Float.greatestFiniteMagnitude)
    return Float(max(-most, min(most, value)))
  }

  /// What a bucket of the past holds: nil when nobody knows, or for a mean of nothing.
  private func content(_ slot: Int, _ bucket: Int64) -> Double? {
    let state = slots[slot]
    if state.head == .min || bucket <= state.first || state.head - bucket >= Int64(ring) { return nil }
    if bucket > state.head { return isMean || bucket - state.head >= Int64(ring) ? nil : 0 }
    let value = Double(cells[cell(slot, bucket)])
    return value.isFinite ? value : nil
  }

  private func judged(_ now: Int64) -> Int64 { clock.bucket(now) - 1 }

  /// What the latest full bucket holds.
  func value(_ slot: Int, at now: Int64) -> Double? { content(slot, judged(now)) }

  /// Whether the key is known for as long as the rule wants.
  func isReady(_ slot: Int, at now: Int64) -> Bool {
    slots[slot].head != .min && judged(now) - slots[slot].first > Int64(shape.history)
  }

  /// Median and spread of what is usual for the latest full bucket. O(seasons), without a season O(buckets).
  func usual(_ slot: Int, at now: Int64) -> (median: Double, spread: Double)? {
    guard isReady(slot, at: now) else { return nil }
    let judged = judged(now)
    // The neighbours of short seasons would be other phases.
    let neighbours: ClosedRange<Int64> = shape.season >= 4 ? -1...1 : 0...0
    var count = 0
    for season in 1...max(1, shape.kept / shape.season) {
      for neighbour in neighbours {
        guard let value = content(slot, judged - Int64(season * shape.season) + neighbour) else { continue }
        scratch[count] = value
        count += 1
      }
    }
    if count < BaselineState.leastSamples { return nil }
    let samples = UnsafeMutableBufferPointer(start: scratch, count: count)
    let median = Quickselect.median(of: samples)
    for position in 0..<count { samples[position] = abs(samples[position] - median) }
    let spread = BaselineState.normal * Quickselect.median(of: samples)
    // Events that come independently vary by the root of their number.
    let least = isMean ? abs(median) * 0.01 : max(1, abs(median)).squareRoot()
    return (median, max(spread, least, 1e-9))
  }

  func save(to writer: StateWriter, slots count: Int) {
    writer.write(column: slots, count: count)
    writer.write(column: cells, count: count * ring)
  }

  func restore(from reader: inout StateReader, slots count: Int) throws(StateError) {
    try reader.read(into: slots, count: count)
    let steps = clock.steps
    for slot in 0..<count where slots[slot].head != .min {
      guard steps.contains(slots[slot].head), steps.contains(slots[slot].first) else { throw StateReader.impossible }
    }
    try reader.read(into: cells, count: count * ring)
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0:
      if isFed { throw BaselineState.refusal }
      added(slot, call)
    case 1: if let value = value(slot, at: call.now) { answer(value, call) }
    case 2: if let usual = usual(slot, at: call.now) { answer(usual.median, call) }
    case 3: if let usual = usual(slot, at: call.now) { call.answer(usual.spread) }
    case 4:
      let isGiven = call.arguments.first.map { $0.kind != STELLA_MISSING } ?? false
      guard let value = isGiven ? call.number : value(slot, at: call.now), value.isFinite,
        let usual = usual(slot, at: call.now)
      else { return }
      call.answer((value - usual.median) / usual.spread)
    default: call.answer(isReady(slot, at: call.now))
    }
  }

  /// Without a number an event counts one; a field that is missing or no number is passed over.
  private func added(_ slot: Int, _ call: PrimitiveCall) {
    if let number = call.number {
      add(number, slot: slot, at: call.now)
    } else if !isMean, call.arguments.isEmpty || call.arguments.first?.kind == UInt8(STELLA_RECORD) {
      add(1, slot: slot, at: call.now)
    }
  }

  /// Sums of whole numbers are whole.
  private func answer(_ value: Double, _ call: PrimitiveCall) {
    if !isMean, abs(value) < 9e15, let whole = Int(exactly: value) { call.answer(whole) } else { call.answer(value) }
  }
}

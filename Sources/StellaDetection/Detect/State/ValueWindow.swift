import CStellaValue

/// `window.sum`, `.mean`, `.min` and `.max`: how many values, and one number of them, per step of a sliding window.
final class ValueWindow: Primitive {
  enum Kind { case sum, mean, min, max }
  enum Method { case add, value, count, perSecond, perMinute }

  private let clock: BucketClock
  private let kind: Kind
  private let methods: [Method]
  private var capacity = 0
  /// Newest step seen per slot; `Int64.min` when the slot is empty.
  @exclusivity(unchecked) private var heads: UnsafeMutablePointer<Int64>
  @exclusivity(unchecked) private var counts: UnsafeMutablePointer<UInt32>
  @exclusivity(unchecked) private var values: UnsafeMutablePointer<Double>

  init(clock: BucketClock, kind: Kind, methods: [Method]) {
    self.clock = clock
    self.kind = kind
    self.methods = methods
    heads = RawStorage.allocate(count: 1)
    counts = RawStorage.allocate(count: 1)
    values = RawStorage.allocate(count: 1)
  }

  deinit {
    RawStorage.free(heads)
    RawStorage.free(counts)
    RawStorage.free(values)
  }

  var slotBytes: Int { 8 + clock.ring * 12 }
  var heldBytes: Int { 0 }

  func grow(to newCapacity: Int) {
    heads = RawStorage.resize(heads, to: newCapacity)
    counts = RawStorage.resize(counts, to: newCapacity * clock.ring)
    values = RawStorage.resize(values, to: newCapacity * clock.ring)
    capacity = newCapacity
  }

  func clear(_ slot: Int) {
    heads[slot] = .min
    (counts + slot * clock.ring).update(repeating: 0, count: clock.ring)
    // So that a checkpoint never holds foreign memory.
    (values + slot * clock.ring).update(repeating: 0, count: clock.ring)
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    heads[slot] == .min || clock.bucket(now) - heads[slot] >= Int64(clock.ring)
  }

  func lastUse(_ slot: Int) -> Int64 { heads[slot] == .min ? .min : (heads[slot] + 1) * clock.width }

  @inline(__always)
  private func cell(_ slot: Int, _ bucket: Int64) -> Int {
    let remainder = bucket % Int64(clock.ring)
    return slot * clock.ring + Int(remainder < 0 ? remainder + Int64(clock.ring) : remainder)
  }

  func add(_ value: Double, slot: Int, at time: Int64) {
    if value.isNaN { return }
    let bucket = clock.bucket(time)
    let head = heads[slot]
    if bucket > head {
      let steps = head == .min ? 0 : min(Int64(clock.ring), bucket - head)
      for step in 0..<steps { counts[cell(slot, bucket - step)] = 0 }
      heads[slot] = bucket
    } else if head - bucket >= Int64(clock.ring) {
      return
    }
    let cell = cell(slot, bucket)
    if counts[cell] == 0 {
      values[cell] = value
    } else {
      switch kind {
      case .sum, .mean: values[cell] += value
      case .min: values[cell] = Swift.min(values[cell], value)
      case .max: values[cell] = Swift.max(values[cell], value)
      }
    }
    if counts[cell] < .max { counts[cell] += 1 }
  }

  /// How many values are in the window at `now`, and their sum, least or greatest. O(buckets).
  func read(_ slot: Int, at now: Int64) -> (count: Int, value: Double) {
    let head = heads[slot]
    if head == .min { return (0, 0) }
    let newest = clock.bucket(now) - clock.lag
    var bucket = Swift.max(newest - clock.span + 1, head - Int64(clock.ring) + 1)
    let last = Swift.min(newest, head)
    var count = 0
    var value = 0.0
    while bucket <= last {
      let cell = cell(slot, bucket)
      if counts[cell] > 0 {
        switch kind {
        case .sum, .mean: value += values[cell]
        case .min: value = count == 0 ? values[cell] : Swift.min(value, values[cell])
        case .max: value = count == 0 ? values[cell] : Swift.max(value, values[cell])
        }
        count += Int(counts[cell])
      }
      bucket += 1
    }
    return (count, value)
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(column: heads, count: slots)
    writer.write(column: counts, count: slots * clock.ring)
    writer.write(column: values, count: slots * clock.ring)
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    try reader.readSteps(into: heads, count: slots, of: clock)
    try reader.read(into: counts, count: slots * clock.ring)
    try reader.read(into: values, count: slots * clock.ring)
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    if methods[method] == .add {
      if let value = call.number { add(value, slot: slot, at: call.now) }
      return
    }
    let (count, value) = read(slot, at: call.now)
    switch methods[method] {
    case .add: break
    case .count: call.answer(count)
    case .value:
      if kind == .sum {
        call.answer(value)
      } else if count > 0 {
        call.answer(kind == .mean ? value / Double(count) : value)
      }
    case .perSecond, .perMinute:
      let covered = clock.covered(at: call.now, since: call.began)
      let unit = methods[method] == .perMinute ? 60e9 : 1e9
      call.answer(covered == 0 ? 0 : value * unit / Double(covered))
    }
  }
}

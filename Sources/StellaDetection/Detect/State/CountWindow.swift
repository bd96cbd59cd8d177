import CStellaValue
import StellaModel

/// `window.count` and `window.rate`: events per step of a sliding window.
///
/// Counts take two bytes a step until one of them would overflow; then all of this window's take four.
final class CountWindow: FedPrimitive {
  private let clock: BucketClock
  private var capacity = 0
  /// Newest step seen per slot, plus one, relative to `base`; 0 when the slot is empty.
  @exclusivity(unchecked) private var heads: UnsafeMutablePointer<UInt32>
  @exclusivity(unchecked) private var narrow: UnsafeMutablePointer<UInt16>?
  @exclusivity(unchecked) private var wide: UnsafeMutablePointer<UInt32>?
  @exclusivity(unchecked) private var base: Int64?
  /// Methods in the registry's order.
  private let methods: [Method]
  private let isFed: Bool

  /// Steps before the first event's that late events can still be counted in.
  private static let reach: Int64 = 1 << 20

  enum Method { case add, count, perSecond, perMinute }

  init(clock: BucketClock, methods: [Method], isFed: Bool = false) {
    self.isFed = isFed
    self.clock = clock
    self.methods = methods
    heads = RawStorage.allocate(count: 1)
    narrow = RawStorage.allocate(count: 1)
  }

  deinit {
    RawStorage.free(heads)
    if let narrow { RawStorage.free(narrow) }
    if let wide { RawStorage.free(wide) }
  }

  var slotBytes: Int { 4 + clock.ring * 2 }
  var heldBytes: Int { 0 }

  func grow(to newCapacity: Int) {
    heads = RawStorage.resize(heads, to: newCapacity)
    if let wide {
      self.wide = RawStorage.resize(wide, to: newCapacity * clock.ring)
    } else if let narrow {
      self.narrow = RawStorage.resize(narrow, to: newCapacity * clock.ring)
    }
    capacity = newCapacity
  }

  func clear(_ slot: Int) {
    heads[slot] = 0
    if let wide {
      (wide + slot * clock.ring).update(repeating: 0, count: clock.ring)
    } else if let narrow {
      (narrow + slot * clock.ring).update(repeating: 0, count: clock.ring)
    }
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    guard heads[slot] != 0, let base else { return true }
    return clock.bucket(now) - (base + Int64(heads[slot]) - 1) >= Int64(clock.ring)
  }

  func lastUse(_ slot: Int) -> Int64 {
    guard heads[slot] != 0, let base else { return .min }
    return (base + Int64(heads[slot])) * clock.width
  }

  @inline(__always)
  private func cell(_ slot: Int, _ bucket: Int64) -> Int {
    let remainder = bucket % Int64(clock.ring)
    return slot * clock.ring + Int(remainder < 0 ? remainder + Int64(clock.ring) : remainder)
  }

  func prefetch(_ slot: Int) {
    stella_prefetch(heads + slot)
    if let narrow { stella_prefetch(narrow + slot * clock.ring) }
  }

  /// Counts one event at `time`. An event older than the window keeps is not counted. O(1) amortised.
  func add(_ slot: Int, at time: Int64) {
    let bucket = clock.bucket(time)
    if base == nil { base = bucket - CountWindow.reach }
    guard let base, bucket >= base, bucket - base < Int64(UInt32.max) - 1 else { return }
    let position = UInt32(bucket - base) + 1
    let head = heads[slot]
    if position > head {
      let steps = head == 0 ? clock.ring : min(clock.ring, Int(position - head))
      // A slot that is new is empty already.
      if head != 0 { forget(slot, from: bucket - Int64(steps) + 1, count: steps) }
      heads[slot] = position
    } else if Int(head - position) >= clock.ring {
      return
    }
    let cell = self.cell(slot, bucket)
    if let wide {
      wide[cell] &+= 1
    } else if let narrow {
      if narrow[cell] == .max {
        widen()
        wide?[cell] &+= 1
      } else {
        narrow[cell] &+= 1
      }
    }
  }

  func take(_ event: Int, slot: Int, at time: Int64, in context: DetectionContext) { add(slot, at: time) }

  /// Events in the window at `now`, or in its newest `steps`. O(steps).
  func count(_ slot: Int, at now: Int64, steps: Int64? = nil) -> Int {
    guard heads[slot] != 0, let base else { return 0 }
    let head = base + Int64(heads[slot]) - 1
    let newest = clock.bucket(now) - clock.lag
    let oldest = newest - (steps ?? clock.span) + 1
    var total = 0
    var bucket = max(oldest, head - Int64(clock.ring) + 1)
    let last = min(newest, head)
    while bucket <= last {
      let cell = self.cell(slot, bucket)
      if let wide { total += Int(wide[cell]) } else if let narrow { total += Int(narrow[cell]) }
      bucket += 1
    }
    return total
  }

  /// Start of the oldest step in the window at `now` that holds an event.
  func firstTime(_ slot: Int, at now: Int64) -> Int64? {
    guard heads[slot] != 0, let base else { return nil }
    let head = base + Int64(heads[slot]) - 1
    let newest = clock.bucket(now) - clock.lag
    var bucket = max(newest - clock.span + 1, head - Int64(clock.ring) + 1)
    while bucket <= min(newest, head) {
      let cell = self.cell(slot, bucket)
      if (wide.map { $0[cell] > 0 } ?? narrow.map { $0[cell] > 0 }) == true { return bucket * clock.width }
      bucket += 1
    }
    return nil
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch methods[method] {
    case .add:
      if isFed { throw CountWindow.refusal }
      add(slot, at: call.now)
    case .count: call.answer(count(slot, at: call.now, steps: try steps(call.arguments.first)))
    case .perSecond: call.answer(rate(slot, call, per: 1e9))
    case .perMinute: call.answer(rate(slot, call, per: 60e9))
    }
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(base ?? .min)
    writer.write(wide != nil)
    writer.write(column: heads, count: slots)
    if let wide {
      writer.write(column: wide, count: slots * clock.ring)
    } else if let narrow {
      writer.write(column: narrow, count: slots * clock.ring)
    }
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    let start = try reader.integer()
    let isWide = try reader.bool()
    try reader.read(into: heads, count: slots)
    // The newest step that a head can stand for, counted from the base as heads are.
    var limit: Int64 = 0
    if start != .min {
      let steps = clock.steps
      guard (steps.lowerBound - CountWindow.reach...steps.upperBound).contains(start) else {
        throw StateReader.impossible
      }
      limit = steps.upperBound - start + 1
    }
    for slot in 0..<slots where Int64(heads[slot]) > limit { throw StateReader.impossible }
    base = start == .min ? nil : start
    if isWide {
      if wide == nil { widen() }
      if let wide { try reader.read(into: wide, count: slots * clock.ring) }
    } else if let narrow {
      try reader.read(into: narrow, count: slots * clock.ring)
    } else {
      throw StateError(message: "a window that was restored already is restored again")
    }
  }

  /// The steps of the part of the window that a call asks for; nil for all.
  private func steps(_ argument: stella_value?) throws(PrimitiveError) -> Int64? {
    guard let argument, argument.kind != STELLA_MISSING else { return nil }
    guard case .string(let text) = FieldValue(argument), let part = DurationText.nanoseconds(text), part > 0 else {
      throw PrimitiveError(message: "count takes a part of the window, such as count(\"5m\")")
    }
    guard part <= clock.span * clock.width else {
      throw PrimitiveError(message: "count(\"\(text)\") asks for more than the window keeps")
    }
    return (part + clock.width - 1) / clock.width
  }

  private func rate(_ slot: Int, _ call: PrimitiveCall, per unit: Double) -> Double {
    let covered = clock.covered(at: call.now, since: call.began)
    return covered == 0 ? 0 : Double(count(slot, at: call.now)) * unit / Double(covered)
  }

  private func forget(_ slot: Int, from bucket: Int64, count: Int) {
    for step in 0..<Int64(count) {
      let cell = self.cell(slot, bucket + step)
      if let wide { wide[cell] = 0 } else if let narrow { narrow[cell] = 0 }
    }
  }

  private func widen() {
    guard let narrow else { return }
    let cells = RawStorage.allocate(UInt32.self, count: capacity * clock.ring)
    for cell in 0..<capacity * clock.ring { cells[cell] = UInt32(narrow[cell]) }
    RawStorage.free(narrow)
    self.narrow = nil
    wide = cells
  }
}

import CStellaValue
import StellaModel

/// `window.distinct`: how many different values a sliding window holds.
///
/// Exact while a slot holds at most `cap` values (``DistinctValues``); then by ``DistinctSketch`` until the window has emptied.
/// Values are told apart by a 64-bit hash.
final class DistinctWindow: Primitive {
  private struct Slot: BitwiseCopyable {
    /// The latest time seen; `Int64.min` when empty.
    var last = Int64.min
    var values = DistinctSlot()
    /// Where the registers lie in the pool; 0 while exact.
    var sketch: UInt32 = 0
    var spare: UInt32 = 0
  }

  private let within: Int64
  private let pool = BlockPool()
  private let exact: DistinctValues
  private let sketch: DistinctSketch
  private var slots: UnsafeMutablePointer<Slot>
  /// Slots that hold something, be it that they are empty.
  private var opened = 0
  private var sketches = 0
  let slotBytes = MemoryLayout<Slot>.stride
  var heldBytes: Int { exact.heldBytes + sketches * DistinctSketch.bytes }

  init(within: Int64, cap: Int) {
    self.within = within
    exact = DistinctValues(pool: pool, within: within, cap: cap)
    sketch = DistinctSketch(pool: pool, within: within)
    slots = RawStorage.allocate(count: 1)
  }

  deinit { RawStorage.free(slots) }

  func grow(to capacity: Int) { slots = RawStorage.resize(slots, to: capacity) }

  func clear(_ slot: Int) {
    while opened <= slot {
      slots[opened] = Slot()
      opened += 1
    }
    exact.clear(&slots[slot].values)
    dropSketch(slot)
    slots[slot] = Slot()
  }

  private func dropSketch(_ slot: Int) {
    if slots[slot].sketch == 0 { return }
    sketch.release(slots[slot].sketch)
    sketches -= 1
    slots[slot].sketch = 0
  }

  func prefetch(_ slot: Int) { stella_prefetch(slots + slot) }

  func prefetchHeld(_ slot: Int) { stella_prefetch(pool.words + Int(slots[slot].values.block)) }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    slots[slot].last == .min || now - slots[slot].last >= within + sketch.clock.width
  }

  func lastUse(_ slot: Int) -> Int64 { slots[slot].last }

  /// Notes `value` at `time`. O(1) amortised.
  func add(_ cell: stella_value, slot: Int, at time: Int64) {
    guard cell.kind != STELLA_MISSING, let hash = CellHash.of(cell) else { return }
    let before = slots[slot].last
    slots[slot].last = max(before, time)
    if slots[slot].sketch != 0, sketch.isOver(before, at: time) { dropSketch(slot) }
    if slots[slot].sketch == 0 {
      if exact.add(cell, hash, at: time, last: slots[slot].last, to: &slots[slot].values) { return }
      let block = sketch.allocate()
      sketches += 1
      slots[slot].sketch = block
      exact.forEach(slots[slot].values) { sketch.add($0, at: $1, newest: slots[slot].last, to: block) }
      exact.clear(&slots[slot].values)
    }
    sketch.add(hash, at: time, newest: slots[slot].last, to: slots[slot].sketch)
  }

  /// Different values in the window at `now`. O(1) amortised while exact, else O(registers).
  func count(_ slot: Int, at now: Int64) -> Int {
    slots[slot].sketch == 0
      ? exact.count(&slots[slot].values, at: now) : sketch.estimate(slots[slot].sketch, at: now)
  }

  /// The values in the window at `now` that are known exactly, in order of first sight, at most 100. O(values).
  func values(_ slot: Int, at now: Int64) -> [FieldValue] { exact.values(slots[slot].values, at: now) }

  func save(to writer: StateWriter, slots count: Int) {
    writer.write(column: slots, count: count)
    pool.save(to: writer)
  }

  func restore(from reader: inout StateReader, slots count: Int) throws(StateError) {
    try reader.read(into: slots, count: count)
    opened = max(opened, count)
    do throws(StateError) {
      try pool.restore(from: &reader)
      var claims = try pool.claims()
      for slot in 0..<count {
        let held = slots[slot]
        if held.last != .min, !StateReader.times.contains(held.last) { throw StateReader.impossible }
        try exact.check(held.values, &claims)
        if held.sketch != 0 {
          try sketch.check(held.sketch, &claims)
          sketches += 1
        }
        if held.last == .min && (held.sketch != 0 || held.values.block != 0) { throw StateReader.impossible }
      }
    } catch {
      for slot in 0..<count { slots[slot] = Slot() }
      throw error
    }
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0: if let value = call.arguments.first { add(value, slot: slot, at: call.now) }
    case 1: call.answer(count(slot, at: call.now))
    default: call.list.values = values(slot, at: call.now)
    }
  }
}

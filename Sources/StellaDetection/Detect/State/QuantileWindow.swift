import CStellaValue

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `window.quantile`: a DDSketch per step of a sliding window.
///
/// C. Masson, J. E. Rim, H. K. Lee: DDSketch, PVLDB 12(12), 2019. Cells grow by the factor γ = (1 + α) / (1 − α) with
/// α = 0.01, so that an answer is at most 1% away from a value of the asked rank. Values of magnitude below 10⁻⁹ count as 0.
///
/// A key with few different cells has a list of them, 8 bytes each; over 32 it gets ``DenseSketches``.
final class QuantileWindow: Primitive {
  private static let accuracy = 0.01
  private static let logGamma = log((1 + accuracy) / (1 - accuracy))
  private static let smallest = 1e-9
  /// Cells that a list holds at most: 2^this.
  private static let listSize = 5

  private struct Slot: BitwiseCopyable {
    /// Newest step seen; `Int64.min` when empty.
    var head = Int64.min
    /// Where the list or the directory lies in the pool; 0 without any.
    var block: UInt32 = 0
    /// Entries of the list.
    var count: UInt16 = 0
    /// The list has room for 2^`size` entries.
    var size: UInt8 = 0
    /// 1 when the block is a directory.
    var isDense: UInt8 = 0
  }

  private let clock: BucketClock
  private let pool = BlockPool()
  private let dense: DenseSketches
  private var slots: UnsafeMutablePointer<Slot>
  /// Slots that hold something, be it that they are empty.
  private var opened = 0
  private var listBytes = 0
  let slotBytes = MemoryLayout<Slot>.stride
  var heldBytes: Int { listBytes + dense.heldBytes }

  init(clock: BucketClock) {
    self.clock = clock
    dense = DenseSketches(pool: pool, ring: clock.ring)
    slots = RawStorage.allocate(count: 1)
  }

  deinit { RawStorage.free(slots) }

  func grow(to capacity: Int) { slots = RawStorage.resize(slots, to: capacity) }

  func clear(_ slot: Int) {
    while opened <= slot {
      slots[opened] = Slot()
      opened += 1
    }
    drop(slot)
    slots[slot] = Slot()
  }

  private func drop(_ slot: Int) {
    let held = slots[slot]
    if held.block == 0 { return }
    if held.isDense != 0 {
      dense.release(held.block)
    } else {
      pool.release(held.block, Int(held.size))
      listBytes -= 8 << Int(held.size)
    }
  }

  func prefetch(_ slot: Int) { stella_prefetch(slots + slot) }

  func prefetchHeld(_ slot: Int) {
    if slots[slot].block != 0 { stella_prefetch(pool.words + Int(slots[slot].block)) }
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    slots[slot].head == .min || clock.bucket(now) - slots[slot].head >= Int64(clock.ring)
  }

  func lastUse(_ slot: Int) -> Int64 {
    slots[slot].head == .min ? .min : (slots[slot].head + 1) * clock.width
  }

  private func position(_ bucket: Int64) -> Int {
    let remainder = Int(bucket % Int64(clock.ring))
    return remainder < 0 ? remainder + clock.ring : remainder
  }

  /// O(1) amortised.
  func add(_ value: Double, slot: Int, at time: Int64) {
    guard value.isFinite else { return }
    let bucket = clock.bucket(time)
    let head = slots[slot].head
    if head != .min, head - bucket >= Int64(clock.ring) { return }
    if bucket > head {
      if head != .min { forget(slot, after: head, steps: min(Int64(clock.ring), bucket - head)) }
      slots[slot].head = bucket
    }
    let cell = SketchCell(
      value,
      index: abs(value) < QuantileWindow.smallest
        ? nil : Int((log(abs(value)) / QuantileWindow.logGamma).rounded(.up)))
    let place = position(bucket)
    if slots[slot].isDense == 0, !addToList(cell, place, slot) { thicken(slot) }
    if slots[slot].isDense != 0 { dense.add(1, cell, at: place, slots[slot].block) }
  }

  // MARK: - Lists

  /// False when the list can't hold it.
  private func addToList(_ cell: SketchCell, _ place: Int, _ slot: Int) -> Bool {
    var held = slots[slot]
    let key = SketchEntry(place: place, cell: cell, count: 0)
    let count = Int(held.count)
    let list = pool.words + Int(held.block)
    for position in 0..<count where SketchEntry(list[position]).isSame(as: key) {
      let entry = SketchEntry(list[position])
      if entry.count == SketchEntry.limit { return false }
      list[position] = entry.word + 1
      return true
    }
    if held.block == 0 {
      held.block = pool.allocate(0)
      held.size = 0
      listBytes += 8
    } else if count == 1 << Int(held.size) {
      if Int(held.size) == QuantileWindow.listSize { return false }
      let larger = pool.allocate(Int(held.size) + 1)
      (pool.words + Int(larger)).update(from: pool.words + Int(held.block), count: count)
      pool.release(held.block, Int(held.size))
      listBytes += 8 << Int(held.size)
      held.block = larger
      held.size += 1
    }
    pool.words[Int(held.block) + count] = key.word + 1
    held.count += 1
    slots[slot] = held
    return true
  }

  private func thicken(_ slot: Int) {
    let old = slots[slot]
    let directory = dense.allocate()
    for position in 0..<Int(old.count) {
      let entry = SketchEntry(pool.words[Int(old.block) + position])
      dense.add(UInt32(entry.count), entry.cell, at: entry.place, directory)
    }
    drop(slot)
    slots[slot].block = directory
    slots[slot].count = 0
    slots[slot].size = 0
    slots[slot].isDense = 1
  }

  /// Empties the places of the next `steps` steps.
  private func forget(_ slot: Int, after head: Int64, steps: Int64) {
    var held = slots[slot]
    if held.block == 0 { return }
    let ring = clock.ring
    let first = position(head + 1)
    if held.isDense != 0 {
      for step in 0..<Int(steps) { dense.clear((first + step) % ring, held.block) }
      return
    }
    let list = pool.words + Int(held.block)
    var kept = 0
    for position in 0..<Int(held.count) {
      let ahead = SketchEntry(list[position]).place - first
      if (ahead < 0 ? ahead + ring : ahead) < Int(steps) { continue }
      list[kept] = list[position]
      kept += 1
    }
    held.count = UInt16(kept)
    slots[slot] = held
  }

  // MARK: - Reading

  /// The places that lie in the window at `now`: so many from the first on, around the ring.
  private func live(_ slot: Int, at now: Int64) -> (first: Int, count: Int) {
    let head = slots[slot].head
    let newest = clock.bucket(now) - clock.lag
    let from = max(newest - clock.span + 1, head - Int64(clock.ring) + 1)
    let to = min(newest, head)
    return to < from ? (0, 0) : (position(from), Int(to - from + 1))
  }

  private func isLive(_ place: Int, _ live: (first: Int, count: Int)) -> Bool {
    let ahead = place - live.first
    return (ahead < 0 ? ahead + clock.ring : ahead) < live.count
  }

  /// Values in the window at `now`. O(steps).
  func count(_ slot: Int, at now: Int64) -> Int {
    let held = slots[slot]
    if held.block == 0 { return 0 }
    let live = live(slot, at: now)
    var total = 0
    if held.isDense != 0 {
      for step in 0..<live.count { total += dense.count((live.first + step) % clock.ring, held.block) }
      return total
    }
    for position in 0..<Int(held.count) {
      let entry = SketchEntry(pool.words[Int(held.block) + position])
      if isLive(entry.place, live) { total += entry.count }
    }
    return total
  }

  /// The `p`-quantile of the values in the window at `now`: the value of rank ⌊p (n − 1)⌋. O(steps + cells).
  func quantile(_ p: Double, slot: Int, at now: Int64) -> Double? {
    let held = slots[slot]
    let total = count(slot, at: now)
    if total == 0 { return nil }
    let live = live(slot, at: now)
    let rank = Int(p * Double(total - 1))
    let cell =
      held.isDense != 0
      ? dense.cell(at: rank, first: live.first, steps: live.count, held.block) : listed(at: rank, held, live)
    guard let cell else { return nil }
    guard let index = cell.index else { return 0 }
    let gamma = exp(QuantileWindow.logGamma)
    let size = 2 * exp(Double(index) * QuantileWindow.logGamma) / (gamma + 1)
    return cell.isNegative ? -size : size
  }

  /// By counting what lies before each cell: a list is short.
  private func listed(at rank: Int, _ held: Slot, _ live: (first: Int, count: Int)) -> SketchCell? {
    let list = pool.words + Int(held.block)
    for position in 0..<Int(held.count) {
      let cell = SketchEntry(list[position]).cell
      var before = 0
      var same = 0
      for other in 0..<Int(held.count) {
        let entry = SketchEntry(list[other])
        guard isLive(entry.place, live) else { continue }
        if entry.cell < cell { before += entry.count } else if entry.cell == cell { same += entry.count }
      }
      if before <= rank, rank < before + same { return cell }
    }
    return nil
  }

  // MARK: - Checkpoints

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
      for slot in 0..<count { try check(slots[slot], &claims) }
    } catch {
      for slot in 0..<count { slots[slot] = Slot() }
      throw error
    }
  }

  private func check(_ slot: Slot, _ claims: inout BlockClaims) throws(StateError) {
    if slot.head != .min, !clock.steps.contains(slot.head) { throw StateReader.impossible }
    if slot.block == 0 && slot.count == 0 && slot.size == 0 && slot.isDense == 0 { return }
    guard slot.block != 0, slot.head != .min, slot.isDense <= 1 else { throw QuantileWindow.damaged }
    if slot.isDense != 0 {
      guard slot.count == 0, slot.size == 0 else { throw QuantileWindow.damaged }
      try dense.check(slot.block, &claims)
      return
    }
    guard slot.size <= QuantileWindow.listSize, slot.count <= 1 << Int(slot.size) else { throw QuantileWindow.damaged }
    try claims.claim(slot.block, Int(slot.size))
    listBytes += 8 << Int(slot.size)
    for position in 0..<Int(slot.count) {
      let entry = SketchEntry(pool.words[Int(slot.block) + position])
      guard entry.place < clock.ring, entry.cell.isPossible, entry.count > 0 else { throw QuantileWindow.damaged }
    }
  }

  static let damaged = StateError(message: "a sketch makes no sense")

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0: if let value = call.number { add(value, slot: slot, at: call.now) }
    case 1:
      guard let p = call.number, (0...1).contains(p) else {
        throw PrimitiveError(message: "q needs a number from 0 to 1, such as q(0.95)")
      }
      if let value = quantile(p, slot: slot, at: call.now) { call.answer(value) }
    default: call.answer(count(slot, at: call.now))
    }
  }
}

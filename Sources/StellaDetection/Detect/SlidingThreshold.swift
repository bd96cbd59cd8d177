import CStellaValue
import StellaModel
import StellaScripting

/// `threshold` in a sliding window, exactly: holds when the last `count` events of a key lie within `within`.
///
/// Keeps the times of the last `count` events per key: up to 8 × `count` bytes, taken as they are needed.
final class SlidingThreshold: Detector {
  private struct Ring: BitwiseCopyable {
    // Not the least there is: what lies between it and any time is still a number.
    var last = Int64.min / 2
    /// Where the times lie in the pool; 0 while `last` is the only one.
    var block: UInt32 = 0
    var count: UInt32 = 0
    /// Position of the oldest time.
    var head: UInt32 = 0
    /// How many of the newest times are in order; counts no further than `limit`.
    var ordered: UInt32 = 0

    /// The block has 2^this words: it doubles when it is full.
    var size: Int { Int.bitWidth - Int(count - 1).leadingZeroBitCount }
  }

  private let limit: Int
  private let within: Int64
  @exclusivity(unchecked) private var rings: UnsafeMutablePointer<Ring>
  private var capacity = 0
  private let pool = BlockPool()
  private var timesBytes = 0
  private let matching: ThresholdMatch

  init(
    _ threshold: RuleManifest.Threshold, match: ThresholdMatch, manifest: SharedManifest, order: Int, keys: KeySpace,
    affectedColumn: Int?
  ) {
    limit = threshold.count
    within = threshold.within
    matching = match
    rings = RawStorage.allocate(count: 1)
    super.init(
      manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn, slotBytes: 24 + match.slotBytes)
  }

  deinit { RawStorage.free(rings) }

  override var quarantine: Quarantine? { matching.shape?.quarantine }
  override var heldBytes: Int { timesBytes }

  override func grow(to newCapacity: Int) {
    rings = RawStorage.resize(rings, to: newCapacity)
    capacity = newCapacity
    matching.grow(to: newCapacity)
  }

  override func open(_ slot: Int) {
    rings[slot] = Ring()
    matching.clear(slot)
  }

  override func close(_ slot: Int) {
    if rings[slot].block != 0 {
      pool.release(rings[slot].block, rings[slot].size)
      timesBytes -= 8 << rings[slot].size
    }
    rings[slot] = Ring()
    matching.clear(slot)
    super.close(slot)
  }

  override func isIdle(_ slot: Int, at now: Int64) -> Bool { now - rings[slot].last > within }
  override func lastUse(_ slot: Int) -> Int64 { rings[slot].last }

  override func prefetch(_ slot: Int) { stella_prefetch(rings + slot) }

  override var hasHeld: Bool { true }
  override func prefetchHeld(_ slot: Int) { stella_prefetch(times(rings[slot]) + Int(rings[slot].head)) }

  override func readings(_ slot: Int, at now: Int64, in context: DetectionContext) -> [KeyStanding.Reading] {
    let ring = rings[slot]
    let inside =
      ring.block == 0
      ? (ring.count == 1 && now - ring.last <= within ? 1 : 0)
      : (0..<Int(ring.count)).count { now - times(ring)[$0] <= within }
    return [.init("count", "\(inside) of \(limit) events within \(DurationText.text(within))")]
  }

  @inline(__always)
  private func times(_ ring: Ring) -> UnsafeMutablePointer<Int64> {
    UnsafeMutableRawPointer(pool.words + Int(ring.block)).assumingMemoryBound(to: Int64.self)
  }

  override func saveState(to writer: StateWriter) {
    writer.write(limit)
    writer.write(column: rings, count: table.end)
    pool.save(to: writer)
    matching.save(to: writer, slots: table.end)
  }

  /// Another version of the rule may count to another number: the times are taken over one by one, oldest first.
  override func restoreState(from reader: inout StateReader) throws(StateError) {
    let oldLimit = try reader.number(in: 1...Int(UInt32.max))
    let saved = try reader.column(of: Ring.self)
    let old = BlockPool()
    try old.restore(from: &reader)
    guard saved.count == table.end else { throw StateError(message: "the times of a threshold don't add up") }
    for slot in 0..<table.end where table.keys[slot] != KeyDictionary.none {
      let ring = saved[slot]
      if ring.count == 0 { continue }
      guard ring.count <= oldLimit, ring.head < ring.count, StateReader.times.contains(ring.last),
        ring.block == 0 ? ring.count == 1 : old.holds(ring.block, ring.size)
      else { throw StateError(message: "the times of a threshold lie nowhere") }
      for place in 0..<Int(ring.count) {
        let position = (Int(ring.head) + place) % Int(ring.count)
        let time = ring.block == 0 ? ring.last : Int64(bitPattern: old.words[Int(ring.block) + position])
        guard StateReader.times.contains(time) else { throw StateReader.impossible }
        push(time, slot)
      }
      rings[slot].last = ring.last
    }
    try matching.restore(from: &reader, slots: table.end)
  }

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    let number = keys.number(index)
    guard let slot = table.slot(number, at: time) else { return }
    push(time, slot)
    matching.keep(index, slot: slot, at: time, in: context)
    let ring = rings[slot]
    if Int(ring.count) == limit {
      let times = times(ring)
      // The oldest and newest are at the ends unless events came out of order.
      var oldest = ring.block == 0 ? time : times[Int(ring.head)]
      var newest = time
      if Int(ring.ordered) < limit {
        for place in 0..<limit {
          oldest = min(oldest, times[place])
          newest = max(newest, times[place])
        }
      }
      if newest - oldest <= within {
        if let finding = matching.finding(
          count: limit, firstSeen: oldest, index: index, slot: slot, key: number,
          isJoining: book.isFiring(slot, at: time), in: context,
          user: affectedUser(index, in: context))
        {
          merge(index, slot: slot, at: time, in: context)
          book.found(finding, slot: slot, key: number, at: time, in: context)
        }
        return
      }
    }
    merge(index, slot: slot, at: time, in: context)
  }

  private func push(_ time: Int64, _ slot: Int) {
    var ring = rings[slot]
    if ring.count == 0 || limit == 1 {
      rings[slot] = Ring(last: max(ring.last, time), count: 1, ordered: 1)
      return
    }
    if ring.block == 0 {
      ring.block = pool.allocate(1)
      timesBytes += 16
      times(ring)[0] = ring.last
    }
    let tail = Int(ring.count) == limit && ring.head > 0 ? ring.head - 1 : ring.count - 1
    if time < times(ring)[Int(tail)] {
      ring.ordered = 1
    } else if Int(ring.ordered) < limit {
      ring.ordered += 1
    }
    ring.last = max(ring.last, time)
    if Int(ring.count) == limit {
      times(ring)[Int(ring.head)] = time
      ring.head = Int(ring.head) + 1 == limit ? 0 : ring.head + 1
    } else {
      if ring.count >= 2, ring.count & (ring.count - 1) == 0 {
        let larger = pool.allocate(ring.size + 1)
        (pool.words + Int(larger)).update(from: pool.words + Int(ring.block), count: Int(ring.count))
        pool.release(ring.block, ring.size)
        timesBytes += 8 << ring.size
        ring.block = larger
      }
      // The head stays 0 until the ring is full.
      times(ring)[Int(ring.count)] = time
      ring.count += 1
    }
    rings[slot] = ring
  }
}

import CStellaValue
import StellaModel
import StellaScripting

/// `threshold` in a sliding window, exactly: holds when the last `count` events of a key lie within `within`.
///
/// Keeps the times of the last `count` events per key: up to 8 × `count` bytes, taken as they are needed.
final class SlidingThreshold: Detector {
  private struct Ring {
    var times: UnsafeMutablePointer<Int64>?
    var capacity: UInt32 = 0
    var count: UInt32 = 0
    /// Position of the oldest time.
    var head: UInt32 = 0
    /// How many of the newest times are in order; counts no further than `limit`.
    var ordered: UInt32 = 0
    var last = Int64.min
  }

  private let limit: Int
  private let within: Int64
  private var rings: UnsafeMutablePointer<Ring>
  private var capacity = 0
  private var timesBytes = 0
  private let matching: ThresholdMatch

  init(
    _ threshold: RuleManifest.Threshold, match: ThresholdMatch, manifest: RuleManifest, order: Int, keys: KeySpace,
    affectedColumn: Int?
  ) {
    limit = threshold.count
    within = threshold.within
    matching = match
    rings = RawStorage.allocate(count: 1)
    super.init(
      manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn, slotBytes: 32 + match.slotBytes)
  }

  deinit {
    for slot in 0..<table.end where table.keys[slot] != KeyDictionary.none {
      if let times = rings[slot].times { RawStorage.free(times) }
    }
    RawStorage.free(rings)
  }

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
    if let times = rings[slot].times { RawStorage.free(times) }
    timesBytes -= Int(rings[slot].capacity) * 8
    rings[slot] = Ring()
    matching.clear(slot)
    super.close(slot)
  }

  override func isIdle(_ slot: Int, at now: Int64) -> Bool { now - rings[slot].last > within }
  override func lastUse(_ slot: Int) -> Int64 { rings[slot].last }

  override func prefetch(_ slot: Int) { stella_prefetch(rings + slot) }

  override func saveState(to writer: StateWriter) {
    // Oldest first, so that a rule that counts to another number can take them over.
    var counts = [UInt32](repeating: 0, count: table.end)
    var times: [Int64] = []
    for slot in 0..<table.end {
      let ring = rings[slot]
      counts[slot] = ring.count
      guard let held = ring.times else { continue }
      for place in 0..<Int(ring.count) {
        let position = Int(ring.head) + place
        times.append(held[position >= Int(ring.count) ? position - Int(ring.count) : position])
      }
    }
    counts.withUnsafeBytes { writer.write(bytes: $0) }
    times.withUnsafeBytes { writer.write(bytes: $0) }
    writer.section { for slot in 0..<table.end { writer.write(rings[slot].last) } }
    matching.save(to: writer, slots: table.end)
  }

  override func restoreState(from reader: inout StateReader) throws(StateError) {
    let counts = try reader.column(of: UInt32.self)
    let times = try reader.column(of: Int64.self)
    var lasts = try reader.section()
    guard counts.count == table.end, counts.reduce(0, { $0 + Int($1) }) == times.count else {
      throw StateError(message: "the times of a threshold don't add up")
    }
    guard times.allSatisfy(StateReader.times.contains) else { throw StateReader.impossible }
    var position = 0
    for (slot, count) in counts.enumerated() {
      let isLive = table.keys[slot] != KeyDictionary.none
      for place in position..<position + Int(count) where isLive { push(times[place], slot) }
      position += Int(count)
      let last = try lasts.time()
      if isLive { rings[slot].last = last }
    }
    try matching.restore(from: &reader, slots: table.end)
  }

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    let number = keys.number(index)
    guard let slot = table.slot(number, at: time) else { return }
    push(time, slot)
    matching.keep(index, slot: slot, at: time, in: context)
    let ring = rings[slot]
    if Int(ring.count) == limit, let times = ring.times {
      // The oldest and newest are at the ends unless events came out of order.
      var oldest = times[Int(ring.head)]
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
    let isFirst = ring.count == 0
    let tail = Int(ring.count) == limit && ring.head > 0 ? ring.head - 1 : ring.count &- 1
    if !isFirst, let times = ring.times, time < times[Int(tail)] {
      ring.ordered = 1
    } else if Int(ring.ordered) < limit {
      ring.ordered += 1
    }
    ring.last = max(ring.last, time)
    if Int(ring.count) == limit {
      ring.times?[Int(ring.head)] = time
      ring.head = Int(ring.head) + 1 == limit ? 0 : ring.head + 1
    } else {
      if ring.count == ring.capacity {
        let size = min(limit, max(4, Int(ring.capacity) * 2))
        if let times = ring.times {
          ring.times = RawStorage.resize(times, to: size)
        } else {
          ring.times = RawStorage.allocate(count: size)
        }
        timesBytes += (size - Int(ring.capacity)) * 8
        ring.capacity = UInt32(size)
      }
      // The head stays 0 until the ring is full.
      ring.times?[Int(ring.count)] = time
      ring.count += 1
    }
    rings[slot] = ring
  }
}

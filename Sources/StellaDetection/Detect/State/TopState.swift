import CStellaValue
import StellaModel

/// `top`: the most frequent values of a sliding window.
///
/// SpaceSaving (A. Metwally, D. Agrawal, A. El Abbadi: ICDT 2005) with `n` counters in each of four steps: the value that
/// finds no counter takes over the least one and inherits its count as possible error. The steps are merged as P. Agarwal
/// et al. (Mergeable Summaries, PODS 2012) do: a value that a full step does not have may have had its least count there.
final class TopState: Primitive {
  private static let steps = 4
  /// Kind, length, and the value or the beginning of the text.
  private static let cellBytes = 48
  private static let textBytes = cellBytes - 2
  private static let greatestWeight = 1e15

  struct Entry: Equatable {
    var value: FieldValue
    /// At least the true weight of the value.
    var count: Double
    /// By how much `count` may be too high.
    var error: Double
  }

  private let n: Int
  private let clock: BucketClock
  private var heads: UnsafeMutablePointer<Int64>
  /// By slot and step.
  private var totals: UnsafeMutablePointer<Double>
  /// By slot, step and counter; 0 for a free one.
  private var hashes: UnsafeMutablePointer<UInt64>
  private var counts: UnsafeMutablePointer<Double>
  private var errors: UnsafeMutablePointer<Double>
  private var values: UnsafeMutablePointer<UInt8>

  init(n: Int, within: Int64) {
    self.n = n
    clock = BucketClock(within: within, offset: 0, buckets: TopState.steps)
    heads = RawStorage.allocate(count: 1)
    totals = RawStorage.allocate(count: 1)
    hashes = RawStorage.allocate(count: 1)
    counts = RawStorage.allocate(count: 1)
    errors = RawStorage.allocate(count: 1)
    values = RawStorage.allocate(count: 1)
  }

  deinit {
    RawStorage.free(heads)
    RawStorage.free(totals)
    RawStorage.free(hashes)
    RawStorage.free(counts)
    RawStorage.free(errors)
    RawStorage.free(values)
  }

  /// Counters of a slot.
  private var width: Int { n * TopState.steps }

  var slotBytes: Int { 8 + TopState.steps * 8 + width * (24 + TopState.cellBytes) }
  var heldBytes: Int { 0 }

  func grow(to capacity: Int) {
    heads = RawStorage.resize(heads, to: capacity)
    totals = RawStorage.resize(totals, to: capacity * TopState.steps)
    hashes = RawStorage.resize(hashes, to: capacity * width)
    counts = RawStorage.resize(counts, to: capacity * width)
    errors = RawStorage.resize(errors, to: capacity * width)
    values = RawStorage.resize(values, to: capacity * width * TopState.cellBytes)
  }

  func clear(_ slot: Int) {
    heads[slot] = .min
    for step in 0..<TopState.steps { clear(slot, place: step) }
  }

  private func clear(_ slot: Int, place: Int) {
    totals[slot * TopState.steps + place] = 0
    let first = slot * width + place * n
    (hashes + first).update(repeating: 0, count: n)
    (counts + first).update(repeating: 0, count: n)
    (errors + first).update(repeating: 0, count: n)
    (values + first * TopState.cellBytes).update(repeating: 0, count: n * TopState.cellBytes)
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    heads[slot] == .min || clock.bucket(now) - heads[slot] >= Int64(clock.ring)
  }

  func lastUse(_ slot: Int) -> Int64 { heads[slot] == .min ? .min : (heads[slot] + 1) * clock.width }

  /// Where a step's counters lie among those of a slot.
  private func place(_ step: Int64) -> Int {
    let remainder = Int(step % Int64(TopState.steps))
    return remainder < 0 ? remainder + TopState.steps : remainder
  }

  /// Counts a value. O(n). One older than the window is not counted.
  func add(_ cell: stella_value, weight: Double, slot: Int, at time: Int64) {
    guard weight > 0, cell.kind != STELLA_MISSING, let found = CellHash.of(cell) else { return }
    let weight = min(weight, TopState.greatestWeight)
    let hash = max(found, 1)
    let step = clock.bucket(time)
    if heads[slot] == .min || step > heads[slot] {
      let passed = heads[slot] == .min ? 0 : min(Int64(TopState.steps), step - heads[slot])
      for back in 0..<passed { clear(slot, place: place(step - back)) }
      heads[slot] = step
    } else if heads[slot] - step >= Int64(TopState.steps) {
      return
    }
    totals[slot * TopState.steps + place(step)] += weight
    let first = slot * width + place(step) * n
    var least = first
    for counter in first..<first + n {
      if hashes[counter] == hash {
        counts[counter] += weight
        return
      }
      // Free counters stand behind the used ones and have a count of 0.
      if counts[counter] < counts[least] { least = counter }
    }
    hashes[least] = hash
    errors[least] = counts[least]
    counts[least] += weight
    TopState.write(cell, to: values + least * TopState.cellBytes)
  }

  private func live(at now: Int64, _ slot: Int) -> [Int] {
    guard heads[slot] != .min else { return [] }
    let newest = clock.bucket(now)
    let oldest = max(newest, heads[slot]) - Int64(TopState.steps) + 1
    return (oldest...max(oldest, min(newest, heads[slot]))).filter { $0 <= newest && $0 <= heads[slot] }.map(place)
  }

  /// The weight of everything in the window at `now`.
  func total(_ slot: Int, at now: Int64) -> Double {
    live(at: now, slot).reduce(0) { $0 + totals[slot * TopState.steps + $1] }
  }

  /// The counted values of the window at `now`, those of the greatest count first. O(n log n).
  func entries(_ slot: Int, at now: Int64) -> [Entry] {
    let places = live(at: now, slot)
    // What a value that the step does not have may have had there.
    let missing = places.map { place -> Double in
      let first = slot * width + place * n
      return (first..<first + n).contains { hashes[$0] == 0 } ? 0 : (first..<first + n).map { counts[$0] }.min() ?? 0
    }
    let allMissing = missing.reduce(0, +)
    var found: [(hash: UInt64, counter: Int, missing: Double)] = []
    for (place, missing) in zip(places, missing) {
      let first = slot * width + place * n
      for counter in first..<first + n where hashes[counter] != 0 { found.append((hashes[counter], counter, missing)) }
    }
    found.sort { ($0.hash, $0.counter) < ($1.hash, $1.counter) }
    var merged: [(entry: Entry, hash: UInt64)] = []
    var position = 0
    while position < found.count {
      let (hash, counter, _) = found[position]
      var entry = Entry(
        value: TopState.read(values + counter * TopState.cellBytes), count: allMissing, error: allMissing)
      while position < found.count, found[position].hash == hash {
        entry.count += counts[found[position].counter] - found[position].missing
        entry.error += errors[found[position].counter] - found[position].missing
        position += 1
      }
      merged.append((entry, hash))
    }
    // Equal counts: the surer one first, then by hash, so that the order is that of every replay.
    merged.sort { (-$0.entry.count, $0.entry.error, $0.hash) < (-$1.entry.count, $1.entry.error, $1.hash) }
    return merged.map(\.entry)
  }

  // MARK: - Values

  private static func write(_ cell: stella_value, to bytes: UnsafeMutablePointer<UInt8>) {
    bytes.update(repeating: 0, count: cellBytes)
    bytes[0] = cell.kind
    switch Int(cell.kind) {
    case STELLA_BOOL, STELLA_INT:
      UnsafeMutableRawPointer(bytes + 2).storeBytes(of: cell.i, as: Int64.self)
    case STELLA_DOUBLE: UnsafeMutableRawPointer(bytes + 2).storeBytes(of: cell.d.bitPattern, as: UInt64.self)
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT:
      guard let text = cell.p else { return }
      var length = min(Int(cell.length), textBytes)
      // Not in the middle of a character.
      if length < cell.length { while length > 0, text[length] & 0xC0 == 0x80 { length -= 1 } }
      bytes[1] = UInt8(length)
      (bytes + 2).update(from: text, count: length)
    default: break
    }
  }

  private static func read(_ bytes: UnsafeMutablePointer<UInt8>) -> FieldValue {
    let raw = UnsafeRawPointer(bytes + 2)
    switch Int(bytes[0]) {
    case STELLA_BOOL: return .bool(raw.loadUnaligned(as: Int64.self) != 0)
    case STELLA_INT: return .integer(raw.loadUnaligned(as: Int64.self))
    case STELLA_DOUBLE: return .double(Double(bitPattern: raw.loadUnaligned(as: UInt64.self)))
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT:
      let length = min(Int(bytes[1]), textBytes)
      return .string(String(decoding: UnsafeBufferPointer(start: bytes + 2, count: length), as: UTF8.self))
    default: return .null
    }
  }

  // MARK: - Checkpoints

  func save(to writer: StateWriter, slots: Int) {
    writer.write(column: heads, count: slots)
    writer.write(column: totals, count: slots * TopState.steps)
    writer.write(column: hashes, count: slots * width)
    writer.write(column: counts, count: slots * width)
    writer.write(column: errors, count: slots * width)
    writer.write(column: values, count: slots * width * TopState.cellBytes)
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    try reader.readSteps(into: heads, count: slots, of: clock)
    try reader.read(into: totals, count: slots * TopState.steps)
    try reader.read(into: hashes, count: slots * width)
    try reader.read(into: counts, count: slots * width)
    try reader.read(into: errors, count: slots * width)
    try reader.read(into: values, count: slots * width * TopState.cellBytes)
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0:
      guard let value = call.arguments.first else { return }
      let isWeighted = call.arguments.count > 1 && call.arguments[1].kind != STELLA_MISSING
      add(value, weight: isWeighted ? call.number(at: 1) ?? 0 : 1, slot: slot, at: call.now)
    case 1:
      let total = total(slot, at: call.now)
      let most = call.number.flatMap { Int(exactly: $0.rounded()) } ?? n
      call.list.values = entries(slot, at: call.now).prefix(max(0, min(most, n))).map { entry in
        .object([
          .init("value", entry.value), .init("count", TopState.number(entry.count)),
          .init("error", TopState.number(entry.error)), .init("share", .double(total > 0 ? entry.count / total : 0)),
        ])
      }
    default: call.answer(total(slot, at: call.now))
    }
  }

  private static func number(_ value: Double) -> FieldValue {
    Int64(exactly: value).map(FieldValue.integer) ?? .double(value)
  }
}

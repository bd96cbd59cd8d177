import CStellaValue
import StellaModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `window.distinct`: how many different values a sliding window holds.
///
/// Exact while a slot holds at most `cap` values; then HyperLogLog (P. Flajolet et al., 2007) with 1,024 registers in each of
/// six steps, standard error 3.3%, until the window has emptied. Values are told apart by a 64-bit hash.
final class DistinctWindow: Primitive {
  private static let textLimit = 128
  private static let listLimit = 100
  private static let steps = 6
  private static let registers = 1024

  private struct Entry {
    var hash: UInt64
    var time: Int64
    var value: FieldValue
  }

  private final class Slot {
    var entries: [UInt64: Int] = [:]
    /// Values with the time each was last seen, in order of first sight.
    var values: [Entry] = []
    /// Per step: its number and its registers. Empty while exact.
    var sketches: [(bucket: Int64, registers: [UInt8])] = []
    var last = Int64.min
    var textBytes = 0
    /// Values that there was room for at the most: doubles, as the arrays do, but depends on what was added alone.
    var room = 0

    var memoryBytes: Int { 64 + room * 96 + textBytes + sketches.count * registers }
  }

  private let within: Int64
  private let cap: Int
  private let clock: BucketClock
  private var slots: [Slot?] = []
  let slotBytes = 8
  private(set) var heldBytes = 0

  init(within: Int64, cap: Int) {
    self.within = within
    self.cap = cap
    clock = BucketClock(within: within, offset: 0, buckets: DistinctWindow.steps)
  }

  func grow(to capacity: Int) { slots.append(contentsOf: repeatElement(nil, count: capacity - slots.count)) }

  func clear(_ slot: Int) {
    if let held = slots[slot] { heldBytes -= held.memoryBytes }
    slots[slot] = nil
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    guard let held = slots[slot] else { return true }
    return now - held.last >= within + clock.width
  }

  func lastUse(_ slot: Int) -> Int64 { slots[slot]?.last ?? .min }

  /// Notes `value` at `time`. O(1) amortised.
  func add(_ cell: stella_value, slot: Int, at time: Int64) {
    guard cell.kind != STELLA_MISSING, let hash = DistinctWindow.hash(cell) else { return }
    let held = slots[slot] ?? Slot()
    heldBytes -= slots[slot] == nil ? 0 : held.memoryBytes
    slots[slot] = held
    defer { heldBytes += held.memoryBytes }
    if !held.sketches.isEmpty, clock.bucket(time) - clock.bucket(held.last) >= Int64(DistinctWindow.steps) {
      held.sketches = []
    }
    held.last = max(held.last, time)
    if !held.sketches.isEmpty {
      note(hash, at: time, in: held)
      return
    }
    if let position = held.entries[hash] {
      held.values[position].time = max(held.values[position].time, time)
      return
    }
    if held.values.count >= cap { prune(held, at: held.last) }
    if held.values.count >= cap {
      for entry in held.values { note(entry.hash, at: entry.time, in: held) }
      held.values = []
      held.entries = [:]
      held.textBytes = 0
      held.room = 0
      note(hash, at: time, in: held)
      return
    }
    held.entries[hash] = held.values.count
    let value = DistinctWindow.value(cell)
    if case .string(let text) = value { held.textBytes += text.utf8.count }
    if held.values.count == held.room { held.room = max(4, held.room * 2) }
    held.values.append(Entry(hash: hash, time: time, value: value))
  }

  /// Different values in the window at `now`. O(values) while exact, else O(registers).
  func count(_ slot: Int, at now: Int64) -> Int {
    guard let held = slots[slot] else { return 0 }
    if held.sketches.isEmpty {
      return held.values.reduce(0) { $0 + (now - $1.time < within && $1.time <= now ? 1 : 0) }
    }
    return estimate(held, at: now)
  }

  /// The values in the window at `now` that are known exactly, oldest first, at most 100.
  func values(_ slot: Int, at now: Int64) -> [FieldValue] {
    guard let held = slots[slot] else { return [] }
    return held.values.lazy.filter { now - $0.time < self.within && $0.time <= now }
      .prefix(DistinctWindow.listLimit).map(\.value)
  }

  private func prune(_ held: Slot, at now: Int64) {
    held.values.removeAll { now - $0.time >= within }
    held.entries.removeAll(keepingCapacity: true)
    held.textBytes = 0
    for (position, entry) in held.values.enumerated() {
      held.entries[entry.hash] = position
      if case .string(let text) = entry.value { held.textBytes += text.utf8.count }
    }
  }

  private func note(_ hash: UInt64, at time: Int64, in held: Slot) {
    let bucket = clock.bucket(time)
    let newest = clock.bucket(held.last)
    held.sketches.removeAll { $0.bucket <= newest - Int64(DistinctWindow.steps) }
    if bucket <= newest - Int64(DistinctWindow.steps) { return }
    let position: Int
    if let known = held.sketches.firstIndex(where: { $0.bucket == bucket }) {
      position = known
    } else {
      held.sketches.append((bucket, [UInt8](repeating: 0, count: DistinctWindow.registers)))
      position = held.sketches.count - 1
    }
    let register = Int(hash & UInt64(DistinctWindow.registers - 1))
    let rank = UInt8((hash >> 10 | 1 << 54).trailingZeroBitCount + 1)
    if held.sketches[position].registers[register] < rank { held.sketches[position].registers[register] = rank }
  }

  private func estimate(_ held: Slot, at now: Int64) -> Int {
    let newest = clock.bucket(now)
    let live = held.sketches.filter { $0.bucket <= newest && $0.bucket > newest - Int64(DistinctWindow.steps) }
    let m = Double(DistinctWindow.registers)
    var sum = 0.0
    var zeros = 0
    for register in 0..<DistinctWindow.registers {
      let rank = live.reduce(UInt8(0)) { max($0, $1.registers[register]) }
      if rank == 0 { zeros += 1 }
      sum += 1 / Double(UInt64(1) << UInt64(rank))
    }
    let raw = 0.7213 / (1 + 1.079 / m) * m * m / sum
    if raw <= 2.5 * m && zeros > 0 { return Int((m * log(m / Double(zeros))).rounded()) }
    return Int(raw.rounded())
  }

  func save(to writer: StateWriter, slots: Int) {
    for slot in 0..<slots {
      guard let held = self.slots[slot] else {
        writer.write(Int64.min)
        continue
      }
      writer.write(held.last)
      writer.write(held.room)
      writer.write(held.values.count)
      for entry in held.values {
        writer.write(Int64(bitPattern: entry.hash))
        writer.write(entry.time)
        writer.write(entry.value)
      }
      writer.write(held.sketches.count)
      for sketch in held.sketches {
        writer.write(sketch.bucket)
        writer.write(bytes: sketch.registers)
      }
    }
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    for slot in 0..<slots {
      let last = try reader.time()
      if last == .min { continue }
      let held = Slot()
      held.last = last
      held.room = try reader.number(in: 0...cap * 2 + 4)
      for position in 0..<(try reader.number(in: 0...cap)) {
        let hash = UInt64(bitPattern: try reader.integer())
        let entry = Entry(hash: hash, time: try reader.time(), value: try reader.value())
        if entry.time == .min { throw StateReader.impossible }
        held.entries[hash] = position
        held.values.append(entry)
        if case .string(let text) = entry.value { held.textBytes += text.utf8.count }
      }
      for _ in 0..<(try reader.number(in: 0...DistinctWindow.steps)) {
        let bucket = try reader.step(of: clock)
        let registers = try reader.column(of: UInt8.self)
        guard bucket != .min, registers.count == DistinctWindow.registers, registers.allSatisfy({ $0 <= 55 }) else {
          throw StateError(message: "a sketch is none")
        }
        held.sketches.append((bucket, registers))
      }
      self.slots[slot] = held
      heldBytes += held.memoryBytes
    }
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0: if let value = call.arguments.first { add(value, slot: slot, at: call.now) }
    case 1: call.answer(count(slot, at: call.now))
    default: call.list.values = values(slot, at: call.now)
    }
  }

  static func hash(_ cell: stella_value) -> UInt64? {
    switch Int(cell.kind) {
    case STELLA_NULL: return mix(0, tag: 1)
    case STELLA_BOOL: return mix(UInt64(bitPattern: cell.i), tag: 2)
    case STELLA_INT: return mix(UInt64(bitPattern: cell.i), tag: 4)
    case STELLA_DOUBLE:
      if let whole = Int64(exactly: cell.d) { return mix(UInt64(bitPattern: whole), tag: 4) }
      return mix(cell.d.bitPattern, tag: 5)
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT:
      return mix(hash(UnsafeBufferPointer(start: cell.p, count: Int(cell.length))), tag: 6)
    default: return nil
    }
  }

  /// A multiply-xorshift hash over 8-byte words (after Murmur's finaliser). Without a seed: estimates rest on it, and must
  /// be the same in every run.
  @inline(__always)
  private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: key.count)
    guard let base = key.baseAddress.map({ UnsafeRawPointer($0) }) else { return hash }
    var position = 0
    while position + 8 <= key.count {
      hash = (hash ^ base.loadUnaligned(fromByteOffset: position, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      position += 8
    }
    var tail: UInt64 = 0
    while position < key.count {
      tail = tail << 8 | UInt64(base.load(fromByteOffset: position, as: UInt8.self))
      position += 1
    }
    hash = (hash ^ tail) &* 0xFF51_AFD7_ED55_8CCD
    hash ^= hash >> 33
    hash = hash &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 29)
  }

  private static func mix(_ value: UInt64, tag: UInt64) -> UInt64 {
    var hash = (value ^ (tag &* 0x9E37_79B9_7F4A_7C15)) &* 0xFF51_AFD7_ED55_8CCD
    hash ^= hash >> 32
    hash = hash &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 29)
  }

  private static func value(_ cell: stella_value) -> FieldValue {
    let value = FieldValue(cell)
    if case .string(let text) = value, text.utf8.count > textLimit { return .string(String(text.prefix(textLimit))) }
    return value
  }
}

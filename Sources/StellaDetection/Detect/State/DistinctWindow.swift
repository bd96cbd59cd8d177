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
  /// Words of an entry: hash, time of the last sight, the value or the block of its text, kind and length.
  private static let entryWords = 4
  /// The step and the block of its registers for each of `steps`, in a block of 2⁴ words.
  private static let directorySize = 4
  private static let registerSize = 7

  private struct Slot: BitwiseCopyable {
    var last = Int64.min
    /// Entries in order of first sight, room for 2^`size`, and their numbers by hash with linear probing.
    var entries: UInt32 = 0
    var index: UInt32 = 0
    var count: UInt32 = 0
    var size: UInt32 = 0
    /// The directory of sketches; 0 while exact.
    var sketches: UInt32 = 0
    var unused: UInt32 = 0
  }

  private let within: Int64
  private let cap: Int
  /// Entries that may stand there, old ones included: a fifth more, so that clearing them out is O(1) amortised.
  private let room: Int
  private let clock: BucketClock
  private let pool = BlockPool()
  private var slots: UnsafeMutablePointer<Slot>
  /// Slots that were cleared once, so that what lies in them is theirs.
  private var opened = 0
  let slotBytes = MemoryLayout<Slot>.stride
  private(set) var heldBytes = 0

  init(within: Int64, cap: Int) {
    self.within = within
    self.cap = cap
    room = cap + cap / 4 + 1
    clock = BucketClock(within: within, offset: 0, buckets: DistinctWindow.steps)
    slots = RawStorage.allocate(count: 1)
  }

  deinit { RawStorage.free(slots) }

  func grow(to capacity: Int) { slots = RawStorage.resize(slots, to: capacity) }

  func clear(_ slot: Int) {
    if slot < opened { drop(slot) }
    while opened <= slot {
      slots[opened] = Slot()
      opened += 1
    }
    slots[slot] = Slot()
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    slots[slot].last == .min || now - slots[slot].last >= within + clock.width
  }

  func lastUse(_ slot: Int) -> Int64 { slots[slot].last }

  /// Notes `value` at `time`. O(1) amortised.
  func add(_ cell: stella_value, slot: Int, at time: Int64) {
    guard cell.kind != STELLA_MISSING, let hash = DistinctWindow.hash(cell) else { return }
    let held = slots + slot
    if held.pointee.sketches != 0, clock.bucket(time) - clock.bucket(held.pointee.last) >= Int64(DistinctWindow.steps) {
      drop(slot)
    }
    held.pointee.last = max(held.pointee.last, time)
    if held.pointee.sketches != 0 {
      note(hash, at: time, slot)
      return
    }
    if held.pointee.entries == 0 { move(slot, to: 2) }
    var place = find(hash, slot)
    if let entry = entry(at: place, slot) {
      let word = pool.words + entry + 1
      word.pointee = UInt64(bitPattern: max(Int64(bitPattern: word.pointee), time))
      return
    }
    if Int(held.pointee.count) >= min(room, 1 << Int(held.pointee.size)) {
      let live = entries(of: slot).reduce(0) { $0 + (isOld($1, at: held.pointee.last) ? 0 : 1) }
      if live >= cap {
        sketch(slot)
        note(hash, at: time, slot)
        return
      }
      prune(slot, to: DistinctWindow.log2(of: max(4, min(room, live + live / 2 + 1))))
      place = find(hash, slot)
    }
    append(hash, time, cell, slot, place)
  }

  /// Different values in the window at `now`. O(values) while exact, else O(registers).
  func count(_ slot: Int, at now: Int64) -> Int {
    if slots[slot].sketches != 0 { return estimate(slot, at: now) }
    return entries(of: slot).reduce(0) { $0 + (isIn($1, at: now) ? 1 : 0) }
  }

  /// The values in the window at `now` that are known exactly, oldest first, at most 100.
  func values(_ slot: Int, at now: Int64) -> [FieldValue] {
    var found: [FieldValue] = []
    for entry in entries(of: slot) where found.count < DistinctWindow.listLimit && isIn(entry, at: now) {
      found.append(value(entry))
    }
    return found
  }

  // MARK: - Exact

  /// The words at which the entries of a slot begin.
  private func entries(of slot: Int) -> StrideTo<Int> {
    let first = Int(slots[slot].entries)
    return stride(
      from: first, to: first + Int(slots[slot].count) * DistinctWindow.entryWords, by: DistinctWindow.entryWords)
  }

  private func time(_ entry: Int) -> Int64 { Int64(bitPattern: pool.words[entry + 1]) }

  private func isOld(_ entry: Int, at now: Int64) -> Bool { time(entry) <= now - within }

  private func isIn(_ entry: Int, at now: Int64) -> Bool { time(entry) <= now && time(entry) > now - within }

  private func number(at place: Int, _ slot: Int) -> Int {
    let word = pool.words[Int(slots[slot].index) + place >> 1]
    return Int(place & 1 == 0 ? word & 0xFFFF_FFFF : word >> 32)
  }

  /// The entry that a place of the index names; nil for none.
  private func entry(at place: Int, _ slot: Int) -> Int? {
    let number = number(at: place, slot)
    guard number > 0, number <= Int(slots[slot].count) else { return nil }
    return Int(slots[slot].entries) + (number - 1) * DistinctWindow.entryWords
  }

  private func set(_ place: Int, to number: Int, _ slot: Int) {
    let word = pool.words + Int(slots[slot].index) + place >> 1
    word.pointee =
      place & 1 == 0
      ? word.pointee & ~0xFFFF_FFFF | UInt64(number) : word.pointee & 0xFFFF_FFFF | UInt64(number) << 32
  }

  /// The place of the index where a hash stands, or that is free for it.
  private func find(_ hash: UInt64, _ slot: Int) -> Int {
    let mask = (2 << Int(slots[slot].size)) - 1
    var place = Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    // At least half of it is free; the bound is for an index that was restored.
    var steps = 0
    while steps < mask, let entry = entry(at: place, slot), pool.words[entry] != hash {
      place = (place + 1) & mask
      steps += 1
    }
    return place
  }

  /// Gives the slot empty blocks for 2^`size` entries.
  private func move(_ slot: Int, to size: Int) {
    slots[slot].entries = pool.allocate(size + 2)
    slots[slot].index = pool.allocate(size)
    slots[slot].size = UInt32(size)
    slots[slot].count = 0
    heldBytes += 40 << size
  }

  private func release(_ slot: Slot) {
    if slot.entries == 0 { return }
    pool.release(slot.entries, Int(slot.size) + 2)
    pool.release(slot.index, Int(slot.size))
    heldBytes -= 40 << Int(slot.size)
  }

  private func append(_ hash: UInt64, _ time: Int64, _ cell: stella_value, _ slot: Int, _ place: Int) {
    var payload = UInt64(bitPattern: cell.i)
    var length = 0
    if cell.kind >= STELLA_STRING, let text = cell.p {
      length = min(Int(cell.length), DistinctWindow.textLimit)
      // Not in the middle of a character.
      if length < cell.length { while length > 0, text[length] & 0xC0 == 0x80 { length -= 1 } }
      let size = DistinctWindow.textSize(length)
      let block = pool.allocate(size)
      UnsafeMutableRawPointer(pool.words + Int(block)).copyMemory(from: text, byteCount: length)
      heldBytes += 8 << size
      payload = UInt64(block)
    }
    slots[slot].count += 1
    let entry = pool.words + Int(slots[slot].entries) + (Int(slots[slot].count) - 1) * DistinctWindow.entryWords
    entry[0] = hash
    entry[1] = UInt64(bitPattern: time)
    entry[2] = payload
    entry[3] = UInt64(cell.kind) | UInt64(length) << 8
    set(place, to: Int(slots[slot].count), slot)
  }

  private func prune(_ slot: Int, to size: Int) {
    let old = slots[slot]
    let before = entries(of: slot)
    move(slot, to: size)
    for entry in before {
      if isOld(entry, at: old.last) {
        dropText(entry)
        continue
      }
      let place = find(pool.words[entry], slot)
      let target = Int(slots[slot].entries) + Int(slots[slot].count) * DistinctWindow.entryWords
      for word in 0..<DistinctWindow.entryWords { pool.words[target + word] = pool.words[entry + word] }
      slots[slot].count += 1
      set(place, to: Int(slots[slot].count), slot)
    }
    release(old)
  }

  private static func textSize(_ length: Int) -> Int { log2(of: max(1, (length + 7) / 8)) }

  /// The least n with 2ⁿ ≥ `number`.
  private static func log2(of number: Int) -> Int { number <= 1 ? 0 : Int.bitWidth - (number - 1).leadingZeroBitCount }

  /// The text of an entry: its block and its length.
  private func text(_ entry: Int) -> (block: UInt32, length: Int)? {
    let meta = pool.words[entry + 3]
    let length = min(Int(meta >> 8 & 0xFF), DistinctWindow.textLimit)
    guard meta & 0xFF >= UInt64(STELLA_STRING), let block = UInt32(exactly: pool.words[entry + 2]),
      pool.holds(block, DistinctWindow.textSize(length))
    else { return nil }
    return (block, length)
  }

  private func dropText(_ entry: Int) {
    guard let (block, length) = text(entry) else { return }
    pool.release(block, DistinctWindow.textSize(length))
    heldBytes -= 8 << DistinctWindow.textSize(length)
  }

  private func value(_ entry: Int) -> FieldValue {
    if let (block, length) = text(entry) {
      let bytes = UnsafeRawBufferPointer(start: pool.words + Int(block), count: length)
      return .string(String(decoding: bytes, as: UTF8.self))
    }
    switch Int(pool.words[entry + 3] & 0xFF) {
    case STELLA_BOOL: return .bool(pool.words[entry + 2] != 0)
    case STELLA_INT: return .integer(Int64(bitPattern: pool.words[entry + 2]))
    case STELLA_DOUBLE: return .double(Double(bitPattern: pool.words[entry + 2]))
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT: return .string("")
    default: return .null
    }
  }

  /// Frees everything that the slot holds.
  private func drop(_ slot: Int) {
    for entry in entries(of: slot) { dropText(entry) }
    release(slots[slot])
    if slots[slot].sketches != 0 {
      for step in 0..<DistinctWindow.steps {
        let block = UInt32(truncatingIfNeeded: pool.words[Int(slots[slot].sketches) + 2 * step + 1])
        if block == 0 { continue }
        pool.release(block, DistinctWindow.registerSize)
        heldBytes -= 8 << DistinctWindow.registerSize
      }
      pool.release(slots[slot].sketches, DistinctWindow.directorySize)
      heldBytes -= 8 << DistinctWindow.directorySize
    }
    slots[slot] = Slot(last: slots[slot].last)
  }

  // MARK: - Over the cap

  private func sketch(_ slot: Int) {
    let old = slots[slot]
    let before = entries(of: slot)
    slots[slot] = Slot(last: old.last, sketches: pool.allocate(DistinctWindow.directorySize))
    heldBytes += 8 << DistinctWindow.directorySize
    for entry in before {
      note(pool.words[entry], at: time(entry), slot)
      dropText(entry)
    }
    release(old)
  }

  private func note(_ hash: UInt64, at time: Int64, _ slot: Int) {
    let bucket = clock.bucket(time)
    if bucket <= clock.bucket(slots[slot].last) - Int64(DistinctWindow.steps) { return }
    let remainder = Int(bucket % Int64(DistinctWindow.steps))
    let place = Int(slots[slot].sketches) + 2 * (remainder < 0 ? remainder + DistinctWindow.steps : remainder)
    if pool.words[place + 1] == 0 {
      let block = pool.allocate(DistinctWindow.registerSize)
      pool.words[place + 1] = UInt64(block)
      heldBytes += 8 << DistinctWindow.registerSize
    } else if pool.words[place] != UInt64(bitPattern: bucket) {
      (pool.words + Int(pool.words[place + 1])).update(repeating: 0, count: 1 << DistinctWindow.registerSize)
    }
    pool.words[place] = UInt64(bitPattern: bucket)
    let register = Int(hash & UInt64(DistinctWindow.registers - 1))
    let rank = UInt8((hash >> 10 | 1 << 54).trailingZeroBitCount + 1)
    let byte = UnsafeMutableRawPointer(pool.words + Int(pool.words[place + 1])) + register
    if byte.load(as: UInt8.self) < rank { byte.storeBytes(of: rank, as: UInt8.self) }
  }

  private func estimate(_ slot: Int, at now: Int64) -> Int {
    let newest = clock.bucket(now)
    let directory = pool.words + Int(slots[slot].sketches)
    let live = (0..<DistinctWindow.steps).compactMap { step -> UnsafeRawPointer? in
      let bucket = Int64(bitPattern: directory[2 * step])
      guard directory[2 * step + 1] != 0, bucket <= newest, bucket > newest - Int64(DistinctWindow.steps) else {
        return nil
      }
      return UnsafeRawPointer(pool.words + Int(directory[2 * step + 1]))
    }
    let m = Double(DistinctWindow.registers)
    var sum = 0.0
    var zeros = 0
    for register in 0..<DistinctWindow.registers {
      var rank: UInt8 = 0
      for registers in live { rank = max(rank, registers.load(fromByteOffset: register, as: UInt8.self)) }
      if rank == 0 { zeros += 1 }
      sum += 1 / Double(UInt64(1) << UInt64(rank))
    }
    let raw = 0.7213 / (1 + 1.079 / m) * m * m / sum
    if raw <= 2.5 * m && zeros > 0 { return Int((m * log(m / Double(zeros))).rounded()) }
    return Int(raw.rounded())
  }

  // MARK: - Checkpoints

  func save(to writer: StateWriter, slots count: Int) {
    writer.write(column: slots, count: count)
    writer.write(heldBytes)
    pool.save(to: writer)
  }

  func restore(from reader: inout StateReader, slots count: Int) throws(StateError) {
    opened = max(opened, count)
    do throws(StateError) {
      try reader.read(into: slots, count: count)
      let held = try reader.number(in: 0...Int(Int32.max) * 1024)
      try pool.restore(from: &reader)
      for slot in 0..<count { try check(slots[slot]) }
      heldBytes = held
    } catch {
      slots.update(repeating: Slot(), count: count)
      throw error
    }
  }

  private func check(_ slot: Slot) throws(StateError) {
    if slot.last != .min && !StateReader.times.contains(slot.last) { throw StateReader.impossible }
    var isSound = true
    if slot.entries != 0 || slot.index != 0 || slot.count != 0 {
      isSound =
        (2...24).contains(slot.size) && slot.count <= 1 << slot.size && pool.holds(slot.entries, Int(slot.size) + 2)
        && pool.holds(slot.index, Int(slot.size))
    }
    if slot.sketches != 0, isSound {
      isSound = slot.last != .min && pool.holds(slot.sketches, DistinctWindow.directorySize)
      for step in 0..<DistinctWindow.steps where isSound {
        let block = pool.words[Int(slot.sketches) + 2 * step + 1]
        isSound = block == 0 || UInt32(exactly: block).map { pool.holds($0, DistinctWindow.registerSize) } == true
      }
    }
    if !isSound { throw StateError(message: "different values lie nowhere") }
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
}

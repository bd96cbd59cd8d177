import CStellaValue

/// `first_seen`: the values that a key has had, each remembered for `within` after it was seen last.
///
/// Up to `cap` values lie in a hash table of their 64-bit hashes with the time of the last sight. Over it they go to four
/// Bloom filters (B. H. Bloom, CACM 13(7), 1970), each for a third of `within`, with the two-hash scheme of A. Kirsch and
/// M. Mitzenmacher (2006), until the key was silent for `within`. The clock is the latest time that the key has seen.
final class FirstSeenState: Primitive {
  private static let filters: Int64 = 4
  private static let hashes: UInt64 = 8

  private struct Slot: BitwiseCopyable {
    /// Time of the first value; `Int64.min` when empty.
    var began = Int64.min
    /// The latest time seen.
    var last = Int64.min
    /// Where the table or the filters lie in the pool; 0 without any.
    var block: UInt32 = 0
    /// Entries of the table, those that are too old included.
    var count: UInt32 = 0
    /// The block has 2^`size` words.
    var size: UInt32 = 0
    /// 1 when the block holds filters.
    var isFilter: UInt32 = 0
  }

  private let within: Int64
  private let learn: Int64
  private let cap: Int
  /// Entries that may stand in a table, old ones included: a fifth more, so that clearing them out is O(1) amortised.
  private let room: Int
  private let clock: BucketClock
  /// The block of four filters has 2^this words.
  private let filterSize: Int
  /// After such a silence a key is as good as new, and learns again.
  private let memory: Int64
  private let pool = BlockPool()
  private var slots: UnsafeMutablePointer<Slot>
  let slotBytes = MemoryLayout<Slot>.stride
  private(set) var heldBytes = 0

  init(within: Int64, learn: Int64, cap: Int) {
    self.within = within
    self.learn = learn
    self.cap = cap
    room = cap + cap / 4 + 1
    clock = BucketClock(within: within, offset: 0, buckets: 3)
    memory = max(within + clock.width, learn)
    // 16 bits for each of 8 × cap values are 2 × cap words a filter.
    filterSize = FirstSeenState.log2(of: 8 * cap)
    slots = RawStorage.allocate(count: 1)
  }

  deinit { RawStorage.free(slots) }

  /// The least n with 2ⁿ ≥ `number`.
  private static func log2(of number: Int) -> Int { number <= 1 ? 0 : Int.bitWidth - (number - 1).leadingZeroBitCount }

  func grow(to capacity: Int) { slots = RawStorage.resize(slots, to: capacity) }

  func clear(_ slot: Int) {
    // A slot that was never used has no block; one that was is cleared before it is given away again.
    if slot < opened { drop(slot) }
    while opened <= slot {
      slots[opened] = Slot()
      opened += 1
    }
    slots[slot] = Slot()
  }

  /// Slots that hold something, be it that they are empty.
  private var opened = 0

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    slots[slot].last == .min || now - slots[slot].last >= memory
  }

  func lastUse(_ slot: Int) -> Int64 { slots[slot].last }

  /// Whether everything that is new is reported.
  func isReady(_ slot: Int, at now: Int64) -> Bool { slots[slot].began != .min && now - slots[slot].began >= learn }

  /// Remembers a value; whether it is new. O(1) amortised.
  func add(_ cell: stella_value, slot: Int, at time: Int64) -> Bool {
    guard cell.kind != STELLA_MISSING, let found = CellHash.of(cell) else { return false }
    let hash = Swift.max(found, 1)
    if slots[slot].last != .min, time - slots[slot].last >= memory { clear(slot) }
    if slots[slot].began == .min { slots[slot].began = time }
    let before = slots[slot].last
    let now = Swift.max(before, time)
    slots[slot].last = now
    if slots[slot].isFilter != 0, now - before >= within + clock.width { drop(slot) }
    let isNew =
      slots[slot].isFilter != 0 ? noteInFilter(hash, slot, since: before, at: now) : noteInTable(hash, slot, time, now)
    return isNew && isReady(slot, at: now)
  }

  // MARK: - Exact

  /// Pairs of a hash, 0 for none, and a time, by open addressing with linear probing.
  private func noteInTable(_ hash: UInt64, _ slot: Int, _ time: Int64, _ now: Int64) -> Bool {
    if slots[slot].block == 0 { move(slot, to: 3) }
    var position = find(hash, slot)
    let table = pool.words + Int(slots[slot].block)
    if table[2 * position] == hash {
      let seen = Int64(bitPattern: table[2 * position + 1])
      table[2 * position + 1] = UInt64(bitPattern: Swift.max(seen, time))
      return seen <= now - within
    }
    let entries = 1 << (Int(slots[slot].size) - 1)
    let limit = min(room, entries - entries / 4)
    if Int(slots[slot].count) >= limit {
      let live = liveCount(slot, now)
      if live >= cap {
        filter(slot, at: now)
        _ = noteInFilter(hash, slot, since: now, at: now)
        return true
      }
      // Room for half as many again, at three quarters full.
      prune(slot, to: max(3, FirstSeenState.log2(of: min(room, live + live / 2 + 1) * 4 / 3 + 1) + 1), now)
      position = find(hash, slot)
    }
    let words = pool.words + Int(slots[slot].block)
    words[2 * position] = hash
    words[2 * position + 1] = UInt64(bitPattern: time)
    slots[slot].count += 1
    return true
  }

  /// Where a hash stands, or the place for it.
  private func find(_ hash: UInt64, _ slot: Int) -> Int {
    let table = pool.words + Int(slots[slot].block)
    let mask = (1 << (Int(slots[slot].size) - 1)) - 1
    var position = Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    // A table is never full; the bound is for one that was restored.
    var steps = 0
    while table[2 * position] != 0, table[2 * position] != hash, steps < mask {
      position = (position + 1) & mask
      steps += 1
    }
    return position
  }

  private func liveCount(_ slot: Int, _ now: Int64) -> Int {
    let table = pool.words + Int(slots[slot].block)
    var live = 0
    for entry in 0..<(1 << (Int(slots[slot].size) - 1)) {
      if table[2 * entry] != 0, Int64(bitPattern: table[2 * entry + 1]) > now - within { live += 1 }
    }
    return live
  }

  /// Gives the slot an empty block.
  private func move(_ slot: Int, to size: Int) {
    slots[slot].block = pool.allocate(size)
    slots[slot].size = UInt32(size)
    slots[slot].count = 0
    heldBytes += 8 << size
  }

  private func drop(_ slot: Int) {
    guard slots[slot].block != 0 else { return }
    pool.release(slots[slot].block, Int(slots[slot].size))
    heldBytes -= 8 << Int(slots[slot].size)
    slots[slot].block = 0
    slots[slot].size = 0
    slots[slot].count = 0
    slots[slot].isFilter = 0
  }

  /// Moves what is not too old to a table of another size.
  private func prune(_ slot: Int, to size: Int, _ now: Int64) {
    let old = slots[slot]
    move(slot, to: size)
    let entries = 1 << (Int(old.size) - 1)
    for entry in 0..<entries {
      let word = Int(old.block) + 2 * entry
      guard pool.words[word] != 0, Int64(bitPattern: pool.words[word + 1]) > now - within else { continue }
      let target = Int(slots[slot].block) + 2 * find(pool.words[word], slot)
      pool.words[target] = pool.words[word]
      pool.words[target + 1] = pool.words[word + 1]
      slots[slot].count += 1
    }
    pool.release(old.block, Int(old.size))
    heldBytes -= 8 << Int(old.size)
  }

  // MARK: - Over the cap

  private func filter(_ slot: Int, at now: Int64) {
    let old = slots[slot]
    move(slot, to: filterSize)
    slots[slot].isFilter = 1
    let newest = clock.bucket(now)
    for entry in 0..<(1 << (Int(old.size) - 1)) {
      let hash = pool.words[Int(old.block) + 2 * entry]
      let time = Int64(bitPattern: pool.words[Int(old.block) + 2 * entry + 1])
      let step = clock.bucket(time)
      if hash != 0, step > newest - FirstSeenState.filters, step <= newest { set(hash, in: step, slot) }
    }
    pool.release(old.block, Int(old.size))
    heldBytes -= 8 << Int(old.size)
  }

  private var filterWords: Int { 1 << (filterSize - 2) }

  private func base(_ step: Int64, _ slot: Int) -> Int {
    let remainder = Int(step % FirstSeenState.filters)
    return Int(slots[slot].block) + (remainder < 0 ? remainder + Int(FirstSeenState.filters) : remainder) * filterWords
  }

  private func noteInFilter(_ hash: UInt64, _ slot: Int, since before: Int64, at now: Int64) -> Bool {
    let newest = clock.bucket(now)
    let known = clock.bucket(before)
    for step in Swift.max(known, newest - FirstSeenState.filters)..<newest {
      (pool.words + base(step + 1, slot)).update(repeating: 0, count: filterWords)
    }
    var isKnown = false
    for step in 0..<FirstSeenState.filters where !isKnown { isKnown = has(hash, in: newest - step, slot) }
    set(hash, in: newest, slot)
    return !isKnown
  }

  private func bit(_ number: UInt64, of hash: UInt64) -> Int {
    let second = (hash >> 32 | hash << 32) &* 0x9E37_79B9_7F4A_7C15 | 1
    return Int(truncatingIfNeeded: (hash &+ number &* second) >> 20) & (filterWords * 64 - 1)
  }

  private func has(_ hash: UInt64, in step: Int64, _ slot: Int) -> Bool {
    let filter = pool.words + base(step, slot)
    for number in 0..<FirstSeenState.hashes {
      let bit = bit(number, of: hash)
      if filter[bit >> 6] & (1 << UInt64(bit & 63)) == 0 { return false }
    }
    return true
  }

  private func set(_ hash: UInt64, in step: Int64, _ slot: Int) {
    let filter = pool.words + base(step, slot)
    for number in 0..<FirstSeenState.hashes {
      let bit = bit(number, of: hash)
      filter[bit >> 6] |= 1 << UInt64(bit & 63)
    }
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
      for slot in 0..<count { try check(slots[slot]) }
    } catch {
      for slot in 0..<count { slots[slot] = Slot() }
      throw error
    }
    heldBytes = 0
    for slot in 0..<count where slots[slot].block != 0 { heldBytes += 8 << Int(slots[slot].size) }
  }

  private func check(_ slot: Slot) throws(StateError) {
    for time in [slot.began, slot.last] where time != .min && !StateReader.times.contains(time) {
      throw StateReader.impossible
    }
    if slot.block == 0 && slot.size == 0 && slot.isFilter == 0 { return }
    let size = Int(slot.size)
    let fits = slot.isFilter == 0 ? size >= 3 && size <= filterSize + 2 : size == filterSize
    guard slot.last != .min, fits, slot.isFilter <= 1, slot.count <= 1 << 20, pool.holds(slot.block, size) else {
      throw StateError(message: "remembered values lie nowhere")
    }
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0: call.answer(call.arguments.first.map { add($0, slot: slot, at: call.now) } ?? false)
    default: call.answer(isReady(slot, at: call.now))
    }
  }
}

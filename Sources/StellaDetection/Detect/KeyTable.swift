import CStellaValue

/// The live keys of one rule, each in a slot that stays the same for as long as the key lives.
///
/// When the table is full it first drops idle keys; only when at least three quarters are live does it grow, up to
/// `maximum`; there the stalest eighth is evicted and counted. All of it depends on the order of events alone.
/// About 8 bytes a key beside the detector's columns while the rule holds a good part of its dictionary's keys, else 18.
final class KeyTable {
  @exclusivity(unchecked) private(set) var capacity = 0
  @exclusivity(unchecked) private(set) var count = 0
  /// One past the highest slot in use.
  @exclusivity(unchecked) private(set) var end = 0
  private(set) var evictions = 0
  /// Slot → key number, `KeyDictionary.none` when free.
  @exclusivity(unchecked) private(set) var keys: UnsafeMutablePointer<UInt32>
  /// A key's number beside its slot, so that a lookup reads one cache line.
  private struct Entry {
    var key: UInt32
    /// Slot + 1; 0 is empty.
    var slot: UInt32
  }

  /// Where a key's slot is found.
  private enum Lookup {
    /// Open addressing with linear probing: for few keys of a large dictionary.
    case hashed
    /// Slot + 1 by number: for most of the keys of a dictionary.
    case direct
  }

  @exclusivity(unchecked) private var lookup = Lookup.hashed
  @exclusivity(unchecked) private var index: UnsafeMutablePointer<Entry>
  @exclusivity(unchecked) private var mask = 0
  @exclusivity(unchecked) private var shift: UInt32 = 32
  @exclusivity(unchecked) private var direct: UnsafeMutablePointer<UInt32>
  private var directCount = 0
  private let free = NumberStack()
  private let maximum: Int
  private let dictionary: KeyDictionary
  /// The detector that this table is a part of; it lives as long as the table is used.
  private unowned(unsafe) var owner: Detector?

  init(dictionary: KeyDictionary, maximum: Int) {
    self.dictionary = dictionary
    self.maximum = maximum
    keys = RawStorage.allocate(count: 0)
    direct = RawStorage.allocate(count: 0)
    index = RawStorage.allocate(count: 1)
    index.initialize(to: Entry(key: 0, slot: 0))
  }

  deinit {
    // The dictionary is shared with other rules and outlives this one when a rule is replaced.
    for slot in 0..<end where keys[slot] != KeyDictionary.none { dictionary.release(keys[slot]) }
    RawStorage.free(keys)
    RawStorage.free(direct)
    RawStorage.free(index)
  }

  /// Makes `detector` the one whose columns follow the slots.
  func serve(_ detector: Detector) { owner = detector }

  @inline(__always)
  private func home(_ number: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(number) &* 0x9E37_79B1) & 0xFFFF_FFFF) >> Int(shift)
  }

  /// The slot of a key, or nil. O(1).
  @inline(__always)
  func find(_ number: UInt32) -> Int? {
    if lookup == .direct {
      guard Int(number) < directCount else { return nil }
      let slot = direct[Int(number)]
      return slot == 0 ? nil : Int(slot) - 1
    }
    return findHashed(number)
  }

  private func findHashed(_ number: UInt32) -> Int? {
    if count == 0 { return nil }
    var position = home(number)
    while true {
      let entry = index[position]
      if entry.slot == 0 { return nil }
      if entry.key == number { return Int(entry.slot) - 1 }
      position = (position + 1) & mask
    }
  }

  /// Loads what ``find(_:)`` will read of a key into the cache.
  @inline(__always)
  func prefetch(_ number: UInt32) {
    if lookup == .direct {
      if Int(number) < directCount { stella_prefetch(direct + Int(number)) }
    } else {
      stella_prefetch(index + home(number))
    }
  }

  /// The slot of a key, new if need be; nil when the table is full of keys that must stay. O(1) amortised.
  @inline(__always)
  func slot(_ number: UInt32, at now: Int64) -> Int? {
    if let slot = find(number) { return slot }
    return insert(number, at: now)
  }

  private func insert(_ number: UInt32, at now: Int64) -> Int? {
    if count >= room { makeRoom(at: now) }
    guard count < room else {
      evictions += 1
      owner?.noteRefused(number, at: now)
      return nil
    }
    let slot: Int
    if let reused = free.pop() {
      slot = Int(reused)
    } else {
      slot = end
      end += 1
    }
    keys[slot] = number
    dictionary.retain(number)
    count += 1
    place(slot)
    owner?.open(slot)
    return slot
  }

  /// Keys that fit without growing. A restored table may have more slots than a new limit allows.
  private var room: Int { min(capacity, maximum) }

  /// Drops the key of `slot`. O(1).
  func remove(_ slot: Int) {
    owner?.close(slot)
    let number = keys[slot]
    forget(number)
    keys[slot] = KeyDictionary.none
    free.push(UInt32(slot))
    count -= 1
    dictionary.release(number)
  }

  /// Evicts the stalest eighth of the keys, at least one, that need not stay; returns how many went. O(keys).
  @discardableResult
  func evictStalest(at now: Int64) -> Int {
    guard let owner else { return 0 }
    var candidates: [(use: Int64, slot: Int)] = []
    candidates.reserveCapacity(count)
    for slot in 0..<end where keys[slot] != KeyDictionary.none && !owner.isPinned(slot) {
      candidates.append((owner.lastUse(slot), slot))
    }
    candidates.sort { ($0.use, $0.slot) < ($1.use, $1.slot) }
    let evicted = candidates.prefix(max(1, count / 8))
    if let stalest = evicted.first { owner.noteEvicted(evicted.count, stalest: keys[stalest.slot], at: now) }
    for (_, slot) in evicted { remove(slot) }
    evictions += evicted.count
    return evicted.count
  }

  private func makeRoom(at now: Int64) {
    let removed = removeIdle(at: now)
    if removed > 0 && removed * 4 >= room { return }
    if capacity < maximum {
      grow(to: min(maximum, max(8, capacity * 2)))
    } else if removed * 8 < room {
      // Also when a few slots became free: else every insertion would pay for a whole pass.
      evictStalest(at: now)
    }
  }

  /// Drops all idle keys in one pass and builds the index anew, which costs less than taking many keys out of it.
  private func removeIdle(at now: Int64) -> Int {
    guard let owner else { return 0 }
    let before = count
    for slot in 0..<end where keys[slot] != KeyDictionary.none {
      guard owner.isIdle(slot, at: now), !owner.isPinned(slot) else { continue }
      owner.close(slot)
      dictionary.release(keys[slot])
      keys[slot] = KeyDictionary.none
      free.push(UInt32(slot))
      count -= 1
    }
    if count < before { rebuild() }
    return before - count
  }

  private func grow(to newCapacity: Int) {
    // Slots from `end` on are never read: their memory is not touched before it is needed.
    keys = RawStorage.resize(keys, to: newCapacity)
    capacity = newCapacity
    // Eight bytes an entry of the index, four a number of the dictionary.
    let isDirect = newCapacity * 4 >= dictionary.numberLimit
    if lookup == .hashed || !isDirect {
      look(isDirect ? .direct : .hashed)
      rebuild()
    }
    owner?.grow(to: newCapacity)
  }

  /// Numbers that the direct lookup may span for each slot.
  private static let directLimit = 16

  /// Starts another lookup, empty.
  private func look(_ lookup: Lookup) {
    self.lookup = lookup
    var size = 1
    if lookup == .hashed {
      size = 16
      while size * 3 < capacity * 4 { size *= 2 }
    }
    mask = size - 1
    shift = 32 - UInt32(size.trailingZeroBitCount)
    index = RawStorage.resize(index, to: size)
    directCount = 0
    direct = RawStorage.resize(direct, to: 0)
  }

  /// Enters all keys into an emptied index.
  private func rebuild() {
    if lookup == .direct {
      direct.update(repeating: 0, count: directCount)
    } else {
      index.update(repeating: Entry(key: 0, slot: 0), count: mask + 1)
    }
    for slot in 0..<end where keys[slot] != KeyDictionary.none { place(slot) }
  }

  private func place(_ slot: Int) {
    let number = Int(keys[slot])
    if lookup == .direct {
      if number < directCount || number < capacity * KeyTable.directLimit {
        if number >= directCount { extendDirect(to: number + 1) }
        direct[number] = UInt32(slot + 1)
        return
      }
      // Other rules have filled the dictionary with keys that this one does not hold.
      look(.hashed)
      rebuild()
      return
    }
    var position = home(keys[slot])
    while index[position].slot != 0 { position = (position + 1) & mask }
    index[position] = Entry(key: keys[slot], slot: UInt32(slot + 1))
  }

  private func extendDirect(to needed: Int) {
    let count = max(needed, directCount + directCount / 8, 64)
    direct = RawStorage.resize(direct, to: count)
    (direct + directCount).update(repeating: 0, count: count - directCount)
    directCount = count
  }

  /// Takes a key out of the index.
  private func forget(_ number: UInt32) {
    if lookup == .direct {
      direct[Int(number)] = 0
      return
    }
    var hole = home(number)
    while index[hole].key != number || index[hole].slot == 0 { hole = (hole + 1) & mask }
    // Backward shift keeps probe sequences whole without tombstones.
    var probe = (hole + 1) & mask
    while index[probe].slot != 0 {
      let wanted = home(index[probe].key)
      if (probe - wanted) & mask >= (probe - hole) & mask {
        index[hole] = index[probe]
        hole = probe
      }
      probe = (probe + 1) & mask
    }
    index[hole].slot = 0
  }

  // MARK: - Saved state

  func save(to writer: StateWriter) {
    writer.write(capacity)
    writer.write(column: keys, count: end)
    free.save(to: writer)
  }

  /// Takes over saved keys, each in the slot it had, and has the owner grow its columns; the table must be empty. The
  /// owner opens none of the slots: it restores what they held.
  ///
  /// - Throws: when the state makes no sense; the table is then of no use.
  func restore(from reader: inout StateReader, keys saved: SavedKeys) throws(StateError) {
    let capacity = try reader.number(in: 0...KeyTable.slotLimit)
    let numbers = try reader.column(of: UInt32.self)
    guard numbers.count <= capacity else { throw StateError(message: "more keys than slots") }
    if capacity > self.capacity { grow(to: capacity) }
    for (slot, number) in numbers.enumerated() {
      guard number != KeyDictionary.none else {
        keys[slot] = number
        end = slot + 1
        continue
      }
      let known = dictionary.number(of: try saved.key(number))
      dictionary.retain(known)
      keys[slot] = known
      end = slot + 1
      count += 1
    }
    try free.restore(from: &reader)
    guard free.count == end - count else { throw StateError(message: "the free slots don't add up") }
    var isFree = [Bool](repeating: false, count: end)
    for position in 0..<free.count {
      let slot = Int(free[position])
      guard slot < end, keys[slot] == KeyDictionary.none, !isFree[slot] else {
        throw StateError(message: "slot \(slot) is not free")
      }
      isFree[slot] = true
    }
    rebuild()
    for slot in 0..<end where keys[slot] != KeyDictionary.none && find(keys[slot]) != slot {
      throw StateError(message: "a key has two slots")
    }
  }

  /// Drops all keys, also when the table was restored in part only.
  func removeAll() {
    for slot in 0..<end where keys[slot] != KeyDictionary.none {
      owner?.close(slot)
      dictionary.release(keys[slot])
    }
    free.removeAll()
    count = 0
    end = 0
    rebuild()
  }

  /// More slots than any rule may have.
  private static let slotLimit = 1 << 26
}

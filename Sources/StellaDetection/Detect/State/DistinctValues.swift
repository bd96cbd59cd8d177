import CStellaValue
import StellaModel

/// The different values of a key with the time each was seen last, in a ``BlockPool``.
///
/// Values stand in order of first sight and are chained by time of last sight, so that those which have left the window are
/// at one end. More than eight are found by a hash table with linear probing. 32 bytes a value, and its text when that is
/// over 8 bytes.
final class DistinctValues {
  private struct Value: BitwiseCopyable {
    var hash: UInt64
    var time: Int64
    /// A number, a text of at most 8 bytes, or where the text lies.
    var payload: UInt64
    /// From the lowest bit: 20 bits each for the neighbours in the chain, 4 for the kind, 8 for the text's length.
    var links: UInt64

    private static let mask: UInt64 = 0xF_FFFF

    var before: UInt32 {
      get { UInt32(links & Value.mask) }
      set { links = links & ~Value.mask | UInt64(newValue) }
    }
    var after: UInt32 {
      get { UInt32(links >> 20 & Value.mask) }
      set { links = links & ~(Value.mask << 20) | UInt64(newValue) << 20 }
    }
    var kind: Int { Int(links >> 40 & 0xF) }
    var length: Int { Int(links >> 44 & 0xFF) }

    static func about(kind: Int, length: Int) -> UInt64 { UInt64(kind) << 40 | UInt64(length) << 44 }
  }

  private static let textLimit = 128
  private static let listLimit = 100
  /// 2^this values are found by looking at each.
  private static let scanned = 3
  private static let wordsOfValue = 2

  private let pool: BlockPool
  private let within: Int64
  private let cap: Int
  /// Values that may stand in a block: a quarter more, so that clearing out those that have left is O(1) amortised.
  private let room: Int
  private(set) var heldBytes = 0

  init(pool: BlockPool, within: Int64, cap: Int) {
    self.pool = pool
    self.within = within
    self.cap = cap
    room = cap + cap / 4 + 1
  }

  @inline(__always)
  private func values(_ block: UInt32) -> UnsafeMutablePointer<Value> {
    UnsafeMutableRawPointer(pool.words + Int(block)).assumingMemoryBound(to: Value.self)
  }

  @inline(__always)
  private func table(_ slot: DistinctSlot) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(pool.words + Int(slot.table)).assumingMemoryBound(to: UInt32.self)
  }

  /// Notes a value; false when there is no room for another one that is still in the window at `last`. O(1) amortised.
  func add(_ cell: stella_value, _ hash: UInt64, at time: Int64, last: Int64, to slot: inout DistinctSlot) -> Bool {
    if let known = find(hash, slot) {
      if time > values(slot.block)[Int(known)].time {
        unchain(known, &slot)
        values(slot.block)[Int(known)].time = time
        chain(known, &slot)
      }
      return true
    }
    if Int(slot.count) >= cap {
      look(&slot, at: last)
      if Int(slot.count - slot.left) >= cap { return false }
    }
    if slot.block == 0 {
      move(&slot, to: 0)
    } else if Int(slot.count) == room || Int(slot.count) == 1 << Int(slot.size) {
      // While there is room for more, an event that is late by little still finds the window that it looks at.
      look(&slot, at: Int(slot.count) == room ? last : last - within / 8)
      let isMostlyLive = Int(slot.left) * 4 < Int(slot.count)
      move(&slot, to: isMostlyLive && 1 << Int(slot.size) < room ? Int(slot.size) + 1 : Int(slot.size))
    }
    let place = slot.count
    slot.count += 1
    let (payload, about) = hold(cell)
    values(slot.block)[Int(place)] = Value(hash: hash, time: time, payload: payload, links: about)
    if slot.table != 0 { enter(place, slot) }
    chain(place, &slot)
    return true
  }

  // MARK: - Finding

  private func find(_ hash: UInt64, _ slot: DistinctSlot) -> UInt32? {
    if slot.count == 0 { return nil }
    let values = values(slot.block)
    if slot.table == 0 {
      for place in 0..<slot.count where values[Int(place)].hash == hash { return place }
      return nil
    }
    let table = table(slot)
    let mask = 2 << Int(slot.size) - 1
    var position = home(hash) & mask
    while table[position] != 0 {
      if values[Int(table[position]) - 1].hash == hash { return table[position] - 1 }
      position = (position + 1) & mask
    }
    return nil
  }

  @inline(__always)
  private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 32) }

  private func enter(_ place: UInt32, _ slot: DistinctSlot) {
    let table = table(slot)
    let mask = 2 << Int(slot.size) - 1
    var position = home(values(slot.block)[Int(place)].hash) & mask
    while table[position] != 0 { position = (position + 1) & mask }
    table[position] = place + 1
  }

  // MARK: - The chain

  /// Puts a value where its time belongs, from the newest end on: events are late by little.
  private func chain(_ place: UInt32, _ slot: inout DistinctSlot) {
    let values = values(slot.block)
    let time = values[Int(place)].time
    var before = slot.newest
    while before != DistinctSlot.none, values[Int(before)].time > time { before = values[Int(before)].before }
    let after = before == DistinctSlot.none ? slot.oldest : values[Int(before)].after
    values[Int(place)].before = before
    values[Int(place)].after = after
    if before == DistinctSlot.none { slot.oldest = place } else { values[Int(before)].after = place }
    if after == DistinctSlot.none { slot.newest = place } else { values[Int(after)].before = place }
    if time <= slot.bound { slot.left += 1 } else if slot.live == after { slot.live = place }
  }

  private func unchain(_ place: UInt32, _ slot: inout DistinctSlot) {
    let values = values(slot.block)
    let value = values[Int(place)]
    if value.time <= slot.bound { slot.left -= 1 } else if slot.live == place { slot.live = value.after }
    if value.before == DistinctSlot.none {
      slot.oldest = value.after
    } else {
      values[Int(value.before)].after = value.after
    }
    if value.after == DistinctSlot.none {
      slot.newest = value.before
    } else {
      values[Int(value.after)].before = value.before
    }
  }

  /// Moves the bound to where the window at `now` begins. O(values that it passes).
  private func look(_ slot: inout DistinctSlot, at now: Int64) {
    let bound = now - within
    let values = values(slot.block)
    while slot.live != DistinctSlot.none, values[Int(slot.live)].time <= bound {
      slot.left += 1
      slot.live = values[Int(slot.live)].after
    }
    // An event out of order looks at an earlier window.
    while slot.left > 0 {
      let last = slot.live == DistinctSlot.none ? slot.newest : values[Int(slot.live)].before
      if values[Int(last)].time <= bound { break }
      slot.left -= 1
      slot.live = last
    }
    slot.bound = bound
  }

  /// Values in the window at `now`. O(1) amortised while time goes on.
  func count(_ slot: inout DistinctSlot, at now: Int64) -> Int {
    if slot.count == 0 { return 0 }
    look(&slot, at: now)
    let values = values(slot.block)
    var count = slot.count - slot.left
    var last = slot.newest
    while count > 0, values[Int(last)].time > now {
      count -= 1
      last = values[Int(last)].before
    }
    return Int(count)
  }

  /// Those in the window at `now` in order of first sight, at most 100.
  func values(_ slot: DistinctSlot, at now: Int64) -> [FieldValue] {
    let values = values(slot.block)
    var found: [FieldValue] = []
    for place in 0..<Int(slot.count) where now - values[place].time < within && values[place].time <= now {
      found.append(content(values[place]))
      if found.count == DistinctValues.listLimit { break }
    }
    return found
  }

  func forEach(_ slot: DistinctSlot, _ body: (UInt64, Int64) -> Void) {
    for place in 0..<Int(slot.count) {
      let value = values(slot.block)[place]
      body(value.hash, value.time)
    }
  }

  // MARK: - Memory

  /// Moves to a block with room for 2^`size` values, without those that have left the window.
  private func move(_ slot: inout DistinctSlot, to size: Int) {
    let old = slot
    slot.block = pool.allocate(size + DistinctValues.wordsOfValue)
    slot.size = UInt16(size)
    heldBytes += 8 << (size + DistinctValues.wordsOfValue)
    let target = values(slot.block)
    if old.block != 0 {
      let source = values(old.block)
      if old.left == 0 {
        target.update(from: source, count: Int(old.count))
      } else {
        compact(source, target, old, &slot)
      }
      pool.release(old.block, Int(old.size) + DistinctValues.wordsOfValue)
      heldBytes -= 8 << (Int(old.size) + DistinctValues.wordsOfValue)
    }
    if old.table != 0 {
      pool.release(old.table, Int(old.size))
      heldBytes -= 8 << Int(old.size)
      slot.table = 0
    }
    if size > DistinctValues.scanned {
      slot.table = pool.allocate(size)
      heldBytes += 8 << size
      for place in 0..<slot.count { enter(place, slot) }
    }
  }

  private func compact(
    _ source: UnsafeMutablePointer<Value>, _ target: UnsafeMutablePointer<Value>, _ old: DistinctSlot,
    _ slot: inout DistinctSlot
  ) {
    var kept: UInt32 = 0
    for place in 0..<Int(old.count) {
      if source[place].time > old.bound {
        target[Int(kept)] = source[place]
        // The old block is given up: it tells where each went.
        source[place].hash = UInt64(kept)
        kept += 1
      } else {
        drop(source[place])
      }
    }
    func moved(_ place: UInt32) -> UInt32 {
      place == DistinctSlot.none || source[Int(place)].time <= old.bound
        ? DistinctSlot.none : UInt32(source[Int(place)].hash)
    }
    for place in 0..<Int(kept) {
      target[place].before = moved(target[place].before)
      target[place].after = moved(target[place].after)
    }
    slot.count = kept
    slot.left = 0
    slot.oldest = moved(old.live)
    slot.live = slot.oldest
    slot.newest = moved(old.newest)
  }

  func clear(_ slot: inout DistinctSlot) {
    if slot.block != 0 {
      for place in 0..<Int(slot.count) { drop(values(slot.block)[place]) }
      pool.release(slot.block, Int(slot.size) + DistinctValues.wordsOfValue)
      heldBytes -= 8 << (Int(slot.size) + DistinctValues.wordsOfValue)
    }
    if slot.table != 0 {
      pool.release(slot.table, Int(slot.size))
      heldBytes -= 8 << Int(slot.size)
    }
    slot = DistinctSlot()
  }

  // MARK: - Contents

  private static func textSize(_ length: Int) -> Int { Int.bitWidth - ((length + 7) / 8 - 1).leadingZeroBitCount }

  /// The payload of a value, and its kind and length.
  private func hold(_ cell: stella_value) -> (UInt64, UInt64) {
    switch Int(cell.kind) {
    case STELLA_DOUBLE: return (cell.d.bitPattern, Value.about(kind: STELLA_DOUBLE, length: 0))
    case STELLA_BOOL, STELLA_INT: return (UInt64(bitPattern: cell.i), Value.about(kind: Int(cell.kind), length: 0))
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT: break
    default: return (0, Value.about(kind: STELLA_NULL, length: 0))
    }
    var length = Int(cell.length)
    guard length > 0, let text = cell.p else { return (0, Value.about(kind: STELLA_STRING, length: 0)) }
    if length > DistinctValues.textLimit {
      length = DistinctValues.textLimit
      // Not within a character of several bytes.
      while length > 0, text[length] & 0xC0 == 0x80 { length -= 1 }
    }
    let about = Value.about(kind: STELLA_STRING, length: length)
    if length <= 8 {
      var payload: UInt64 = 0
      withUnsafeMutableBytes(of: &payload) { $0.copyMemory(from: UnsafeRawBufferPointer(start: text, count: length)) }
      return (payload, about)
    }
    let block = pool.allocate(DistinctValues.textSize(length))
    heldBytes += 8 << DistinctValues.textSize(length)
    UnsafeMutableRawPointer(pool.words + Int(block)).copyMemory(from: text, byteCount: length)
    return (UInt64(block), about)
  }

  private func content(_ value: Value) -> FieldValue {
    switch value.kind {
    case STELLA_BOOL: return .bool(value.payload != 0)
    case STELLA_INT: return .integer(Int64(bitPattern: value.payload))
    case STELLA_DOUBLE: return .double(Double(bitPattern: value.payload))
    case STELLA_STRING:
      if value.length > 8 {
        let text = UnsafeRawBufferPointer(start: pool.words + Int(value.payload), count: value.length)
        return .string(String(decoding: text, as: UTF8.self))
      }
      return withUnsafeBytes(of: value.payload) { .string(String(decoding: $0.prefix(value.length), as: UTF8.self)) }
    default: return .null
    }
  }

  private func drop(_ value: Value) {
    if value.kind != STELLA_STRING || value.length <= 8 { return }
    pool.release(UInt32(truncatingIfNeeded: value.payload), DistinctValues.textSize(value.length))
    heldBytes -= 8 << DistinctValues.textSize(value.length)
  }

  // MARK: - Checkpoints

  private static let damaged = StateError(message: "different values make no sense")

  /// Claims and counts what a restored slot names, and enters its values into its table.
  func check(_ slot: DistinctSlot, _ claims: inout BlockClaims) throws(StateError) {
    if slot.block == 0 {
      guard slot == DistinctSlot() else { throw DistinctValues.damaged }
      return
    }
    let size = Int(slot.size)
    guard size < 20, 1 << size < 2 * room, slot.count <= min(room, 1 << size),
      (slot.table != 0) == (size > DistinctValues.scanned)
    else { throw DistinctValues.damaged }
    try claims.claim(slot.block, size + DistinctValues.wordsOfValue)
    heldBytes += 8 << (size + DistinctValues.wordsOfValue)
    for place in 0..<Int(slot.count) { try check(values(slot.block)[place], &claims) }
    if slot.table != 0 {
      try claims.claim(slot.table, size)
      heldBytes += 8 << size
      table(slot).update(repeating: 0, count: 2 << size)
      for place in 0..<slot.count { enter(place, slot) }
    }
    try checkChain(slot)
  }

  private func check(_ value: Value, _ claims: inout BlockClaims) throws(StateError) {
    guard StateReader.times.contains(value.time), value.length <= DistinctValues.textLimit,
      [STELLA_NULL, STELLA_BOOL, STELLA_INT, STELLA_DOUBLE, STELLA_STRING].contains(value.kind)
    else { throw DistinctValues.damaged }
    guard value.kind == STELLA_STRING, value.length > 8 else { return }
    guard let block = UInt32(exactly: value.payload) else { throw DistinctValues.damaged }
    try claims.claim(block, DistinctValues.textSize(value.length))
    heldBytes += 8 << DistinctValues.textSize(value.length)
  }

  private func checkChain(_ slot: DistinctSlot) throws(StateError) {
    let values = values(slot.block)
    var left: UInt32 = 0
    var live = DistinctSlot.none
    var before = DistinctSlot.none
    var place = slot.oldest
    for _ in 0..<slot.count {
      guard place < slot.count, values[Int(place)].before == before,
        before == DistinctSlot.none || values[Int(before)].time <= values[Int(place)].time
      else { throw DistinctValues.damaged }
      if values[Int(place)].time <= slot.bound { left += 1 } else if live == DistinctSlot.none { live = place }
      before = place
      place = values[Int(place)].after
    }
    guard place == DistinctSlot.none, before == slot.newest, left == slot.left, live == slot.live else {
      throw DistinctValues.damaged
    }
  }
}

import CStellaValue

/// The distinct keys that live detectors hold for one list of `by` fields, each under a small number.
///
/// Rules with the same `by` share one dictionary, so that a key's bytes are hashed and stored once however many rules
/// count by it. Numbers are reused and must never show in output. About 16 bytes a key beyond its own bytes.
package final class KeyDictionary {
  package static let none = UInt32.max

  /// Open addressing with linear probing. An entry is number + 1 in its low `numberBits` bits, and above them the top
  /// bits of the key's hash, so that a probe rarely has to look at the key. 0 is empty.
  @exclusivity(unchecked) private var index: UnsafeMutablePointer<UInt32>
  /// As many as a place in the index has, of which there are always more than keys.
  private var numberBits: UInt32 = 7
  @exclusivity(unchecked) private var mask: Int
  @exclusivity(unchecked) private var starts: UnsafeMutablePointer<UInt32>
  @exclusivity(unchecked) private var references: UnsafeMutablePointer<UInt32>
  @exclusivity(unchecked) private var capacity: Int
  @exclusivity(unchecked) private var used = 0
  private let free = NumberStack()
  /// Length-prefixed keys. Holes of removed keys are closed when they make up half of it.
  @exclusivity(unchecked) private var bytes: UnsafeMutablePointer<UInt8>
  private var bytesCapacity: Int
  private var bytesUsed = 0
  private var bytesLive = 0
  /// Keys that nobody held at some time since the last ``sweep()``, which removes those nobody holds by then. Until it,
  /// a number stays what it was: the batch in hand has noted it.
  private let loose = NumberStack()

  @exclusivity(unchecked) package private(set) var count = 0
  private let keyHash: KeyHash

  /// - Parameter seed: makes it hard to find keys that collide; nothing else depends on it.
  package init(seed: UInt64 = 0) {
    keyHash = KeyHash(seed: seed)
    capacity = 64
    mask = 127
    index = KeyDictionary.emptyIndex(128)
    starts = RawStorage.allocate(count: 64)
    references = RawStorage.allocate(count: 64)
    bytesCapacity = 4096
    bytes = RawStorage.allocate(count: 4096)
  }

  deinit {
    RawStorage.free(index)
    RawStorage.free(starts)
    RawStorage.free(references)
    RawStorage.free(bytes)
  }

  /// One past the highest number in use.
  var numberLimit: Int { used }

  private static func emptyIndex(_ size: Int) -> UnsafeMutablePointer<UInt32> {
    let index = RawStorage.allocate(UInt32.self, count: size)
    index.initialize(repeating: 0, count: size)
    return index
  }

  /// The number of `key`, new or known. A new key stays only when it is retained before the next ``sweep()``. O(1)
  /// amortised.
  package func number(of key: UnsafeBufferPointer<UInt8>) -> UInt32 { number(of: key, hash: hash(key)) }

  func number(of key: UnsafeBufferPointer<UInt8>, hash: UInt32) -> UInt32 {
    var position = Int(truncatingIfNeeded: hash) & mask
    let tag = hash >> numberBits
    let numberMask = (UInt32(1) << numberBits) - 1
    while true {
      let entry = index[position]
      if entry == 0 { break }
      if entry >> numberBits == tag {
        let number = (entry & numberMask) - 1
        if isEqual(Int(number), key) { return number }
      }
      position = (position + 1) & mask
    }
    return insert(key, hash: hash)
  }

  // MARK: - Prefetching

  // Finding a key reads three places one after the other. A caller with many keys loads each place of all of them first,
  // so that their cache misses overlap.

  @inline(__always)
  func prefetchIndex(_ hash: UInt32) { stella_prefetch(index + (Int(truncatingIfNeeded: hash) & mask)) }

  /// The number that the key with this hash has if it is known, by what the index says of it; ``none`` when it is new.
  @inline(__always)
  func candidate(_ hash: UInt32) -> UInt32 {
    var position = Int(truncatingIfNeeded: hash) & mask
    while true {
      let entry = index[position]
      if entry == 0 { return KeyDictionary.none }
      if entry >> numberBits == hash >> numberBits { return (entry & ((UInt32(1) << numberBits) - 1)) - 1 }
      position = (position + 1) & mask
    }
  }

  @inline(__always)
  func prefetchStart(_ number: UInt32) { stella_prefetch(starts + Int(number)) }

  @inline(__always)
  func prefetchKey(_ number: UInt32) { stella_prefetch(bytes + Int(starts[Int(number)])) }

  @inline(__always)
  package func retain(_ number: UInt32) { references[Int(number)] &+= 1 }

  package func release(_ number: UInt32) {
    references[Int(number)] &-= 1
    if references[Int(number)] == 0 { loose.push(number) }
  }

  /// Removes the keys that nobody holds. Numbers given before are void unless retained.
  package func sweep() {
    if loose.count == 0 { return }
    // Taking one key out of the index hashes its neighbours; when many go, entering the others anew hashes fewer.
    let isWhole = loose.count * 4 > count
    for position in 0..<loose.count {
      let number = loose[position]
      guard references[Int(number)] == 0 && starts[Int(number)] != .max else { continue }
      if !isWhole { takeOut(number) }
      remove(number)
    }
    loose.removeAll()
    if isWhole {
      index.update(repeating: 0, count: mask + 1)
      rebuild()
    }
  }

  /// The bytes of a key; valid until the next insertion.
  package func key(_ number: UInt32) -> UnsafeBufferPointer<UInt8> {
    let start = Int(starts[Int(number)])
    let (length, prefix) = readLength(at: start)
    return UnsafeBufferPointer(start: bytes + start + prefix, count: length)
  }

  /// Writes all keys with their numbers. O(bytes), two copies of memory.
  func save(to writer: StateWriter) {
    writer.reserve(used * 4 + bytesUsed + 64)
    writer.write(.keys)
    writer.write(column: starts, count: used)
    writer.write(bytes: UnsafeRawBufferPointer(start: bytes, count: bytesUsed))
  }

  // MARK: - Storage

  private func insert(_ key: UnsafeBufferPointer<UInt8>, hash: UInt32) -> UInt32 {
    if (count + 1) * 5 > (mask + 1) * 4 { growIndex() }
    let number: UInt32
    if let reused = free.pop() {
      number = reused
    } else {
      if used == capacity { growNumbers() }
      number = UInt32(used)
      used += 1
    }
    // Not yet placed: makeRoom must pass it over.
    starts[Int(number)] = .max
    let needed = key.count + 5
    if bytesUsed + needed > bytesCapacity { makeRoom(needed) }
    starts[Int(number)] = UInt32(bytesUsed)
    var length = key.count
    while length >= 128 {
      bytes[bytesUsed] = UInt8(length & 127 | 128)
      bytesUsed += 1
      length >>= 7
    }
    bytes[bytesUsed] = UInt8(length)
    bytesUsed += 1
    if let base = key.baseAddress { (bytes + bytesUsed).update(from: base, count: key.count) }
    bytesUsed += key.count
    bytesLive += bytesUsed - Int(starts[Int(number)])
    references[Int(number)] = 0
    place(number, hash)
    count += 1
    loose.push(number)
    return number
  }

  private func place(_ number: UInt32, _ hash: UInt32) {
    var position = Int(truncatingIfNeeded: hash) & mask
    while index[position] != 0 { position = (position + 1) & mask }
    index[position] = ((hash >> numberBits) << numberBits) | (number + 1)
  }

  /// Takes a key out of the index.
  private func takeOut(_ number: UInt32) {
    let numberMask = (UInt32(1) << numberBits) - 1
    var hole = Int(truncatingIfNeeded: hash(key(number))) & mask
    while index[hole] & numberMask != number + 1 { hole = (hole + 1) & mask }
    // Backward shift keeps probe sequences whole without tombstones.
    var probe = (hole + 1) & mask
    while index[probe] != 0 {
      let home = Int(truncatingIfNeeded: hash(key((index[probe] & numberMask) - 1))) & mask
      if (probe - home) & mask >= (probe - hole) & mask {
        index[hole] = index[probe]
        hole = probe
      }
      probe = (probe + 1) & mask
    }
    index[hole] = 0
  }

  private func remove(_ number: UInt32) {
    let (length, prefix) = readLength(at: Int(starts[Int(number)]))
    bytesLive -= length + prefix
    // Marks the number as free for `makeRoom`.
    starts[Int(number)] = .max
    free.push(number)
    count -= 1
  }

  private func growIndex() {
    mask = mask * 2 + 1
    numberBits += 1
    RawStorage.free(index)
    index = KeyDictionary.emptyIndex(mask + 1)
    rebuild()
  }

  private func growNumbers() {
    precondition(capacity < 1 << 30, "one list of `by` fields has more than a billion keys")
    capacity *= 2
    starts = RawStorage.resize(starts, to: capacity)
    references = RawStorage.resize(references, to: capacity)
  }

  /// Enters all keys into the emptied index, some at a time, so that their cache misses overlap.
  private func rebuild() {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: KeyDictionary.rebuiltAtOnce) { hashes in
      for first in stride(from: 0, to: used, by: KeyDictionary.rebuiltAtOnce) {
        let numbers = first..<min(first + KeyDictionary.rebuiltAtOnce, used)
        for number in numbers where starts[number] != .max {
          hashes[number - first] = hash(key(UInt32(number)))
          prefetchIndex(hashes[number - first])
        }
        for number in numbers where starts[number] != .max { place(UInt32(number), hashes[number - first]) }
      }
    }
  }

  private static let rebuiltAtOnce = 64

  private func makeRoom(_ needed: Int) {
    if bytesLive * 2 >= bytesUsed {
      // Mostly live: grow where it stands.
      while bytesUsed + needed > bytesCapacity { bytesCapacity *= 2 }
      precondition(bytesCapacity <= Int(UInt32.max), "keys of one rule exceed 4 GiB")
      bytes = RawStorage.resize(bytes, to: bytesCapacity)
      return
    }
    var size = 4096
    while bytesLive * 2 + needed > size { size *= 2 }
    let packed = RawStorage.allocate(UInt8.self, count: size)
    var position = 0
    for number in 0..<used where starts[number] != .max {
      let start = Int(starts[number])
      let (length, prefix) = readLength(at: start)
      (packed + position).update(from: bytes + start, count: length + prefix)
      starts[number] = UInt32(position)
      position += length + prefix
    }
    RawStorage.free(bytes)
    bytes = packed
    bytesCapacity = size
    bytesUsed = position
  }

  private func readLength(at start: Int) -> (length: Int, prefix: Int) {
    var length = 0
    var shift = 0
    var position = start
    while true {
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 127) << shift
      if byte < 128 { return (length, position - start) }
      shift += 7
    }
  }

  private func isEqual(_ number: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = Int(starts[number])
    if key.count < 128 {
      guard bytes[start] == UInt8(truncatingIfNeeded: key.count) else { return false }
      return RawStorage.isEqual(bytes + start + 1, key)
    }
    let (length, prefix) = readLength(at: start)
    return length == key.count && RawStorage.isEqual(bytes + start + prefix, key)
  }

  /// The top and bottom halves of ``KeyHash``, folded to 32 bits.
  @inline(__always)
  func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt32 {
    let hash = keyHash(key)
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}

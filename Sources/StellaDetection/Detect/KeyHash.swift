/// A keyed hash of bytes: two words at a time are xored with secrets and multiplied to 128 bits, whose halves are folded
/// (as wyhash by Wang Yi does). Without the seed nobody can tell which keys collide.
struct KeyHash {
  private let start: UInt64
  private let secret: UInt64
  private let other: UInt64

  init(seed: UInt64) {
    // Three steps of SplitMix64 (Steele, Lea, Flood 2014). Zero would swallow what it is multiplied with.
    func secret(_ step: UInt64) -> UInt64 {
      var mixed = seed &+ step &* 0x9E37_79B9_7F4A_7C15
      mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return (mixed ^ mixed >> 31) | 1
    }
    start = secret(1)
    self.secret = secret(2)
    other = secret(3)
  }

  @inline(__always)
  private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// O(bytes), about 16 bytes in a nanosecond.
  @inline(__always)
  func callAsFunction(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = key.count
    guard count > 0, let base = key.baseAddress.map({ UnsafeRawPointer($0) }) else { return start }
    func word(_ offset: Int) -> UInt64 { base.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    var hash = start
    var position = 0
    while count - position > 16 {
      hash = KeyHash.folded(word(position) ^ secret, word(position + 8) ^ hash)
      position += 16
    }
    // The last bytes, read once more where words overlap.
    let left = count - position
    var a: UInt64 = 0
    var b: UInt64 = 0
    if left >= 8 {
      a = word(position)
      b = word(count - 8)
    } else if left >= 4 {
      a = UInt64(base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      b = UInt64(base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    } else {
      a = UInt64(base.load(fromByteOffset: position, as: UInt8.self))
      b =
        UInt64(base.load(fromByteOffset: position + left / 2, as: UInt8.self)) << 8
        | UInt64(base.load(fromByteOffset: count - 1, as: UInt8.self))
    }
    return KeyHash.folded(
      other ^ UInt64(truncatingIfNeeded: count), KeyHash.folded(a ^ secret, b ^ hash) ^ start)
  }
}

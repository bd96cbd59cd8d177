/// Eight bytes of a text at once.
///
/// A test gives the high bit of each byte for which it holds, so nothing is found exactly when it gives 0; the bits above
/// the first byte found may be wrong (Mycroft 1987; S. E. Anderson, Bit Twiddling Hacks, "Determine if a word has a byte
/// less than n").
struct ByteWord {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highs: UInt64 = 0x8080_8080_8080_8080

  private let bits: UInt64

  @inline(__always)
  init(_ bytes: UnsafePointer<UInt8>) {
    bits = UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
  }

  private init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  func store(to bytes: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(bytes).storeBytes(of: bits.littleEndian, as: UInt64.self)
  }

  @inline(__always)
  func equal(to byte: UInt8) -> UInt64 { ByteWord(bits: bits ^ (UInt64(byte) &* ByteWord.ones)).below(1) }

  /// - Parameter limit: at most 128.
  @inline(__always)
  func below(_ limit: UInt8) -> UInt64 { (bits &- UInt64(limit) &* ByteWord.ones) & ~bits & ByteWord.highs }

  /// `A` to `Z`, exact for every byte.
  @inline(__always)
  var capitals: UInt64 {
    let low = bits & ~ByteWord.highs
    let fromA = low &+ (128 - 65) * ByteWord.ones
    let afterZ = low &+ (128 - 91) * ByteWord.ones
    return fromA & ~afterZ & ~bits & ByteWord.highs
  }

  /// With the capitals of ASCII made small.
  @inline(__always)
  var lowercased: ByteWord { ByteWord(bits: bits | capitals >> 2) }
}

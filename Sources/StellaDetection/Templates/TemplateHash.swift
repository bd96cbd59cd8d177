/// The hashes of template mining: fixed for good, because they are part of saved state and of template ids.
enum TemplateHash {
  /// Most tokens of a message.
  static let limit = 128
  static let variable: UInt64 = 0xD6E8_FEB8_6659_FD93
  /// What stands in a context where its slot is.
  static let slot: UInt64 = 0xA076_1D64_78BD_642F
  static let secondSlot: UInt64 = 0xE703_7ED1_A0B4_28DB

  /// The odd factor of each position: a message's hash is the sum of its tokens' hashes times these, so that exchanging
  /// one token costs two multiplications.
  nonisolated(unsafe) static let factors: UnsafePointer<UInt64> = {
    let factors = UnsafeMutablePointer<UInt64>.allocate(capacity: limit)
    var factor: UInt64 = 1
    for position in 0..<limit {
      factor = factor &* 0x2545_F491_4F6C_DD1D
      factors[position] = factor
    }
    return UnsafePointer(factors)
  }()

  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ (hash >> 32)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 29)) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 32)
  }

  @inline(__always)
  static func word(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(base)
    var hash = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count)
    if count > 16 {
      var position = 0
      while position + 8 < count {
        hash = (hash ^ raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 32
        position += 8
      }
      return mix(hash ^ raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
    }
    if count > 8 {
      hash = (hash ^ raw.loadUnaligned(as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      return mix(hash ^ raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
    }
    return mix(hash &+ packed(base, count) &* 0x2545_F491_4F6C_DD1D)
  }

  /// At most eight bytes as a number, the first one lowest.
  @inline(__always)
  static func packed(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(base)
    if count >= 4 {
      let low = UInt64(raw.loadUnaligned(as: UInt32.self))
      let high = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
      // The two loads overlap; shifting leaves each byte in its place.
      return low | (high << UInt64(8 * (count - 4)))
    }
    if count == 0 { return 0 }
    var value = UInt64(base[0])
    if count > 1 { value |= UInt64(base[1]) << 8 }
    if count > 2 { value |= UInt64(base[2]) << 16 }
    return value
  }
}

import CStellaValue

/// Hashes of single values, to tell them apart.
enum CellHash {
  /// Nil for a missing value. 5 and 5.0 are one value, as they are equal in Lua.
  static func of(_ cell: stella_value) -> UInt64? {
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

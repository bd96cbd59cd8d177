import CStellaValue

extension DistinctWindow {
  /// A hash of the value that a cell holds, the same for equal numbers of different kinds; nil for none.
  static func hash(_ cell: stella_value) -> UInt64? {
    switch Int(cell.kind) {
    case STELLA_NULL: return mix(0, tag: 1)
    case STELLA_BOOL: return mix(UInt64(bitPattern: cell.i), tag: 2)
    case STELLA_INT: return mix(UInt64(bitPattern: cell.i), tag: 4)
    case STELLA_DOUBLE:
      if let whole = Int64(exactly: cell.d) { return mix(UInt64(bitPattern: whole), tag: 4) }
      return mix(cell.d.bitPattern, tag: 5)
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT:
      return mix(KeyDictionary.hash64(UnsafeBufferPointer(start: cell.p, count: Int(cell.length))), tag: 6)
    default: return nil
    }
  }

  private static func mix(_ value: UInt64, tag: UInt64) -> UInt64 {
    var hash = (value ^ (tag &* 0x9E37_79B9_7F4A_7C15)) &* 0xFF51_AFD7_ED55_8CCD
    hash ^= hash >> 32
    hash = hash &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 29)
  }
}

/// Tells names apart by both their ends and their length, which is all of them up to 16 bytes.
struct CallRecordName: Equatable {
  let head: UInt64
  /// 0 for a name of less than eight bytes.
  let tail: UInt64
  let count: Int

  @inline(__always)
  init(_ name: UnsafeRawBufferPointer) {
    count = name.count
    guard let start = name.baseAddress else {
      (head, tail) = (0, 0)
      return
    }
    if count >= 8 {
      head = start.loadUnaligned(as: UInt64.self)
      tail = start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      return
    }
    (head, tail) = (UInt64(first: count, of: start), 0)
  }

  /// Whether it is equal only to that of an equal name.
  @inline(__always)
  var isWhole: Bool { count <= 16 }

  /// The same for equal names, and hardly ever for others.
  @inline(__always)
  var mark: UInt64 {
    (head ^ (tail &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(truncatingIfNeeded: count)) &* 0xFF51_AFD7_ED55_8CCD
  }
}

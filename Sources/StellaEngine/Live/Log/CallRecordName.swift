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
    var word: UInt64 = 0
    var place = 0
    if count & 4 != 0 {
      word = UInt64(start.loadUnaligned(as: UInt32.self))
      place = 4
    }
    if count & 2 != 0 {
      word |= UInt64(start.loadUnaligned(fromByteOffset: place, as: UInt16.self)) &<< UInt64(8 &* place)
      place += 2
    }
    if count & 1 != 0 { word |= UInt64(start.load(fromByteOffset: place, as: UInt8.self)) &<< UInt64(8 &* place) }
    (head, tail) = (word, 0)
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

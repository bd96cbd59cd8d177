extension UInt64 {
  /// Up to seven bytes as they stand in memory, followed by zeros, without a look at the bytes behind them.
  @inline(__always)
  init(first count: Int, of start: UnsafeRawPointer) {
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
    self = word
  }
}

import CStellaValue

/// Moves of plain memory that Swift's pointers lack.
enum RawStorage {
  /// `old` with room for `to` elements; the first `from` are kept, the rest is uninitialised. Frees `old`.
  static func resize<T: BitwiseCopyable>(
    _ old: UnsafeMutablePointer<T>, from: Int, to: Int
  ) -> UnsafeMutablePointer<T> {
    let new = UnsafeMutablePointer<T>.allocate(capacity: to)
    new.update(from: old, count: min(from, to))
    old.deallocate()
    return new
  }

  @inline(__always)
  static func isEqual(_ a: UnsafePointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = b.baseAddress else { return true }
    let left = UnsafeRawPointer(a)
    let right = UnsafeRawPointer(base)
    var position = 0
    while position + 8 <= b.count {
      if left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        != right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      {
        return false
      }
      position += 8
    }
    while position < b.count {
      if a[position] != base[position] { return false }
      position += 1
    }
    return true
  }
}

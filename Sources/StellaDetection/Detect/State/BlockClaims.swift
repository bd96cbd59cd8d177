/// Which words of a restored ``BlockPool`` somebody names, so that no two blocks can overlap.
struct BlockClaims {
  private var words: [UInt64]
  private let end: Int

  /// - Parameter end: one past the last word that a block may have.
  init(end: Int) {
    self.end = end
    words = [UInt64](repeating: 0, count: end / 64 + 1)
  }

  /// O(words).
  mutating func claim(_ block: UInt32, _ size: Int) throws(StateError) {
    let first = Int(block)
    guard first > 0, BlockPool.sizes.contains(size), first + (1 << size) <= end else {
      throw StateError(message: "a block lies outside its pool")
    }
    for word in first..<first + (1 << size) {
      if words[word >> 6] & (1 << UInt64(word & 63)) != 0 { throw StateError(message: "two blocks overlap") }
      words[word >> 6] |= 1 << UInt64(word & 63)
    }
  }
}

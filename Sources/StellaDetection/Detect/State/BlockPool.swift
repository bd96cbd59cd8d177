/// Blocks of 2ⁿ words in one piece of memory, for state whose size differs from key to key.
///
/// Saved as it lies in memory. Blocks move when the pool grows: address them anew after ``allocate(_:)``.
final class BlockPool {
  /// From 1 word to 2³⁰.
  static let sizes = 0..<31

  private(set) var words: UnsafeMutablePointer<UInt64>
  private var capacity = 64
  /// Block 0 stands for none.
  private var used = 1
  /// The first free block of each size; its first word names the next.
  private var free = [UInt64](repeating: 0, count: BlockPool.sizes.count)

  init() {
    words = RawStorage.allocate(count: capacity)
    words[0] = 0
  }

  deinit { RawStorage.free(words) }

  /// A block of 2^`size` words, all zero. O(words) amortised.
  func allocate(_ size: Int) -> UInt32 {
    let count = 1 << size
    var block = Int(exactly: free[size]) ?? 0
    // What was restored may name a block that can't be.
    if block > 0, block <= used - count {
      free[size] = words[block]
    } else {
      block = used
      used += count
      precondition(used <= Int(UInt32.max), "out of memory")
      if used > capacity {
        capacity = max(capacity * 2, used)
        words = RawStorage.resize(words, to: capacity)
      }
    }
    (words + block).update(repeating: 0, count: count)
    return UInt32(block)
  }

  func release(_ block: UInt32, _ size: Int) {
    words[Int(block)] = free[size]
    free[size] = UInt64(block)
  }

  /// Whether `block` of 2^`size` words can lie in the pool.
  func holds(_ block: UInt32, _ size: Int) -> Bool {
    block > 0 && BlockPool.sizes.contains(size) && Int(block) + (1 << size) <= used
  }

  /// Claims what is free of a pool that was restored; whoever uses the pool claims the rest.
  ///
  /// - Throws: when free blocks overlap or lie elsewhere.
  func claims() throws(StateError) -> BlockClaims {
    var claims = BlockClaims(end: used)
    for size in BlockPool.sizes {
      var next = free[size]
      while next != 0 {
        guard let block = UInt32(exactly: next) else { throw StateError(message: "a free block lies nowhere") }
        try claims.claim(block, size)
        next = words[Int(block)]
      }
    }
    return claims
  }

  func save(to writer: StateWriter) {
    writer.write(used)
    writer.write(column: words, count: used)
    free.withUnsafeBytes { writer.write(bytes: $0) }
  }

  func restore(from reader: inout StateReader) throws(StateError) {
    let count = try reader.number(in: 1...Int(UInt32.max))
    let slice = try reader.slice()
    guard slice.count == count * 8, let source = slice.baseAddress else {
      throw StateError(message: "a pool of \(count) words has \(slice.count) bytes")
    }
    if count > capacity {
      capacity = count
      words = RawStorage.resize(words, to: capacity)
    }
    UnsafeMutableRawPointer(words).copyMemory(from: source, byteCount: slice.count)
    used = count
    free = try reader.column(of: UInt64.self)
    if free.count != BlockPool.sizes.count { throw StateError(message: "a pool has \(free.count) sizes") }
  }
}

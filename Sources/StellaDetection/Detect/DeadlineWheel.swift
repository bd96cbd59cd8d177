/// Deadlines of slots, to be taken in order: earliest first, of equal ones the lowest slot's.
///
/// A hierarchical timing wheel (G. Varghese, T. Lauck, 1987) over all times that there are. Each level has 64 buckets, the
/// lowest of 2^20 ns, about a millisecond; a deadline lies in the level of the highest digit in which it differs from the
/// wheel's hand. Only what has come under the hand is in order, in a heap. So a deadline costs O(1) to put in and is moved at
/// most once a level, which adds O(log d) for d deadlines within the same millisecond.
///
/// A slot can have several: what was changed or dropped stays until it is due or ``keepOnly(_:)``, and the owner passes it
/// over. 16 bytes each, in blocks of 32.
final class DeadlineWheel {
  private static let bucketBits = 6
  private static let buckets = 64
  private static let tickBits = 20
  /// As many as the ticks of all times have digits.
  private static let levels = 8
  private static let blockSize = 32
  private static let none: Int32 = -1

  /// A bucket is a chain of blocks that are full but for the first.
  private struct Bucket: BitwiseCopyable {
    var block: Int32
    /// Deadlines in the first block.
    var filled: Int32
  }

  private var table: UnsafeMutablePointer<Bucket>
  private var hasTable = false
  /// Which buckets of a level hold something, and which levels.
  private let occupied: UnsafeMutablePointer<UInt64>
  private var occupiedLevels: UInt = 0
  private var deadlines: UnsafeMutablePointer<Deadline>
  /// The block after each.
  private var following: UnsafeMutablePointer<Int32>
  private var blockCapacity = 0
  private var blockCount = 0
  private var freeBlock = DeadlineWheel.none
  /// All that lies at or before this tick is in ``ripe``, all else in the buckets.
  private var hand: UInt64 = 0
  private let ripe = DeadlineHeap()
  private(set) var count = 0

  init() {
    table = RawStorage.allocate(count: 0)
    occupied = RawStorage.allocate(count: DeadlineWheel.levels)
    occupied.update(repeating: 0, count: DeadlineWheel.levels)
    deadlines = RawStorage.allocate(count: 0)
    following = RawStorage.allocate(count: 0)
  }

  deinit {
    RawStorage.free(table)
    RawStorage.free(occupied)
    RawStorage.free(deadlines)
    RawStorage.free(following)
  }

  /// Nothing is due before: the earliest deadline or, while that lies in a bucket, where the bucket begins. `Int64.max`
  /// without any. O(1).
  var next: Int64 {
    if let first = ripe.first { return first.time }
    guard let (level, bucket) = earliest else { return .max }
    return DeadlineWheel.start(of: firstTick(level, bucket))
  }

  /// O(1) amortised.
  func insert(_ deadline: Deadline) {
    count += 1
    place(deadline)
  }

  /// Takes out the first of those that are due at `time`.
  ///
  /// O(1) amortised but for its millisecond's O(log d), when `time` is no earlier than before.
  func takeDue(_ time: Int64) -> Deadline? {
    while ripe.count == 0, let (level, bucket) = earliest {
      let tick = firstTick(level, bucket)
      if DeadlineWheel.start(of: tick) > time { return nil }
      hand = tick
      empty(level, bucket) { place($0) }
    }
    guard let first = ripe.first, first.time <= time else { return nil }
    ripe.removeFirst()
    count -= 1
    return first
  }

  func removeAll() {
    var left = occupiedLevels
    while left != 0 {
      occupied[left.trailingZeroBitCount] = 0
      left &= left &- 1
    }
    occupiedLevels = 0
    blockCount = 0
    freeBlock = DeadlineWheel.none
    ripe.removeAll()
    count = 0
  }

  /// Drops those that are not wanted. O(n).
  func keepOnly(_ isWanted: (Deadline) -> Bool) {
    ripe.keepOnly(isWanted)
    count = ripe.count
    for level in 0..<DeadlineWheel.levels {
      var left = occupied[level]
      while left != 0 {
        let bucket = left.trailingZeroBitCount
        left &= left &- 1
        empty(level, bucket) { deadline in
          if isWanted(deadline) { insert(deadline) }
        }
      }
    }
  }

  // MARK: - Times

  private static let sign: UInt64 = 1 << 63

  @inline(__always)
  private static func tick(of time: Int64) -> UInt64 { (UInt64(bitPattern: time) ^ sign) >> UInt64(tickBits) }

  @inline(__always)
  private static func start(of tick: UInt64) -> Int64 { Int64(bitPattern: (tick << UInt64(tickBits)) ^ sign) }

  /// The first tick of a bucket that lies after the hand.
  @inline(__always)
  private func firstTick(_ level: Int, _ bucket: Int) -> UInt64 {
    let shift = UInt64(level * DeadlineWheel.bucketBits)
    let above = shift + UInt64(DeadlineWheel.bucketBits)
    return (hand >> above) << above | UInt64(bucket) << shift
  }

  /// The bucket with the earliest deadlines: those of a lower level agree with the hand in more digits.
  @inline(__always)
  private var earliest: (level: Int, bucket: Int)? {
    if occupiedLevels == 0 { return nil }
    let level = occupiedLevels.trailingZeroBitCount
    return (level, occupied[level].trailingZeroBitCount)
  }

  // MARK: - Buckets

  private func place(_ deadline: Deadline) {
    let tick = DeadlineWheel.tick(of: deadline.time)
    if tick <= hand {
      ripe.insert(deadline)
      return
    }
    let level = (63 - (tick ^ hand).leadingZeroBitCount) / DeadlineWheel.bucketBits
    let bucket = Int(truncatingIfNeeded: tick >> UInt64(level * DeadlineWheel.bucketBits)) & (DeadlineWheel.buckets - 1)
    if !hasTable {
      hasTable = true
      table = RawStorage.resize(table, to: DeadlineWheel.levels * DeadlineWheel.buckets)
    }
    let entry = table + (level * DeadlineWheel.buckets + bucket)
    let bit: UInt64 = 1 << UInt64(bucket)
    if occupied[level] & bit == 0 {
      occupied[level] |= bit
      occupiedLevels |= 1 << UInt(level)
      entry.pointee = Bucket(block: takeBlock(before: DeadlineWheel.none), filled: 0)
    } else if entry.pointee.filled == DeadlineWheel.blockSize {
      entry.pointee = Bucket(block: takeBlock(before: entry.pointee.block), filled: 0)
    }
    deadlines[Int(entry.pointee.block) * DeadlineWheel.blockSize + Int(entry.pointee.filled)] = deadline
    entry.pointee.filled += 1
  }

  /// Empties a bucket and gives `body` what it held, which may put it back anywhere.
  @inline(__always)
  private func empty(_ level: Int, _ bucket: Int, _ body: (Deadline) -> Void) {
    occupied[level] &= ~(1 << UInt64(bucket))
    if occupied[level] == 0 { occupiedLevels &= ~(1 << UInt(level)) }
    var (block, filled) = { ($0.block, Int($0.filled)) }(table[level * DeadlineWheel.buckets + bucket])
    while block != DeadlineWheel.none {
      for position in 0..<filled { body(deadlines[Int(block) * DeadlineWheel.blockSize + position]) }
      let after = following[Int(block)]
      following[Int(block)] = freeBlock
      freeBlock = block
      block = after
      filled = DeadlineWheel.blockSize
    }
  }

  private func takeBlock(before next: Int32) -> Int32 {
    var block = freeBlock
    if block != DeadlineWheel.none {
      freeBlock = following[Int(block)]
    } else {
      if blockCount == blockCapacity {
        blockCapacity = max(4, blockCapacity * 2)
        deadlines = RawStorage.resize(deadlines, to: blockCapacity * DeadlineWheel.blockSize)
        following = RawStorage.resize(following, to: blockCapacity)
      }
      block = Int32(blockCount)
      blockCount += 1
    }
    following[Int(block)] = next
    return block
  }
}

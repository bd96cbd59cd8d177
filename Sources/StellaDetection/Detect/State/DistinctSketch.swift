#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// HyperLogLog (P. Flajolet et al., 2007) with 1,024 registers in each of six steps of a sliding window, standard error 3.3%.
///
/// A block of a ``BlockPool`` has the number of each step and then its registers, one byte each.
struct DistinctSketch {
  private static let steps = 6
  private static let registers = 1024
  private static let size = 10
  static let bytes = 8 << size

  private let pool: BlockPool
  let clock: BucketClock

  init(pool: BlockPool, within: Int64) {
    self.pool = pool
    clock = BucketClock(within: within, offset: 0, buckets: DistinctSketch.steps)
  }

  func allocate() -> UInt32 {
    let block = pool.allocate(DistinctSketch.size)
    for step in 0..<DistinctSketch.steps { pool.words[Int(block) + step] = UInt64(bitPattern: .min) }
    return block
  }

  func release(_ block: UInt32) { pool.release(block, DistinctSketch.size) }

  /// Whether what was noted until `last` has left the window at `time`.
  func isOver(_ last: Int64, at time: Int64) -> Bool {
    clock.bucket(time) - clock.bucket(last) >= Int64(DistinctSketch.steps)
  }

  private func registers(_ place: Int, _ block: UInt32) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(pool.words + Int(block) + DistinctSketch.steps).assumingMemoryBound(to: UInt8.self)
      + place * DistinctSketch.registers
  }

  /// - Parameter newest: the latest time that was seen.
  func add(_ hash: UInt64, at time: Int64, newest: Int64, to block: UInt32) {
    let bucket = clock.bucket(time)
    let steps = Int64(DistinctSketch.steps)
    if bucket <= clock.bucket(newest) - steps { return }
    let place = Int((bucket % steps + steps) % steps)
    let registers = registers(place, block)
    if pool.words[Int(block) + place] != UInt64(bitPattern: bucket) {
      pool.words[Int(block) + place] = UInt64(bitPattern: bucket)
      registers.update(repeating: 0, count: DistinctSketch.registers)
    }
    let register = Int(hash & UInt64(DistinctSketch.registers - 1))
    let rank = UInt8((hash >> 10 | 1 << 54).trailingZeroBitCount + 1)
    if registers[register] < rank { registers[register] = rank }
  }

  func estimate(_ block: UInt32, at now: Int64) -> Int {
    let newest = clock.bucket(now)
    let live = (0..<DistinctSketch.steps).filter { place in
      let bucket = Int64(bitPattern: pool.words[Int(block) + place])
      return bucket <= newest && bucket > newest - Int64(DistinctSketch.steps)
    }
    let m = Double(DistinctSketch.registers)
    var sum = 0.0
    var zeros = 0
    for register in 0..<DistinctSketch.registers {
      var rank: UInt8 = 0
      for place in live { rank = max(rank, registers(place, block)[register]) }
      if rank == 0 { zeros += 1 }
      sum += 1 / Double(UInt64(1) << UInt64(rank))
    }
    let raw = 0.7213 / (1 + 1.079 / m) * m * m / sum
    if raw <= 2.5 * m && zeros > 0 { return Int((m * log(m / Double(zeros))).rounded()) }
    return Int(raw.rounded())
  }

  func check(_ block: UInt32, _ claims: inout BlockClaims) throws(StateError) {
    try claims.claim(block, DistinctSketch.size)
    for place in 0..<DistinctSketch.steps {
      let bucket = Int64(bitPattern: pool.words[Int(block) + place])
      if bucket != .min && !clock.steps.contains(bucket) { throw StateReader.impossible }
      let registers = registers(place, block)
      for register in 0..<DistinctSketch.registers where registers[register] > 55 {
        throw StateError(message: "a register of a sketch can't be that high")
      }
    }
  }
}

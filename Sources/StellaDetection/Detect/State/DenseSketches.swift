/// DDSketches of the steps of a sliding window, each as two runs of cells, in a ``BlockPool``.
///
/// A directory has four words for each step: how many values; zeros and the sizes of both runs; and where each run lies
/// with the index of its first cell. A run of 2ⁿ words has 2ⁿ⁺¹ counts.
struct DenseSketches {
  private static let wordsPerStep = 4
  private static let smallestRun = 2
  /// Runs grow by doubling on either side; this one holds all cells wherever it began.
  private static let largestRun = 16

  private let pool: BlockPool
  private let ring: Int
  private let size: Int
  private let held = HeldBytes()

  private final class HeldBytes { var bytes = 0 }

  private struct Run {
    var block: UInt32
    var low: Int
    var size: Int
    var count: Int { block == 0 ? 0 : 2 << size }
  }

  init(pool: BlockPool, ring: Int) {
    self.pool = pool
    self.ring = ring
    let words = ring * DenseSketches.wordsPerStep
    size = Int.bitWidth - (words - 1).leadingZeroBitCount
  }

  var heldBytes: Int { held.bytes }

  func allocate() -> UInt32 {
    held.bytes += 8 << size
    return pool.allocate(size)
  }

  func release(_ directory: UInt32) {
    for place in 0..<ring { clear(place, directory) }
    pool.release(directory, size)
    held.bytes -= 8 << size
  }

  @inline(__always)
  private func step(_ place: Int, _ directory: UInt32) -> UnsafeMutablePointer<UInt64> {
    pool.words + Int(directory) + place * DenseSketches.wordsPerStep
  }

  /// - Parameter sign: 0 for the positive cells, 1 for the negative ones.
  private func run(_ sign: Int, _ step: UnsafeMutablePointer<UInt64>) -> Run {
    Run(
      block: UInt32(truncatingIfNeeded: step[2 + sign]), low: Int(Int32(truncatingIfNeeded: step[2 + sign] >> 32)),
      size: Int(step[1] >> UInt64(32 + 8 * sign) & 0xFF))
  }

  private func set(_ run: Run, _ sign: Int, _ step: UnsafeMutablePointer<UInt64>) {
    step[2 + sign] = UInt64(UInt32(truncatingIfNeeded: run.low)) << 32 | UInt64(run.block)
    let shift = UInt64(32 + 8 * sign)
    step[1] = step[1] & ~(0xFF << shift) | UInt64(run.size) << shift
  }

  @inline(__always)
  private func cells(_ run: Run) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(pool.words + Int(run.block)).assumingMemoryBound(to: UInt32.self)
  }

  func add(_ number: UInt32, _ cell: SketchCell, at place: Int, _ directory: UInt32) {
    step(place, directory)[0] &+= UInt64(number)
    guard let index = cell.index else {
      let step = step(place, directory)
      let zeros = UInt32(truncatingIfNeeded: step[1]).addingReportingOverflow(number)
      step[1] = (step[1] >> 32) << 32 | UInt64(zeros.overflow ? .max : zeros.partialValue)
      return
    }
    let sign = cell.isNegative ? 1 : 0
    var run = run(sign, step(place, directory))
    if index < run.low || index >= run.low + run.count {
      run = extended(run, to: index)
      set(run, sign, step(place, directory))
    }
    let counts = cells(run)
    let sum = counts[index - run.low].addingReportingOverflow(number)
    counts[index - run.low] = sum.overflow ? .max : sum.partialValue
  }

  /// A run that has a cell `index` too. At least twice as large, so that values that wander cost O(1) amortised.
  private func extended(_ run: Run, to index: Int) -> Run {
    var larger = Run(block: 0, low: index - 2, size: DenseSketches.smallestRun)
    if run.block != 0 {
      let span = max(index, run.low + run.count - 1) - min(index, run.low) + 1
      larger.size = run.size + 1
      while 2 << larger.size < span { larger.size += 1 }
      larger.low = index < run.low ? run.low + run.count - (2 << larger.size) : run.low
    }
    larger.block = pool.allocate(larger.size)
    held.bytes += 8 << larger.size
    if run.block != 0 {
      (cells(larger) + (run.low - larger.low)).update(from: cells(run), count: run.count)
      pool.release(run.block, run.size)
      held.bytes -= 8 << run.size
    }
    return larger
  }

  func clear(_ place: Int, _ directory: UInt32) {
    let step = step(place, directory)
    for sign in 0..<2 {
      let run = run(sign, step)
      if run.block == 0 { continue }
      pool.release(run.block, run.size)
      held.bytes -= 8 << run.size
    }
    step.update(repeating: 0, count: DenseSketches.wordsPerStep)
  }

  func count(_ place: Int, _ directory: UInt32) -> Int {
    Int(truncatingIfNeeded: step(place, directory)[0] & 0xFFFF_FFFF_FFFF)
  }

  /// The cell of the value with this rank among those of `steps` places from `first` on. O(steps × cells).
  func cell(at rank: Int, first: Int, steps: Int, _ directory: UInt32) -> SketchCell? {
    var rank = rank
    var zeros = 0
    var low = [Int.max, Int.max]
    var high = [Int.min, Int.min]
    for number in 0..<steps {
      let step = step((first + number) % ring, directory)
      zeros += Int(UInt32(truncatingIfNeeded: step[1]))
      for sign in 0..<2 {
        let run = run(sign, step)
        if run.block == 0 { continue }
        low[sign] = min(low[sign], run.low)
        high[sign] = max(high[sign], run.low + run.count)
      }
    }
    func occupancy(_ index: Int, _ sign: Int) -> Int {
      var total = 0
      for number in 0..<steps {
        let run = run(sign, step((first + number) % ring, directory))
        if index >= run.low, index < run.low + run.count { total += Int(cells(run)[index - run.low]) }
      }
      return total
    }
    if low[1] < high[1] {
      for index in (low[1]..<high[1]).reversed() {
        rank -= occupancy(index, 1)
        if rank < 0 { return SketchCell(-1, index: index) }
      }
    }
    rank -= zeros
    if rank < 0 { return SketchCell(0, index: nil) }
    if low[0] < high[0] {
      for index in low[0]..<high[0] {
        rank -= occupancy(index, 0)
        if rank < 0 { return SketchCell(1, index: index) }
      }
    }
    return nil
  }

  /// Claims what a restored directory names, and counts it.
  func check(_ directory: UInt32, _ claims: inout BlockClaims) throws(StateError) {
    try claims.claim(directory, size)
    held.bytes += 8 << size
    for place in 0..<ring {
      let step = step(place, directory)
      guard step[0] >> 48 == 0 else { throw QuantileWindow.damaged }
      for sign in 0..<2 {
        let run = run(sign, step)
        if run.block == 0 {
          if run.low != 0 || run.size != 0 { throw QuantileWindow.damaged }
          continue
        }
        guard (DenseSketches.smallestRun...DenseSketches.largestRun).contains(run.size),
          (-200_000...200_000).contains(run.low)
        else { throw QuantileWindow.damaged }
        try claims.claim(run.block, run.size)
        held.bytes += 8 << run.size
      }
    }
  }
}

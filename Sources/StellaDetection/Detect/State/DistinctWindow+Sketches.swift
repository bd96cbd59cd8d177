#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a slot holds over its cap: a directory of six steps, each with the block of its registers.
extension DistinctWindow {
  /// Goes over from exact values to sketches.
  func sketch(_ slot: Int) {
    let old = slots[slot]
    let before = entries(of: slot)
    slots[slot] = Slot(last: old.last, sketches: pool.allocate(DistinctWindow.directorySize))
    heldBytes += 8 << DistinctWindow.directorySize
    for entry in before {
      note(pool.words[entry], at: time(entry), slot)
      dropText(entry)
    }
    release(old)
  }

  /// Notes a hash in the registers of its step.
  func note(_ hash: UInt64, at time: Int64, _ slot: Int) {
    let bucket = clock.bucket(time)
    if bucket <= clock.bucket(slots[slot].last) - Int64(DistinctWindow.steps) { return }
    let remainder = Int(bucket % Int64(DistinctWindow.steps))
    let place = Int(slots[slot].sketches) + 2 * (remainder < 0 ? remainder + DistinctWindow.steps : remainder)
    if pool.words[place + 1] == 0 {
      let block = pool.allocate(DistinctWindow.registerSize)
      pool.words[place + 1] = UInt64(block)
      heldBytes += 8 << DistinctWindow.registerSize
    } else if pool.words[place] != UInt64(bitPattern: bucket) {
      (pool.words + Int(pool.words[place + 1])).update(repeating: 0, count: 1 << DistinctWindow.registerSize)
    }
    pool.words[place] = UInt64(bitPattern: bucket)
    let register = Int(hash & UInt64(DistinctWindow.registers - 1))
    let rank = UInt8((hash >> 10 | 1 << 54).trailingZeroBitCount + 1)
    let byte = UnsafeMutableRawPointer(pool.words + Int(pool.words[place + 1])) + register
    if byte.load(as: UInt8.self) < rank { byte.storeBytes(of: rank, as: UInt8.self) }
  }

  /// About how many different values the steps in the window at `now` have. O(registers).
  func estimate(_ slot: Int, at now: Int64) -> Int {
    let newest = clock.bucket(now)
    let directory = pool.words + Int(slots[slot].sketches)
    let live = (0..<DistinctWindow.steps).compactMap { step -> UnsafeRawPointer? in
      let bucket = Int64(bitPattern: directory[2 * step])
      guard directory[2 * step + 1] != 0, bucket <= newest, bucket > newest - Int64(DistinctWindow.steps) else {
        return nil
      }
      return UnsafeRawPointer(pool.words + Int(directory[2 * step + 1]))
    }
    let m = Double(DistinctWindow.registers)
    var sum = 0.0
    var zeros = 0
    for register in 0..<DistinctWindow.registers {
      var rank: UInt8 = 0
      for registers in live { rank = max(rank, registers.load(fromByteOffset: register, as: UInt8.self)) }
      if rank == 0 { zeros += 1 }
      sum += 1 / Double(UInt64(1) << UInt64(rank))
    }
    let raw = 0.7213 / (1 + 1.079 / m) * m * m / sum
    if raw <= 2.5 * m && zeros > 0 { return Int((m * log(m / Double(zeros))).rounded()) }
    return Int(raw.rounded())
  }
}

import StellaModel

/// Times that count from the epoch.
extension TimestampScanner {
  mutating func scanEpoch(_ run: Int) -> Bool {
    guard let value = TimestampScanner.epoch(digits: UnsafeBufferPointer(start: base, count: count), run: run) else {
      return false
    }
    place = value.length
    time.epoch = value.time
    return !isLetter()
  }

  /// A count since the epoch at the start of `text`: its unit by its size, decimals exact to the nanosecond.
  package static func epoch(digits text: UnsafeBufferPointer<UInt8>, run: Int) -> (time: Int64, length: Int)? {
    guard run > 0, run <= 19 else { return nil }
    var whole: UInt64 = 0
    for index in 0..<run { whole = whole * 10 + UInt64(text[index] - 48) }
    let unit: UInt64 =
      whole < 100_000_000_000
      ? 1_000_000_000 : whole < 100_000_000_000_000 ? 1_000_000 : whole < 100_000_000_000_000_000 ? 1000 : 1
    let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
    guard !overflow, scaled <= UInt64(Int64.max) - 1_000_000_000 else { return nil }
    var time = Int64(scaled)
    var place = run
    if place + 1 < text.count, text[place] == UInt8(ascii: "."), text[place + 1] &- 48 < 10 {
      place += 1
      var scale = Int64(unit) / 10
      while place < text.count, text[place] &- 48 < 10 {
        time += Int64(text[place] - 48) * scale
        scale /= 10
        place += 1
      }
    }
    return (time, place)
  }

  /// `@4000000051f8a7d52d9d4b14`: Unix seconds + 2^62 + 10, and nanoseconds, as daemontools writes them (libtai,
  /// `taia_now`).
  mutating func scanTAI64() -> Bool {
    guard count >= 25 else { return false }
    var value: UInt64 = 0
    var nanoseconds: UInt64 = 0
    for index in 1...24 {
      guard AddressText.isHex(base[index]) else { return false }
      let digit = base[index] < 58 ? UInt64(base[index] - 48) : UInt64((base[index] | 32) - 87)
      if index <= 16 { value = value << 4 | digit } else { nanoseconds = nanoseconds << 4 | digit }
    }
    guard value >= 1 << 62, value < 1 << 62 + 1 << 33, nanoseconds < 1_000_000_000 else { return false }
    time.epoch = Int64(value - 1 << 62 - 10) * Timestamp.second + Int64(nanoseconds)
    place = 25
    return true
  }
}

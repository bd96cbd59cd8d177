import StellaModel

/// The previous timestamp of a source up to its minute. Consecutive events mostly share it, and then only seconds and
/// decimals are read.
struct TimeMemory {
  private static let capacity = 40
  /// Everything before the seconds, then everything after seconds and decimals.
  private let bytes = UnsafeMutableTimeBytes()
  private var prefixCount = 0
  private var tailCount = 0
  private var colonDecimals = false
  /// The time of second 0 of the minute.
  private var minute: Int64 = 0
  private var hasYear = true

  /// Nanoseconds around `minute` within which a previous event gives a text without a year the same year again: less than
  /// half of one.
  private static let sameYear = UInt64(180 * Timestamp.day)

  /// The time at the start of `text`, when only its seconds differ from the remembered one; the same as without a memory.
  ///
  /// - Parameter previous: the time of the previous event, on which the year of a text without one depends.
  @inline(__always)
  func read(_ text: UnsafeBufferPointer<UInt8>, previous: Int64?) -> (time: Int64, length: Int)? {
    let prefix = prefixCount
    guard prefix > 0, text.count >= prefix + 2 + tailCount, let base = text.baseAddress else { return nil }
    if !hasYear {
      guard let previous, SourceClock.distance(previous, minute) < TimeMemory.sameYear else { return nil }
    }
    let known = bytes.start
    guard TimeMemory.matches(base, known, prefix) else { return nil }
    let tens = base[prefix] &- 48
    let ones = base[prefix + 1] &- 48
    guard tens < 6, ones < 10 else { return nil }
    var time = minute + Int64(tens &* 10 &+ ones) * Timestamp.second
    var place = prefix + 2
    if place < text.count {
      let separator = base[place]
      if separator == UInt8(ascii: ".") || separator == UInt8(ascii: ",")
        || (colonDecimals && separator == UInt8(ascii: ":"))
      {
        place += 1
        var scale: Int64 = 100_000_000
        let start = place
        while place < text.count {
          let digit = base[place] &- 48
          if digit >= 10 { break }
          time += Int64(digit) * scale
          scale /= 10
          place += 1
        }
        // A separator without decimals, or colon decimals of another length, is for the scanner.
        guard place > start, separator != UInt8(ascii: ":") || place == start + 3 else { return nil }
      }
    }
    guard place + tailCount <= text.count, TimeMemory.matches(base + place, known + prefix, tailCount) else {
      return nil
    }
    place += tailCount
    if place < text.count {
      // What follows must not belong to the time: a zone where there was none, more digits, letters.
      let next = base[place]
      if next &- 48 < 10 || (next | 32) &- 97 < 26 || next == UInt8(ascii: "+") || next == UInt8(ascii: "-") {
        return nil
      }
      if next == UInt8(ascii: ":"), place + 1 < text.count, base[place + 1] &- 48 < 10 { return nil }
      if next == 32, place + 1 < text.count {
        let after = base[place + 1]
        if after == UInt8(ascii: "+") || after == UInt8(ascii: "-") { return nil }
        if zoneMayFollow, place + 2 < text.count, TimeMemory.mayBeginZone(after, base[place + 2]) { return nil }
      }
    }
    return (time, place)
  }

  /// Whether a word after a space could be a zone or a half of the day: not when the time has a zone already.
  private var zoneMayFollow = true

  /// The first two letters of AM, PM and the zones that the scanner knows.
  private static func mayBeginZone(_ first: UInt8, _ second: UInt8) -> Bool {
    switch UInt16(first) << 8 | UInt16(second) {
    case 0x5554, 0x474D, 0x4345, 0x4545, 0x4553, 0x4544, 0x4344, 0x4D44, 0x5053, 0x5044, 0x4A53: true
    default: (first | 32 == 0x61 || first | 32 == 0x70) && second | 32 == 0x6D
    }
  }

  mutating func forget() { prefixCount = 0 }

  mutating func remember(_ text: UnsafeBufferPointer<UInt8>, _ scanned: ScannedTime, time: Int64) {
    prefixCount = 0
    guard scanned.secondAt > 0, scanned.second < 60, let base = text.baseAddress else { return }
    hasYear = scanned.year != 0
    // After a day of the week the year may stand at the end, so every text has to be searched for it.
    if !hasYear, TimeMemory.beginsWithTwoWords(text) { return }
    let tail = scanned.length - scanned.tailAt
    guard scanned.secondAt + tail <= TimeMemory.capacity else { return }
    for index in 0..<scanned.secondAt { bytes.start[index] = base[index] }
    for index in 0..<tail { bytes.start[scanned.secondAt + index] = base[scanned.tailAt + index] }
    prefixCount = scanned.secondAt
    tailCount = tail
    zoneMayFollow = scanned.offset == nil
    colonDecimals = scanned.tailAt > scanned.secondAt + 2 && base[scanned.secondAt + 2] == UInt8(ascii: ":")
    minute = time - Int64(scanned.second) * Timestamp.second - Int64(scanned.nanosecond)
  }

  private static func beginsWithTwoWords(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let isLetter = { (byte: UInt8) in (byte | 32) &- 97 < 26 }
    guard let first = text.first, isLetter(first) else { return false }
    return text.drop(while: isLetter).drop { $0 == 32 }.first.map(isLetter) ?? false
  }

  @inline(__always)
  private static func matches(_ a: UnsafePointer<UInt8>, _ b: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
    var place = 0
    while place + 8 <= count {
      if UnsafeRawPointer(a + place).loadUnaligned(as: UInt64.self)
        != UnsafeRawPointer(b + place).loadUnaligned(as: UInt64.self)
      {
        return false
      }
      place += 8
    }
    while place < count {
      if a[place] != b[place] { return false }
      place += 1
    }
    return true
  }
}

/// 40 bytes with a stable address.
private final class UnsafeMutableTimeBytes {
  let start = UnsafeMutablePointer<UInt8>.allocate(capacity: 40)
  init() { start.initialize(repeating: 0, count: 40) }
  deinit { start.deallocate() }
}

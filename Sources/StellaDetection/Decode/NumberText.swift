import CStellaJSON

/// Numbers as logs write them outside JSON.
package enum NumberText {
  package enum Number: Hashable, Sendable {
    case integer(Int64)
    case double(Double)
  }

  /// The number that all of `text` denotes, with the grammar of JSON plus a leading `+` and leading zeros; integers
  /// beyond `Int64` become doubles. Nil for everything else, also for surrounding white space. O(length).
  package static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Number? {
    guard let base = text.baseAddress, text.count > 0, text.count <= 64 else { return nil }
    var place = 0
    let negative = base[0] == UInt8(ascii: "-")
    if negative || base[0] == UInt8(ascii: "+") { place = 1 }
    let digits = place
    var value: UInt64 = 0
    var overflow = false
    while place < text.count, base[place] &- 48 < 10 {
      let (tens, carried) = value.multipliedReportingOverflow(by: 10)
      let (sum, carriedAgain) = tens.addingReportingOverflow(UInt64(base[place] - 48))
      overflow = overflow || carried || carriedAgain
      value = sum
      place += 1
    }
    guard place > digits else { return nil }
    if place == text.count, !overflow {
      if negative, value <= UInt64(Int64.max) + 1 { return .integer(Int64(truncatingIfNeeded: 0 &- value)) }
      if !negative, value <= UInt64(Int64.max) { return .integer(Int64(value)) }
    }
    if place < text.count, base[place] == UInt8(ascii: ".") {
      place += 1
      let fraction = place
      while place < text.count, base[place] &- 48 < 10 { place += 1 }
      guard place > fraction else { return nil }
    }
    if place < text.count, base[place] | 32 == UInt8(ascii: "e") {
      place += 1
      if place < text.count, base[place] == UInt8(ascii: "-") || base[place] == UInt8(ascii: "+") { place += 1 }
      let exponent = place
      while place < text.count, base[place] &- 48 < 10 { place += 1 }
      guard place > exponent else { return nil }
    }
    guard place == text.count else { return nil }
    let start = base[0] == UInt8(ascii: "+") ? 1 : 0
    return .double(stella_decimal(base + start, text.count - start))
  }

  /// Milliseconds of a duration with units, as Go, Rust and people write them: `1.5s`, `350µs`, `2m3.5s`, `12 ms`.
  package static func milliseconds(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let base = text.baseAddress, text.count >= 2, text.count <= 64 else { return nil }
    var place = 0
    var total = 0.0
    while place < text.count {
      let start = place
      while place < text.count, base[place] &- 48 < 10 || base[place] == UInt8(ascii: ".") { place += 1 }
      guard case let number? = parse(UnsafeBufferPointer(start: base + start, count: place - start)) else { return nil }
      let value: Double =
        switch number {
        case .integer(let value): Double(value)
        case .double(let value): value
        }
      if place < text.count, base[place] == UInt8(ascii: " ") { place += 1 }
      let unitStart = place
      while place < text.count, base[place] &- 48 >= 10, base[place] != UInt8(ascii: " ") { place += 1 }
      let unit = UnsafeBufferPointer(start: base + unitStart, count: place - unitStart)
      if unit.equals("ms") {
        total += value
      } else if unit.equals("s") || unit.equals("sec") {
        total += value * 1000
      } else if unit.equals("us") || unit.equals("µs") || unit.equals("μs") {
        total += value / 1000
      } else if unit.equals("ns") {
        total += value / 1_000_000
      } else if unit.equals("m") || unit.equals("min") {
        total += value * 60_000
      } else if unit.equals("h") {
        total += value * 3_600_000
      } else {
        return nil
      }
      if place < text.count, base[place] == UInt8(ascii: " ") { place += 1 }
    }
    return total
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether the bytes are exactly those of a literal.
  @inline(__always)
  package func equals(_ literal: StaticString) -> Bool {
    count == literal.utf8CodeUnitCount && starts(with: literal)
  }

  @inline(__always)
  package func starts(with literal: StaticString) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard count >= length, let base = baseAddress else { return length == 0 }
    let other = literal.utf8Start
    for index in 0..<length where base[index] != other[index] { return false }
    return true
  }

  /// The bytes from `start` up to `end`, both clamped.
  @inline(__always)
  package func slice(_ start: Int, _ end: Int) -> UnsafeBufferPointer<UInt8> {
    let low = Swift.min(Swift.max(start, 0), count)
    let high = Swift.min(Swift.max(end, low), count)
    return UnsafeBufferPointer(start: baseAddress.map { $0 + low }, count: high - low)
  }

  @inline(__always)
  package func from(_ start: Int) -> UnsafeBufferPointer<UInt8> { slice(start, count) }
}

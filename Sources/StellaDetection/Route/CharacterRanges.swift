/// A set of Unicode scalar values.
struct CharacterRanges {
  var ranges: [ClosedRange<UInt32>]

  init(_ ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

  private static let last: UInt32 = 0x10FFFF

  /// Sorted, disjoint, not adjacent.
  private var merged: [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let previous = result.last, range.lowerBound <= previous.upperBound &+ 1 {
        result[result.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  var complement: CharacterRanges {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in merged {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= CharacterRanges.last { result.append(next...CharacterRanges.last) }
    return CharacterRanges(result)
  }

  /// The ranges without surrogates, which no text holds.
  var scalars: [ClosedRange<UInt32>] {
    merged.flatMap { range -> [ClosedRange<UInt32>] in
      guard range.overlaps(0xD800...0xDFFF) else { return [range] }
      var parts: [ClosedRange<UInt32>] = []
      if range.lowerBound < 0xD800 { parts.append(range.lowerBound...0xD7FF) }
      if range.upperBound > 0xDFFF { parts.append(0xE000...range.upperBound) }
      return parts
    }
  }

  /// Adds the other case of every letter, as RE2's `(?i)` does: `k` also takes the Kelvin sign, `s` the long s. False
  /// when the set has letters outside ASCII, unless it has all of them.
  mutating func foldASCII() -> Bool {
    for range in ranges {
      if range.upperBound > 0x7F {
        // A range that covers everything past ASCII holds both cases of all its letters; so does one cut at ASCII.
        guard range.upperBound == CharacterRanges.last, range.lowerBound <= 0x80 else { return false }
      }
    }
    for range in ranges {
      for (letters, shift) in [(UInt32(0x41)...0x5A, Int32(32)), (UInt32(0x61)...0x7A, Int32(-32))]
      where range.overlaps(letters) {
        let part = range.clamped(to: letters)
        ranges.append(
          UInt32(bitPattern: Int32(part.lowerBound) + shift)...UInt32(bitPattern: Int32(part.upperBound) + shift))
      }
      if range.contains(0x6B) || range.contains(0x4B) { ranges.append(0x212A...0x212A) }
      if range.contains(0x73) || range.contains(0x53) { ranges.append(0x17F...0x17F) }
      // All letters past ASCII include the two whose other case is an ASCII letter.
      if range.upperBound == CharacterRanges.last { ranges += [0x4B...0x4B, 0x6B...0x6B, 0x53...0x53, 0x73...0x73] }
    }
    return true
  }

  /// `\d`, `\s`, `\w` and, not yet negated, `\D`, `\S`, `\W`. ASCII, as in RE2.
  static func perlClass(_ name: Unicode.Scalar) -> CharacterRanges? {
    switch name {
    case "d", "D": CharacterRanges([0x30...0x39])
    case "s", "S": CharacterRanges([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    case "w", "W": CharacterRanges([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    default: nil
    }
  }

  static func posixClass(_ name: String) -> CharacterRanges? {
    switch name {
    case "alnum": CharacterRanges([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "alpha": CharacterRanges([0x41...0x5A, 0x61...0x7A])
    case "ascii": CharacterRanges([0...0x7F])
    case "blank": CharacterRanges([0x09...0x09, 0x20...0x20])
    case "cntrl": CharacterRanges([0...0x1F, 0x7F...0x7F])
    case "digit": CharacterRanges([0x30...0x39])
    case "graph": CharacterRanges([0x21...0x7E])
    case "lower": CharacterRanges([0x61...0x7A])
    case "print": CharacterRanges([0x20...0x7E])
    case "punct": CharacterRanges([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "space": CharacterRanges([0x09...0x0D, 0x20...0x20])
    case "upper": CharacterRanges([0x41...0x5A])
    case "word": CharacterRanges([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    case "xdigit": CharacterRanges([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}

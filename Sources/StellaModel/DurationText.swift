/// Periods of time as people write them in rules and configuration: `250ms`, `5s`, `1h30m`, `7d`.
public enum DurationText {
  /// Units with their nanoseconds, largest first: days, hours, minutes, seconds, milliseconds, microseconds, nanoseconds.
  public static let units: [(name: String, nanoseconds: Int64)] = [
    ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
  ]

  /// Nanoseconds of `text`: one or more whole numbers, each with a unit, units descending. A lone `0` needs no unit.
  /// `nil` when it is written otherwise or beyond 292 years. O(characters).
  public static func nanoseconds(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    var total: Int64 = 0
    var rest = Array(text.utf8)[...]
    var largestAllowed = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, let number = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
      rest = rest.dropFirst(digits.count)
      let letters = rest.prefix { !(0x30...0x39).contains($0) }
      rest = rest.dropFirst(letters.count)
      guard let unit = units.firstIndex(where: { letters.elementsEqual($0.name.utf8) }), unit >= largestAllowed else {
        return nil
      }
      largestAllowed = unit + 1
      let (product, tooLarge) = number.multipliedReportingOverflow(by: units[unit].nanoseconds)
      let (sum, overflow) = total.addingReportingOverflow(product)
      if tooLarge || overflow { return nil }
      total = sum
    }
    return total
  }

  /// The shortest way to write so many nanoseconds exactly: `90 s` is `1m30s`. Negative ones get a minus in front.
  public static func text(nanoseconds: Int64) -> String {
    if nanoseconds == 0 { return "0s" }
    var rest = nanoseconds.magnitude
    var text = nanoseconds < 0 ? "-" : ""
    for unit in units {
      let (count, remainder) = rest.quotientAndRemainder(dividingBy: UInt64(unit.nanoseconds))
      if count > 0 { text += "\(count)\(unit.name)" }
      rest = remainder
    }
    return text
  }
}

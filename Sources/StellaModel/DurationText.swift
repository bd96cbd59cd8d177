/// Durations as people write them in rules and configuration: `250ms`, `30s`, `5m`, `1h30m`, `7d`, `4w`.
public enum DurationText {
  private static let units: [(suffix: String, nanoseconds: Int64)] = [
    ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
    ("h", 3_600_000_000_000), ("d", 86_400_000_000_000), ("w", 604_800_000_000_000),
  ]

  /// Nanoseconds of `text`, or nil when it is not a duration. A number needs a unit; parts add up (`1h30m`); fractions
  /// (`0.5s`), signs and spaces are not accepted; more than about 292 years is refused.
  public static func nanoseconds(_ text: String) -> Int64? {
    var total: Int64 = 0
    var rest = Substring(text)
    if rest.isEmpty { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty, let number = Int64(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let letters = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(letters.count)
      guard let unit = units.first(where: { $0.suffix == letters }) else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: unit.nanoseconds)
      let (sum, carried) = total.addingReportingOverflow(product)
      if overflow || carried { return nil }
      total = sum
    }
    return total
  }

  /// The spelling of `nanoseconds` in the largest unit, or in two neighbouring ones, that make it exact: `5m`, `1h30m`,
  /// `24h30m`, `250ms`; else in the largest unit that divides it.
  public static func text(_ nanoseconds: Int64) -> String {
    if nanoseconds == 0 { return "0s" }
    if nanoseconds < 0 { return "-" + text(nanoseconds == .min ? .max : -nanoseconds) }
    guard let index = units.lastIndex(where: { nanoseconds >= $0.nanoseconds && $0.suffix != "w" }) else { return "0s" }
    // A day and a minute are 24h1m, and an hour and a second 60m1s.
    for place in [index, index - 1] where place > 0 {
      let (unit, next) = (units[place], units[place - 1])
      let rest = nanoseconds % unit.nanoseconds
      if rest == 0 { return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)" }
      if rest % next.nanoseconds == 0 {
        return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)\(rest / next.nanoseconds)\(next.suffix)"
      }
    }
    guard let exact = units.last(where: { nanoseconds % $0.nanoseconds == 0 }) else { return "\(nanoseconds)ns" }
    return "\(nanoseconds / exact.nanoseconds)\(exact.suffix)"
  }
}

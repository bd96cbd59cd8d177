/// Sizes as people write them in rules and configuration: `512B`, `64KiB`, `4MiB`, `1GiB`.
public enum SizeText {
  private static let units: [(suffix: String, bytes: Int)] = [
    ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
  ]

  /// Bytes of `text`, or nil when it is not a whole number with one of the units B, KiB, MiB and GiB.
  public static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) }) else {
      return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
    return overflow ? nil : bytes
  }

  /// `bytes` in the largest unit that divides it.
  public static func text(_ bytes: Int) -> String {
    guard bytes > 0, let unit = units.last(where: { bytes % $0.bytes == 0 }) else { return "\(bytes)B" }
    return "\(bytes / unit.bytes)\(unit.suffix)"
  }
}

/// Amounts of memory and disk as people write them: `512`, `64KiB`, `1MiB`, `2GB`.
public enum ByteSizeText {
  /// Units with their bytes: powers of 1,024 with an i, powers of 1,000 without.
  public static let units: [(name: String, bytes: Int)] = [
    ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000),
    ("B", 1),
  ]

  /// Bytes of `text`: a whole number and a unit, or none for bytes. `nil` when it is written otherwise or over 2⁶³.
  public static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    let name = text.dropFirst(digits.count)
    if name.isEmpty { return number }
    guard let unit = units.first(where: { $0.name == name }) else { return nil }
    let (bytes, tooLarge) = number.multipliedReportingOverflow(by: unit.bytes)
    return tooLarge ? nil : bytes
  }

  /// In the largest binary unit that is exact: 1048576 is `1MiB`.
  public static func text(bytes: Int) -> String {
    let unit = units.prefix(3).first { bytes != 0 && bytes % $0.bytes == 0 } ?? ("B", 1)
    return "\(bytes / unit.bytes)\(unit.name)"
  }
}

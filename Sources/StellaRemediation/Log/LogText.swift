import StellaModel

/// How the execution log writes numbers for people.
enum LogText {
  /// `18 449`.
  static func grouped(_ value: Int64) -> String {
    var text = ""
    let digits = String(value.magnitude)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + text
  }

  /// `#18 449`.
  static func number(_ value: Int64) -> String { "#" + grouped(value) }

  /// `1 record`, `2 records`.
  static func count(_ value: Int64, _ noun: String) -> String { "\(grouped(value)) \(noun)\(value == 1 ? "" : "s")" }

  /// To the second, which is enough for people.
  static func time(_ time: Int64) -> String { String(Timestamp.text(time).prefix(19)) + "Z" }
}

/// A value that is known only once an earlier effect is applied, such as the key a database gives to a new row.
///
/// It stands in the plan in place of the value, so that planning twice gives the same plan.
package struct ResultReference: Sendable, Hashable {
  /// The effect that makes the value; the first of a plan is 1.
  package let effect: Int
  /// The inserted row it belongs to; the first of an effect is 1.
  package let row: Int
  /// A column that the effect says it returns: ASCII letters, digits and underscores, at most 64.
  package let column: String

  /// The highest number of an effect or a row.
  package static let numberLimit = 1_000_000

  /// Nil unless the numbers are within 1 … `numberLimit` and `column` is as above.
  package init?(effect: Int, row: Int = 1, column: String) {
    let bytes = column.utf8
    guard (1...Self.numberLimit).contains(effect), (1...Self.numberLimit).contains(row),
      !bytes.isEmpty, bytes.count <= 64,
      bytes.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.effect = effect
    self.row = row
    self.column = column
  }

  /// Reads `e1.id`, or `e1[3].id` for the third row. Nil for anything else, also for `e01.id` and `e1[1].id`.
  package init?(_ text: String) {
    guard let dot = text.firstIndex(of: "."), text.utf8.first == UInt8(ascii: "e") else { return nil }
    var number = text[text.index(after: text.startIndex)..<dot]
    var row = 1
    if number.last == "]", let bracket = number.firstIndex(of: "[") {
      guard let parsed = Int(number[number.index(after: bracket)...].dropLast()) else { return nil }
      row = parsed
      number = number[..<bracket]
    }
    guard let effect = Int(number) else { return nil }
    self.init(effect: effect, row: row, column: String(text[text.index(after: dot)...]))
    // Other spellings of the same numbers (+1, 01, [1]) are mistakes.
    guard name == text else { return nil }
  }

  /// `e1.id`, as a script gives it.
  package var name: String { row == 1 ? "e\(effect).\(column)" : "e\(effect)[\(row)].\(column)" }
}

extension ResultReference: CustomStringConvertible {
  /// `${e1.id}`, as screens show it.
  package var description: String { "${\(name)}" }
}

extension UInt8 {
  var isASCIILetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

import StellaModel

/// A line of text with `{name}` and `{name:format}` to be filled in from an alert.
///
/// Names are looked for among `value`, `expected`, `count`, `title`, `rule`, the key, the labels, and the fields of the last
/// evidence event. Formats: `.0f` … `.9f` for numbers, `dur` for seconds as a duration. `{{` and `}}` are braces. What comes
/// from logs is escaped, so that it can't move a terminal's cursor or fake another line. A name that is nowhere is shown
/// as `?`.
package struct SummaryTemplate {
  private enum Piece {
    case literal(String)
    case field(name: String, format: String)
  }

  private static let valueLimit = 200
  private let pieces: [Piece]

  init(_ text: String) {
    var pieces: [Piece] = []
    var literal = ""
    var rest = Substring(text)
    while let c = rest.first {
      rest = rest.dropFirst()
      if (c == "{" || c == "}") && rest.first == c {
        literal.append(c)
        rest = rest.dropFirst()
      } else if c == "{", let close = rest.firstIndex(of: "}") {
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        literal = ""
        let inside = rest[..<close].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        pieces.append(.field(name: String(inside[0]), format: inside.count > 1 ? String(inside[1]) : ""))
        rest = rest[rest.index(after: close)...]
      } else {
        literal.append(c)
      }
    }
    if !literal.isEmpty { pieces.append(.literal(literal)) }
    self.pieces = pieces
  }

  /// The names that `text` wants filled in, in order.
  package static func names(in text: String) -> [String] {
    SummaryTemplate(text).pieces.compactMap { if case .field(let name, _) = $0 { name } else { nil } }
  }

  /// What follows a brace that nothing closes, itself included; nil when there is none.
  package static func openBrace(in text: String) -> String? {
    var rest = Substring(text)
    while let c = rest.first {
      let after = rest.dropFirst()
      if c == "{" || c == "}", after.first == c {
        rest = after.dropFirst()
      } else if c == "{" {
        guard let close = after.firstIndex(of: "}") else { return String(rest) }
        // Of two in a row the first has no end.
        if after[..<close].contains("{") { return String(rest) }
        rest = after[after.index(after: close)...]
      } else {
        rest = after
      }
    }
    return nil
  }

  func filled(for alert: Alert) -> String {
    var result = ""
    for piece in pieces {
      switch piece {
      case .literal(let text): result += text
      case .field(let name, let format):
        let value = SummaryTemplate.lookUp(name, in: alert)
        result += value.map { TextEscaping.oneLine(SummaryTemplate.text($0, format: format)) } ?? "?"
      }
    }
    return result
  }

  private static func lookUp(_ name: String, in alert: Alert) -> FieldValue? {
    switch name {
    case "value": return alert.value
    case "expected": return alert.expected
    case "count": return .integer(Int64(alert.count))
    case "title": return .string(alert.title)
    case "rule": return .string(alert.rule)
    default: break
    }
    if let member = alert.key.first(where: { $0.name == name }) { return member.value }
    if let member = alert.labels.first(where: { $0.name == name }) { return member.value }
    return alert.evidence.last.flatMap { FieldPath.value(of: name, in: $0) }
  }

  static func text(_ value: FieldValue, format: String = "") -> String {
    let number: Double? =
      switch value {
      case .integer(let integer): Double(integer)
      case .double(let double): double
      default: nil
      }
    if let number, format.hasPrefix("."), format.hasSuffix("f"), let places = Int(format.dropFirst().dropLast()) {
      return FixedPoint.text(number, places: places)
    }
    if let number, format == "dur", abs(number) < 9e9 {
      return DurationText.text(Int64(number.rounded()) * 1_000_000_000)
    }
    switch value {
    case .null: return "none"
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let integer): return String(integer)
    case .double(let double): return FixedPoint.text(double, places: abs(double) < 10 ? 2 : 1)
    case .string(let text):
      return text.utf8.count <= valueLimit ? text : String(text.prefix(valueLimit)) + "…"
    default: return String(value.json.prefix(valueLimit))
    }
  }
}

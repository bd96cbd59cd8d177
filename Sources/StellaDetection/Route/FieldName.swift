import StellaModel

/// How field names are written in expressions.
package enum FieldName {
  /// The field whose values are ordered by ``LogLevel``.
  package static let level = "level"

  /// Words of Lua that can't be names.
  package static let reserved: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not",
    "or", "repeat", "return", "then", "true", "until", "while",
  ]

  /// Canonical fields. They hold text or numbers, never booleans: alone they are no condition.
  static let canonical = Set(FieldAliases.fields.map(\.name))

  /// Canonical fields whose numeric text the decoder makes numbers, so that no text of theirs looks like a number.
  static let numeric = Set(FieldAliases.fields.filter(\.isNumeric).map(\.name))

  /// What the event is called in callbacks: people carry it over. Longer words, such as `event`, are fields of real logs.
  package static let eventPrefixes: Set<String> = ["e", "ev", "evt"]

  /// `name` as Lua source: the bare name where Lua allows it, else `field("…")`.
  package static func source(_ name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isBare =
      parts.allSatisfy(isIdentifier) && name != "null" && !(parts.count > 1 && eventPrefixes.contains(String(parts[0])))
    return isBare ? name : "field(\(Literal.text(Array(name.utf8)).source))"
  }

  private static func isIdentifier(_ part: Substring) -> Bool {
    guard let first = part.utf8.first, ExpressionLexer.isNameStart(first), !reserved.contains(String(part)) else {
      return false
    }
    return part.utf8.allSatisfy(ExpressionLexer.isNamePart)
  }

  /// The level that `name` stands for, in any case.
  package static func level(named name: String) -> LogLevel? {
    let name = name.lowercased()
    return LogLevel.allCases.first { $0.name == name }
  }
}

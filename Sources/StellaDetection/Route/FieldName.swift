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

  /// Well-known fields that hold text or numbers, never booleans: alone they are no condition.
  package static let neverBoolean: Set<String> = [
    "level", "time", "message", "service", "host", "user_id", "src_ip", "dst_ip", "route", "method", "status",
    "duration_ms", "error_type", "trace_id", "span_id", "request_id", "user_agent",
  ]

  /// Prefixes that people carry over from callbacks, where the event is a parameter.
  package static let eventPrefixes: Set<String> = ["e", "event", "ev", "evt", "log", "record"]

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

import StellaDetection
import StellaModel

extension ImportedCondition {
  private static let width = 100

  /// As the text of a `where`, broken into lines that a person would break it into.
  package var lines: [String] { layout(column: 4) }

  /// On one line.
  package var source: String {
    switch self {
    case .constant(let value): value ? "true" : "false"
    case .keyword: "true"
    case .test(let test): test.written
    case .not(let inner): inner.isCall ? "not \(inner.source)" : "not (\(inner.source))"
    case .all(let parts):
      parts.map { if case .any = $0 { "(\($0.source))" } else { $0.source } }.joined(separator: " and ")
    case .any(let parts): parts.map(\.source).joined(separator: " or ")
    }
  }

  private var isCall: Bool { if case .test(let test) = self { test.isCall } else { false } }

  /// - Parameter column: where the text will stand.
  private func layout(column: Int) -> [String] {
    let whole = source
    if column + whole.count <= ImportedCondition.width { return [whole] }
    switch self {
    case .constant, .keyword: return [whole]
    case .test(let test): return test.brokenSource(width: ImportedCondition.width - column) ?? [whole]
    case .not(let inner):
      if inner.isCall { return ImportedCondition.prefixed("not ", inner.layout(column: column + 4)) }
      return ImportedCondition.enclosed("not (", inner.layout(column: column + 2))
    case .all(let parts):
      return ImportedCondition.joined(
        "and ",
        parts.map { part in
          guard case .any = part else { return part.layout(column: column + 4) }
          if column + part.source.count + 6 <= ImportedCondition.width { return ["(\(part.source))"] }
          return ImportedCondition.enclosed("(", part.layout(column: column + 2))
        })
    case .any(let parts): return ImportedCondition.joined("or ", parts.map { $0.layout(column: column + 3) })
    }
  }

  /// Each part after the first with the operator in front. What is in parentheses is indented already.
  private static func joined(_ word: String, _ parts: [[String]]) -> [String] {
    parts.enumerated().flatMap { index, lines in
      let isEnclosed = lines.count > 1 && lines.last == ")"
      return (index == 0 ? [lines[0]] : [word + lines[0]]) + lines.dropFirst().map { isEnclosed ? $0 : "  " + $0 }
    }
  }

  private static func prefixed(_ word: String, _ lines: [String]) -> [String] {
    lines.enumerated().map { $0.offset == 0 ? word + $0.element : "  " + $0.element }
  }

  private static func enclosed(_ open: String, _ lines: [String]) -> [String] {
    [open] + lines.map { "  " + $0 } + [")"]
  }
}

extension FieldTest {
  /// As ``source``, with letters beyond ASCII as they are and regular expressions without doubled backslashes.
  var written: String {
    let name = FieldTest.written(field)
    switch question {
    case .compare(let comparison, let literal): return "\(name) \(comparison.rawValue) \(LuaText.shown(literal))"
    case .oneOf(let literals): return "one_of(\(([name] + literals.map(LuaText.shown)).joined(separator: ", ")))"
    case .text(let test, let needle, let ignoringCase):
      return "\(ignoringCase ? "i" : "")\(test.rawValue)(\(name), \(LuaText.shown(.text(needle))))"
    case .matches(let pattern): return "matches(\(name), \(LuaText.pattern(pattern)))"
    default: return source.replacing(FieldName.source(field), with: name, maxReplacements: 1)
    }
  }

  /// The field as a condition names it: one that is an alias of a canonical field in quotes, because it alone is meant.
  private static func written(_ field: String) -> String {
    let name = FieldName.source(field)
    guard name == field, FieldAliases.field(field) == nil else { return name }
    let isAlias = FieldAliases.fields.contains { canonical in
      canonical.sources.contains { $0.name == field && ($0.conversion == .none || $0.conversion == .numeric) }
    }
    return isAlias ? "field(\"\(field)\")" : name
  }

  /// The arguments of a long call filled into lines; nil for what has no list of them.
  func brokenSource(width: Int) -> [String]? {
    let name = FieldTest.written(field)
    let function: String
    let arguments: [String]
    switch question {
    case .oneOf(let literals): (function, arguments) = ("one_of", literals.map(LuaText.shown))
    case .cidr(let blocks): (function, arguments) = ("cidr", blocks.map { "\"\($0.description)\"" })
    default: return nil
    }
    var lines = ["\(function)(\(name),"]
    var line = "  "
    for (index, argument) in arguments.enumerated() {
      let piece = argument + (index + 1 == arguments.count ? ")" : ",")
      if line.count > 2, line.count + piece.count + 1 > width {
        lines.append(line)
        line = "  "
      }
      line += (line.count > 2 ? " " : "") + piece
    }
    return lines + [line]
  }
}

import StellaModel

@testable import StellaDetection

/// Random expressions and events that meet often: constants and values come from the same small pools.
struct ExpressionGenerator {
  var random: SeededGenerator

  static let fields = ["a", "b", "user.id", "field(\"x-y\")", "status", "message", "src_ip"]
  static let names = ["a", "b", "user.id", "x-y", "status", "message", "src_ip"]

  static let texts = [
    "", "x", "timeout", "Timeout reading", "read timeout", "TIME", "out", "é", "e\u{301}", "z\u{FFFD}z",
    "\u{212A}elvin", "kelvin",
    "10.1.2.3", "10.255.0.1", "11.0.0.1", "::1", "2001:db8::7", "::ffff:10.9.9.9", "500", "true", "null", "a\nb",
    "tab\tend",
    "line one\ntimeout\n", "abc123", "ABC", "a.b.c", "\u{1F600}",
  ]
  static let integers: [Int64] = [
    0, 1, -1, 42, 499, 500, 501, 502, 9_007_199_254_740_992, 9_007_199_254_740_993, -9_007_199_254_740_993,
    .max, .max - 1, .min, .min + 1,
  ]
  static let doubles = [
    0.5, -0.5, 499.5, 500.0, 500.25, 1e15, 9_007_199_254_740_992.0, 9.223372036854775807e18, 9.223372036854774784e18,
    -9.223372036854775808e18, 1e19, 1e25, -1e25, .infinity, -.infinity, .leastNonzeroMagnitude,
  ]
  static let patterns = [
    "time", "^time", "out$", "(?i)TIME", "t.m", "\\d{3}", "^$", "[^a-z]", "(?i)k", "a.b", "(?s)a.b", "\\btimeout\\b",
    "^\\w+$", "(?m)^timeout$", "\\s", "\\pL+", "(a|b)c", "x*", "[[:upper:]]{3}", "é",
  ]
  static let blocks = ["10.0.0.0/8", "10.255.0.0/16", "0.0.0.0/0", "::/0", "2001:db8::/32", "::1", "11.0.0.1"]
  static let operators = ["==", "~=", "<", "<=", ">", ">="]

  mutating func value() -> TestValue {
    switch random.next() % 12 {
    case 0: .missing
    case 1: .null
    case 2: .bool(random.chance(50))
    case 3, 4: .integer(random.pick(Self.integers))
    case 5: .double(random.pick(Self.doubles))
    case 6: random.chance(50) ? .array("[1]") : .object("{}")
    default: .text(random.pick(Self.texts))
    }
  }

  mutating func event() -> [String: TestValue] {
    var event: [String: TestValue] = [:]
    for name in Self.names where random.chance(85) { event[name] = value() }
    if random.chance(85) { event["level"] = .level(random.pick(LogLevel.allCases)) }
    return event
  }

  /// Numerals in every form that Lua has.
  static let numerals = [
    "0x1F4", "0xffffffffffffffff", "0x1p9", "0xA.8p0", "5e2", "500.0", ".5", "5.", "1E-1", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "9007199254740993.0", "1e999", "-0.0", "3", "00500",
    "0x7fffffffffffffff",
    "- 1", "0X1.8P1", "0.1e1", "123456789012345678901234567890",
  ]

  mutating func text() -> String { quoted(random.pick(Self.texts)) }

  /// `text` in one of Lua's quotings.
  mutating func quoted(_ text: String) -> String {
    switch random.next() % 6 {
    case 0: return "'" + text.utf8.map { "\\" + String(1000 + Int($0)).dropFirst() }.joined() + "'"
    case 1: return "'" + text.unicodeScalars.map { "\\u{\(String($0.value, radix: 16))}" }.joined() + "'"
    case 2: return "\"" + text.utf8.map { "\\x" + String(256 + Int($0), radix: 16).dropFirst() }.joined() + "\\z  \n \""
    case 3 where !text.contains("]"): return "[==[\n\(text)]==]"
    case 4 where !text.contains("]"): return "[[\n\(text)]]"
    default: return Literal.text(Array(text.utf8)).source
    }
  }

  mutating func literal(for field: String) -> String {
    switch random.next() % 8 {
    case 0: return Literal.integer(random.pick(Self.integers)).source
    case 1: return random.pick(Self.numerals)
    case 2: return Literal.double(random.pick(Self.doubles)).source
    default:
      let text = random.pick(Self.texts)
      // What the parser refuses: a quoted number opposite a numeric field.
      return field == "status" && text == "500" ? "500" : quoted(text)
    }
  }

  mutating func test() -> String {
    let field = random.pick(Self.fields)
    switch random.next() % 16 {
    case 0: return "\(field) \(random.pick(["==", "~="])) \(random.pick(["nil", "null", "true", "false"]))"
    case 1: return ["status", "message", "src_ip"].contains(field) ? "\(field) ~= nil" : field
    case 2: return levelTest()
    case 3, 4, 5, 6: return "\(field) \(random.pick(Self.operators)) \(literal(for: field))"
    case 7: return "\(literal(for: field)) \(random.pick(Self.operators)) \(field)"
    case 8:
      var other = random.pick(Self.fields)
      while other == field { other = random.pick(Self.fields) }
      return "\(field) \(random.pick(Self.operators)) \(other)"
    case 9, 10:
      let values = (0...random.next() % 4).map { _ in random.chance(10) ? "null" : literal(for: field) }
      return "one_of(\(field), \(values.joined(separator: ", ")))"
    case 11, 12, 13:
      let function = random.pick(
        ["contains", "startswith", "endswith", "icontains", "istartswith", "iendswith", "iequals"])
      var needle = text()
      while (try? Expression.parse("a == \(needle)"))?.canonical == "a == \"\"" { needle = text() }
      return random.chance(20) ? "\(field):\(function)(\(needle))" : "\(function)(\(field), \(needle))"
    case 14: return "matches(\(field), [==[\(random.pick(Self.patterns))]==])"
    default: return "cidr(\(field), \"\(random.pick(Self.blocks))\", \"\(random.pick(Self.blocks))\")"
    }
  }

  private mutating func levelTest() -> String {
    let level = random.pick(LogLevel.allCases)
    let written = random.pick([level.name, "\"\(level.name.uppercased())\"", "'\(level.name)'"])
    switch random.next() % 4 {
    case 0: return "one_of(level, \(written), \(random.pick(LogLevel.allCases).name))"
    case 1 where level != .critical: return "\(written) < level"
    case 2 where level != .trace: return "level < \(written)"
    default: return "level \(random.pick(["==", "~=", "<=", ">="])) \(written)"
    }
  }

  mutating func expression(depth: Int = 3) -> String {
    if depth == 0 || random.chance(30) { return test() }
    switch random.next() % 6 {
    case 0: return "not (\(expression(depth: depth - 1)))"
    case 1, 2: return parts(depth).joined(separator: " and ")
    case 3: return parts(depth).joined(separator: " or ")
    default:
      // Without parentheses, so that precedence decides.
      let parts = (0...2 + random.next() % 3).map { _ in (random.chance(15) ? "not " : "", test()) }
      return parts.map { (try? Expression.parse($0 + $1)) == nil ? $1 : $0 + $1 }
        .reduce("") { $0.isEmpty ? $1 : $0 + (random.chance(50) ? " and " : " or ") + $1 }
    }
  }

  private mutating func parts(_ depth: Int) -> [String] {
    (0...1 + random.next() % 2).map { _ in "(\(expression(depth: depth - 1)))" }
  }
}

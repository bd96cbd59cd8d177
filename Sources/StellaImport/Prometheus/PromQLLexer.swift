import StellaModel

/// Cuts PromQL into words.
struct PromQLLexer {
  enum Token: Hashable {
    case name(String)
    case number(Double)
    /// Nanoseconds.
    case duration(Int64)
    case text(String)
    case sign(String)
  }

  private let scalars: [Unicode.Scalar]
  private var place = 0
  /// Between brackets a colon divides a subquery; elsewhere it is part of a name.
  private var depthOfBrackets = 0

  /// - Throws: what can't be a word.
  static func tokens(_ text: String) throws(PrometheusRefusal) -> [Token] {
    var lexer = PromQLLexer(scalars: Array(text.unicodeScalars))
    var tokens: [Token] = []
    while let token = try lexer.next() { tokens.append(token) }
    return tokens
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private var current: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  private mutating func next() throws(PrometheusRefusal) -> Token? {
    while let scalar = current {
      if scalar == "#" {
        while let inner = current, inner != "\n" { place += 1 }
      } else if scalar.properties.isWhitespace {
        place += 1
      } else {
        break
      }
    }
    guard let scalar = current else { return nil }
    if scalar == "\"" || scalar == "'" || scalar == "`" { return .text(try text(scalar)) }
    if isDigit(scalar) || (scalar == "." && place + 1 < scalars.count && isDigit(scalars[place + 1])) {
      return try number()
    }
    if isNameStart(scalar) { return name() }
    for sign in ["==", "!=", "=~", "!~", "<=", ">="] where starts(with: sign) {
      place += 2
      return .sign(sign)
    }
    guard "{}()[],=<>+-*/%^:@".unicodeScalars.contains(scalar) else {
      throw PrometheusRefusal(.expression, "\(scalar) stands where no such character can", "Correct the expression.")
    }
    place += 1
    if scalar == "[" { depthOfBrackets += 1 }
    if scalar == "]" { depthOfBrackets -= 1 }
    return .sign(String(Character(scalar)))
  }

  private func starts(with sign: String) -> Bool { scalars[place...].starts(with: sign.unicodeScalars) }
  private func isDigit(_ scalar: Unicode.Scalar) -> Bool { (48...57).contains(scalar.value) }
  private func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_" || (scalar == ":" && depthOfBrackets == 0))
  }

  private mutating func name() -> Token {
    let start = place
    while let scalar = current, isNameStart(scalar) || isDigit(scalar) { place += 1 }
    let name = String(String.UnicodeScalarView(scalars[start..<place]))
    switch name.lowercased() {
    case "inf": return .number(.infinity)
    case "nan": return .number(.nan)
    default: return .name(name)
    }
  }

  private mutating func number() throws(PrometheusRefusal) -> Token {
    let start = place
    while let scalar = current {
      let isSign = (scalar == "+" || scalar == "-") && "eE".unicodeScalars.contains(scalars[place - 1])
      guard
        isDigit(scalar) || scalar == "." || scalar == "_" || isSign
          || (scalar.isASCII && scalar.properties.isAlphabetic)
      else { break }
      if isSign, starts(hex: start) { break }
      place += 1
    }
    let text = String(String.UnicodeScalarView(scalars[start..<place])).replacing("_", with: "")
    if text.hasPrefix("0x") || text.hasPrefix("0X"), let value = Int64(text.dropFirst(2), radix: 16) {
      return .number(Double(value))
    }
    if let value = Double(text) { return .number(value) }
    if let duration = PrometheusDuration.nanoseconds(text) { return .duration(duration) }
    throw PrometheusRefusal(.expression, "\(text) is neither a number nor a duration", "Correct the expression.")
  }

  private func starts(hex start: Int) -> Bool {
    start + 1 < scalars.count && scalars[start] == "0" && (scalars[start + 1] == "x" || scalars[start + 1] == "X")
  }

  private mutating func text(_ quote: Unicode.Scalar) throws(PrometheusRefusal) -> String {
    place += 1
    var result = String.UnicodeScalarView()
    while let scalar = current {
      place += 1
      if scalar == quote { return String(result) }
      guard scalar == "\\", quote != "`" else {
        result.append(scalar)
        continue
      }
      guard let escaped = current else { break }
      place += 1
      switch escaped {
      case "n": result.append("\n")
      case "t": result.append("\t")
      case "r": result.append("\r")
      case "\\", "\"", "'": result.append(escaped)
      default:
        throw PrometheusRefusal(
          .expression, "the text has the escape \\\(escaped)",
          "Write \\\\ for a backslash, or put the text between backquotes.")
      }
    }
    throw PrometheusRefusal(.expression, "a text has no end", "Close it with \(quote).")
  }
}

/// Durations as Prometheus writes them.
enum PrometheusDuration {
  /// Nanoseconds of `1h30m`, `1d`, `1y` (365 days) or `0`; nil when it is none.
  static func nanoseconds(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    let day: Int64 = 86_400_000_000_000
    guard let end = text.firstIndex(of: "y") else { return DurationText.nanoseconds(text) }
    guard let years = Int64(text[..<end]), years <= 200 else { return nil }
    let rest = text[text.index(after: end)...]
    let more: Int64? = rest.isEmpty ? 0 : DurationText.nanoseconds(String(rest))
    return more.map { years * 365 * day + $0 }
  }
}

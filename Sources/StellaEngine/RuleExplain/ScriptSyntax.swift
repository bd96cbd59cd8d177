/// The tokens of a Lua script with their places, and the conditions that decide whether it raises an alert.
struct ScriptSyntax {
  struct Token: Equatable {
    enum Kind { case name, number, text, symbol }
    let kind: Kind
    /// As written; of a text what is between its quotes.
    let text: String
    let line: Int
    let range: Range<Int>
  }

  /// A condition on the way to an alert.
  struct Condition {
    let tokens: ArraySlice<Token>
    /// From the first word of the statement to what ends the condition.
    let lines: ClosedRange<Int>
    /// Where what it decides about begins.
    let bodyLine: Int
    /// Whether it has to hold for an alert; else it must not, because the script returns where it does.
    let mustHold: Bool
  }

  let tokens: [Token]
  let conditions: [Condition]

  /// O(bytes).
  init(_ source: [UInt8]) {
    let tokens = ScriptSyntax.scan(source)
    self.tokens = tokens
    conditions = ScriptSyntax.conditions(tokens)
  }

  /// What the script calls the event in an `on` that is written in the rule; nil where there is none.
  var eventName: String? {
    tokens.indices.first {
      $0 + 4 < tokens.count && tokens[$0...($0 + 3)].map(\.text) == ["on", "=", "function", "("]
        && tokens[$0 + 4].kind == .name
    }.map { tokens[$0 + 4].text }
  }

  /// Where the script names members of a variable, such as `e.http.status`. What it calls is none. O(tokens).
  func members(of variable: String) -> [(text: String, line: Int)] {
    var found: [(text: String, line: Int)] = []
    var place = 0
    while place < tokens.count {
      defer { place += 1 }
      let isFirst = place == 0 || ![".", ":"].contains(tokens[place - 1].text)
      guard tokens[place].kind == .name, tokens[place].text == variable, isFirst else { continue }
      let line = tokens[place].line
      var text = variable
      while place + 2 < tokens.count, tokens[place + 1].text == ".", tokens[place + 2].kind == .name {
        text += "." + tokens[place + 2].text
        place += 2
      }
      let isCall = place + 1 < tokens.count && [":", "(", "["].contains(tokens[place + 1].text)
      if text != variable, !isCall { found.append((text, line)) }
    }
    return found
  }

  // MARK: - Conditions

  private static func conditions(_ tokens: [Token]) -> [Condition] {
    var found: [Condition] = []
    for (place, token) in tokens.enumerated() where token.kind == .name {
      switch token.text {
      case "if", "elseif":
        guard let then = tokens[place...].firstIndex(where: { $0.kind == .name && $0.text == "then" }) else { continue }
        let body = body(tokens, from: then + 1)
        let raises = body.contains { $0.kind == .name && $0.text == "alert" }
        guard raises || body.contains(where: { $0.kind == .name && $0.text == "return" }) else { continue }
        found.append(
          Condition(
            tokens: tokens[place + 1..<then], lines: token.line...tokens[then].line,
            bodyLine: body.first?.line ?? tokens[then].line, mustHold: raises))
      case "return":
        // `return condition and alert { … }`
        let end = tokens[place...].firstIndex {
          $0.kind == .name && ["end", "else", "elseif", "until"].contains($0.text)
        }
        let rest = tokens[place + 1..<(end ?? tokens.count)]
        guard let alert = rest.firstIndex(where: { $0.text == "alert" }), alert > place + 2,
          tokens[alert - 1].text == "and"
        else { continue }
        found.append(
          Condition(
            tokens: tokens[place + 1..<alert - 1], lines: token.line...tokens[alert - 1].line,
            bodyLine: tokens[alert].line, mustHold: true))
      default: break
      }
    }
    return found
  }

  /// The tokens up to what ends the block that begins at `start`.
  private static func body(_ tokens: [Token], from start: Int) -> ArraySlice<Token> {
    var depth = 0
    for place in start..<tokens.count where tokens[place].kind == .name {
      switch tokens[place].text {
      case "function", "do", "if", "repeat": depth += 1
      case "else", "elseif": if depth == 0 { return tokens[start..<place] }
      case "end", "until":
        if depth == 0 { return tokens[start..<place] }
        depth -= 1
      default: break
      }
    }
    return tokens[start...]
  }

  // MARK: - Tokens

  private static let pairs: Set<String> = ["==", "~=", "<=", ">=", "..", "//", "<<", ">>", "::"]

  private static func scan(_ source: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var at = 0
    var line = 1
    func byte(_ offset: Int) -> UInt8 { at + offset < source.count ? source[at + offset] : 0 }
    func isName(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == 95 || byte >= 0x80 }
    /// Where a long bracket that begins here ends, and how long its opening is; nil when none does.
    func longBracket(_ start: Int) -> (end: Int, opening: Int)? {
      guard start < source.count, source[start] == 0x5b else { return nil }
      var place = start + 1
      while place < source.count, source[place] == 0x3d { place += 1 }
      guard place < source.count, source[place] == 0x5b else { return nil }
      let opening = place - start + 1
      let closing = [0x5d] + Array(repeating: UInt8(0x3d), count: opening - 2) + [0x5d]
      place += 1
      while place + closing.count <= source.count {
        if source[place..<place + closing.count].elementsEqual(closing) { return (place + closing.count, opening) }
        place += 1
      }
      return (source.count, opening)
    }
    func add(_ kind: Token.Kind, _ range: Range<Int>, to end: Int) {
      tokens.append(
        Token(kind: kind, text: String(decoding: source[range], as: UTF8.self), line: line, range: at..<end))
    }
    while at < source.count {
      let c = source[at]
      if c == 0x0a {
        line += 1
        at += 1
      } else if c <= 0x20 {
        at += 1
      } else if c == 0x2d, byte(1) == 0x2d {
        if let (end, _) = longBracket(at + 2) {
          line += source[at..<end].count { $0 == 0x0a }
          at = end
        } else {
          while at < source.count, source[at] != 0x0a { at += 1 }
        }
      } else if let (end, opening) = longBracket(at) {
        add(.text, at + opening..<max(at + opening, end - opening), to: end)
        line += source[at..<end].count { $0 == 0x0a }
        at = end
      } else if c == 0x22 || c == 0x27 {
        var end = at + 1
        while end < source.count, source[end] != c, source[end] != 0x0a { end += source[end] == 0x5c ? 2 : 1 }
        end = min(end, source.count)
        add(.text, at + 1..<max(at + 1, end), to: min(end + 1, source.count))
        at = min(end + 1, source.count)
      } else if c &- 48 < 10 || (c == 0x2e && byte(1) &- 48 < 10) {
        var end = at
        while end < source.count, isName(source[end]) || source[end] == 0x2e { end += 1 }
        add(.number, at..<end, to: end)
        at = end
      } else if isName(c) {
        var end = at
        while end < source.count, isName(source[end]) { end += 1 }
        add(.name, at..<end, to: end)
        at = end
      } else {
        let pair = String(decoding: source[at..<min(at + 2, source.count)], as: UTF8.self)
        let length = pairs.contains(pair) ? 2 : 1
        add(.symbol, at..<at + length, to: at + length)
        at += length
      }
    }
    return tokens
  }
}

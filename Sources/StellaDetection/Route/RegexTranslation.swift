/// An RE2 expression rewritten for Vectorscan, so that it matches exactly the same texts, or more where it can't.
///
/// Classes and the case of letters are spelled out, so that nothing depends on what either side thinks of `\s` or of
/// folding the Kelvin sign. What has no counterpart (Unicode classes, `(?m)^`, large repetitions) is widened; then
/// ``isExact`` is false and RE2 confirms each hit. The pattern must be one that RE2 accepts.
struct RegexTranslation {
  private(set) var source = ""
  private(set) var isExact = true

  private struct Flags {
    var ignoringCase = false
    var multiline = false
    var dotMatchesNewline = false
  }

  /// Counted repetitions multiply the states of an automaton, and Vectorscan's compiler takes minutes over some thousand
  /// states. Past these limits it sees `+` or `*` (or `{32,}`) instead. A narrow atom is one byte: a digit, an ASCII class.
  private static let narrowLimit = 32
  private static let wideLimit = 4
  private static let any = "(?s:.)"

  private let scalars: [Unicode.Scalar]
  private var at = 0
  private var flags = Flags()
  private var outerFlags: [Flags] = []
  /// Whether what was emitted last is one byte.
  private var lastIsNarrow = false

  /// Nil when the pattern uses something without even a wider counterpart.
  init?(_ pattern: String) {
    scalars = Array(pattern.unicodeScalars)
    while at < scalars.count {
      guard step() else { return nil }
    }
  }

  private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    at + offset < scalars.count ? scalars[at + offset] : nil
  }

  private func starts(_ text: String) -> Bool { scalars[at...].starts(with: text.unicodeScalars) }

  /// Emits something that matches at least whatever stands here.
  private mutating func widen(to wider: String) {
    source += wider
    isExact = false
  }

  private mutating func step() -> Bool {
    let scalar = scalars[at]
    if scalar != "{" { lastIsNarrow = false }
    switch scalar {
    case "(": return open()
    case ")":
      at += 1
      flags = outerFlags.popLast() ?? flags
      source += ")"
    case "|":
      at += 1
      source += "|"
    case "*", "+", "?":
      at += 1
      source.unicodeScalars.append(scalar)
      skipLazyMark()
    case "{": repetition()
    case ".":
      at += 1
      source += flags.dotMatchesNewline ? RegexTranslation.any : "[^\\n]"
    case "^":
      at += 1
      // RE2 lets (?m)^ match after a final newline, PCRE does not.
      if flags.multiline { widen(to: "(?:)") } else { source += "\\A" }
    case "$":
      at += 1
      source += flags.multiline ? "(?m:$)" : "\\z"
    case "[": return bracket()
    case "\\": return escape()
    default:
      at += 1
      literal(scalar)
    }
    return true
  }

  private mutating func skipLazyMark() {
    if peek() == "?" { at += 1 }
  }

  /// `(`, `(?:`, `(?P<name>`, `(?i)`, `(?i:`.
  private mutating func open() -> Bool {
    at += 1
    guard peek() == "?" else {
      outerFlags.append(flags)
      source += "(?:"
      return true
    }
    at += 1
    if peek() == "P" || peek() == "<" {
      while let scalar = peek(), scalar != ">" {
        _ = scalar
        at += 1
      }
      at += 1
      outerFlags.append(flags)
      source += "(?:"
      return true
    }
    var changed = flags
    var value = true
    while let scalar = peek() {
      at += 1
      switch scalar {
      case "-": value = false
      case "i": changed.ignoringCase = value
      case "m": changed.multiline = value
      case "s": changed.dotMatchesNewline = value
      case "U": break
      case ":":
        outerFlags.append(flags)
        flags = changed
        source += "(?:"
        return true
      case ")":
        flags = changed
        return true
      default: return false
      }
    }
    return false
  }

  /// `{n}`, `{n,}`, `{n,m}`; anything else is a literal brace.
  private mutating func repetition() {
    var end = at + 1
    var numbers: [Int] = []
    var isOpen = false
    var digits = ""
    while end < scalars.count, scalars[end] != "}" {
      if scalars[end] == ",", !isOpen, !digits.isEmpty {
        numbers.append(Int(digits) ?? .max)
        digits = ""
        isOpen = true
      } else if ("0"..."9").contains(scalars[end]) {
        digits.unicodeScalars.append(scalars[end])
      } else {
        break
      }
      end += 1
    }
    guard end < scalars.count, scalars[end] == "}", !digits.isEmpty || isOpen else {
      at += 1
      literal("{")
      return
    }
    if !digits.isEmpty { numbers.append(Int(digits) ?? .max) }
    at = end + 1
    skipLazyMark()
    let limit = lastIsNarrow ? RegexTranslation.narrowLimit : RegexTranslation.wideLimit
    if numbers.contains(where: { $0 > limit }) {
      widen(to: lastIsNarrow ? "{\(min(numbers[0], limit)),}" : numbers[0] > 0 ? "+" : "*")
    } else {
      source +=
        isOpen && numbers.count == 1 ? "{\(numbers[0]),}" : "{\(numbers.map(String.init).joined(separator: ","))}"
    }
  }

  private mutating func literal(_ scalar: Unicode.Scalar) {
    if flags.ignoringCase {
      emit(CharacterRanges([scalar.value...scalar.value]))
    } else {
      source += RegexTranslation.hex(scalar.value)
      lastIsNarrow = scalar.isASCII
    }
  }

  /// Emits a set of characters, folding case when asked to.
  private mutating func emit(_ ranges: CharacterRanges, negated: Bool = false) {
    var ranges = ranges
    if flags.ignoringCase {
      guard ranges.foldASCII() else { return widen(to: RegexTranslation.any) }
    }
    if negated { ranges = ranges.complement }
    lastIsNarrow = ranges.ranges.allSatisfy { $0.upperBound < 0x80 }
    source +=
      "["
      + ranges.scalars.map { RegexTranslation.hex($0.lowerBound) + "-" + RegexTranslation.hex($0.upperBound) }
      .joined() + "]"
  }

  private static func hex(_ value: UInt32) -> String {
    let isPlain =
      value < 0x80 && UInt8(truncatingIfNeeded: value) != UInt8(ascii: "_")
      && ExpressionLexer.isNamePart(UInt8(truncatingIfNeeded: value))
    return isPlain ? String(UnicodeScalar(UInt8(value))) : "\\x{\(String(value, radix: 16))}"
  }

  private mutating func escape() -> Bool {
    guard let next = peek(1) else { return false }
    switch next {
    case "A", "z", "b":
      at += 2
      source += "\\\(next)"
    case "B":
      at += 2
      // RE2 also finds \B between the bytes of one character.
      widen(to: "(?:)")
    case "C": return false
    case "Q":
      at += 2
      while at < scalars.count, !starts("\\E") {
        literal(scalars[at])
        at += 1
      }
      at = min(scalars.count, at + 2)
    case "E": at += 2
    case "p", "P":
      skipProperty()
      widen(to: RegexTranslation.any)
    default:
      if let ranges = CharacterRanges.perlClass(next) {
        at += 2
        emit(ranges, negated: ("A"..."Z").contains(next))
      } else {
        guard let value = escapedScalar(), let scalar = Unicode.Scalar(value) else { return false }
        literal(scalar)
      }
    }
    return true
  }

  /// `\pL`, `\p{Greek}`, `\P{^Lu}`.
  private mutating func skipProperty() {
    at += 2
    if peek() == "{" {
      while let scalar = peek(), scalar != "}" {
        _ = scalar
        at += 1
      }
    }
    at += 1
  }

  /// The character of `\n`, `\x41`, `\x{20AC}`, `\012` or `\.`; the backslash is the current one.
  private mutating func escapedScalar() -> UInt32? {
    guard let next = peek(1) else { return nil }
    at += 2
    switch next {
    case "a": return 0x07
    case "f": return 0x0C
    case "n": return 0x0A
    case "r": return 0x0D
    case "t": return 0x09
    case "v": return 0x0B
    case "0"..."7":
      var value = next.value - 48
      var digits = 1
      while digits < 3, let digit = peek(), ("0"..."7").contains(digit) {
        value = value * 8 + digit.value - 48
        at += 1
        digits += 1
      }
      return value
    case "x":
      if peek() == "{" {
        guard let close = scalars[at...].firstIndex(of: "}") else { return nil }
        var digits = ""
        digits.unicodeScalars.append(contentsOf: scalars[at + 1..<close])
        at = close + 1
        return UInt32(digits, radix: 16)
      }
      var digits = ""
      digits.unicodeScalars.append(contentsOf: scalars[at..<min(at + 2, scalars.count)])
      at += 2
      return UInt32(digits, radix: 16)
    default: return next.value
    }
  }

  private mutating func bracket() -> Bool {
    at += 1
    let isNegated = peek() == "^"
    if isNegated { at += 1 }
    var ranges = CharacterRanges([])
    var isWider = false
    var isFirst = true
    while let scalar = peek(), scalar != "]" || isFirst {
      isFirst = false
      if starts("[:"), let (name, isInverted) = posixName() {
        guard var named = CharacterRanges.posixClass(name) else { return false }
        if isInverted {
          guard fold(&named) else { return false }
          named = named.complement
        }
        ranges.ranges += named.ranges
        continue
      }
      if scalar == "\\", let next = peek(1) {
        if next == "p" || next == "P" {
          skipProperty()
          isWider = true
          continue
        }
        if var named = CharacterRanges.perlClass(next) {
          at += 2
          if ("A"..."Z").contains(next) {
            guard fold(&named) else { return false }
            named = named.complement
          }
          ranges.ranges += named.ranges
          continue
        }
      }
      guard let low = classScalar() else { return false }
      var high = low
      if peek() == "-", let after = peek(1), after != "]" {
        at += 1
        guard let end = classScalar(), end >= low else { return false }
        high = end
      }
      ranges.ranges.append(low...high)
    }
    at += 1
    if isWider { widen(to: RegexTranslation.any) } else { emit(ranges, negated: isNegated) }
    return true
  }

  private func fold(_ ranges: inout CharacterRanges) -> Bool { !flags.ignoringCase || ranges.foldASCII() }

  private mutating func classScalar() -> UInt32? {
    guard let scalar = peek() else { return nil }
    if scalar == "\\" { return escapedScalar() }
    at += 1
    return scalar.value
  }

  /// `[:name:]` or `[:^name:]`.
  private mutating func posixName() -> (name: String, isInverted: Bool)? {
    guard
      let close = scalars[at...].indices.dropFirst(2).first(where: {
        scalars[$0] == ":" && $0 + 1 < scalars.count && scalars[$0 + 1] == "]"
      })
    else { return nil }
    var name = ""
    name.unicodeScalars.append(contentsOf: scalars[at + 2..<close])
    at = close + 2
    return name.hasPrefix("^") ? (String(name.dropFirst()), true) : (name, false)
  }
}

import StellaDetection

/// What a regular expression of a matcher says, where that is no more than a few texts or simple patterns.
///
/// Prometheus anchors such expressions at both ends.
struct LabelPattern {
  /// One way in which it matches.
  struct Alternative: Hashable {
    /// The whole text, when there is but one.
    var text: String?
    /// As a pattern of Lua, without anchors.
    var lua: String
    /// The numbers that it matches, when it is of digits and of single characters that anything may be: `5..`.
    var numbers: ClosedRange<Int64>?
  }

  /// Nil when it is more than that.
  let alternatives: [Alternative]?
  let source: String

  /// - Throws: what RE2 has against it.
  init(_ source: String) throws(PrometheusRefusal) {
    self.source = source
    do throws(RegularExpression.Failure) {
      _ = try RegularExpression(Array(LabelPattern.anchored(source).utf8))
    } catch {
      throw PrometheusRefusal(
        .selector, "the pattern \(source) is refused: \(error.reason)", "Prometheus refuses it as well: correct it.")
    }
    // Prometheus has both anchors in any case.
    var inner = source.unicodeScalars[...]
    if inner.first == "^" { inner = inner.dropFirst() }
    if inner.last == "$", inner.dropLast().last != "\\" { inner = inner.dropLast() }
    var reader = PatternReader(scalars: Array(inner))
    alternatives = reader.all().map { pieces in pieces.map(Alternative.init) }
  }

  /// As `matches` takes it.
  static func anchored(_ source: String) -> String { "^(?s:\(source))$" }

  /// Whether a missing label matches, which counts as empty.
  var matchesNothing: Bool {
    guard let whole = try? RegularExpression(Array(LabelPattern.anchored(source).utf8)) else { return false }
    return [UInt8]().withUnsafeBufferPointer { whole.matches($0) }
  }

  /// The texts, when it is a list of them.
  var texts: [String]? {
    guard let alternatives else { return nil }
    let texts = alternatives.compactMap(\.text)
    return texts.count == alternatives.count ? texts : nil
  }
}

extension LabelPattern.Alternative {
  fileprivate init(_ pieces: [PatternReader.Piece]) {
    lua = pieces.map(\.lua).joined()
    let literals = pieces.compactMap(\.literal)
    text = literals.count == pieces.count ? String(String.UnicodeScalarView(literals)) : nil
    let isNumber = pieces.allSatisfy { piece in
      piece.isAny || piece.literal.map { (48...57).contains($0.value) } == true
    }
    guard isNumber, text == nil, let first = pieces.first?.literal, first != "0", pieces.count <= 15 else { return }
    func number(_ filler: Character) -> Int64? {
      Int64(String(pieces.map { $0.literal.map(Character.init) ?? filler }))
    }
    if pieces.firstIndex(where: \.isAny).map({ pieces[$0...].allSatisfy(\.isAny) }) == true,
      let low = number("0"), let high = number("9")
    {
      numbers = low...high
    }
  }
}

/// Reads the part of RE2's syntax that patterns of Lua have as well.
private struct PatternReader {
  struct Piece: Hashable {
    /// The one character that it matches, when there is but one.
    var literal: Unicode.Scalar?
    var lua: String
    /// Whether it is any one character, or any one digit.
    var isAny = false
  }

  private static let limit = 64
  let scalars: [Unicode.Scalar]
  private var place = 0

  init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  mutating func all() -> [[Piece]]? {
    let result = alternatives()
    return place == scalars.count ? result : nil
  }

  private var current: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  private mutating func alternatives() -> [[Piece]]? {
    guard var result = sequence() else { return nil }
    while current == "|" {
      place += 1
      guard let more = sequence() else { return nil }
      result += more
      if result.count > PatternReader.limit { return nil }
    }
    return result
  }

  private mutating func sequence() -> [[Piece]]? {
    var result: [[Piece]] = [[]]
    while let scalar = current, scalar != "|", scalar != ")" {
      let choices: [[Piece]]
      if scalar == "(" {
        guard let group = group() else { return nil }
        choices = group
      } else {
        guard let piece = piece() else { return nil }
        choices = [[piece]]
      }
      guard result.count * choices.count <= PatternReader.limit else { return nil }
      result = result.flatMap { before in choices.map { before + $0 } }
    }
    return result
  }

  private mutating func group() -> [[Piece]]? {
    place += 1
    if current == "?" {
      guard place + 1 < scalars.count, scalars[place + 1] == ":" else { return nil }
      place += 2
    }
    guard let inner = alternatives(), current == ")" else { return nil }
    place += 1
    if let next = current, "*+?{".unicodeScalars.contains(next) { return nil }
    return inner
  }

  private mutating func piece() -> Piece? {
    guard let scalar = current else { return nil }
    place += 1
    var piece: Piece
    switch scalar {
    case ".": piece = Piece(lua: ".", isAny: true)
    case "\\":
      guard let escaped = current else { return nil }
      place += 1
      if escaped == "d" {
        piece = Piece(lua: "%d", isAny: true)
      } else if escaped.isASCII, !escaped.properties.isAlphabetic, !(48...57).contains(escaped.value) {
        piece = PatternReader.literal(escaped)
      } else {
        return nil
      }
    case "[":
      guard let set = set() else { return nil }
      piece = set
    case "*", "+", "?", "{", "^", "$": return nil
    default: piece = PatternReader.literal(scalar)
    }
    guard let next = current, "*+?{".unicodeScalars.contains(next) else { return piece }
    // One byte is what Lua repeats.
    guard next != "{", piece.literal?.isASCII != false else { return nil }
    place += 1
    if current == "?" { place += 1 }
    return Piece(lua: piece.lua + String(Character(next)))
  }

  private mutating func set() -> Piece? {
    var body = ""
    while let scalar = current, scalar != "]" {
      guard scalar.isASCII, scalar != "[", scalar != "\\" else { return nil }
      place += 1
      let isPlain = scalar.properties.isAlphabetic || (48...57).contains(scalar.value) || scalar == "-" || scalar == "^"
      body += (isPlain ? "" : "%") + String(Character(scalar))
    }
    guard current == "]", !body.isEmpty, body != "^" else { return nil }
    place += 1
    return Piece(lua: "[\(body)]", isAny: body == "0-9")
  }

  private static func literal(_ scalar: Unicode.Scalar) -> Piece {
    let isPlain = !scalar.isASCII || scalar.properties.isAlphabetic || (48...57).contains(scalar.value)
    return Piece(literal: scalar, lua: (isPlain ? "" : "%") + String(Character(scalar)))
  }
}

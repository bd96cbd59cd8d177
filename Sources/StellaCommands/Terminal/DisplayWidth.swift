/// How many columns text takes on a terminal with a monospaced font.
package enum DisplayWidth {
  /// The columns of `text`, which must be escaped: each character counts once, East Asian wide ones and emoji twice,
  /// combining marks not at all. Terminals differ for rare scripts and new emoji; a table is then askew, nothing worse.
  package static func of(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + of($1) }
  }

  package static func of(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      // Variation selector 16 asks for the wide emoji form.
      if scalar.value == 0xfe0f { return 2 }
      width = max(width, isWide(scalar.value) ? 2 : isZeroWidth(scalar) ? 0 : 1)
    }
    return width
  }

  /// `text` in at most `width` columns; a `…` stands for what was cut off.
  package static func cut(_ text: String, to width: Int) -> String {
    if of(text) <= width { return text }
    var result = ""
    var used = 0
    for character in text {
      let next = of(character)
      if used + next > width - 1 { break }
      result.append(character)
      used += next
    }
    return width > 0 ? result + "…" : ""
  }

  /// `text` on at most `lines` lines of at most `width` columns, broken at blanks, else behind a sign within a word such as the
  /// dots of a name, else anywhere; the last line is cut when more would follow.
  package static func wrap(_ text: String, to width: Int, lines: Int) -> [String] {
    var result: [String] = []
    var rest = Substring(text)
    while result.count < lines - 1, of(String(rest)) > width {
      var used = 0
      var end = rest.startIndex
      var blank: Substring.Index?
      var sign: Substring.Index?
      while end < rest.endIndex {
        let next = of(rest[end])
        if used + next > width { break }
        used += next
        if rest[end] == " " { blank = end }
        let isSign = signs.contains(rest[end])
        end = rest.index(after: end)
        if isSign { sign = end }
      }
      // A blank that stands right behind the line is as good as one in it.
      if end < rest.endIndex, rest[end] == " " { blank = end }
      // Far in front it would leave most of the line empty.
      if let place = [blank, sign].compactMap(\.self).first(where: { of(String(rest[..<$0])) * 2 > width }) {
        end = place
      }
      if end == rest.startIndex { break }
      result.append(String(rest[..<end]))
      rest = rest[end...].drop { $0 == " " }
    }
    if !rest.isEmpty || result.isEmpty { result.append(cut(String(rest), to: width)) }
    return result
  }

  private static let signs: Set<Character> = [".", "-", "_", "/", "=", ":", ",", "@"]

  private static func isZeroWidth(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: true
    default: false
    }
  }

  /// The blocks that Unicode Standard Annex #11 calls wide or fullwidth, without the gaps inside them.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
      0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
      0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1faff, 0x1f1e6...0x1f1ff, 0x20000...0x3fffd:
      true
    default: false
    }
  }
}

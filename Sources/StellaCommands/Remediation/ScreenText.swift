import StellaModel

/// Text from data on a screen that somebody decides by. Stricter than ``TextEscaping``: also what is merely invisible or a
/// blank of another kind is shown as an escape, and free text stands in quotes, so that none of it can be taken for words of
/// the engine's own. It never takes a line of its own, and what is cut off is counted outside the quotes.
enum ScreenText {
  /// Free text or a value in double quotes, in at most `width` columns or, where that is too little to say anything, in 40.
  ///
  /// - Parameter isAlone: whether no other data stands on the line. Letters that are written from right to left stay readable
  ///   then; elsewhere they would pull what stands between two texts along, and show before and after the wrong way round.
  static func quoted(_ text: String, width: Int, isAlone: Bool = false) -> String {
    let whole = escaped(text, width: width - 2, isAlone)
    if whole.rest == 0 { return "\"\(whole.shown)\"" }
    // How long the count is depends on where the cut is; that of the whole text is as long or longer.
    let longest = "…\" +\(whole.total) characters".count
    let cut = escaped(text, width: max(8, width - 1 - longest), isAlone)
    return cut.rest == 0 ? "\"\(cut.shown)\"" : "\"\(cut.shown)…\" +\(cut.rest) characters"
  }

  /// Free text in double quotes on as many lines as it needs, each at most `width` columns: broken at its line feeds and at
  /// blanks. What has no room on `lines` of them is counted. To stand alone on its lines. O(scalars).
  static func quotedLines(_ text: String, width: Int, lines: Int = 12) -> [String] {
    var pieces: [String] = []
    var rest = text.unicodeScalars[...]
    while pieces.count + 1 < lines {
      let end = lineEnd(of: rest, width: max(8, width - 2))
      if end == rest.endIndex { break }
      if end > rest.startIndex { pieces.append(quoted(String(rest[..<end]), width: width, isAlone: true)) }
      rest = rest[end...].drop { $0 == " " || $0 == "\n" }
    }
    if !rest.isEmpty || pieces.isEmpty { pieces.append(quoted(String(rest), width: width, isAlone: true)) }
    return pieces
  }

  /// Where the first line of `text` ends: before a line feed, else at the last blank or scalar for which there is room.
  private static func lineEnd(of text: Substring.UnicodeScalarView, width: Int) -> Substring.UnicodeScalarView.Index {
    var used = 0
    var blank: (place: Substring.UnicodeScalarView.Index, used: Int)?
    var index = text.startIndex
    while index < text.endIndex {
      let scalar = text[index]
      if scalar == "\n" { return index }
      if scalar == " " { blank = (index, used) }
      used += escape(scalar)?.utf8.count ?? columns(scalar)
      if used > width {
        // Far in front it would leave most of the line empty.
        if let blank, blank.used * 2 > width { return blank.place }
        return index > text.startIndex ? index : text.index(after: index)
      }
      index = text.index(after: index)
    }
    return text.endIndex
  }

  /// A name that is mostly a plain word, such as that of a table: as it is when it can be nothing else, else quoted.
  static func name(_ text: String, width: Int = 60) -> String {
    let isPlain =
      !text.isEmpty && text.utf8.count <= width
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
          || "._-:/@".utf8.contains(byte)
      }
    return isPlain ? text : quoted(text, width: width)
  }

  /// As much of `text` as fits, how many characters (scalars) don't, and how many there are. O(scalars).
  private static func escaped(_ text: String, width: Int, _ isAlone: Bool) -> (shown: String, rest: Int, total: Int) {
    var shown = ""
    var used = 0
    var marks = 0
    var taken = 0
    for scalar in text.unicodeScalars {
      marks = isMark(scalar) ? marks + 1 : 0
      // A letter has two or three marks at most; a pile of them covers the lines above.
      let isHidden = marks > 3 || !isAlone && isRightToLeft(scalar)
      let piece = escape(scalar) ?? (isHidden ? code(scalar) : nil)
      let columns = piece?.utf8.count ?? columns(scalar)
      if used + columns > width {
        let total = text.unicodeScalars.count
        return (shown, total - taken, total)
      }
      used += columns
      taken += 1
      if let piece { shown += piece } else { shown.unicodeScalars.append(scalar) }
    }
    return (shown, 0, taken)
  }

  /// `line` in at most `width` columns, measured as below.
  static func cut(_ line: String, to width: Int) -> String {
    var used = 0
    for scalar in line.unicodeScalars { used += columns(scalar) }
    if used <= width { return line }
    var shown = ""
    used = 2
    for scalar in line.unicodeScalars {
      used += columns(scalar)
      if used > width { break }
      shown.unicodeScalars.append(scalar)
    }
    return shown + "…"
  }

  /// Terminals disagree about many of the scalars beyond the first scripts; a line that is too wide would go on at the start of
  /// the next, where only the engine writes. So the widest counts.
  static func columns(_ scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return 1 }
    return scalar.value < 0x1100 ? max(1, DisplayWidth.of(Character(scalar))) : 2
  }

  /// The most columns that `text` may take.
  static func columns(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns($1) } }

  /// Free text as it is when it can't be taken for anything else, else quoted; in at most `width` columns.
  static func message(_ text: String, width: Int) -> String {
    let isPlain =
      text.utf8.count <= width && !text.isEmpty && !text.hasPrefix(" ") && !text.hasSuffix(" ")
      && !text.utf8.contains { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "\"") }
    guard isPlain, escaped(text, width: width, false).shown == text else { return quoted(text, width: width) }
    return text
  }

  /// Whether the scalar is in a block of a script that is written from right to left (Unicode Standard Annex #9).
  private static func isRightToLeft(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x590...0x8ff, 0xfb1d...0xfdff, 0xfe70...0xfeff, 0x10800...0x10fff, 0x1e800...0x1efff: true
    default: false
    }
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark: return true
    default: return false
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case " "..."~": return nil
    default: break
    }
    if scalar.isASCII { return code(scalar) }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .surrogate, .unassigned:
      return code(scalar)
    default:
      // Fillers and selectors that are no format characters and yet nothing to see; and the blank pattern of Braille.
      return scalar.properties.isDefaultIgnorableCodePoint || scalar.value == 0x2800 ? code(scalar) : nil
    }
  }

  /// As `TextEscaping` writes it.
  private static func code(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return scalar.isASCII ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{" + digits + "}"
  }
}

/// One of the words that a line begins with, as far as headers are concerned. Blanks and `|` part columns; a bracketed
/// group is one whatever it holds.
struct HeaderColumn: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case word, time, level, levelLetter, number, bracketed, named, separator
  }

  /// Columns that are looked at.
  static let limit = 14
  /// Bytes that a bracketed group may span.
  private static let bracketLimit = 160

  var start: Int
  /// One past its last byte.
  var end: Int
  /// Where the next column begins.
  var next: Int
  var kind: Kind
  /// A `|` ends it.
  var isPiped: Bool
  /// Several blanks or a tabulator stand behind it, as where columns are aligned.
  var isPadded: Bool
  /// It is `-`, `|`, `--` or `::`.
  var isDash: Bool
  /// It begins with a digit, or with one behind a sign.
  var isFigure: Bool

  private static let levels = TemplateBytes.Words(
    "trace debug info notice warn warning error err severe critical crit fatal fail failure alert emerg panic verbose "
      + "fine finer finest config")

  /// The column that begins at or behind `place`; nil at the end of the line.
  static func read(_ line: UnsafeBufferPointer<UInt8>, from place: Int) -> HeaderColumn? {
    guard let base = line.baseAddress else { return nil }
    let count = line.count
    var place = place
    while place < count, base[place] == 32 || base[place] == 9 { place += 1 }
    if place >= count { return nil }
    let start = place
    if let close = closing(base[place]) { place = bracketEnd(base, place, count, close) ?? place }
    while place < count, base[place] != 32, base[place] != 9, base[place] != UInt8(ascii: "|") { place += 1 }
    let end = place
    let isPiped = place < count && base[place] == UInt8(ascii: "|")
    if isPiped { place += 1 }
    let blanks = place
    var hasTab = false
    while place < count, base[place] == 32 || base[place] == 9 {
      if base[place] == 9 { hasTab = true }
      place += 1
    }
    let text = UnsafeBufferPointer(start: base + start, count: end - start)
    return HeaderColumn(
      start: start, end: end, next: place, kind: kind(of: text), isPiped: isPiped,
      isPadded: hasTab || place - blanks >= 2, isDash: isDash(text), isFigure: isFigure(text))
  }

  private static func isFigure(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = text.first else { return false }
    if first &- 48 < 10 { return true }
    return text.count > 1 && "+-.".utf8.contains(first) && text[1] &- 48 < 10
  }

  private static func closing(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "["): UInt8(ascii: "]")
    case UInt8(ascii: "("): UInt8(ascii: ")")
    case UInt8(ascii: "<"): UInt8(ascii: ">")
    default: nil
    }
  }

  private static func bracketEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ close: UInt8) -> Int? {
    var depth = 0
    for place in start..<min(count, start + bracketLimit) {
      if base[place] == base[start] { depth += 1 }
      if base[place] == close {
        depth -= 1
        if depth == 0 { return place + 1 }
      }
    }
    return nil
  }

  private static func isDash(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    switch text.count {
    case 0: true
    case 1: text[0] == UInt8(ascii: "-")
    case 2: text[0] == text[1] && (text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: ":"))
    default: false
    }
  }

  // MARK: - Kinds

  private static func kind(of text: UnsafeBufferPointer<UInt8>) -> Kind {
    let core = unwrapped(text)
    guard let base = core.baseAddress, core.count > 0 else {
      return text.count > 1 && closing(text[0]) != nil ? .bracketed : .separator
    }
    var seen: UInt8 = 0
    for byte in core { seen |= TemplateBytes.classes[Int(byte)] }
    let alphanumeric = TemplateBytes.digit | TemplateBytes.upper | TemplateBytes.lower
    if seen & alphanumeric == 0 { return closing(text[0]) == nil ? .separator : .bracketed }
    if seen & alphanumeric & TemplateBytes.digit == 0, core.count <= 8,
      levels.contains(TemplateBytes.folded(base, core.count))
    {
      return .level
    }
    if seen & TemplateBytes.digit != 0, isTime(core), !hasValues(core) { return .time }
    if closing(text[0]) != nil { return hasTime(core) ? .time : .bracketed }
    if text[text.count - 1] == UInt8(ascii: ":") { return .named }
    if seen == TemplateBytes.digit { return .number }
    if core.count == 1, "VDIWEFT".utf8.contains(core[0]) { return .levelLetter }
    return .word
  }

  private static func unwrapped(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    func isWrapping(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"),
        UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ","), UInt8(ascii: ":"),
        UInt8(ascii: ";"), UInt8(ascii: "|"):
        true
      default: false
      }
    }
    var start = 0
    var end = text.count
    while start < end, isWrapping(text[start]) { start += 1 }
    while end > start, isWrapping(text[end - 1]) { end -= 1 }
    return UnsafeBufferPointer(rebasing: text[start..<end])
  }

  /// Whether commas part more than a fraction of a second from the rest, as in a line of a table.
  private static func hasValues(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let comma = text.firstIndex(of: UInt8(ascii: ",")) else { return false }
    return !text[(comma + 1)...].allSatisfy { $0 &- 48 < 10 || "Z+-:".utf8.contains($0) }
  }

  private static func hasTime(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    for place in 0...text.count where place == text.count || text[place] == 32 {
      if isTime(UnsafeBufferPointer(rebasing: text[start..<place])) { return true }
      start = min(place + 1, text.count)
    }
    return false
  }

  /// A date (`2005-06-03`, `17/06/09`, `03.11.2024`, `20171223-22`), a time of day, or seconds since 1970.
  private static func isTime(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    func digits(_ place: Int) -> Int {
      var end = place
      while end < text.count, text[end] &- 48 < 10 { end += 1 }
      return end - place
    }
    let first = digits(0)
    if first == 0 { return false }
    if first == text.count { return first >= 9 }
    let mark = text[first]
    if first >= 9 {
      return (mark == UInt8(ascii: ".") || mark == UInt8(ascii: ",")) && first + 1 + digits(first + 1) == text.count
    }
    let second = digits(first + 1)
    let after = first + 1 + second
    switch mark {
    case UInt8(ascii: ":"): return first <= 2 && second == 2
    case UInt8(ascii: "-"), UInt8(ascii: "/"):
      if first == 8, mark == UInt8(ascii: "-"), second > 0 { return true }
      return first <= 4 && (1...2).contains(second)
        && (after == text.count || "-/T_ ".utf8.contains(text[after]))
    case UInt8(ascii: "."):
      guard first <= 4, (1...2).contains(second), after < text.count, text[after] == mark else { return false }
      let third = digits(after + 1)
      let end = after + 1 + third
      // Four groups are an address.
      return (1...4).contains(third) && (end == text.count || text[end] != mark)
    case UInt8(ascii: "T"), UInt8(ascii: "_"): return first == 8 && second > 0
    default: return false
    }
  }
}

/// Chunks: what stands between blanks and brackets.
extension TemplateLexer {
  func delimiter(_ byte: UInt8, _ place: Int) {
    let hasValueBefore = place > 0 && base[place - 1] > 32
    let isBeforeBlank = place + 1 == end || base[place + 1] <= 32
    switch byte {
    case UInt8(ascii: "=") where hasValueBefore && isBeforeBlank:
      mark(place, place + 1)
      variable()
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      // Empty brackets that stand alone are an empty value; behind a word they are a call.
      if hasValueBefore, isOpening(base[place - 1]), place < 2 || base[place - 2] <= 32 { variable() }
      mark(place, place + 1)
    case UInt8(ascii: "%") where count > 0 && tokens[count - 1].isVariable: isSpaced = false
    default: mark(place, place + 1)
    }
  }

  private func isOpening(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{")
  }

  /// Returns where to go on.
  func chunk(_ first: Int, _ last: Int, _ seen: UInt8) -> Int {
    var start = first
    var stop = last
    while stop > start, classes[Int(base[stop - 1])] & TemplateBytes.trailing != 0 { stop -= 1 }
    if stop == start {
      mark(start, last)
      return last
    }
    if let list = hostList(last) {
      variable()
      return list
    }
    if seen & TemplateBytes.colon != 0, isHexGroups(start, stop) {
      variable()
    } else {
      start = leadingMarks(start, stop, hasDigit: seen & TemplateBytes.digit != 0)
      if isPath(start, stop, seen) {
        path(start, stop)
        if last < end, base[last] == UInt8(ascii: "?") { return queryEnd(last) }
      } else {
        segments(start, stop)
      }
    }
    if stop < last { mark(stop, last) }
    return last
  }

  /// The end of a list of hosts such as `node-[1-3,7]`, whose bracket stands at `place`; nil when there is none.
  private func hostList(_ place: Int) -> Int? {
    guard base[place - 1] == UInt8(ascii: "-"), place + 1 < end, base[place] == UInt8(ascii: "["),
      classes[Int(base[place + 1])] & TemplateBytes.digit != 0
    else { return nil }
    var place = place + 1
    while place < end, base[place] != UInt8(ascii: "]") {
      let byte = base[place]
      guard classes[Int(byte)] & TemplateBytes.digit != 0 || byte == 32 || byte == 44 || byte == 45 else { return nil }
      place += 1
    }
    return place < end ? place + 1 : nil
  }

  /// Three groups or more of at most four hexadecimal digits between colons: a MAC or IPv6 address, or a dump.
  private func isHexGroups(_ start: Int, _ stop: Int) -> Bool {
    var groups = 0
    var digits = 0
    for place in start..<stop {
      if base[place] == UInt8(ascii: ":") {
        if digits > 0 { groups += 1 }
        digits = 0
      } else {
        digits += 1
        if digits > 4 || !isHex(base[place]) { return false }
      }
    }
    return groups + (digits > 0 ? 1 : 0) >= 3
  }

  @inline(__always)
  func isHex(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 32) &- 97 < 6 }

  /// Passes over marks that belong to what stands around a word (`--option`, `@host`), not to a number's sign or a path.
  private func leadingMarks(_ start: Int, _ stop: Int, hasDigit: Bool) -> Int {
    let first = base[start]
    guard classes[Int(first)] & TemplateBytes.trailing != 0 else { return start }
    if first == UInt8(ascii: ".") || first == UInt8(ascii: "~"), start + 1 < stop {
      let second = base[start + 1]
      if second == UInt8(ascii: "/") || first == UInt8(ascii: ".") && second == first { return start }
    }
    var place = start
    var isUniform = true
    while place < stop, classes[Int(base[place])] & TemplateBytes.trailing != 0 {
      if base[place] != first { isUniform = false }
      place += 1
    }
    if hasDigit && (place - start < 2 || !isUniform) { return start }
    mark(start, place)
    return place
  }

  private func isPath(_ start: Int, _ stop: Int, _ seen: UInt8) -> Bool {
    if seen & TemplateBytes.slash == 0 { return false }
    if classes[Int(base[start])] & TemplateBytes.slash != 0 { return true }
    var slashes = 0
    for place in start..<stop where classes[Int(base[place])] & TemplateBytes.slash != 0 {
      slashes += 1
      // `C:\` and `http://`, and what begins with `./`, `../` or `~/`.
      let before = base[place - 1]
      if before == UInt8(ascii: ":"), base[place] == UInt8(ascii: "\\") { return true }
      if slashes == 1,
        before == UInt8(ascii: ".") && place - start <= 2 || before == UInt8(ascii: "~") && place - start == 1
      {
        return true
      }
      if slashes == 2 { return true }
    }
    return false
  }

  /// A path or URL; a word in front of its colon says what it is.
  private func path(_ start: Int, _ stop: Int) {
    var place = start
    while place < stop,
      classes[Int(base[place])] & (TemplateBytes.upper | TemplateBytes.lower) != 0 || base[place] == 95
    {
      place += 1
    }
    if place - start >= 2, place + 1 < stop, base[place] == UInt8(ascii: ":"),
      !(base[place + 1] == UInt8(ascii: "/") && place + 2 < stop && base[place + 2] == UInt8(ascii: "/"))
    {
      word(start, place, classes(of: start, place))
      mark(place, place + 1)
    }
    variable()
  }

  /// Where the query of a URL ends (RFC 3986): at a blank, a quote or what closes a bracket around it.
  private func queryEnd(_ place: Int) -> Int {
    var place = place
    while place < end, base[place] > 32 {
      switch base[place] {
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ">"): return place
      default: place += 1
      }
    }
    return place
  }

  /// Colons and repeated punctuation (`..`, `##`, `~~`) part a chunk.
  private func segments(_ start: Int, _ stop: Int) {
    var place = start
    while place < stop {
      let first = place
      while place < stop, separatorEnd(place, stop) == place { place += 1 }
      let next = place < stop ? separatorEnd(place, stop) : place
      if place > first { segment(first, place, isBeforePort: isPort(place, next, stop)) }
      if next > place { mark(place, next) }
      place = next
    }
  }

  @inline(__always)
  private func separatorEnd(_ place: Int, _ stop: Int) -> Int {
    let byte = base[place]
    guard
      byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "~")
    else { return place }
    var next = place + 1
    while next < stop, base[next] == byte { next += 1 }
    return byte == UInt8(ascii: ":") || next - place >= 2 ? next : place
  }

  /// Whether a single colon and then only digits stand at `place`.
  private func isPort(_ place: Int, _ next: Int, _ stop: Int) -> Bool {
    guard next == place + 1, base[place] == UInt8(ascii: ":"), next < stop else { return false }
    var digit = next
    while digit < stop, base[digit] &- 48 < 10 { digit += 1 }
    return digit == stop || digit > next && separatorEnd(digit, stop) > digit
  }

  private func segment(_ start: Int, _ stop: Int, isBeforePort: Bool) {
    let seen = classes(of: start, stop)
    if seen & TemplateBytes.digit != 0
      || seen & TemplateBytes.dot != 0 && (isBeforePort || isMailbox(start, stop, seen) || isHost(start, stop))
    {
      variable()
    } else {
      word(start, stop, seen)
    }
  }

  /// `name@host.domain`.
  private func isMailbox(_ start: Int, _ stop: Int, _ seen: UInt8) -> Bool {
    guard seen & TemplateBytes.inner != 0 else { return false }
    guard let at = (min(start + 1, stop)..<stop).first(where: { base[$0] == UInt8(ascii: "@") }) else { return false }
    return (at + 1..<stop).contains { base[$0] == UInt8(ascii: ".") }
  }

  private func classes(of start: Int, _ stop: Int) -> UInt8 {
    var seen: UInt8 = 0
    for place in start..<stop { seen |= classes[Int(base[place])] }
    return seen
  }

  /// A host name without digits: small letters, a generic top-level domain or three labels and a country's, and not the
  /// start of a package's name (`org.example.Main`).
  private func isHost(_ start: Int, _ stop: Int) -> Bool {
    var labels = 0
    var label = start
    var firstLabel: UInt64 = 0
    for place in start...stop {
      if place < stop, base[place] != UInt8(ascii: ".") {
        let byte = base[place]
        if !(byte &- 97 < 26 || byte == UInt8(ascii: "-")) { return false }
        continue
      }
      let length = place - label
      if length == 0 { return false }
      labels += 1
      let packed = length <= 8 ? TemplateBytes.folded(base + label, length) : 0
      if labels == 1 { firstLabel = packed }
      if place == stop {
        if labels < 2 || TemplateLexer.packageRoots.contains(firstLabel) { return false }
        return TemplateLexer.topLevels.contains(packed) || labels >= 3 && length == 2
      }
      label = place + 1
    }
    return false
  }

  private static let topLevels = TemplateBytes.Words("com net org edu gov mil info biz")
  private static let packageRoots = TemplateBytes.Words("com net org edu gov java javax android sun io")
}

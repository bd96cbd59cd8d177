/// Cuts messages into tokens and replaces what is variable in any log: numbers with their units, words with digits, paths,
/// URLs, addresses, host names, dates, truth values, empty values, and lists of these.
///
/// Variable-length lists become one variable, so that messages of one kind have equally many tokens. Thread-confined;
/// O(bytes), no allocation.
final class TemplateLexer {
  /// Bytes of a message that are looked at.
  static let byteLimit = 4096

  let tokens: UnsafeMutablePointer<TemplateToken> = .allocate(capacity: TemplateHash.limit)
  private(set) var count = 0
  private var base: UnsafePointer<UInt8>
  private var end = 0
  private var isSpaced = false
  private let classes = TemplateBytes.classes
  nonisolated(unsafe) private static let nothing: UnsafeMutablePointer<UInt8> = .allocate(capacity: 8)

  init() { base = UnsafePointer(TemplateLexer.nothing) }

  deinit { tokens.deallocate() }

  /// The hash of the tokens in their order.
  @inline(__always)
  var hash: UInt64 {
    var sum: UInt64 = 0
    let factors = TemplateHash.factors
    for position in 0..<count { sum = sum &+ tokens[position].hash &* factors[position] }
    return sum
  }

  /// Cuts `message` into ``tokens``, which stay valid until the next call.
  func read(_ message: UnsafeBufferPointer<UInt8>) {
    begin()
    guard let base = message.baseAddress else { return }
    self.base = base
    end = min(message.count, TemplateLexer.byteLimit)
    var place = 0
    while place < end {
      let byte = base[place]
      if byte <= 32 {
        isSpaced = true
        place += 1
        continue
      }
      if count >= TemplateHash.limit - 1 {
        // What is beyond the limit is one variable.
        variable()
        return
      }
      if classes[Int(byte)] & TemplateBytes.delimiter != 0 {
        delimiter(byte, place)
        place += 1
        continue
      }
      let start = place
      var seen: UInt8 = 0
      repeat {
        seen |= classes[Int(base[place])]
        place += 1
      } while place < end && classes[Int(base[place])] & TemplateBytes.delimiter == 0
      if seen & ~(TemplateBytes.digit | TemplateBytes.upper | TemplateBytes.lower) != 0 {
        place = chunk(start, place, seen)
      } else if seen & TemplateBytes.digit != 0 {
        variable()
      } else {
        word(start, place, seen)
      }
    }
  }

  // MARK: - Chunks: what stands between blanks and brackets

  private func delimiter(_ byte: UInt8, _ place: Int) {
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
  private func chunk(_ first: Int, _ last: Int, _ seen: UInt8) -> Int {
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
  private func isHex(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 32) &- 97 < 6 }

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

  // MARK: - Tokens

  /// Forgets the tokens. Those of a stored template are then added one by one.
  func begin() {
    count = 0
    isSpaced = false
  }

  /// Adds a token that was read before, as it was; `origin` must stay valid as long as the tokens. `start` counts from it.
  func add(_ flags: TemplateToken.Flags, start: Int, length: Int, origin: UnsafePointer<UInt8>) {
    if count == TemplateHash.limit { return }
    base = origin
    tokens[count] = TemplateToken(
      start: UInt32(start), length: UInt32(length),
      hash: flags.contains(.variable) ? TemplateHash.variable : TemplateHash.word(origin + start, length), flags: flags)
    count += 1
  }

  /// The bytes of a token; none for a variable.
  func bytes(of position: Int) -> UnsafeBufferPointer<UInt8> {
    let token = tokens[position]
    return UnsafeBufferPointer(start: base + Int(token.start), count: Int(token.length))
  }

  /// Lets the token at `position` stand for any text. ``collapse()`` then lets lists become one again.
  func makeVariable(_ position: Int) {
    tokens[position].hash = TemplateHash.variable
    tokens[position].length = 0
    tokens[position].flags = tokens[position].flags.contains(.spaced) ? [.variable, .spaced] : .variable
  }

  func collapse() {
    let all = count
    count = 0
    for position in 0..<all {
      let token = tokens[position]
      isSpaced = token.flags.contains(.spaced)
      if token.isVariable {
        variable()
      } else if token.flags.contains(.mark) {
        mark(Int(token.start), Int(token.start + token.length))
      } else {
        tokens[count] = token
        count += 1
        isSpaced = false
      }
    }
  }

  /// Whether a preposition and a word for what has a name stand before `position`, as in `for user`.
  func isLabelled(_ position: Int) -> Bool {
    position >= 2 && isWord(position - 1, in: TemplateBytes.labels)
      && isWord(position - 2, in: TemplateBytes.prepositions)
  }

  private func isWord(_ position: Int, in words: TemplateBytes.Words) -> Bool {
    let token = tokens[position]
    guard token.isConstantWord, token.length <= 8 else { return false }
    return words.contains(TemplateBytes.folded(base + Int(token.start), Int(token.length)))
  }

  @inline(__always)
  private func push(_ start: Int, _ stop: Int, _ flags: TemplateToken.Flags) {
    if count == TemplateHash.limit { return }
    tokens[count] = TemplateToken(
      start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: stop - start),
      hash: TemplateHash.word(base + start, stop - start), flags: isSpaced ? flags.union(.spaced) : flags)
    count += 1
    isSpaced = false
  }

  private func word(_ start: Int, _ stop: Int, _ seen: UInt8) {
    let length = stop - start
    var flags: TemplateToken.Flags = []
    let hasLetters = seen & (TemplateBytes.upper | TemplateBytes.lower) != 0
    if !hasLetters { flags = .mark }
    if seen & TemplateBytes.upper != 0, seen & TemplateBytes.lower == 0, length >= 2 { flags = .capitals }
    if length <= 8, hasLetters {
      let folded = TemplateBytes.folded(base + start, length)
      if count > 0, tokens[count - 1].isVariable, TemplateBytes.units.contains(folded) {
        isSpaced = false
        return
      }
      if length <= 5, TemplateBytes.values.contains(folded) {
        variable()
        return
      }
      if length <= 4, classes[Int(base[start])] & TemplateBytes.upper != 0 {
        let isMonth = TemplateBytes.months.contains(folded)
        if isMonth || TemplateBytes.days.contains(folded) || TemplateBytes.zones.contains(folded) {
          if count > 0, tokens[count - 1].isVariable {
            isSpaced = false
            return
          }
          if isMonth, count > 0, tokens[count - 1].flags.contains(.date), !tokens[count - 1].flags.contains(.month) {
            let isBeforeSpaced = tokens[count - 1].flags.contains(.spaced)
            count -= 1
            isSpaced = isBeforeSpaced
            variable()
            return
          }
          flags.formUnion(isMonth ? [.date, .month] : .date)
        }
      }
    } else if isHexWord(start, stop) {
      variable()
      return
    }
    push(start, stop, flags)
  }

  /// A digest or an address without a decimal digit.
  private func isHexWord(_ start: Int, _ stop: Int) -> Bool {
    let length = stop - start
    guard length == 16 || length == 32 || length == 40 || length == 64 else { return false }
    for place in start..<stop where !isHex(base[place]) { return false }
    return true
  }

  private func mark(_ start: Int, _ stop: Int) {
    // `1250 bytes (1.2 KB)` says the same twice, and `host (address)` is one name.
    if base[start] == UInt8(ascii: ")"), stop == start + 1, count >= 3, tokens[count - 1].isVariable,
      tokens[count - 3].isVariable, isMark(count - 2, UInt8(ascii: "("))
    {
      count -= 2
      isSpaced = false
      return
    }
    push(start, stop, .mark)
  }

  @inline(__always)
  private func isMark(_ position: Int, _ byte: UInt8) -> Bool {
    let token = tokens[position]
    return token.flags.contains(.mark) && token.length == 1 && base[Int(token.start)] == byte
  }

  /// Adds a variable, or lets the one before stand for both when only a joint lies between them.
  private func variable() {
    while count > 0, tokens[count - 1].flags.contains(.date) {
      isSpaced = tokens[count - 1].flags.contains(.spaced)
      count -= 1
    }
    if count > 0 {
      if tokens[count - 1].isVariable {
        isSpaced = false
        return
      }
      if isMark(count - 1, UInt8(ascii: "<")) {
        isSpaced = tokens[count - 1].flags.contains(.spaced)
        count -= 1
      } else if count > 1, tokens[count - 2].isVariable, isJoint(count - 1) {
        count -= 1
        isSpaced = false
        return
      }
    }
    if count == TemplateHash.limit { return }
    tokens[count] = TemplateToken(
      start: 0, length: 0, hash: TemplateHash.variable, flags: isSpaced ? [.variable, .spaced] : .variable)
    count += 1
    isSpaced = false
  }

  /// Marks that part the elements of one value or list: `. : , / - + @ # ## | ~ ~~`.
  private func isJoint(_ position: Int) -> Bool {
    let token = tokens[position]
    guard token.flags.contains(.mark), token.length <= 2 else { return false }
    let byte = base[Int(token.start)]
    if token.length == 2 {
      return base[Int(token.start) + 1] == byte && (byte == UInt8(ascii: "#") || byte == UInt8(ascii: "~"))
    }
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "/"), UInt8(ascii: "-"),
      UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: "#"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      return true
    default: return false
    }
  }
}

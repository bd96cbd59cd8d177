import CStellaMatch
import StellaModel

/// One pass over a text that finds personal data by its form (see ``Masking/Kinds``) and by the names before values.
///
/// What decides at a place is its first byte: words (letters, digits, `_`, bytes beyond ASCII) are looked at once and skipped
/// as a whole, at signs and the signs between names and values look back. No byte is looked at more than a few times.
struct TextMask {
  private let text: UnsafePointer<UInt8>
  let count: Int
  private let masking: Masking
  private let kinds: Masking.Kinds
  private let hashes: [[UInt8]]
  /// What lies before it is in the output already.
  private var copied = 0
  private var output: [UInt8]

  /// Appends `text` masked to `output`; false when there is nothing to mask, and nothing was appended.
  ///
  /// - Parameter hashes: values that are hashed already, and stay whatever name is before them.
  static func run(
    _ text: Bytes, _ masking: Masking, keeping hashes: [[UInt8]] = [], into output: inout [UInt8]
  ) -> Bool {
    guard let base = text.baseAddress else { return false }
    var mask = TextMask(base, text.count, masking, hashes, output)
    output = []
    mask.scan()
    let changed = mask.copied > 0
    if changed { mask.output += UnsafeBufferPointer(start: base + mask.copied, count: text.count - mask.copied) }
    output = mask.output
    return changed
  }

  private init(
    _ text: UnsafePointer<UInt8>, _ count: Int, _ masking: Masking, _ hashes: [[UInt8]], _ output: consuming [UInt8]
  ) {
    (self.text, self.count, self.masking, kinds) = (text, count, masking, masking.kinds)
    (self.hashes, self.output) = (hashes, output)
  }

  subscript(_ place: Int) -> UInt8 { text[place] }
  func part(_ range: Range<Int>) -> Bytes { Bytes(start: text + range.lowerBound, count: range.count) }

  // MARK: - The pass

  private enum Sign: UInt8 {
    case other, word, at, percent, backslash, assignment
  }

  private static let signs: [UInt8] = (0...255).map { byte in
    switch UInt8(byte) {
    case UInt8(ascii: "@"): Sign.at.rawValue
    case UInt8(ascii: "%"): Sign.percent.rawValue
    case UInt8(ascii: "\\"): Sign.backslash.rawValue
    case UInt8(ascii: "="), UInt8(ascii: ":"): Sign.assignment.rawValue
    case let byte where isWord(byte): Sign.word.rawValue
    default: Sign.other.rawValue
    }
  }

  static func isWord(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  private mutating func scan() {
    Self.signs.withUnsafeBufferPointer { signs in
      var place = 0
      while place < count {
        switch signs[Int(text[place])] {
        case Sign.word.rawValue:
          var end = place + 1
          while end < count, signs[Int(text[end])] == Sign.word.rawValue { end += 1 }
          place = word(place..<end)
        case Sign.at.rawValue: place = email(at: place, length: 1)
        case Sign.percent.rawValue:
          guard place + 2 < count, text[place + 1].hexDigit != nil, text[place + 2].hexDigit != nil else {
            place += 1
            continue
          }
          let isAt = text[place + 1] == UInt8(ascii: "4") && text[place + 2] == UInt8(ascii: "0")
          place = isAt ? email(at: place, length: 3) : place + 3
        case Sign.backslash.rawValue: place = escape(place)
        case Sign.assignment.rawValue: place = assignment(place)
        default: place += 1
        }
      }
    }
  }

  /// Puts `replacement` in the place of what is there; returns its end.
  @discardableResult
  private mutating func replace(_ range: Range<Int>, _ replacement: StaticString) -> Int {
    copy(to: range.lowerBound)
    output += UnsafeBufferPointer(start: replacement.utf8Start, count: replacement.utf8CodeUnitCount)
    copied = range.upperBound
    return range.upperBound
  }

  private mutating func copy(to place: Int) {
    output += UnsafeBufferPointer(start: text + copied, count: place - copied)
  }

  /// What an escape stands for is no part of the word behind it.
  private mutating func escape(_ place: Int) -> Int {
    guard place + 1 < count else { return place + 1 }
    switch text[place + 1] {
    case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "f"): return place + 2
    case UInt8(ascii: "u"):
      guard place + 5 < count, part(place + 2..<place + 6).allSatisfy({ $0.hexDigit != nil }) else { return place + 2 }
      return part(place + 2..<place + 6).equals("0040") ? email(at: place, length: 6) : place + 6
    default: return place + 1
    }
  }

  // MARK: - Words

  /// Looks at a word; returns where to go on.
  private mutating func word(_ range: Range<Int>) -> Int {
    let first = text[range.lowerBound]
    if first &- 48 < 10 {
      if kinds.contains(.address), let end = address4(range.lowerBound) {
        return replace(range.lowerBound..<end, "[ip]")
      }
      if kinds.contains(.card), let end = card(range) { return replace(range.lowerBound..<end, "[card]") }
    }
    if kinds.contains(.address), range.count <= 4, range.upperBound < count,
      text[range.upperBound] == UInt8(ascii: ":"),
      let end = address6(range.lowerBound)
    {
      return replace(range.lowerBound..<end, "[ip]")
    }
    if kinds.contains(.token), let found = token(range) { return replace(found, "[token]") }
    return range.upperBound
  }

  private func isToken(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  private func end(of start: Int, _ isPart: (UInt8) -> Bool) -> Int {
    var end = start
    while end < count, isPart(text[end]) { end += 1 }
    return end
  }

  /// Credentials by what they begin with.
  private func token(_ word: Range<Int>) -> Range<Int>? {
    let start = word.lowerBound
    let letter = (text[start] | 0x20) &- 97
    guard letter < 26 else { return nil }
    switch text[start] {
    case UInt8(ascii: "b"), UInt8(ascii: "B"):
      guard CredentialForms.schemes.contains(where: { matches($0, start, word.count) }) else { return nil }
      return credential(after: word.upperBound)
    case UInt8(ascii: "e"):
      guard word.count >= 3, part(start..<start + 3).equals(CredentialForms.webToken) else { return nil }
      let end = end(of: start) { isToken($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "=") }
      let dots = part(start..<end).count { $0 == UInt8(ascii: ".") }
      return end - start >= 20 && dots >= 1 ? start..<end : nil
    case UInt8(ascii: "A"):
      if word.count == 20, part(word).allSatisfy({ $0 &- 48 < 10 || $0 &- 65 < 26 }),
        CredentialForms.amazon.contains(where: { part(start..<start + 4).equals($0) })
      {
        return word
      }
    default: break
    }
    for key in CredentialForms.keys[Int(letter)] {
      if let found = known(key.beginning, start, least: key.least) { return found }
    }
    return nil
  }

  private func known(_ beginning: StaticString, _ start: Int, least: Int) -> Range<Int>? {
    let length = beginning.utf8CodeUnitCount
    guard start + length <= count, part(start..<start + length).equals(beginning) else { return nil }
    let end = end(of: start) { isToken($0) || $0 == UInt8(ascii: ".") }
    // A word of a sentence with this beginning has no digit.
    return end - start >= least && part(start..<end).contains { $0 &- 48 < 10 } ? start..<end : nil
  }

  private func matches(_ word: StaticString, _ start: Int, _ length: Int) -> Bool {
    length == word.utf8CodeUnitCount && part(start..<start + length).matchesIgnoringCase(word, at: 0)
  }

  /// What follows the name of an authentication scheme (RFC 6750, RFC 7617).
  private func credential(after scheme: Int) -> Range<Int>? {
    var start = scheme
    while start < count {
      if text[start] == 0x20 || text[start] == UInt8(ascii: "+") || text[start] == 0x09 {
        start += 1
      } else if start + 2 < count, part(start..<start + 3).equals("%20") {
        start += 3
      } else {
        break
      }
    }
    guard start > scheme else { return nil }
    let end = end(of: start) { isToken($0) || "._~+/=%".utf8.contains($0) }
    return isSecret(part(start..<end)) ? start..<end : nil
  }

  /// Whether text looks made by a machine rather than written.
  private func isSecret(_ value: Bytes) -> Bool {
    guard value.count >= 8 else { return false }
    if value.count >= 20 || value.contains(where: { $0 &- 48 < 10 }) { return true }
    return value.dropFirst().contains { $0 &- 65 < 26 } && value.contains { $0 &- 97 < 26 }
  }

  // MARK: - Addresses and cards

  /// The end of an IPv4 address at `start`.
  private func address4(_ start: Int) -> Int? {
    if start > copied, text[start - 1] == UInt8(ascii: "."), start > 1, text[start - 2] &- 48 < 10 { return nil }
    var place = start
    var parts: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
    for number in 0..<4 {
      var value: UInt16 = 0
      let first = place
      while place < count, place < first + 3, text[place] &- 48 < 10 {
        value = value * 10 + UInt16(text[place] &- 48)
        place += 1
      }
      guard place > first, value <= 255 else { return nil }
      switch number {
      case 0: parts.0 = value
      case 1: parts.1 = value
      case 2: parts.2 = value
      default: parts.3 = value
      }
      if number < 3 {
        guard place < count, text[place] == UInt8(ascii: ".") else { return nil }
        place += 1
      }
    }
    if place < count, Self.isWord(text[place]) { return nil }
    // Five numbers are a version, not an address.
    if place + 1 < count, text[place] == UInt8(ascii: "."), text[place + 1] &- 48 < 10 { return nil }
    if parts.0 == 127 || parts == (0, 0, 0, 0) { return nil }
    // `Chrome/120.0.0.0` is a version, too.
    let isProduct = start > 1 && text[start - 1] == UInt8(ascii: "/") && Self.isWord(text[start - 2])
    return isProduct && parts.1 == 0 && parts.2 == 0 && parts.3 == 0 ? nil : place
  }

  /// The end of an IPv6 address (RFC 4291) that begins with digits, or with the colon at `start`.
  private func address6(_ start: Int) -> Int? {
    var end = start
    var colons = 0
    while end < count, end - start < 46 {
      let byte = text[end]
      if byte == UInt8(ascii: ":") { colons += 1 } else if byte.hexDigit == nil, byte != UInt8(ascii: ".") { break }
      end += 1
    }
    guard colons >= 2 else { return nil }
    while end > start + 2 {
      let last = text[end - 1]
      guard last == UInt8(ascii: ".") || last == UInt8(ascii: ":") && text[end - 2] != UInt8(ascii: ":") else { break }
      end -= 1
    }
    if end < count, Self.isWord(text[end]) { return nil }
    let found = part(start..<end)
    // Names such as `fd::add` are none.
    guard found.contains(where: { $0 &- 48 < 10 }) else { return nil }
    var address = stella_address()
    guard stella_address_parse(text + start, end - start, &address) else { return nil }
    let isLocal = withUnsafeBytes(of: &address.bytes) { bytes in
      address.is_v4 ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && (bytes.last ?? 2) <= 1
    }
    return isLocal ? nil : end
  }

  /// The end of a card's number that begins with this word: in one piece, or in groups as they are printed.
  private func card(_ word: Range<Int>) -> Int? {
    if word.count >= 12 {
      return TextMask.isCard(part(word)) ? word.upperBound : nil
    }
    guard word.count == 4, word.upperBound < count else { return nil }
    let separator = text[word.upperBound]
    guard separator == 0x20 || separator == UInt8(ascii: "-") else { return nil }
    for groups in [[4, 4, 4, 4, 3], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4]] {
      var digits: [UInt8] = []
      var place = word.lowerBound
      var isWhole = true
      for (number, length) in groups.enumerated() {
        if number > 0 {
          guard place < count, text[place] == separator else {
            isWhole = false
            break
          }
          place += 1
        }
        let end = end(of: place) { Self.isWord($0) }
        guard end - place == length else {
          isWhole = false
          break
        }
        digits += part(place..<end)
        place = end
      }
      if isWhole, digits.withUnsafeBufferPointer({ TextMask.isCard($0) }) { return place }
    }
    return nil
  }

  /// Whether digits are the number of a payment card.
  static func isCard(_ digits: Bytes) -> Bool {
    guard (13...19).contains(digits.count), digits.allSatisfy({ $0 &- 48 < 10 }) else { return false }
    let first = digits.prefix(4).reduce(0) { $0 * 10 + Int($1 &- 48) }
    let isKnown =
      switch digits.count {
      case 14: (3000...3059).contains(first) || first / 100 == 36 || first / 100 == 38 || first / 100 == 39
      case 15: first / 100 == 34 || first / 100 == 37
      case 16:
        first / 1000 == 4 || (5100...5599).contains(first) || (2221...2720).contains(first) || first == 6011
          || (6440...6599).contains(first) || (3528...3589).contains(first) || first / 100 == 62
      case 19: first / 1000 == 4 || first / 100 == 62 || first == 6011
      default: false
      }
    guard isKnown else { return false }
    // The check digit of ISO/IEC 7812-1 (Luhn 1960): every second digit from the right is doubled.
    var sum = 0
    for (place, digit) in digits.reversed().enumerated() {
      let value = Int(digit &- 48) * (place % 2 == 1 ? 2 : 1)
      sum += value > 9 ? value - 9 : value
    }
    return sum % 10 == 0
  }

  // MARK: - E-mail

  private static func isLocal(_ byte: UInt8) -> Bool {
    isWord(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+")
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "'")
  }

  /// Looks around an at sign of so many bytes; returns where to go on.
  private mutating func email(at place: Int, length: Int) -> Int {
    guard kinds.contains(.email) else { return place + length }
    var start = place
    while start > copied, Self.isLocal(text[start - 1]) { start -= 1 }
    if start > copied, start < place, text[start - 1] == UInt8(ascii: "\\") {
      // The letter of an escape is no part of the name, and its digits must go with it.
      if text[start] == UInt8(ascii: "u") { start -= 1 } else if "nrtbf".utf8.contains(text[start]) { start += 1 }
    }
    while start < place, !Self.isWord(text[start]), text[start] != UInt8(ascii: "\\") { start += 1 }
    guard start < place else { return place + length }
    let domain = place + length
    var end = end(of: domain) {
      Self.isWord($0) && $0 != UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
    // What follows a sentence's end, or a number, is no part of the domain.
    while end > domain {
      var label = end
      while label > domain, text[label - 1] != UInt8(ascii: ".") { label -= 1 }
      guard label > domain + 1 else { return place + length }
      let isTop = end - label >= 2 && text[label] >= 0x41 && text[end - 1] != UInt8(ascii: "-")
      if isTop { break }
      end = label - 1
    }
    guard end > domain else { return place + length }
    return replace(start..<end, "[email]")
  }

  // MARK: - Names and their values

  /// Looks at the name before `=` or `:`, and at the value behind; returns where to go on.
  private mutating func assignment(_ place: Int) -> Int {
    if kinds.contains(.token), text[place] == UInt8(ascii: ":"), let found = password(after: place) {
      return replace(found, "[secret]")
    }
    if kinds.contains(.address), text[place] == UInt8(ascii: ":"), place + 2 < count,
      text[place + 1] == UInt8(ascii: ":"),
      place == 0 || !Self.isWord(text[place - 1]) && text[place - 1] != UInt8(ascii: ":"),
      let end = address6(place)
    {
      return replace(place..<end, "[ip]")
    }
    guard let (demand, isQuoted) = demand(before: place), demand != .none,
      let (first, quote) = value(after: place, isLoose: isQuoted)
    else { return place + 1 }
    var value = first
    let isPairs = quote == 0 && demand == .secret && isCookie(before: place) && part(value).contains(UInt8(ascii: "="))
    if isPairs { value = value.lowerBound..<endOfPairs(value.upperBound) }
    // `"name": 1` becomes `"name": "…"`, also where that JSON stands in a text.
    let addsQuotes = isQuoted && quote == 0
    let isEscaped = addsQuotes && place > 1 && text[place - 2] == UInt8(ascii: "\\")
    func addQuote(_ output: inout [UInt8]) {
      if !addsQuotes { return }
      if isEscaped { output.append(UInt8(ascii: "\\")) }
      output.append(UInt8(ascii: "\""))
    }
    if demand == .secret {
      if Self.isHarmless(part(value)) { return place + 1 }
      // The bracket ends what was masked already.
      if quote == 0, value.upperBound < count, Self.isHarmless(part(value.lowerBound..<value.upperBound + 1)) {
        return place + 1
      }
      let isSentence = text[place] == UInt8(ascii: ":") && !isQuoted && quote == 0
      if isSentence, !isPairs, !isSecret(part(value)) { return place + 1 }
    }
    let found = part(value)
    if demand == .hash, hashes.contains(where: { found.elementsEqual($0) }) { return value.upperBound }
    copy(to: value.lowerBound)
    addQuote(&output)
    if demand == .hash { masking.hash(part(value), into: &output) } else { output += "[secret]".utf8 }
    addQuote(&output)
    copied = value.upperBound
    return value.upperBound
  }

  /// The password behind the colon at `place`, as in `scheme://user:password@host` (RFC 3986, section 3.2.1).
  private func password(after place: Int) -> Range<Int>? {
    func isPart(_ byte: UInt8) -> Bool { byte > 0x20 && !"/?#\"'<>\\".utf8.contains(byte) }
    var start = place
    while start > 0, place - start < 256, text[start - 1] != UInt8(ascii: ":"), isPart(text[start - 1]) { start -= 1 }
    guard start > 3, part(start - 3..<start).equals("://"), Self.isWord(text[start - 4]) else { return nil }
    var end = end(of: place + 1, isPart)
    // One that isn't encoded may have at signs itself.
    while end > place + 1, text[end - 1] != UInt8(ascii: "@") { end -= 1 }
    guard end > place + 2 else { return nil }
    let found = place + 1..<end - 1
    return part(found).equals("[secret]") ? nil : found
  }

  /// Whether the name before `place` is that of a header with cookies.
  private func isCookie(before place: Int) -> Bool {
    var end = place
    while end > 0, "\"'\\".utf8.contains(text[end - 1]) { end -= 1 }
    return end >= 6 && part(end - 6..<end).matchesIgnoringCase("cookie", at: 0)
  }

  /// Where cookies end, and what is said about them (RFC 6265), the first of which goes to `first`.
  private func endOfPairs(_ first: Int) -> Int {
    var end = first
    while end < count {
      if text[end] == UInt8(ascii: "\""), end > 0, text[end - 1] == UInt8(ascii: "=") {
        // A value in quotes.
        let close = self.end(of: end + 1) { $0 > 0x20 && $0 != UInt8(ascii: "\"") }
        guard close < count, text[close] == UInt8(ascii: "\"") else { return end }
        end = close + 1
      } else if text[end] == UInt8(ascii: ";") {
        let next = self.end(of: end + 1) { $0 == 0x20 }
        let close = self.end(of: next) { $0 > 0x20 && $0 != UInt8(ascii: ";") && !"\"'<>\\".utf8.contains($0) }
        guard close > next else { return end }
        end = close
      } else {
        // What a value may not have is part of it all the same.
        let close = self.end(of: end) { $0 > 0x20 && $0 != UInt8(ascii: ";") && !"\"'<>\\".utf8.contains($0) }
        guard close > end else { return end }
        end = close
      }
    }
    return end
  }

  private func demand(before place: Int) -> (Masking.Demand, isQuoted: Bool)? {
    var end = place
    var isQuoted = false
    if end > copied, text[end - 1] == UInt8(ascii: "\"") || text[end - 1] == UInt8(ascii: "'") {
      isQuoted = true
      end -= 1
      if end > copied, text[end - 1] == UInt8(ascii: "\\") { end -= 1 }
    }
    var start = end
    while start > copied, end - start < 64,
      isToken(text[start - 1]) || text[start - 1] == UInt8(ascii: ".")
    {
      start -= 1
    }
    guard start < end else { return nil }
    let name = part(start..<end)
    let whole = masking.demand(of: name, in: part(start..<start))
    guard whole == .none, let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return (whole, isQuoted) }
    return (masking.demand(of: Bytes(rebasing: name[(dot + 1)...]), in: Bytes(rebasing: name[..<dot])), isQuoted)
  }

  /// The value behind an assignment, and the quote that it stands in.
  private func value(after place: Int, isLoose: Bool) -> (Range<Int>, quote: UInt8)? {
    var start = place + 1
    if text[place] == UInt8(ascii: ":") || isLoose {
      while start < count, start < place + 9, text[start] == 0x20 { start += 1 }
    }
    var isEscaped = false
    if start + 1 < count, text[start] == UInt8(ascii: "\\"), text[start + 1] == UInt8(ascii: "\"") {
      isEscaped = true
      start += 1
    }
    guard start < count else { return nil }
    if text[start] == UInt8(ascii: "\"") || text[start] == UInt8(ascii: "'") {
      let quote = text[start]
      start += 1
      var end = start
      while end < count, text[end] != quote {
        if text[end] == UInt8(ascii: "\\") {
          if isEscaped { break }
          end += 1
        }
        end += 1
      }
      end = min(end, count)
      return start < end ? (start..<end, quote) : nil
    }
    func end(from start: Int) -> Int {
      self.end(of: start) { $0 > 0x20 && !",;&)}]\"'<>|\\".utf8.contains($0) }
    }
    var limit = end(from: start)
    // The credential follows its scheme.
    if Self.isScheme(part(start..<limit)), limit < count, text[limit] == 0x20 {
      let next = self.end(of: limit) { $0 == 0x20 }
      (start, limit) = (next, end(from: next))
    }
    return start < limit ? (start..<limit, 0) : nil
  }

  private static func isScheme(_ value: Bytes) -> Bool {
    (["bearer", "basic", "digest", "token", "apikey", "negotiate"] as [StaticString]).contains {
      value.count == $0.utf8CodeUnitCount && value.matchesIgnoringCase($0, at: 0)
    }
  }

  /// Whether what stands where a secret may stand is none: a truth, nothing, or what was masked already.
  static func isHarmless(_ value: Bytes) -> Bool {
    if value.first == UInt8(ascii: "["), value.equals("[secret]") || value.equals("[token]") { return true }
    return (["true", "false", "null", "nil", "none", "-", "undefined"] as [StaticString]).contains {
      value.count == $0.utf8CodeUnitCount && value.matchesIgnoringCase($0, at: 0)
    }
  }
}

/// Finds the client's address in the text of a message: any `from A`, `rhost=A`, `[A]`, `client: A` and the like.
enum AddressSearch {
  struct Hit {
    var start: Int
    var end: Int
    /// 0 for an address that belongs to somebody else, 1 for a bare one, 2 in brackets, 3 after a word that names clients.
    var rank: Int
    var text: Bytes
  }

  /// The address that is most likely the client's; of equals the first. Nil when the text holds none. O(length).
  static func client(in text: Bytes) -> Hit? {
    guard let base = text.baseAddress else { return nil }
    var best: Hit?
    var place = 0
    let end = text.count
    while place < end {
      let byte = base[place]
      // An address begins with a digit, a hexadecimal letter or a colon, and not in the middle of a word.
      guard byte &- 48 < 11 || (byte | 32) &- 97 < 6 else {
        place += 1
        continue
      }
      let before: UInt8 = place > 0 ? base[place - 1] : 32
      if isWordByte(before) || before == UInt8(ascii: ".") || before == UInt8(ascii: ":") && byte == UInt8(ascii: ":") {
        place += 1
        continue
      }
      var length = byte &- 48 < 10 ? AddressText.v4Length(text.from(place)) : 0
      if length > 0 {
        if !endsV4(text, place + length) { length = 0 }
      } else {
        length = AddressText.v6Length(text.from(place))
        if length > 0 { length = v6WithoutPort(text, place, length) }
        if length > 0, !isV6(text, place, length) { length = 0 }
      }
      if length == 0 {
        place = skipRefused(text, place)
        continue
      }
      let rank = self.rank(text, place, place + length)
      if rank > best?.rank ?? -1 || rank == 3 && best.map({ isRepeated(text, $0.end, place) }) ?? false {
        best = Hit(
          start: place, end: place + length, rank: rank, text: AddressText.unmapped(text.slice(place, place + length)))
        if rank == 4 { return best }
      }
      place += length
    }
    return best
  }

  /// Past a word that is no address, and past all of a fingerprint or a MAC address.
  private static func skipRefused(_ text: Bytes, _ start: Int) -> Int {
    var place = start
    var groups = 0
    var group = start
    while place < text.count, AddressText.isHex(text[place]) || text[place] == UInt8(ascii: ":") {
      if text[place] == UInt8(ascii: ":") {
        if place > group { groups += 1 }
        group = place + 1
      }
      place += 1
    }
    if groups < 3 { place = start }
    while place < text.count, isWordByte(text[place]) || text[place] == UInt8(ascii: ".") { place += 1 }
    return max(place, start + 1)
  }

  @inline(__always)
  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  /// Whether an IPv4 address may end here: `1.2.3.4.5678` is an address with a port, `1.2.3.4.5.6` is none.
  private static func endsV4(_ text: Bytes, _ place: Int) -> Bool {
    guard place < text.count else { return true }
    let next = text[place]
    if isWordByte(next) { return false }
    if next == UInt8(ascii: "."), place + 1 < text.count, text[place + 1] &- 48 < 10 {
      var end = place + 1
      while end < text.count, text[end] &- 48 < 10 { end += 1 }
      return end - place > 2 && !(end < text.count && (text[end] == UInt8(ascii: ".") || isWordByte(text[end])))
    }
    if next == UInt8(ascii: "-"), place + 1 < text.count, (text[place + 1] | 32) &- 97 < 26 { return false }
    return true
  }

  /// A user name may end in ` from 1.2.3.4`, and then the daemon's own ` from` follows at once.
  private static func isRepeated(_ text: Bytes, _ end: Int, _ start: Int) -> Bool {
    guard start - end <= 24, text.slice(0, start).ends(with: "from ") else { return false }
    let between = text.slice(end, start)
    return between.find(UInt8(ascii: ":")) == nil && between.find(UInt8(ascii: ";")) == nil
  }

  /// HAProxy writes `2001:db8::1:58430`: five decimal digits are a port, not a group of an address.
  private static func v6WithoutPort(_ text: Bytes, _ place: Int, _ length: Int) -> Int {
    let end = place + length
    guard end < text.count, text[end] &- 48 < 10, let colon = text.slice(place, end).findLast(":"), length - colon == 5
    else {
      return length
    }
    for index in place + colon + 1..<end where text[index] &- 48 >= 10 { return length }
    guard end + 1 == text.count || !isWordByte(text[end + 1]) else { return length }
    return AddressText.v6Length(text.slice(place, place + colon)) == colon ? colon : length
  }

  /// Tells an address from a time of day, a MAC address, a scope operator and a fingerprint.
  private static func isV6(_ text: Bytes, _ place: Int, _ length: Int) -> Bool {
    let end = place + length
    var digits = 0
    for byte in text.slice(place, end) where byte &- 48 < 10 { digits += 1 }
    guard length >= 3, digits > 0 else { return false }
    guard end < text.count else { return true }
    if isWordByte(text[end]) { return false }
    guard text[end] == UInt8(ascii: ":"), end + 1 < text.count, isWordByte(text[end + 1]) else { return true }
    // A port may follow, and nothing else.
    var port = end + 1
    while port < text.count, text[port] &- 48 < 10 { port += 1 }
    return port > end + 1 && port - end <= 6
      && (port == text.count || !isWordByte(text[port]) && text[port] != UInt8(ascii: ":"))
  }

  private static func rank(_ text: Bytes, _ start: Int, _ end: Int) -> Int {
    var place = start
    // What encloses the address: brackets, quotes, a user before `@`, an IPv4-mapped prefix is part of it already.
    var bracket = false
    while place > 0 {
      let before = text[place - 1]
      if before == UInt8(ascii: "[") || before == UInt8(ascii: "(") {
        bracket = true
      } else if before != UInt8(ascii: "\"") && before != UInt8(ascii: "'") && before != UInt8(ascii: "<")
        && before != UInt8(ascii: "/")
      {
        break
      }
      place -= 1
    }
    if place > 0, text[place - 1] == UInt8(ascii: "@") { return text.matches("'@'", at: place - 2) ? 3 : 0 }
    var wordEnd = place
    while wordEnd > 0, text[wordEnd - 1] == 32 { wordEnd -= 1 }
    if wordEnd > 0, text[wordEnd - 1] == UInt8(ascii: ":") || text[wordEnd - 1] == UInt8(ascii: "=") {
      wordEnd -= 1
      while wordEnd > 0, text[wordEnd - 1] == UInt8(ascii: "\"") || text[wordEnd - 1] == 32 { wordEnd -= 1 }
    }
    var wordStart = wordEnd
    while wordStart > 0, isWordByte(text[wordStart - 1]), wordEnd - wordStart < 24 { wordStart -= 1 }
    let word = text.slice(wordStart, wordEnd)
    switch word.count {
    case 2:
      if word.isIgnoringCase("ip") { return isBefore(text, wordStart, "server") ? 0 : 3 }
      if word.isIgnoringCase("to") || word.isIgnoringCase("on") || word.isIgnoringCase("at") { return 0 }
    case 3:
      if word.isIgnoringCase("src") { return 4 }
      if word.isIgnoringCase("dst") || word.isIgnoringCase("lip") || word.isIgnoringCase("via") { return 0 }
      if word.isIgnoringCase("rip") { return 4 }
    case 4:
      if word.isIgnoringCase("from") { return 3 }
      if word.isIgnoringCase("host") { return 3 }
      if word.isIgnoringCase("peer") || word.isIgnoringCase("addr") { return 3 }
      if word.isIgnoringCase("user") { return 0 }
    case 5:
      if word.isIgnoringCase("rhost") { return 4 }
      if word.isIgnoringCase("local") { return 0 }
    case 6:
      if word.isIgnoringCase("client") || word.isIgnoringCase("remote") || word.isIgnoringCase("source") { return 3 }
      if word.isIgnoringCase("server") || word.isIgnoringCase("listen") { return 0 }
    case 7:
      if word.isIgnoringCase("address") { return 2 }
      if word.isIgnoringCase("version") { return -1 }
    case 8:
      if word.isIgnoringCase("clientip") || word.isIgnoringCase("remoteip") || word.isIgnoringCase("upstream") {
        return word[0] | 32 == UInt8(ascii: "u") ? 0 : 3
      }
    case 9:
      if word.isIgnoringCase("client_ip") || word.isIgnoringCase("remote_ip") || word.isIgnoringCase("source_ip") {
        return 3
      }
    case 11:
      if word.isIgnoringCase("remote_addr") || word.isIgnoringCase("client_addr") { return 3 }
    default: break
    }
    return bracket ? 2 : 1
  }

  private static func isBefore(_ text: Bytes, _ place: Int, _ word: StaticString) -> Bool {
    var end = place
    while end > 0, !isWordByte(text[end - 1]) { end -= 1 }
    return text.matchesIgnoringCase(word, at: end - word.utf8CodeUnitCount)
  }

  /// `-dsl.example.com` after what looked like an address; `-1780` is a port.
  private static func isName(_ rest: Bytes) -> Bool {
    rest[0] == UInt8(ascii: "-") && rest.count > 1 && !(rest[1] &- 48 < 10)
  }

  /// The address or host name that stands at `place`, to the end of its word, without port and IPv4-mapped prefix.
  static func peer(_ text: Bytes, at place: Int) -> Bytes? {
    guard place < text.count else { return nil }
    let rest = text.from(place)
    if rest.matches("[ip]", at: 0) { return rest.slice(0, 4) }
    var length = AddressText.v4Length(rest)
    if length > 0, length == rest.count || !isWordByte(rest[length]) && !isName(rest.from(length)) {
      if length == rest.count || rest[length] != UInt8(ascii: ".") { return rest.slice(0, length) }
    }
    length = AddressText.v6Length(rest)
    if length > 0, length == rest.count || !isWordByte(rest[length]) {
      return AddressText.unmapped(rest.slice(0, length))
    }
    length = 0
    while length < rest.count,
      isWordByte(rest[length]) || rest[length] == UInt8(ascii: ".") || rest[length] == UInt8(ascii: "-")
    {
      length += 1
    }
    while length > 0, rest[length - 1] == UInt8(ascii: ".") || rest[length - 1] == UInt8(ascii: "-") { length -= 1 }
    return length > 0 ? rest.slice(0, length) : nil
  }
}

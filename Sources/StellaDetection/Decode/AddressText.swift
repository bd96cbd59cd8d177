/// IP addresses in text, as slices.
package enum AddressText {
  /// Bytes of the IPv4 address at the start of `text`: four numbers of one to three digits, each at most 255. 0 when there
  /// is none. What follows is not looked at.
  package static func v4Length(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    guard let base = text.baseAddress else { return 0 }
    var place = 0
    for part in 0..<4 {
      if part > 0 {
        guard place < text.count, base[place] == UInt8(ascii: ".") else { return 0 }
        place += 1
      }
      var value = 0
      let start = place
      while place < text.count, place - start < 3, base[place] &- 48 < 10 {
        value = value * 10 + Int(base[place] - 48)
        place += 1
      }
      guard place > start, value <= 255 else { return 0 }
    }
    return place
  }

  /// Bytes of the IPv6 address at the start of `text`, also with an IPv4 tail and with `::`. 0 when there is none.
  package static func v6Length(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    guard let base = text.baseAddress, text.count >= 2 else { return 0 }
    var place = 0
    var groups = 0
    var compressed = false
    if base[0] == UInt8(ascii: ":") {
      guard base[1] == UInt8(ascii: ":") else { return 0 }
      compressed = true
      place = 2
    }
    while groups < 8, place < text.count {
      let start = place
      while place < text.count, place - start < 4, isHex(base[place]) { place += 1 }
      if place == start { break }
      if place < text.count, base[place] == UInt8(ascii: "."), groups > 0 || compressed {
        let tail = v4Length(text.from(start))
        if tail > 0 {
          groups += 2
          return groups == 8 || compressed && groups < 8 ? start + tail : 0
        }
      }
      groups += 1
      guard groups < 8, place + 1 < text.count, base[place] == UInt8(ascii: ":") else { break }
      if base[place + 1] == UInt8(ascii: ":") {
        guard !compressed else { break }
        compressed = true
        place += 2
      } else if isHex(base[place + 1]) {
        place += 1
      } else {
        break
      }
    }
    return compressed && groups <= 7 || groups == 8 ? place : 0
  }

  /// The address without what logs put around it: brackets, a port, a zone, an IPv4-mapped prefix. Text that is no
  /// address stays as it is.
  package static func bare(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    guard let base = text.baseAddress, text.count > 0 else { return text }
    if base[0] == UInt8(ascii: "[") {
      let length = v6Length(text.from(1))
      if length > 0, 1 + length < text.count, base[1 + length] == UInt8(ascii: "]") {
        return unmapped(text.slice(1, 1 + length))
      }
      // What a mask leaves, perhaps with a port.
      return text.matches("[ip]", at: 0) ? text.slice(0, 4) : text
    }
    let four = v4Length(text)
    if four > 0 {
      return four == text.count || base[four] == UInt8(ascii: ":") || base[four] == UInt8(ascii: "/")
        ? text.slice(0, four) : text
    }
    let six = v6Length(text)
    if six > 0, six == text.count || base[six] == UInt8(ascii: "%") || base[six] == UInt8(ascii: "/") {
      return unmapped(text.slice(0, six))
    }
    return text
  }

  /// `::ffff:1.2.3.4` as `1.2.3.4`.
  package static func unmapped(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    guard text.count > 7, text.slice(0, 7).isIgnoringCase("::ffff:"), v4Length(text.from(7)) == text.count - 7 else {
      return text
    }
    return text.from(7)
  }

  @inline(__always)
  static func isHex(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 32) &- 97 < 6 }
}

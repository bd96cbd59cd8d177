import CStellaJSON

/// The target of a request as the programs behind a server understand it, so that patterns need not know every spelling.
///
/// Undone are, up to three times over, `%41` and `%u0041`; once, `+` for a space and what logs write for quotes and control
/// characters (`\x22`, `\"`). Overlong UTF-8 (`%c0%ae`) becomes the character that it stands for, NUL is dropped, and what
/// is no UTF-8 then is repaired. ASCII letters are lower-cased, a comment `/*…*/` counts as a blank (but not MySQL's `/*!…*/`,
/// which is none), and a run of blanks is one: a line feed when it holds one, else a space.
enum TargetText {
  private static let passes = 3

  /// Whether decoding changes anything.
  @inline(__always)
  static func hasEscapes(_ text: Bytes) -> Bool {
    let plain = plainLength(text)
    var before: UInt8 = plain == 0 ? 0 : text[plain - 1]
    for byte in text[plain...] {
      if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "\\") || byte &- 65 < 26
        || byte <= 32 || byte == UInt8(ascii: "*") && before == UInt8(ascii: "/")
      {
        return true
      }
      before = byte
    }
    return false
  }

  /// How many bytes at the start of a text stand for themselves, looked at eight at a time: no more than there are.
  @inline(__always)
  private static func plainLength(_ text: Bytes) -> Int {
    var place = 0
    while place + 8 <= text.count {
      let word = ByteWord(text.baseAddress.unsafelyUnwrapped + place)
      let odd =
        word.equal(to: UInt8(ascii: "%")) | word.equal(to: UInt8(ascii: "+")) | word.equal(to: UInt8(ascii: "\\"))
        | word.equal(to: UInt8(ascii: "*")) | word.below(33) | word.capitals
      if odd != 0 { break }
      place += 8
    }
    return place
  }

  /// Bytes that ``decode(_:to:)`` may write for a text of that length.
  static func roomBytes(_ count: Int) -> Int { 4 * count + 64 }

  static func decoded(_ text: Bytes) -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: roomBytes(text.count)) { buffer, count in
      count = buffer.baseAddress.map { decode(text, to: $0) } ?? 0
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes the decoded text and returns its length. O(bytes).
  static func decode(_ text: Bytes, to room: UnsafeMutablePointer<UInt8>) -> Int {
    var (count, changed) = pass(text, to: room, isFirst: true)
    // What was valid stays so while nothing is put in place of something else.
    let isDecoded = changed
    var passes = 1
    while changed, passes < TargetText.passes {
      // In place: what is written never gets ahead of what is read.
      (count, changed) = pass(Bytes(start: room, count: count), to: room, isFirst: false)
      passes += 1
    }
    guard isDecoded else { return fold(room, count) }
    count = fold(room, shorten(room, count))
    if stella_utf8_valid(room, count) != 0 { return count }
    // Each byte becomes at most three; the repair reads ahead of its text.
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count + 64) { source in
      guard let base = source.baseAddress else { return 0 }
      base.initialize(repeating: 0, count: count + 64)
      base.update(from: room, count: count)
      return stella_utf8_repair(base, count, room)
    }
  }

  private static func pass(
    _ text: Bytes, to room: UnsafeMutablePointer<UInt8>, isFirst: Bool
  ) -> (count: Int, changed: Bool) {
    var count = 0
    var changed = false
    var place = 0
    func put(_ byte: UInt8) {
      if byte == 0 { return }
      room[count] = byte
      count += 1
    }
    while place < text.count {
      while place + 8 <= text.count {
        let word = ByteWord(text.baseAddress.unsafelyUnwrapped + place)
        let odd =
          word.equal(to: UInt8(ascii: "%")) | word.equal(to: UInt8(ascii: "\\")) | word.equal(to: 0)
          | (isFirst ? word.equal(to: UInt8(ascii: "+")) : 0)
        if odd != 0 { break }
        word.store(to: room + count)
        count += 8
        place += 8
      }
      if place == text.count { break }
      let byte = text[place]
      switch byte {
      case UInt8(ascii: "%"):
        if let value = hex(text, place + 1, digits: 2) {
          put(UInt8(truncatingIfNeeded: value))
          place += 3
          changed = true
          continue
        }
        if place + 1 < text.count, text[place + 1] | 32 == UInt8(ascii: "u"),
          let value = hex(text, place + 2, digits: 4)
        {
          putScalar(value, put)
          place += 6
          changed = true
          continue
        }
        put(byte)
      case UInt8(ascii: "+"): put(isFirst ? 32 : byte)
      case UInt8(ascii: "\\"):
        if isFirst, place + 1 < text.count {
          if text[place + 1] == UInt8(ascii: "\"") {
            put(UInt8(ascii: "\""))
            place += 2
            continue
          }
          if text[place + 1] == UInt8(ascii: "x"), let value = hex(text, place + 2, digits: 2) {
            put(UInt8(truncatingIfNeeded: value))
            place += 4
            continue
          }
        }
        put(byte)
      default: put(byte)
      }
      place += 1
    }
    return (count, changed)
  }

  private static func putScalar(_ value: Int, _ put: (UInt8) -> Void) {
    // Full-width forms (U+FF01…) stand for ASCII on servers that fold them.
    let value = (0xFF01...0xFF5E).contains(value) ? value - 0xFEE0 : value
    if value < 0x80 {
      put(UInt8(value))
    } else if value < 0x800 {
      put(UInt8(0xC0 | value >> 6))
      put(UInt8(0x80 | value & 0x3F))
    } else {
      put(UInt8(0xE0 | value >> 12))
      put(UInt8(0x80 | value >> 6 & 0x3F))
      put(UInt8(0x80 | value & 0x3F))
    }
  }

  /// Replaces overlong two-byte forms of ASCII in place; returns the new length.
  private static func shorten(_ room: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    var to = 0
    var place = 0
    while place < count {
      if room[place] & 0xFE == 0xC0, place + 1 < count, room[place + 1] & 0xC0 == 0x80 {
        room[to] = (room[place] & 1) << 6 | room[place + 1] & 0x3F
        place += 2
        if room[to] == 0 { continue }
      } else {
        room[to] = room[place]
        place += 1
      }
      to += 1
    }
    return to
  }

  /// Lower-cases, and folds comments and blanks, in place; returns the new length.
  private static func fold(_ room: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    var to = 0
    var place = 0
    func putBlank(_ byte: UInt8) {
      let isLine = byte == 10 || byte == 13
      if to > 0, room[to - 1] == 32 || room[to - 1] == 10 {
        if isLine { room[to - 1] = 10 }
      } else {
        room[to] = isLine ? 10 : 32
        to += 1
      }
    }
    while place < count {
      while place + 8 <= count {
        let word = ByteWord(room + place)
        let odd = word.below(33) | word.equal(to: 127) | word.equal(to: UInt8(ascii: "*"))
        // A comment can begin with the last byte.
        if odd != 0 || room[place + 7] == UInt8(ascii: "/") { break }
        word.lowercased.store(to: room + to)
        to += 8
        place += 8
      }
      if place == count { break }
      let byte = room[place]
      if byte <= 32 || byte == 127 {
        putBlank(byte)
        place += 1
      } else if byte == UInt8(ascii: "/"), place + 3 < count, room[place + 1] == UInt8(ascii: "*"),
        room[place + 2] != UInt8(ascii: "!"), let end = commentEnd(room, place + 2, count)
      {
        putBlank(32)
        place = end
      } else {
        room[to] = byte &- 65 < 26 ? byte | 32 : byte
        to += 1
        place += 1
      }
    }
    return to
  }

  private static func commentEnd(_ room: UnsafeMutablePointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
    var place = start
    while place + 1 < count {
      if room[place] == UInt8(ascii: "*"), room[place + 1] == UInt8(ascii: "/") { return place + 2 }
      place += 1
    }
    return nil
  }

  private static func hex(_ text: Bytes, _ place: Int, digits: Int) -> Int? {
    guard place + digits <= text.count else { return nil }
    var value = 0
    for index in place..<place + digits {
      let byte = text[index]
      let lower = byte | 32
      if byte &- 48 < 10 {
        value = value << 4 | Int(byte - 48)
      } else if lower &- 97 < 6 {
        value = value << 4 | Int(lower - 87)
      } else {
        return nil
      }
    }
    return value
  }
}

import Glibc
import StellaModel

/// Writes JSON as ``JSONText`` would write it, faster, into bytes that it keeps. Not copyable, as only one may own them; a class
/// would cost a check for exclusive access with every piece that is written.
struct RecordJSON: ~Copyable {
  private var bytes: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity = 1024
  /// Whether there was no room for all of it.
  private var isCut = false
  /// Whether the line is longer than ``limitBytes``, so that it must be dropped.
  var isTooLong: Bool { isCut || count > Self.limitBytes }
  /// Seconds since the epoch of ``stamp``.
  private var second = Int64.min
  /// `2026-01-02T15:04:05.` of that second, 20 characters.
  private var stamp: (UInt64, UInt64, UInt32) = (0, 0, 0)

  /// A line that is longer is cut by whoever reads it.
  static let limitBytes = 1 << 20
  /// More than this is given back after the line that took it.
  private static let keptBytes = 64 << 10
  private static let stampBytes = 20

  init() { bytes = .allocate(capacity: capacity) }

  deinit { bytes.deallocate() }

  /// What was written since ``begin()``; valid until the next change.
  var line: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

  /// Begins anew.
  mutating func begin() {
    count = 0
    isCut = false
    guard capacity > Self.keptBytes else { return }
    bytes.deallocate()
    capacity = 1024
    bytes = .allocate(capacity: capacity)
  }

  /// Makes room for so many bytes.
  @inline(__always)
  private mutating func need(_ more: Int) -> Bool { count &+ more <= capacity || grow(more) }

  @inline(never)
  private mutating func grow(_ more: Int) -> Bool {
    var size = capacity
    while size < count + more { size *= 2 }
    guard !isCut, size <= 8 * Self.limitBytes else {
      isCut = true
      return false
    }
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    memcpy(larger, bytes, count)
    bytes.deallocate()
    (bytes, capacity) = (larger, size)
    return true
  }

  /// Appends what is JSON already.
  @inline(__always)
  mutating func raw(_ json: StaticString) {
    let length = json.utf8CodeUnitCount
    guard need(length) else { return }
    memcpy(bytes + count, json.utf8Start, length)
    count &+= length
  }

  /// Appends what is JSON already.
  mutating func raw(_ json: UnsafeRawBufferPointer) {
    guard need(json.count), let start = json.baseAddress else { return }
    memcpy(bytes + count, start, json.count)
    count &+= json.count
  }

  /// The time with its quotes.
  mutating func time(_ time: Int64) {
    setSecond(of: time)
    guard need(32) else { return }
    bytes[count] = UInt8(ascii: "\"")
    let place = bytes + count + 1
    withUnsafeBytes(of: stamp) { stamp in
      if let start = stamp.baseAddress { memcpy(place, start, Self.stampBytes) }
    }
    var rest = UInt32(truncatingIfNeeded: time - second * Timestamp.second)
    var digit = count + 29
    while digit > count + 20 {
      bytes[digit] = UInt8(truncatingIfNeeded: 48 + rest % 10)
      rest /= 10
      digit -= 1
    }
    bytes[count + 30] = UInt8(ascii: "Z")
    bytes[count + 31] = UInt8(ascii: "\"")
    count += 32
  }

  /// The text of the second that `time` lies in.
  private mutating func setSecond(of time: Int64) {
    let second = time / Timestamp.second - (time % Timestamp.second < 0 ? 1 : 0)
    guard second != self.second else { return }
    self.second = second
    var text = Timestamp.text(second * Timestamp.second)
    text.withUTF8 { text in
      guard let text = UnsafeRawPointer(text.baseAddress) else { return }
      withUnsafeMutableBytes(of: &stamp) { $0.baseAddress?.copyMemory(from: text, byteCount: Self.stampBytes) }
    }
  }

  /// `,"name":`, after `metadata.` when the record has a field of that name itself.
  mutating func name(_ name: UnsafeRawBufferPointer) {
    raw(",\"")
    if Self.isOwn(name) { raw("metadata.") }
    escape(name)
    raw("\":")
  }

  /// Whether the record has a field of that name itself. Most names are told apart by their length and first letter.
  static func isOwn(_ name: UnsafeRawBufferPointer) -> Bool {
    guard let start = name.baseAddress else { return false }
    func `is`(_ own: StaticString) -> Bool { memcmp(start, own.utf8Start, own.utf8CodeUnitCount) == 0 }
    return switch (name.count, start.load(as: UInt8.self)) {
    case (4, UInt8(ascii: "t")): `is`("time")
    case (4, UInt8(ascii: "f")): `is`("file")
    case (4, UInt8(ascii: "l")): `is`("line")
    case (5, UInt8(ascii: "l")): `is`("level")
    case (5, UInt8(ascii: "e")): `is`("error")
    case (6, UInt8(ascii: "l")): `is`("logger")
    case (6, UInt8(ascii: "s")): `is`("source")
    case (7, UInt8(ascii: "m")): `is`("message")
    case (7, UInt8(ascii: "s")): `is`("service")
    case (10, UInt8(ascii: "e")): `is`("error_type")
    default: false
    }
  }

  mutating func string(_ text: UnsafeRawBufferPointer) {
    raw("\"")
    escape(text)
    raw("\"")
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  /// Whether none of eight bytes has to be looked at: each is ASCII, and no control character, quote or backslash.
  @inline(__always)
  private static func isPlain(_ word: UInt64) -> Bool {
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    // Where a byte is under 0x20, the quote, the backslash, 0x7F, or not ASCII, its top bit is set in one of these.
    let odd = (word &- (ones &* 0x20)) | (quote &- ones) | (backslash &- ones) | (word &+ ones) | word
    return odd & tops == 0
  }

  @inline(__always)
  private mutating func escape(_ text: UnsafeRawBufferPointer) {
    guard let start = text.baseAddress else { return }
    let from = start
    let end = text.count
    // Text that no escape makes longer needs no more than itself.
    guard need(end &+ 8) else { return }
    let to = UnsafeMutableRawPointer(bytes + count)
    var place = 0
    while place &+ 8 <= end {
      let word = from.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      guard Self.isPlain(word) else { return escape(text, plain: place) }
      to.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
      place &+= 8
    }
    if place < end {
      let word = Self.word(from + place, end &- place)
      guard Self.isPlain(word) else { return escape(text, plain: place) }
      to.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
    }
    count &+= end
  }

  /// What has something that is written otherwise, or at least isn't ASCII.
  ///
  /// - Parameter plain: how much of it is written already.
  @inline(never)
  private mutating func escape(_ text: UnsafeRawBufferPointer, plain: Int) {
    count += plain
    guard need(6 * (text.count - plain)) else { return }
    var place = plain
    while place < text.count {
      let byte = text[place]
      place += 1
      if byte >= 0x20, byte != 0x22, byte != 0x5C, byte != 0x7F, byte != 0xC2 {
        bytes[count] = byte
        count += 1
        continue
      }
      var code = byte
      if byte == 0xC2 {
        // U+0080 … U+009F: terminals take them for escape sequences too.
        guard place < text.count, (0x80..<0xA0).contains(text[place]) else {
          bytes[count] = byte
          count += 1
          continue
        }
        code = text[place]
        place += 1
      }
      put(code)
    }
  }

  /// Up to seven bytes, followed by blanks.
  @inline(__always)
  private static func word(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
    return UInt64(first: count, of: start) | (ones &* 0x20) &<< UInt64(8 &* count)
  }

  /// There is room.
  private mutating func put(_ code: UInt8) {
    bytes[count] = UInt8(ascii: "\\")
    count += 1
    let short: UInt8
    switch code {
    case 0x22, 0x5C: short = code
    case 0x08: short = UInt8(ascii: "b")
    case 0x09: short = UInt8(ascii: "t")
    case 0x0A: short = UInt8(ascii: "n")
    case 0x0C: short = UInt8(ascii: "f")
    case 0x0D: short = UInt8(ascii: "r")
    default:
      let digits: StaticString = "0123456789abcdef"
      bytes[count] = UInt8(ascii: "u")
      bytes[count + 1] = 48
      bytes[count + 2] = 48
      bytes[count + 3] = digits.utf8Start[Int(code >> 4)]
      bytes[count + 4] = digits.utf8Start[Int(code & 15)]
      count += 5
      return
    }
    bytes[count] = short
    count += 1
  }

  mutating func integer(_ value: Int64) {
    guard need(21) else { return }
    if value < 0 {
      bytes[count] = UInt8(ascii: "-")
      count += 1
    }
    digits(of: value.magnitude)
  }

  mutating func unsigned(_ value: UInt64) {
    if need(20) { digits(of: value) }
  }

  /// There is room.
  private mutating func digits(of value: UInt64) {
    var rest = value
    var place = count + 20
    repeat {
      place -= 1
      bytes[place] = UInt8(truncatingIfNeeded: 48 + rest % 10)
      rest /= 10
    } while rest > 0
    let length = count + 20 - place
    memmove(bytes + count, bytes + place, length)
    count += length
  }

  /// As it writes itself; null for what is no number.
  mutating func double(_ value: Double) {
    guard value.isFinite else { return raw("null") }
    var text = value.description
    text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
  }
}

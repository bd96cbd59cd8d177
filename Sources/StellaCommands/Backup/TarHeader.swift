/// The head of a file in a tar archive (POSIX.1-1988, "ustar"), as every `tar` reads it.
struct TarHeader: Equatable {
  static let size = 512
  /// Longest name, without the directories that fit apart.
  private static let nameBytes = 100
  private static let prefixBytes = 155
  /// Above this a size is binary.
  private static let octalLimit: Int64 = 1 << 33

  var path: String
  var bytes: Int64

  /// Zeros that follow so many bytes of content.
  static func padding(_ bytes: Int64) -> Int { Int((Int64(size) - bytes % Int64(size)) % Int64(size)) }

  /// - Parameter time: when it was changed, seconds since the epoch.
  /// - Returns: nil when the path is too long.
  func encoded(time: Int64) -> [UInt8]? {
    var name = Array(path.utf8)[...]
    var prefix: ArraySlice<UInt8> = []
    if name.count > Self.nameBytes {
      // The directories that don't fit stand apart.
      guard let slash = name.indices.first(where: { name[$0] == 0x2f && name.count - $0 - 1 <= Self.nameBytes }),
        slash <= Self.prefixBytes
      else { return nil }
      (prefix, name) = (name[..<slash], name[(slash + 1)...])
    }
    var head = [UInt8](repeating: 0, count: Self.size)
    func put(_ text: some Sequence<UInt8>, _ place: Int) {
      for (offset, byte) in text.enumerated() { head[place + offset] = byte }
    }
    put(name, 0)
    put("0000600\0".utf8, 100)
    put("0000000\0".utf8, 108)
    put("0000000\0".utf8, 116)
    if bytes < Self.octalLimit {
      put(Self.octal(bytes, digits: 11).utf8, 124)
    } else {
      head[124] = 0x80
      for place in 0..<8 { head[128 + place] = UInt8(truncatingIfNeeded: bytes >> Int64(8 * (7 - place))) }
    }
    put(Self.octal(max(0, time) & (Self.octalLimit - 1), digits: 11).utf8, 136)
    put("        ".utf8, 148)
    head[156] = UInt8(ascii: "0")
    put("ustar\u{0}00".utf8, 257)
    put(prefix, 345)
    put((Self.octal(Self.sum(head), digits: 6) + "\0 ").utf8, 148)
    return head
  }

  init(path: String, bytes: Int64) { (self.path, self.bytes) = (path, bytes) }

  /// Nil for what is no head of a regular file.
  init?(_ head: [UInt8]) {
    guard head.count == Self.size, head[257..<262].elementsEqual("ustar".utf8),
      head[156] == UInt8(ascii: "0") || head[156] == 0
    else { return nil }
    var blank = head
    for place in 148..<156 { blank[place] = 0x20 }
    guard let sum = Self.number(head[148..<156]), sum == Self.sum(blank) else { return nil }
    func text(_ range: Range<Int>) -> String { String(decoding: head[range].prefix { $0 != 0 }, as: UTF8.self) }
    if head[124] == 0x80 {
      guard head[125..<128].allSatisfy({ $0 == 0 }), head[128] < 0x80 else { return nil }
      bytes = head[128..<136].reduce(0) { $0 << 8 | Int64($1) }
    } else {
      guard let bytes = Self.number(head[124..<136]) else { return nil }
      self.bytes = bytes
    }
    let prefix = text(345..<500)
    path = prefix.isEmpty ? text(0..<100) : prefix + "/" + text(0..<100)
  }

  private static func sum(_ head: [UInt8]) -> Int64 { head.reduce(0) { $0 + Int64($1) } }

  private static func octal(_ number: Int64, digits: Int) -> String {
    let text = String(number, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 &- 48 < 8 }
    let rest = field.drop { $0 == 0x20 }.dropFirst(digits.count)
    guard !digits.isEmpty, digits.count <= 12, rest.allSatisfy({ $0 == 0 || $0 == 0x20 }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int64($1 &- 48) }
  }
}

/// Tells of a text whether it can't be within any that was inserted, by the sequences of four bytes in it: one bit for each, found
/// by a hash (a Bloom filter with one hash function). O(bytes).
struct GramFilter: Sendable {
  static let gram = 4
  private static let widest = 16
  private static let narrowest = 12

  /// The logarithm of the number of bits.
  private var width = Self.widest
  private var words = [UInt64](repeating: 0, count: 1 << (Self.widest - 6))

  init() {}

  private static func place(_ gram: UInt32, _ width: Int) -> Int { Int((gram &* 0x9E37_79B1) >> UInt32(32 - width)) }

  private static func forEachGram(_ text: UnsafeBufferPointer<UInt8>, _ body: (UInt32) -> Bool) -> Bool {
    guard text.count >= gram else { return true }
    var window = UInt32(text[0]) << 16 | UInt32(text[1]) << 8 | UInt32(text[2])
    for place in 3..<text.count {
      window = window << 8 | UInt32(text[place])
      if !body(window) { return false }
    }
    return true
  }

  /// A record as it is and, where it has escapes, as they mean it, folded.
  mutating func insert(record: UnsafeBufferPointer<UInt8>) {
    guard record.count >= Self.gram else { return }
    var all: UInt8 = 0
    FoldedText.withASCII { ascii in
      words.withUnsafeMutableBufferPointer { words in
        var window: UInt32 = 0
        for byte in record[..<(Self.gram - 1)] {
          all |= byte
          window = window << 8 | UInt32(ascii[Int(byte)])
        }
        for byte in record[(Self.gram - 1)...] {
          all |= byte
          window = window << 8 | UInt32(ascii[Int(byte)])
          let place = Self.place(window, Self.widest)
          words[place >> 6] |= 1 << UInt64(place & 63)
        }
      }
    }
    // Most records are ASCII, and were folded on the way.
    guard all >= 0x80 || FoldedText.hasEscapes(record) else { return }
    var scratch = FoldedText()
    scratch.forEachForm(of: record) { insert($0) }
  }

  /// - Parameter text: folded.
  mutating func insert(_ text: UnsafeBufferPointer<UInt8>) {
    words.withUnsafeMutableBufferPointer { words in
      _ = Self.forEachGram(text) { gram in
        let place = Self.place(gram, Self.widest)
        words[place >> 6] |= 1 << UInt64(place & 63)
        return true
      }
    }
  }

  /// Whether `text`, folded, could be in one of those. Always true for less than four bytes.
  func couldHold(_ text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { text in
      Self.forEachGram(text) { gram in
        let place = Self.place(gram, width)
        return words[place >> 6] & (1 << UInt64(place & 63)) != 0
      }
    }
  }

  // MARK: - In files

  /// Of half the bits while that leaves it at most a quarter full.
  var narrowed: GramFilter {
    var filter = self
    while filter.width > Self.narrowest {
      let half = filter.half
      guard half.words.reduce(0, { $0 + $1.nonzeroBitCount }) * 4 <= half.words.count * 64 else { break }
      filter = half
    }
    return filter
  }

  private var half: GramFilter {
    var half = self
    half.width -= 1
    half.words = (0..<words.count / 2).map { Self.joined(words[2 * $0]) | Self.joined(words[2 * $0 + 1]) << 32 }
    return half
  }

  /// Each two neighbouring bits become one.
  private static func joined(_ word: UInt64) -> UInt64 {
    var bits = (word | word >> 1) & 0x5555_5555_5555_5555
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333
    bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f
    bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff
    bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff
    return (bits | bits >> 16) & 0xffff_ffff
  }

  func write(to writer: inout RecordWriter) {
    writer.byte(UInt8(width))
    for word in words { writer.fixed(word) }
  }

  init?(from reader: inout RecordReader) {
    width = Int(reader.byte())
    guard (Self.narrowest...Self.widest).contains(width) else { return nil }
    words = (0..<1 << (width - 6)).map { _ in reader.fixed() }
    if reader.isBroken { return nil }
  }
}

import StellaModel

/// `key=value key="value with spaces" flag`: a key without a value is `true`.
enum LogfmtGrammar {
  static func parse<Sink: RecordSink>(_ line: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    // One pass: the caller throws away what a refused line has put.
    putPairs(line, into: &sink, clock: clock)
  }

  /// Whether `text` consists of pairs alone, at least two of them.
  static func isWhole(_ text: Bytes) -> Bool {
    // The first word of a sentence has no `=` in it, so that most texts are told after a few bytes.
    var place = 0
    while place < text.count, isKeyByte(text[place]) { place += 1 }
    guard place > 0, place < text.count, text[place] == UInt8(ascii: "="), let words = count(text) else { return false }
    return words.pairs >= 2 && words.bare == 0
  }

  /// The number of pairs of a line that can be read as logfmt; nil when it can't.
  static func check(_ text: Bytes) -> Int? {
    guard let words = count(text), words.pairs > 0, words.pairs >= words.bare else { return nil }
    return words.pairs
  }

  /// Pairs and words without a value; nil when something is neither.
  private static func count(_ text: Bytes) -> (pairs: Int, bare: Int)? {
    var pairs = 0
    var bare = 0
    var scanner = Scanner(text)
    while true {
      switch scanner.next() {
      case .pair: pairs += 1
      case .bare: bare += 1
      case .broken: return nil
      case .end: return (pairs, bare)
      }
    }
  }

  /// Puts every pair. Time and level come from the names that JSON logs use too, in the same order of preference.
  ///
  /// False when the text is not logfmt; a part of it was put then.
  @discardableResult
  static func putPairs<Sink: RecordSink>(_ text: Bytes, into sink: inout Sink, clock: SourceClock? = nil) -> Bool {
    var pairs = 0
    var bare = 0
    var scanner = Scanner(text)
    var timeRank = Int.max
    var time: Bytes?
    var levelRank = Int.max
    var level: LogLevel?
    while true {
      switch scanner.next() {
      case .broken: return false
      case .end:
        guard pairs > 0, pairs >= bare else { return false }
        if let time, let clock {
          if let found = clock.read(whole: time) { sink.put(time: found) } else { sink.put(unreadTime: time) }
        }
        if let level { sink.put(level: level) }
        return true
      case .bare(let name):
        bare += 1
        sink.put(name: name, trueText, quoted: false)
      case .pair(let name, let value, let quoted, let escaped):
        pairs += 1
        if escaped { sink.put(name: name, escaped: value) } else { sink.put(name: name, value, quoted: quoted) }
        if clock != nil, let rank = NameRanks.time.rank(of: name), rank <= timeRank, value.count >= 8 {
          timeRank = rank
          time = value
        }
        if let rank = NameRanks.level.rank(of: name), rank <= levelRank {
          levelRank = rank
          level = LevelWord.level(value)
        }
      }
    }
  }

  private static let trueWord: StaticString = "true"
  private static var trueText: Bytes { Bytes(start: trueWord.utf8Start, count: trueWord.utf8CodeUnitCount) }

  @inline(__always)
  fileprivate static func isKeyByte(_ byte: UInt8) -> Bool {
    byte > 32 && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"") && byte != 127
  }

  fileprivate enum Word {
    case pair(name: Bytes, value: Bytes, quoted: Bool, escaped: Bool)
    case bare(Bytes)
    case broken
    case end
  }

  fileprivate struct Scanner {
    private let text: Bytes
    private var place = 0

    init(_ text: Bytes) { self.text = text }

    mutating func next() -> Word {
      while place < text.count, text[place] <= 32 { place += 1 }
      guard place < text.count else { return .end }
      let start = place
      while place < text.count, LogfmtGrammar.isKeyByte(text[place]) { place += 1 }
      guard place > start else { return .broken }
      let name = text.slice(start, place)
      guard place < text.count, text[place] == UInt8(ascii: "=") else {
        return place == text.count || text[place] <= 32 ? .bare(name) : .broken
      }
      place += 1
      if place < text.count, text[place] == UInt8(ascii: "\"") {
        place += 1
        let from = place
        var escaped = false
        while place < text.count, text[place] != UInt8(ascii: "\"") {
          if text[place] == UInt8(ascii: "\\") {
            escaped = true
            place += 1
          }
          place += 1
        }
        guard place < text.count else { return .broken }
        let value = text.slice(from, place)
        place += 1
        guard place == text.count || text[place] <= 32 || text[place] == UInt8(ascii: ",") else { return .broken }
        if place < text.count, text[place] == UInt8(ascii: ",") { place += 1 }
        return .pair(name: name, value: value, quoted: true, escaped: escaped)
      }
      let from = place
      while place < text.count, text[place] > 32 { place += 1 }
      return .pair(name: name, value: text.slice(from, place), quoted: false, escaped: false)
    }
  }
}

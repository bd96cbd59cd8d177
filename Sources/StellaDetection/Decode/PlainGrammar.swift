import StellaModel

/// Any text: a time and a level where they commonly stand, an address of a client, and a body of JSON or `key=value`.
enum PlainGrammar {
  private static let searchedBytes = 96

  static func parse<Sink: RecordSink>(_ line: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    var place = 0
    var isStamped = false
    if let found = findTime(line, clock: clock) {
      sink.put(time: found.time)
      isStamped = true
      // Text in front of the time belongs to the message, unless it is only brackets.
      place = found.start > 2 ? 0 : found.end
      if found.start > 2, found.start <= 8, line.slice(0, found.start).trimmed().count <= 3 { place = found.end }
    } else if let glog = PlainGrammar.glog(line, clock: clock) {
      sink.put(time: glog.time)
      sink.put(level: glog.level)
      isStamped = true
      place = glog.end
    }
    let start = PlainGrammar.skipSeparators(line, place, isStamped: isStamped)
    var body = line.from(start)
    if isStamped, body.starts(with: "stdout ") || body.starts(with: "stderr "), body.count > 9, body[8] == 32 {
      sink.put(.stream, body.slice(0, 6))
      body = body.from(9)
    }
    if body.first == UInt8(ascii: "{"), body.trimmed().last == UInt8(ascii: "}"), sink.putObject(body.trimmed()) {
      return true
    }
    if isStamped, LogfmtGrammar.isWhole(body) {
      LogfmtGrammar.putPairs(body, into: &sink)
      return true
    }
    if let found = PlainGrammar.levelWord(body) {
      sink.put(level: found.level)
      if found.start <= 1 { body = body.from(PlainGrammar.skipSeparators(body, found.end, isStamped: true)) }
    }
    sink.put(.message, body)
    if sink.wantsMessageFields { AuthMessage.generic(body, into: &sink) }
    return true
  }

  // MARK: Time

  private static func findTime(_ line: Bytes, clock: SourceClock) -> (time: Int64, start: Int, end: Int)? {
    let end = min(line.count, PlainGrammar.searchedBytes)
    var place = 0
    while place < end {
      if PlainGrammar.mayBeginTime(line, place), let found = PlainGrammar.time(line, at: place, clock: clock) {
        return found
      }
      // To the next word.
      while place < end, !PlainGrammar.isBoundary(line[place]) { place += 1 }
      while place < end, PlainGrammar.isBoundary(line[place]) { place += 1 }
    }
    return nil
  }

  private static func time(_ line: Bytes, at place: Int, clock: SourceClock) -> (time: Int64, start: Int, end: Int)? {
    guard place == 0 || isBoundary(line[place - 1]), let found = clock.read(line.from(place)) else { return nil }
    return (found.time, place, place + found.length)
  }

  @inline(__always)
  private static func isBoundary(_ byte: UInt8) -> Bool {
    byte <= 32 || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "=")
      || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "|") || byte == UInt8(ascii: "<")
      || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ">")
  }

  private static func mayBeginTime(_ line: Bytes, _ place: Int) -> Bool {
    let byte = line[place]
    return byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "@")
  }

  /// `I0102 15:04:05.000000   123 file.go:45] text`.
  private static func glog(_ line: Bytes, clock: SourceClock) -> (time: Int64, level: LogLevel, end: Int)? {
    guard line.count > 21, line[5] == 32, line[8] == UInt8(ascii: ":") else { return nil }
    let level: LogLevel
    switch line[0] {
    case UInt8(ascii: "I"): level = .info
    case UInt8(ascii: "W"): level = .warning
    case UInt8(ascii: "E"): level = .error
    case UInt8(ascii: "F"): level = .critical
    default: return nil
    }
    for index in 1...4 where line[index] &- 48 >= 10 { return nil }
    // As `MM-DD HH:MM:SS.ffffff`, which the scanner knows.
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { copy in
      var count = 0
      func add(_ byte: UInt8) {
        copy[count] = byte
        count += 1
      }
      add(line[1])
      add(line[2])
      add(UInt8(ascii: "-"))
      add(line[3])
      add(line[4])
      var place = 5
      while place < line.count, count < 24, line[place] == 32 || line[place] &- 46 < 13 {
        if place > 5, line[place] == 32 { break }
        add(line[place])
        place += 1
      }
      guard let found = clock.read(Bytes(start: copy.baseAddress, count: count)) else { return nil }
      let bracket = line.find("] ", from: place)
      return (found.time, level, bracket.map { $0 < 96 ? $0 + 2 : place } ?? place)
    }
  }

  // MARK: Level

  /// A level word near the start: the first word in any case, and after it words in capitals or in brackets.
  static func levelWord(_ text: Bytes) -> (level: LogLevel, start: Int, end: Int)? {
    var place = 0
    var words = 0
    while place < text.count, words < 14, place < 128 {
      guard (text[place] | 32) &- 97 < 26 else {
        place += 1
        continue
      }
      let start = place
      var isUpper = true
      while place < text.count, (text[place] | 32) &- 97 < 26 {
        if text[place] >= 97 { isUpper = false }
        place += 1
      }
      let isEnd =
        place == text.count
        || text[place] &- 48 >= 10 && text[place] != UInt8(ascii: "_") && text[place] != UInt8(ascii: ".")
          && text[place] != UInt8(ascii: "-") && text[place] != UInt8(ascii: "=") && text[place] != UInt8(ascii: "/")
      let before: UInt8 = start > 0 ? text[start - 1] : 32
      let isBracketed =
        before == UInt8(ascii: "[") || before == UInt8(ascii: "<") || before == UInt8(ascii: "|")
        || before == UInt8(ascii: ":") && place < text.count && text[place] == UInt8(ascii: "]")
      let after: UInt8 = place < text.count ? text[place] : 32
      let length = place - start
      if isEnd, length >= 3, length <= 13 {
        let stands =
          isUpper && before != UInt8(ascii: "_") && before != UInt8(ascii: ".") && before != UInt8(ascii: "-")
          && before != UInt8(ascii: "/") || isBracketed
          || words == 0 && start <= 1 && (after == UInt8(ascii: ":") || after == 32 && text.matches("  ", at: place))
        if stands, let level = LevelWord.level(text.slice(start, place)) { return (level, start, place) }
      }
      words += 1
      while place < text.count, text[place] != 32, text[place] != UInt8(ascii: "["), text[place] != UInt8(ascii: "|"),
        text[place] != UInt8(ascii: "]"), text[place] != UInt8(ascii: ":")
      { place += 1 }
    }
    return nil
  }

  /// The level that a message begins with: `error: …`, `[INFO ] …`, `WARNING: …`.
  static func level(inFrontOf message: Bytes) -> LogLevel? {
    var start = 0
    while start < message.count, message[start] == 32 || message[start] == UInt8(ascii: "[") { start += 1 }
    var end = start
    while end < message.count, end - start < 13, (message[end] | 32) &- 97 < 26 { end += 1 }
    guard end - start >= 3, end < message.count else { return nil }
    var close = end
    if start > 0 { while close < message.count, message[close] == 32 { close += 1 } }
    guard close < message.count,
      message[close] == UInt8(ascii: ":") || start > 0 && message[close] == UInt8(ascii: "]")
        || isUpper(message.slice(start, end)) && message[close] == 32
    else { return nil }
    return LevelWord.level(message.slice(start, end))
  }

  private static func isUpper(_ text: Bytes) -> Bool {
    for byte in text where byte >= 97 { return false }
    return true
  }

  private static func skipSeparators(_ line: Bytes, _ start: Int, isStamped: Bool) -> Int {
    var place = start
    guard isStamped else { return place }
    while place < line.count {
      switch line[place] {
      case 32, 9, UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: ":"), UInt8(ascii: "|"), UInt8(ascii: ","):
        place += 1
      case UInt8(ascii: "-"):
        guard place + 1 < line.count, line[place + 1] == 32 else { return place }
        place += 1
      default: return place
      }
    }
    return place
  }
}

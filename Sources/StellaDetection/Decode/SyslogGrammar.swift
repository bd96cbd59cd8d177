import StellaModel

/// Syslog as daemons send it and as files hold it: RFC 5424, RFC 3164, rsyslog's and journald's text forms, with or
/// without priority, time and host.
enum SyslogGrammar {
  static func parse<Sink: RecordSink>(_ line: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    var place = 0
    var priority: Int?
    if line.first == UInt8(ascii: "<") {
      var value = 0
      var end = 1
      while end < line.count, end < 5, line[end] &- 48 < 10 {
        value = value * 10 + Int(line[end] - 48)
        end += 1
      }
      if end > 1, end < line.count, line[end] == UInt8(ascii: ">"), value <= 191 {
        priority = value
        place = end + 1
        if place + 1 < line.count, line[place] == UInt8(ascii: "1"), line[place + 1] == 32 {
          return parseRFC5424(line, from: place + 2, priority: value, into: &sink, clock: clock)
        }
      }
    }
    while place < line.count, line[place] == 32 { place += 1 }
    let bracketed =
      place < line.count && line[place] == UInt8(ascii: "[") && place + 1 < line.count && line[place + 1] != 32
    let timeAt = place + (bracketed ? 1 : 0)
    var hasTime = false
    if let found = clock.read(line.from(timeAt)) {
      var end = timeAt + found.length
      if bracketed, end < line.count, line[end] == UInt8(ascii: "]") { end += 1 }
      if end == line.count || line[end] == 32
        || line[end] == UInt8(ascii: ":") && (end + 1 == line.count || line[end + 1] == 32)
      {
        sink.put(time: found.time)
        hasTime = true
        place = end
        if place < line.count, line[place] == UInt8(ascii: ":") { place += 1 }
      }
    }
    guard hasTime || priority != nil || !bracketed else { return false }
    return parseHeader(line, from: place, priority: priority, hasTime: hasTime, into: &sink, clock: clock)
  }

  // MARK: RFC 3164 and its relatives

  private struct Tag {
    var name: Bytes
    var pid: Bytes?
    /// Where the message begins.
    var end: Int
  }

  private static func parseHeader<Sink: RecordSink>(
    _ line: Bytes, from start: Int, priority: Int?, hasTime: Bool, into sink: inout Sink, clock: SourceClock
  ) -> Bool {
    var place = skipSpaces(line, start)
    var level = priority.flatMap { SyslogGrammar.level(severity: $0 & 7) }
    // `<auth.info>` as some daemons write the priority.
    if place < line.count, line[place] == UInt8(ascii: "<"), let close = line.find(UInt8(ascii: ">"), from: place),
      let dot = line.slice(place, close).find(UInt8(ascii: "."))
    {
      level = level ?? LevelWord.level(line.slice(place + dot + 1, close))
      sink.put(.facility, line.slice(place + 1, place + dot))
      place = skipSpaces(line, close + 1)
    }
    var host: Bytes?
    // A host whose address is masked is no tag.
    var tag = line.matches("[ip] ", at: place) ? nil : tag(line, at: place)
    if tag == nil {
      let end = wordEnd(line, place)
      guard end > place else { return hasTime || priority != nil }
      let word = line.slice(place, end)
      let next = skipSpaces(line, end)
      if let found = Self.tag(line, at: next) {
        host = word
        tag = found
      } else {
        // busybox and BSD put `auth.info` or a priority in brackets between host and program.
        let second = wordEnd(line, next)
        if let dot = line.slice(next, second).find(UInt8(ascii: ".")),
          let found = Self.tag(line, at: skipSpaces(line, second)),
          let named = LevelWord.level(line.slice(next + dot + 1, second))
        {
          host = word
          level = level ?? named
          sink.put(.facility, line.slice(next, next + dot))
          tag = found
        } else if hasTime {
          host = word
          tag = Tag(name: line.slice(next, next), pid: nil, end: next)
        } else if priority != nil {
          tag = Tag(name: line.slice(place, place), pid: nil, end: place)
        }
      }
    }
    // Without time and priority, as journald's short form has it, only a process id tells syslog from a sentence.
    guard let tag, hasTime || priority != nil || host != nil && tag.pid != nil else { return false }
    // `… ERROR name: text` is a program's own log, not syslog.
    if priority == nil, let host,
      host.first == UInt8(ascii: "[") && !host.equals("[ip]") || host.count >= 4 && LevelWord.level(host) != nil
    {
      return false
    }
    if priority == nil, host == nil, LevelWord.level(tag.name) != nil { return false }
    finish(
      line, message: tag.end, host: host, program: tag.name, pid: tag.pid, priority: priority, level: level,
      into: &sink,
      clock: clock)
    return true
  }

  /// `name:`, `name[pid]:`, `name(pam_unix)[pid]:`, `name [pid]:`, `[name]`, `[name][pid]`, `name[pid]`.
  private static func tag(_ line: Bytes, at start: Int) -> Tag? {
    guard start < line.count else { return nil }
    var place = start
    if line[place] == UInt8(ascii: "[") {
      guard let close = line.find(UInt8(ascii: "]"), from: place + 1), close - place <= 64, close > place + 1,
        !(line[place + 1] &- 48 < 10), line.slice(place + 1, close).find(32) == nil
      else { return nil }
      var end = close + 1
      var pid: Bytes?
      if let found = pidEnd(line, end) {
        pid = line.slice(end + 1, found - 1)
        end = found
      }
      guard end == line.count || line[end] == 32 || line[end] == UInt8(ascii: ":") else { return nil }
      if end < line.count, line[end] == UInt8(ascii: ":") { end += 1 }
      return Tag(name: line.slice(place + 1, close), pid: pid, end: skipOneSpace(line, end))
    }
    while place < line.count, place - start <= 64 {
      switch line[place] {
      case UInt8(ascii: ":"):
        guard place > start else { return nil }
        // An address or `a::b` is no tag.
        if place + 1 < line.count, line[place + 1] != 32 {
          place += 1
          continue
        }
        return Tag(name: line.slice(start, place), pid: nil, end: skipOneSpace(line, place + 1))
      case UInt8(ascii: "["):
        guard place > start, let end = pidEnd(line, place) else { return nil }
        let pid = line.slice(place + 1, end - 1)
        let name = line.slice(start, place)
        if end < line.count, line[end] == UInt8(ascii: ":") {
          return Tag(name: name, pid: pid, end: skipOneSpace(line, end + 1))
        }
        guard end == line.count || line[end] == 32 else { return nil }
        return Tag(name: name, pid: pid, end: skipOneSpace(line, end))
      case 32:
        if place > start, let end = pidEnd(line, place + 1), end < line.count, line[end] == UInt8(ascii: ":") {
          return Tag(
            name: line.slice(start, place), pid: line.slice(place + 2, end - 1), end: skipOneSpace(line, end + 1))
        }
        // `name(pam_unix) message` has no colon at all.
        if place > start + 2, line[place - 1] == UInt8(ascii: ")"),
          line.slice(start, place).find(UInt8(ascii: "(")) != nil
        {
          return Tag(name: line.slice(start, place), pid: nil, end: place + 1)
        }
        return nil
      default: place += 1
      }
    }
    return nil
  }

  /// The end of `[digits]` at `place`.
  private static func pidEnd(_ line: Bytes, _ place: Int) -> Int? {
    guard place < line.count, line[place] == UInt8(ascii: "[") else { return nil }
    var end = place + 1
    while end < line.count, line[end] &- 48 < 10 { end += 1 }
    guard end > place + 1, end < line.count, line[end] == UInt8(ascii: "]") else { return nil }
    return end + 1
  }

  private static func skipSpaces(_ line: Bytes, _ start: Int) -> Int {
    var place = start
    while place < line.count, line[place] == 32 || line[place] == 9 { place += 1 }
    return place
  }

  private static func skipOneSpace(_ line: Bytes, _ start: Int) -> Int {
    start < line.count && line[start] == 32 ? start + 1 : start
  }

  private static func wordEnd(_ line: Bytes, _ start: Int) -> Int {
    var place = start
    while place < line.count, line[place] != 32 { place += 1 }
    return place
  }

  // MARK: RFC 5424

  private static func parseRFC5424<Sink: RecordSink>(
    _ line: Bytes, from start: Int, priority: Int, into sink: inout Sink, clock: SourceClock
  ) -> Bool {
    var place = start
    func word() -> Bytes {
      let end = wordEnd(line, place)
      let found = line.slice(place, end)
      place = min(line.count, end + 1)
      return found
    }
    let time = word()
    if let found = clock.read(whole: time) {
      sink.put(time: found)
    } else if !time.equals("-") {
      return false
    }
    let host = word()
    let program = word()
    let pid = word()
    let messageID = word()
    guard place <= line.count, !messageID.isEmpty else { return false }
    let dataAt = place
    if line.matches("-", at: place) {
      place += 1
    } else if line.matches("[", at: place) {
      guard let end = structuredDataEnd(line, place) else { return false }
      place = end
    }
    let dataEnd = place
    place = skipOneSpace(line, place)
    if line.matches("\u{FEFF}", at: place) { place += 3 }
    func present(_ text: Bytes) -> Bytes? { text.equals("-") || text.isEmpty ? nil : text }
    finish(
      line, message: place, host: present(host), program: present(program) ?? line.slice(0, 0), pid: present(pid),
      priority: priority, level: level(severity: priority & 7), into: &sink, clock: clock
    ) { sink in
      if let messageID = present(messageID) { sink.put(.msgid, messageID) }
      structuredData(line.slice(dataAt, dataEnd), into: &sink)
    }
    return true
  }

  private static func structuredDataEnd(_ line: Bytes, _ start: Int) -> Int? {
    var place = start
    var quoted = false
    while place < line.count {
      let byte = line[place]
      if quoted {
        if byte == UInt8(ascii: "\\") {
          place += 1
        } else if byte == UInt8(ascii: "\"") {
          quoted = false
        }
      } else if byte == UInt8(ascii: "\"") {
        quoted = true
      } else if byte == UInt8(ascii: "]") {
        if !line.matches("[", at: place + 1) { return place + 1 }
      }
      place += 1
    }
    return nil
  }

  /// Every parameter becomes a field of its own name.
  private static func structuredData<Sink: RecordSink>(_ data: Bytes, into sink: inout Sink) {
    var place = 0
    while place < data.count {
      // To the next name: behind the element's id.
      while place < data.count, data[place] != 32, data[place] != UInt8(ascii: "]") { place += 1 }
      while place < data.count,
        data[place] == 32 || data[place] == UInt8(ascii: "]") || data[place] == UInt8(ascii: "[")
      {
        if data[place] == UInt8(ascii: "[") {
          while place < data.count, data[place] != 32, data[place] != UInt8(ascii: "]") { place += 1 }
        } else {
          place += 1
        }
      }
      let nameStart = place
      while place < data.count, data[place] != UInt8(ascii: "=") { place += 1 }
      guard data.matches("=\"", at: place) else { return }
      let name = data.slice(nameStart, place)
      place += 2
      let valueStart = place
      var escaped = false
      while place < data.count, data[place] != UInt8(ascii: "\"") {
        if data[place] == UInt8(ascii: "\\") {
          escaped = true
          place += 1
        }
        place += 1
      }
      let text = data.slice(valueStart, place)
      if escaped { sink.put(name: name, escaped: text) } else { sink.put(name: name, text, quoted: true) }
      place += 1
    }
  }

  // MARK: What all have in common

  private static func finish<Sink: RecordSink>(
    _ line: Bytes, message start: Int, host: Bytes?, program: Bytes, pid: Bytes?, priority: Int?, level: LogLevel?,
    into sink: inout Sink, clock: SourceClock, extra: (inout Sink) -> Void = { _ in }
  ) {
    var message = line.from(start)
    if message.starts(with: "[ID "), let end = message.find("] ") { message = message.from(end + 2) }
    if program.starts(with: "kernel") { message = kernelMessage(message) }
    let hasObject = putBody(message, into: &sink)
    if let host { sink.put(.host, host) }
    if !program.isEmpty { sink.put(.program, programName(program)) }
    if let pid { sink.put(.pid, digits: pid) }
    if let priority { sink.put(.facility, literal: facilities[min(priority >> 3, 23)]) }
    extra(&sink)
    if let level {
      sink.put(level: level)
    } else if !hasObject, let level = PlainGrammar.level(inFrontOf: message) {
      sink.put(level: level)
    }
    guard !hasObject else { return }
    // Web servers write their access log to syslog too.
    let isWeb = program.starts(with: "nginx") || program.starts(with: "apache") || program.starts(with: "httpd")
    if isWeb, AccessLogGrammar.parse(message, into: &sink, clock: clock) { return }
    if sink.wantsMessageFields {
      let isShell = program.starts(with: "ssh")
      let process = isShell ? processID(host: host, pid: pid) : 0
      if let address = AuthMessage.analyse(program: program, message: message, into: &sink) {
        if process != 0 { clock.sessions.record(process, address: address) }
      } else if isShell, process != 0, !sink.isComplete {
        sink.putSession(process, clock: clock)
      }
    }
  }

  /// The message itself, or the fields of the JSON object or the `key=value` text that it consists of; true for those.
  static func putBody<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) -> Bool {
    let body = message.trimmed()
    if body.first == UInt8(ascii: "{"), body.last == UInt8(ascii: "}"), sink.putObject(body) { return true }
    if body.starts(with: "@cee:") {
      let object = body.from(5).trimmed()
      if sink.putObject(object) { return true }
    }
    if LogfmtGrammar.isWhole(body) {
      LogfmtGrammar.putPairs(body, into: &sink)
      return true
    }
    sink.put(.message, message)
    return false
  }

  /// `kernel: [  970.699396] text` without the time since boot.
  private static func kernelMessage(_ message: Bytes) -> Bytes {
    guard message.first == UInt8(ascii: "["), let close = message.find(UInt8(ascii: "]")), close <= 20 else {
      return message
    }
    return message.from(skipOneSpace(message, close + 1))
  }

  /// The program without `(pam_unix)`.
  private static func programName(_ program: Bytes) -> Bytes {
    guard let open = program.find(UInt8(ascii: "(")), open > 0 else { return program }
    return program.slice(0, open)
  }

  private static func processID(host: Bytes?, pid: Bytes?) -> UInt64 {
    guard let pid, !pid.isEmpty else { return 0 }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    if let host { for byte in host { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
    hash = (hash ^ 0x3A) &* 0x100_0000_01B3
    for byte in pid { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash == 0 ? 1 : hash
  }

  private static func level(severity: Int) -> LogLevel? { LevelWord.level(Int64(severity)) }

  private static let facilities: [StaticString] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit",
    "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
  ]
}

import StellaModel

/// Error logs of nginx, and of Apache 2.2 and 2.4.
enum ErrorLogGrammar {
  static func parse<Sink: RecordSink>(_ line: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    line.first == UInt8(ascii: "[")
      ? parseApache(line, into: &sink, clock: clock) : parseNginx(line, into: &sink, clock: clock)
  }

  // MARK: nginx

  /// `2016/01/02 15:04:05 [error] 123#456: *7 text, client: A, server: S, request: "…", upstream: "…", host: "…"`.
  private static func parseNginx<Sink: RecordSink>(_ line: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    guard line.count > 24, line[0] &- 48 < 10, let time = clock.read(line), line.matches(" [", at: time.length),
      let close = line.find(UInt8(ascii: "]"), from: time.length),
      let level = LevelWord.level(line.slice(time.length + 2, close)),
      let colon = line.find(": ", from: close), let hash = line.slice(0, colon).find(UInt8(ascii: "#"), from: close),
      isNumber(line.slice(close + 2, hash)), isNumber(line.slice(hash + 1, colon))
    else { return false }
    sink.put(time: time.time)
    sink.put(level: level)
    sink.put(.pid, digits: line.slice(close + 2, hash))
    sink.put(.tid, digits: line.slice(hash + 1, colon))
    var start = colon + 2
    if line.matches("*", at: start) {
      var end = start + 1
      while end < line.count, line[end] &- 48 < 10 { end += 1 }
      if line.matches(" ", at: end) {
        sink.put(.connection, digits: line.slice(start + 1, end))
        start = end + 1
      }
    }
    let body = line.from(start)
    let client = clientPlace(body)
    sink.put(.message, client.map { body.slice(0, $0) } ?? body)
    guard let client else { return true }
    var place = client + 2
    while place < body.count {
      // name: value, name: "value", …
      guard let colon = body.find(": ", from: place) else { break }
      let name = body.slice(place, colon)
      var from = colon + 2
      var end: Int
      if body.matches("\"", at: from) {
        from += 1
        // A request may hold quotes; the closing one is followed by the next name or by nothing.
        end = from
        while let quote = body.find(UInt8(ascii: "\""), from: end) {
          end = quote
          if quote + 1 == body.count || body.matches(", ", at: quote + 1) { break }
          end += 1
        }
        if end >= body.count || body[end] != UInt8(ascii: "\"") { end = body.count }
        put(name, body.slice(from, end), into: &sink)
        place = min(body.count, end + 3)
      } else {
        end = body.find(", ", from: from) ?? body.count
        put(name, body.slice(from, end), into: &sink)
        place = min(body.count, end + 2)
      }
    }
    if sink.wants(.event) || sink.wants(.outcome) || sink.wants(.user) { putUser(body.slice(0, client), into: &sink) }
    return true
  }

  /// Where `, client: A` begins: outside quotes if anywhere, since a user name in quotes may hold it too.
  private static func clientPlace(_ body: Bytes) -> Int? {
    var place = 0
    var quoted = false
    while place < body.count {
      let byte = body[place]
      if byte == UInt8(ascii: "\"") { quoted.toggle() }
      if byte == UInt8(ascii: ","), !quoted, body.matches(", client: ", at: place) { return place }
      place += 1
    }
    return body.find(", client: ")
  }

  private static func put<Sink: RecordSink>(_ name: Bytes, _ value: Bytes, into sink: inout Sink) {
    if name.equals("client") {
      sink.put(.srcIP, AddressText.bare(value))
    } else if name.equals("server") {
      sink.put(.server, value)
    } else if name.equals("request") {
      AccessLogGrammar.putRequest(value, into: &sink)
    } else if name.equals("upstream") {
      sink.put(.upstream, value)
    } else if name.equals("host") {
      sink.put(.host, value)
    } else if name.equals("referrer") {
      sink.put(.referer, value)
    }
  }

  /// `user "x": password mismatch`, `no user/password was provided …`.
  private static func putUser<Sink: RecordSink>(_ text: Bytes, into sink: inout Sink) {
    guard text.find("password mismatch") != nil || text.find("was not found in") != nil else { return }
    sink.put(.event, literal: "auth.failed")
    sink.put(.outcome, literal: "fail")
    guard let start = text.find("user \""), let end = text.findLast("\""), end > start + 6 else { return }
    if let close = text.find("\": ", from: start + 6) ?? text.find("\" was ", from: start + 6) {
      sink.put(.user, text.slice(start + 6, close))
    }
  }

  // MARK: Apache

  /// `[Wed Oct 11 14:32:52 2000] [error] [client A] text` and `[…] [core:error] [pid 35:tid 43] [client A:port] text`.
  private static func parseApache<Sink: RecordSink>(_ line: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    guard let time = clock.read(line.from(1)), line.matches("] [", at: time.length + 1) else { return false }
    var place = time.length + 3
    var groups = 0
    var level: LogLevel?
    var isRecognised = false
    var address: Bytes?
    while line.matches("[", at: place), groups < 6, let close = line.find(UInt8(ascii: "]"), from: place) {
      let group = line.slice(place + 1, close)
      if group.starts(with: "pid ") {
        isRecognised = true
        let end = group.find(UInt8(ascii: ":")) ?? group.count
        sink.put(.pid, digits: group.slice(4, end))
        if let tid = group.find("tid ") { sink.put(.tid, digits: group.from(tid + 4)) }
      } else if group.starts(with: "client ") || group.starts(with: "remote ") {
        isRecognised = true
        address = group.from(7)
        // `[client [2001:db8::1]:80]`: the group ends one bracket later.
        if group.count > 7, group[7] == UInt8(ascii: "["), let outer = line.find(UInt8(ascii: "]"), from: close + 1) {
          address = line.slice(place + 8, outer)
          place = outer + 2
          groups += 1
          continue
        }
      } else if level == nil {
        let colon = group.find(UInt8(ascii: ":"))
        guard let found = LevelWord.level(group.from(colon.map { $0 + 1 } ?? 0)) ?? traceLevel(group) else { break }
        level = found
        if let colon, colon > 0 { sink.put(.module, group.slice(0, colon)) }
      } else {
        break
      }
      groups += 1
      place = close + 1
      if line.matches(" ", at: place) { place += 1 }
    }
    guard let level, groups >= 1, isRecognised || groups >= 1 else { return false }
    sink.put(time: time.time)
    sink.put(level: level)
    var message = line.from(place)
    if let referer = message.findLast(", referer: ") {
      sink.put(.referer, message.from(referer + 11))
      message = message.slice(0, referer)
    }
    if message.starts(with: "AH"), let colon = message.find(": "), colon <= 8, isNumber(message.slice(2, colon)) {
      sink.put(.errorCode, message.slice(0, colon))
    }
    sink.put(.message, message)
    if let address {
      sink.put(.srcIP, clientAddress(address))
      if let colon = address.findLast(":"), AddressText.v6Length(address) != address.count, colon + 1 < address.count {
        sink.put(.port, digits: address.from(colon + 1))
      }
    } else if sink.wants(.srcIP), let hit = AddressSearch.client(in: message) {
      sink.put(.srcIP, hit.text)
    }
    if sink.wants(.event) || sink.wants(.outcome) || sink.wants(.user) { putApacheUser(message, into: &sink) }
    return true
  }

  /// Apache writes `A:port` also for IPv6, without brackets: the last group is the port when what stands before it is an
  /// address too and the port is no group of an address.
  private static func clientAddress(_ text: Bytes) -> Bytes {
    let bare = AddressText.bare(text)
    if bare.count == text.count, AddressText.v6Length(text) == text.count, let colon = text.findLast(":"),
      text.count - colon == 6
    {
      return AddressText.unmapped(text.slice(0, colon))
    }
    if bare.count == text.count, let colon = text.findLast(":"), AddressText.v6Length(text.slice(0, colon)) == colon {
      return AddressText.unmapped(text.slice(0, colon))
    }
    return bare
  }

  private static func traceLevel(_ group: Bytes) -> LogLevel? {
    group.find("trace").map { $0 + 6 == group.count } == true ? .trace : nil
  }

  private static func putApacheUser<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) {
    guard
      message.find("Password Mismatch") != nil || message.find("not found: ") != nil
        || message.find("authentication failure") != nil || message.find("user not found") != nil
    else { return }
    sink.put(.event, literal: "auth.failed")
    sink.put(.outcome, literal: "fail")
    guard let start = message.find("user ") else { return }
    var from = start + 5
    if message.matches("`", at: from) || message.matches("'", at: from) { from += 1 }
    var end = from
    while end < message.count, message[end] != UInt8(ascii: ":"), message[end] != UInt8(ascii: "'"), message[end] != 32
    {
      end += 1
    }
    if end > from { sink.put(.user, message.slice(from, end)) }
  }

  private static func isNumber(_ text: Bytes) -> Bool {
    guard !text.isEmpty else { return false }
    for byte in text where byte &- 48 >= 10 { return false }
    return true
  }
}

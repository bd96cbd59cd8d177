import StellaModel

/// Access logs of Apache, nginx and their kin: common, combined, and with a virtual host in front or the usual additions
/// at the end (`X-Forwarded-For` in quotes, `rt=0.123` and other pairs, a request time in seconds, `12ms`).
enum AccessLogGrammar {
  static func parse<Sink: RecordSink>(_ line: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    // address ident user [time] "request" status bytes
    guard let (open, time) = findTime(line, clock) else { return false }
    let close = open + 1 + time.length
    guard line.matches("] ", at: close) else { return false }
    var place = close + 2
    var request: Bytes?
    if line.matches("\"", at: place) {
      guard let end = quoteEnd(line, place + 1) else { return false }
      request = line.slice(place + 1, end)
      place = end + 1
    } else if line.matches("- ", at: place) {
      place += 1
    } else {
      return false
    }
    guard line.matches(" ", at: place) else { return false }
    place += 1
    let statusEnd = wordEnd(line, place)
    let status = line.slice(place, statusEnd)
    guard status.count == 3 && isNumber(status) || status.equals("-") || status.equals("000") else { return false }
    let head = line.slice(0, open)
    guard putHead(head, into: &sink) else { return false }
    sink.put(time: time.time)
    sink.put(.message, line)
    if status.count == 3 { sink.put(.status, digits: status) }
    if let request { putRequest(request, into: &sink) }
    place = min(line.count, statusEnd + 1)
    let bytesEnd = wordEnd(line, place)
    let bytes = line.slice(place, bytesEnd)
    if isNumber(bytes) { sink.put(.bytes, digits: bytes) }
    place = min(line.count, bytesEnd + 1)
    putTail(line, from: place, into: &sink)
    return true
  }

  /// The time behind the first bracket that is none of a mask.
  @inline(__always)
  private static func findTime(_ line: Bytes, _ clock: SourceClock) -> (open: Int, time: (time: Int64, length: Int))? {
    var place = 0
    while let open = line.find(UInt8(ascii: "["), from: place) {
      if open >= 4, let time = clock.read(line.from(open + 1)) { return (open, time) }
      guard isMask(line, open) else { return nil }
      place = open + 1
    }
    return nil
  }

  /// What stands for an address, or a user.
  private static func isMask(_ line: Bytes, _ place: Int) -> Bool {
    line.matches("[ip]", at: place) || line.matches("[email]", at: place) || line.matches("[token]", at: place)
      || line.matches("[secret]", at: place) || line.matches("[card]", at: place)
  }

  /// `[vhost[:port] ]address ident user `.
  private static func putHead<Sink: RecordSink>(_ head: Bytes, into sink: inout Sink) -> Bool {
    var place = 0
    var words: (Bytes, Bytes, Bytes) = (head.slice(0, 0), head.slice(0, 0), head.slice(0, 0))
    var starts = (0, 0, 0, 0)
    var count = 0
    while place < head.count, count < 4 {
      let end = wordEnd(head, place)
      guard end > place else { return false }
      switch count {
      case 0: words.0 = head.slice(place, end)
      case 1:
        words.1 = head.slice(place, end)
        starts.1 = place
      case 2:
        words.2 = head.slice(place, end)
        starts.2 = place
      default: starts.3 = place
      }
      count += 1
      place = end + 1
    }
    guard count >= 2 else { return false }
    var address = words.0
    var userAt = count >= 3 ? starts.2 : starts.1
    if count >= 4, !isAddress(words.0), isAddress(words.1) {
      sink.put(.vhost, withoutPort(words.0))
      address = words.1
      userAt = starts.3
    } else if count >= 4, !isAddress(words.0), head.first == UInt8(ascii: "<") || head.find(": ") != nil {
      // The header of a syslog line, whose month would be an address.
      return false
    }
    if address.last == UInt8(ascii: ",") {
      // A list of forwarded addresses: the first is the client, the rest is in the way.
      address = address.slice(0, address.count - 1)
      let rest = head.slice(0, head.count).trimmed()
      userAt = (rest.findLast(" ") ?? -1) + 1
    }
    sink.put(.srcIP, AddressText.bare(address))
    let user = head.from(userAt).trimmed()
    if !user.isEmpty, !user.equals("-"), !user.equals("\"\"") { sink.put(.user, user) }
    return true
  }

  private static func isAddress(_ word: Bytes) -> Bool {
    let bare = AddressText.bare(word.last == UInt8(ascii: ",") ? word.slice(0, word.count - 1) : word)
    if bare.equals("[ip]") { return true }
    return AddressText.v4Length(bare) == bare.count && !bare.isEmpty
      || AddressText.v6Length(bare) == bare.count && !bare.isEmpty
  }

  private static func withoutPort(_ host: Bytes) -> Bytes {
    guard let colon = host.findLast(":"), colon + 1 < host.count, isNumber(host.from(colon + 1)) else { return host }
    return host.slice(0, colon)
  }

  /// `GET /path?query HTTP/1.1`; what doesn't look like that is a `request` only.
  static func putRequest<Sink: RecordSink>(_ request: Bytes, into sink: inout Sink) {
    guard !request.isEmpty, !request.equals("-") else { return }
    sink.put(.request, request)
    guard let space = request.find(UInt8(ascii: " ")), space > 0, space <= 32 else { return }
    for byte in request.slice(0, space) where !isMethodByte(byte) { return }
    var end = request.count
    var target = request.slice(space + 1, end)
    if let last = request.findLast(" "), last > space, request.matches("HTTP/", at: last + 1) {
      end = last
      sink.put(.protocol, request.from(last + 1))
      target = request.slice(space + 1, end)
    }
    sink.put(.method, request.slice(0, space))
    sink.put(.uri, target)
    if sink.wants(.route) { sink.put(.route, URLText.path(target)) }
    if sink.wants(.query), let query = URLText.query(target) { sink.put(.query, query) }
  }

  private static func putTail<Sink: RecordSink>(_ line: Bytes, from start: Int, into sink: inout Sink) {
    var place = start
    var quoted = 0
    while place < line.count {
      if line[place] == 32 {
        place += 1
        continue
      }
      if line[place] == UInt8(ascii: "\"") {
        let end = quoteEnd(line, place + 1) ?? line.count
        let text = line.slice(place + 1, end)
        let isPresent = !text.isEmpty && !text.equals("-")
        if isPresent {
          switch quoted {
          case 0: sink.put(.referer, text)
          case 1: sink.put(.userAgent, text)
          default: putForwarded(text, into: &sink)
          }
        }
        quoted += 1
        place = end + 1
        continue
      }
      let end = wordEnd(line, place)
      let word = line.slice(place, end)
      place = end + 1
      // Only what follows the quoted fields is an addition; before them stands the size.
      if let equals = word.find(UInt8(ascii: "=")), equals > 0 {
        let value = word.from(equals + 1)
        let unquoted =
          value.count >= 2 && value.first == UInt8(ascii: "\"") && value.last == UInt8(ascii: "\"")
          ? value.slice(1, value.count - 1) : value
        let name = word.slice(0, equals)
        if name.equals("rt") || name.equals("request_time") {
          putSeconds(unquoted, into: &sink)
        } else {
          sink.put(name: name, unquoted, quoted: unquoted.count != value.count)
        }
      } else if word.find(UInt8(ascii: ".")) != nil {
        putSeconds(word, into: &sink)
      } else if word.count > 2, word.ends(with: "ms"), isNumber(word.slice(0, word.count - 2)) {
        sink.put(.duration, word)
      }
    }
  }

  private static func putSeconds<Sink: RecordSink>(_ text: Bytes, into sink: inout Sink) {
    guard NumberText.parse(text) != nil else { return }
    sink.put(name: requestTime, text, quoted: false)
  }

  private static let requestTimeName: StaticString = "request_time"
  private static var requestTime: Bytes {
    Bytes(start: requestTimeName.utf8Start, count: requestTimeName.utf8CodeUnitCount)
  }

  private static func putForwarded<Sink: RecordSink>(_ text: Bytes, into sink: inout Sink) {
    let end = text.find(UInt8(ascii: ",")) ?? text.count
    if isAddress(text.slice(0, end)) { sink.put(.forwardedFor, text) }
  }

  /// The closing quote at or after `start`; a backslash takes the next byte with it.
  private static func quoteEnd(_ line: Bytes, _ start: Int) -> Int? {
    var place = start
    while let found = line.find(UInt8(ascii: "\""), from: place) {
      var backslashes = 0
      while found - backslashes > start, line[found - backslashes - 1] == UInt8(ascii: "\\") { backslashes += 1 }
      if backslashes % 2 == 0 { return found }
      place = found + 1
    }
    return nil
  }

  private static func wordEnd(_ line: Bytes, _ start: Int) -> Int { line.find(32, from: start) ?? line.count }

  private static func isNumber(_ text: Bytes) -> Bool {
    guard !text.isEmpty else { return false }
    for byte in text where byte &- 48 >= 10 { return false }
    return true
  }

  private static func isMethodByte(_ byte: UInt8) -> Bool {
    byte &- 65 < 26 || byte &- 97 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }
}

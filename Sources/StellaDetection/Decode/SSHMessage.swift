/// What OpenSSH's daemon says: who, from where, by which method, and how it ended.
///
/// A client chooses its user name freely, also with spaces and ` from 1.2.3.4` in it. So the address is read from the end
/// of a message wherever the message ends in one, and from its fixed place otherwise.
struct SSHMessage {
  var event: StaticString?
  var outcome: StaticString?
  var method: Bytes?
  var user: Bytes?
  var address: Bytes?
  var port: Bytes?

  init() {}

  /// Nil for a message of another kind.
  init?(_ text: Bytes) {
    var message = text.trimmed()
    var isFatal = false
    while true {
      if message.starts(with: "error: ") {
        message = message.from(7)
      } else if message.starts(with: "fatal: ") {
        message = message.from(7)
        isFatal = true
      } else if message.starts(with: "debug"), let colon = message.find(UInt8(ascii: ":")), colon <= 7 {
        message = message.from(colon + 1).trimmed()
      } else {
        break
      }
    }
    if message.ends(with: " [preauth]") { message = message.slice(0, message.count - 10) }
    guard let first = message.first else { return nil }
    switch first {
    case UInt8(ascii: "F"): guard failed(message) else { return nil }
    case UInt8(ascii: "A"): guard accepted(message) else { return nil }
    case UInt8(ascii: "I"), UInt8(ascii: "i"): guard invalid(message) else { return nil }
    case UInt8(ascii: "C"): guard connection(message) else { return nil }
    case UInt8(ascii: "D"): guard disconnect(message) else { return nil }
    case UInt8(ascii: "R"), UInt8(ascii: "r"): guard received(message) else { return nil }
    case UInt8(ascii: "U"): guard userRefused(message) else { return nil }
    default: guard other(message, isFatal: isFatal) else { return nil }
    }
  }

  // MARK: Parts

  /// `A`, `A port N` at `place`; returns where it ends.
  @discardableResult
  private mutating func takePeer(_ text: Bytes, at place: Int) -> Int? {
    guard let peer = AddressSearch.peer(text, at: place), let start = peer.baseAddress, let base = text.baseAddress
    else {
      return nil
    }
    address = peer
    var end = start - base + peer.count
    if text.matches(" port ", at: end) {
      let digits = end + 6
      end = digits
      while end < text.count, text[end] &- 48 < 10 { end += 1 }
      port = text.slice(digits, end)
    }
    return end
  }

  /// `[invalid user ]U from A[ port N][ ssh2][: …]` in `text` from `start` on.
  private mutating func takeUserFrom(_ text: Bytes, _ start: Int) -> Bool {
    var start = start
    for prefix: StaticString in ["invalid user ", "illegal user "] where text.matches(prefix, at: start) {
      start += prefix.utf8CodeUnitCount
      break
    }
    // A name may hold ` from `, so the last one counts, unless the line goes on after the protocol (keys, certificates).
    var from: Int?
    if let colon = text.find(": ", from: start), colon >= 5, text.matches(" ssh", at: colon - 5),
      let inside = text.slice(0, colon).findLast(" from "), inside >= start - 1
    {
      from = inside
    }
    if from == nil { from = text.findLast(" from ") }
    guard let from, from >= start - 1 else { return false }
    user = text.slice(start, max(start, from))
    return takePeer(text, at: from + 6) != nil
  }

  // MARK: Kinds

  private mutating func failed(_ text: Bytes) -> Bool {
    guard text.starts(with: "Failed "), let end = text.find(" for ", from: 7) else { return false }
    method = text.slice(7, end)
    event = "ssh.login_failed"
    outcome = "fail"
    return takeUserFrom(text, end + 5)
  }

  private mutating func accepted(_ text: Bytes) -> Bool {
    if text.starts(with: "Accepted "), let end = text.find(" for ", from: 9) {
      method = text.slice(9, end)
      event = "ssh.login_accepted"
      outcome = "ok"
      return takeUserFrom(text, end + 5)
    }
    if text.starts(with: "Address ") {
      event = "ssh.reverse_mapping"
      return takePeer(text, at: 8) != nil
    }
    return false
  }

  private mutating func invalid(_ text: Bytes) -> Bool {
    if text.matchesIgnoringCase("invalid user ", at: 0) || text.matchesIgnoringCase("illegal user ", at: 0) {
      event = "ssh.invalid_user"
      outcome = "fail"
      guard let from = text.findLast(" from "), from >= 12 else { return false }
      user = text.slice(13, max(13, from))
      return takePeer(text, at: from + 6) != nil
    }
    if text.starts(with: "input_userauth_request: invalid user ") {
      event = "ssh.invalid_user"
      outcome = "fail"
      user = text.from(37)
      return true
    }
    return false
  }

  /// `… by|from [authenticating user U|invalid user U|user U] A port N`.
  private mutating func takeWho(_ text: Bytes, at place: Int) -> Bool {
    var start = place
    var named = false
    for prefix: StaticString in ["authenticating user ", "invalid user ", "user "] where text.matches(prefix, at: start)
    {
      start += prefix.utf8CodeUnitCount
      named = true
      break
    }
    guard named else { return takePeer(text, at: start) != nil }
    // The name comes first and may hold anything: the address is the last word before ` port `, or the last word.
    var end = text.count
    if let colon = text.findLast(": "), text.slice(0, colon).findLast(" port ") != nil { end = colon }
    let head = text.slice(0, end)
    let portAt = head.findLast(" port ") ?? head.count
    var word = portAt
    while word > start, text[word - 1] != 32 { word -= 1 }
    user = text.slice(start, max(start, word - 1))
    return takePeer(text, at: word) != nil
  }

  private mutating func connection(_ text: Bytes) -> Bool {
    if text.starts(with: "Connection from ") {
      event = "ssh.connection_opened"
      return takePeer(text, at: 16) != nil
    }
    if text.starts(with: "Connection closed by ") {
      event = "ssh.connection_closed"
      if text.matches("remote host", at: 21) { return false }
      return takeWho(text, at: 21)
    }
    if text.starts(with: "Connection reset by ") {
      event = "ssh.connection_reset"
      if text.matches("peer", at: 20), text.count == 24 { return false }
      return takeWho(text, at: 20)
    }
    return false
  }

  private mutating func disconnect(_ text: Bytes) -> Bool {
    if text.starts(with: "Disconnected from ") {
      event = "ssh.disconnected"
      return takeWho(text, at: 18)
    }
    if text.starts(with: "Disconnecting") {
      let tooMany = text.find("Too many authentication failures")
      event = tooMany == nil ? "ssh.disconnecting" : "ssh.too_many_failures"
      if tooMany != nil { outcome = "fail" }
      if text.matches(": ", at: 13) {
        if let tooMany, text.matches(" for ", at: tooMany + 32) { user = text.from(tooMany + 37) }
        return true
      }
      return takeWho(text, at: 14)
    }
    if text.starts(with: "Did not receive identification string from ") {
      event = "ssh.no_identification"
      return takePeer(text, at: 43) != nil
    }
    return false
  }

  private mutating func received(_ text: Bytes) -> Bool {
    if text.starts(with: "Received disconnect from ") {
      event = text.find("Auth fail") == nil ? "ssh.disconnect_received" : "ssh.login_failed"
      if text.find("Auth fail") != nil { outcome = "fail" }
      return takePeer(text, at: 25) != nil
    }
    if text.matchesIgnoringCase("root login refused from ", at: 0) {
      event = "ssh.root_refused"
      outcome = "fail"
      user = Bytes(start: SSHMessage.root.utf8Start, count: SSHMessage.root.utf8CodeUnitCount)
      return takePeer(text, at: 24) != nil
    }
    if text.starts(with: "refused connect from ") {
      event = "ssh.connection_refused"
      if let open = text.findLast("("), open > 20 { return takePeer(text, at: open + 1) != nil }
      return takePeer(text, at: 21) != nil
    }
    if text.starts(with: "reverse mapping checking getaddrinfo for "), let open = text.find(" [", from: 40) {
      event = "ssh.reverse_mapping"
      return takePeer(text, at: open + 2) != nil
    }
    return false
  }

  private static let root: StaticString = "root"

  private mutating func userRefused(_ text: Bytes) -> Bool {
    if text.starts(with: "User ") {
      guard let end = text.find(" not allowed") else { return false }
      event = "ssh.user_refused"
      outcome = "fail"
      if let from = text.slice(0, end).findLast(" from "), from >= 5 {
        user = text.slice(5, from)
        takePeer(text, at: from + 6)
      } else {
        user = text.slice(5, end)
      }
      return true
    }
    if text.starts(with: "Unable to negotiate with ") {
      event = "ssh.negotiation_failed"
      return takePeer(text, at: 25) != nil
    }
    return false
  }

  private mutating func other(_ text: Bytes, isFatal: Bool) -> Bool {
    if text.starts(with: "maximum authentication attempts exceeded for ") {
      event = "ssh.too_many_failures"
      outcome = "fail"
      return takeUserFrom(text, 45)
    }
    if text.starts(with: "PAM: "), let end = text.find(" for ") {
      event = "ssh.login_failed"
      outcome = "fail"
      var rest = text
      if let via = text.findLast(" via ") { rest = text.slice(0, via) }
      return takeUserFrom(rest, end + 5)
    }
    if text.starts(with: "Postponed "), let end = text.find(" for ", from: 10) {
      method = text.slice(10, end)
      event = "ssh.login_postponed"
      return takeUserFrom(text, end + 5)
    }
    if text.starts(with: "Bad protocol version identification ") {
      event = "ssh.bad_protocol"
      guard let from = text.findLast(" from ") else { return false }
      return takePeer(text, at: from + 6) != nil
    }
    if text.starts(with: "banner exchange: Connection from ") {
      event = "ssh.bad_protocol"
      return takePeer(text, at: 33) != nil
    }
    if text.starts(with: "ssh_dispatch_run_fatal: Connection from ") {
      event = "ssh.protocol_error"
      return takePeer(text, at: 40) != nil
    }
    if text.starts(with: "Timeout before authentication for ") {
      event = "ssh.timeout"
      return takePeer(text, at: text.matches("connection from ", at: 34) ? 50 : 34) != nil
    }
    if text.starts(with: "Starting session: "), let from = text.findLast(" from ") {
      event = "ssh.session_started"
      if let name = text.find(" for "), name < from { user = text.slice(name + 5, from) }
      return takePeer(text, at: from + 6) != nil
    }
    if text.starts(with: "SSH: Server;"), let remote = text.find("Remote: ") {
      return takePeer(text, at: remote + 8) != nil
    }
    return false
  }
}

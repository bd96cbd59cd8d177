/// Fields within the text of a syslog message: who did what, from where, and how it ended.
enum AuthMessage {
  /// Puts what the message says. Returns the address when the message names the peer of the process itself, so that the
  /// other messages of that process can be given it.
  static func analyse<Sink: RecordSink>(program: Bytes, message: Bytes, into sink: inout Sink) -> Bytes? {
    if program.starts(with: "ssh") || program.starts(with: "dropbear") {
      if let ssh = SSHMessage(message) {
        put(ssh, into: &sink)
        return ssh.address
      }
    }
    if program.starts(with: "sudo") {
      if sudo(message, into: &sink) { return nil }
    } else if program.equals("su") || program.starts(with: "su[") {
      if su(message, into: &sink) { return nil }
    } else if program.matchesIgnoringCase("cron", at: 0) || program.starts(with: "anacron")
      || program.ends(with: "/cron")
    {
      if cron(message, into: &sink) { return nil }
    }
    if message.starts(with: "pam_") || program.find("(pam_") != nil || message.starts(with: "authentication failure;") {
      if pam(message, into: &sink) { return nil }
    }
    if message.find("SRC=") != nil, firewall(message, into: &sink) { return nil }
    generic(message, into: &sink)
    return nil
  }

  private static func put<Sink: RecordSink>(_ ssh: SSHMessage, into sink: inout Sink) {
    if let event = ssh.event { sink.put(.event, literal: event) }
    if let outcome = ssh.outcome { sink.put(.outcome, literal: outcome) }
    if let method = ssh.method { sink.put(.authMethod, method) }
    if let user = ssh.user { sink.put(.user, user) }
    if let address = ssh.address { sink.put(.srcIP, address) }
    if let port = ssh.port { sink.put(.port, digits: port) }
  }

  // MARK: pam

  private static func pam<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) -> Bool {
    if message.find("authentication failure") != nil || message.find("more authentication failure") != nil {
      sink.put(.event, literal: "pam.login_failed")
      sink.put(.outcome, literal: "fail")
      if let host = value(of: "rhost=", in: message), !host.isEmpty { sink.put(.srcIP, AddressText.bare(host)) }
      if let user = value(of: " user=", in: message), !user.isEmpty {
        sink.put(.user, user)
      } else if let user = value(of: "ruser=", in: message), !user.isEmpty {
        sink.put(.user, user)
      }
      if let tty = value(of: "tty=", in: message), !tty.isEmpty { sink.put(.tty, tty) }
      return true
    }
    if message.find("check pass; user unknown") != nil {
      sink.put(.event, literal: "pam.unknown_user")
      sink.put(.outcome, literal: "fail")
      return true
    }
    for (text, event): (StaticString, StaticString) in [
      ("session opened for user ", "pam.session_opened"), ("session closed for user ", "pam.session_closed"),
    ] {
      guard let start = message.find(text) else { continue }
      let name = start + text.utf8CodeUnitCount
      var end = name
      while end < message.count, message[end] != 32, message[end] != UInt8(ascii: "(") { end += 1 }
      sink.put(.event, literal: event)
      sink.put(.user, message.slice(name, end))
      return true
    }
    return false
  }

  /// The word after `name`, which ends with `=`.
  private static func value(of name: StaticString, in message: Bytes) -> Bytes? {
    guard let start = message.find(name) else { return nil }
    var end = start + name.utf8CodeUnitCount
    let from = end
    while end < message.count, message[end] != 32, message[end] != UInt8(ascii: ";") { end += 1 }
    return message.slice(from, end)
  }

  // MARK: sudo, su, cron

  private static func sudo<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) -> Bool {
    let text = message.trimmed()
    guard let colon = text.find(" : "), let terminal = text.find("TTY=", from: colon) else { return false }
    sink.put(.user, text.slice(0, colon))
    let remark = text.slice(colon + 3, terminal)
    if remark.find("NOT in sudoers") != nil || remark.find("not allowed") != nil || remark.find("NOT allowed") != nil {
      sink.put(.event, literal: "sudo.refused")
      sink.put(.outcome, literal: "fail")
    } else if remark.find("incorrect password") != nil || remark.find("password is required") != nil
      || remark.find("conversation failed") != nil || remark.find("auth could not") != nil
    {
      sink.put(.event, literal: "sudo.login_failed")
      sink.put(.outcome, literal: "fail")
    } else {
      sink.put(.event, literal: "sudo.command")
      sink.put(.outcome, literal: "ok")
    }
    for (name, field): (StaticString, TextField) in [("TTY=", .tty), ("PWD=", .directory), ("USER=", .targetUser)] {
      guard let start = text.find(name, from: terminal) else { continue }
      let from = start + name.utf8CodeUnitCount
      sink.put(field, text.slice(from, text.find(" ; ", from: from) ?? text.count))
    }
    if let command = text.find("COMMAND=", from: terminal) { sink.put(.command, text.from(command + 8)) }
    return true
  }

  private static func su<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) -> Bool {
    let text = message.trimmed()
    let failed = text.matchesIgnoringCase("failed su", at: 0)
    if failed || text.matchesIgnoringCase("successful su", at: 0) {
      guard let target = text.find(" for "), let by = text.find(" by ", from: target) else { return false }
      sink.put(.event, literal: failed ? "su.failed" : "su.ok")
      sink.put(.outcome, literal: failed ? "fail" : "ok")
      sink.put(.targetUser, text.slice(target + 5, by))
      sink.put(.user, text.from(by + 4))
      return true
    }
    if text.starts(with: "(to "), let close = text.find(UInt8(ascii: ")")), let on = text.find(" on ", from: close) {
      sink.put(.event, literal: "su.ok")
      sink.put(.outcome, literal: "ok")
      sink.put(.targetUser, text.slice(4, close))
      sink.put(.user, text.slice(close + 2, on))
      sink.put(.tty, text.from(on + 4))
      return true
    }
    if text.starts(with: "+ ") || text.starts(with: "- "), let colon = text.findLast(":"),
      let space = text.find(UInt8(ascii: " "), from: 2), space < colon
    {
      let failed = text[0] == UInt8(ascii: "-")
      sink.put(.event, literal: failed ? "su.failed" : "su.ok")
      sink.put(.outcome, literal: failed ? "fail" : "ok")
      sink.put(.tty, text.slice(2, space))
      sink.put(.user, text.slice(space + 1, colon))
      sink.put(.targetUser, text.from(colon + 1))
      return true
    }
    return false
  }

  private static func cron<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) -> Bool {
    let text = message.trimmed()
    guard text.first == UInt8(ascii: "("), let close = text.find(") ") else { return false }
    sink.put(.user, text.slice(1, close))
    if text.matches("CMD (", at: close + 2) {
      sink.put(.event, literal: "cron.command")
      let end = text.last == UInt8(ascii: ")") ? text.count - 1 : text.count
      sink.put(.command, text.slice(close + 7, end).trimmed())
    } else {
      sink.put(.event, literal: "cron.note")
    }
    return true
  }

  // MARK: Firewalls

  private static func firewall<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) -> Bool {
    guard let source = value(of: "SRC=", in: message), let target = value(of: " DST=", in: message) else {
      return false
    }
    sink.put(.srcIP, source)
    sink.put(.dstIP, target)
    if let proto = value(of: " PROTO=", in: message) { sink.put(.protocol, proto) }
    if let port = value(of: " SPT=", in: message) { sink.put(.port, digits: port) }
    if let port = value(of: " DPT=", in: message) { sink.put(.dstPort, digits: port) }
    if message.find("BLOCK") != nil || message.find("DROP") != nil || message.find("REJECT") != nil {
      sink.put(.event, literal: "firewall.blocked")
    } else {
      sink.put(.event, literal: "firewall.logged")
    }
    return true
  }

  // MARK: All others

  /// An address wherever it stands, and whether the message speaks of a failed login.
  static func generic<Sink: RecordSink>(_ message: Bytes, into sink: inout Sink) {
    if sink.wants(.srcIP) || sink.wants(.port), let hit = AddressSearch.client(in: message) {
      sink.put(.srcIP, hit.text)
      var digits = hit.end
      if message.matches("]:", at: digits) { digits += 1 }
      if message.matches(":", at: digits) || message.matches(".", at: digits) {
        digits += 1
        var end = digits
        while end < message.count, message[end] &- 48 < 10 { end += 1 }
        if end > digits, end - digits <= 5 { sink.put(.port, digits: message.slice(digits, end)) }
      } else if message.matches(" port ", at: digits) {
        digits += 6
        var end = digits
        while end < message.count, message[end] &- 48 < 10 { end += 1 }
        if end > digits { sink.put(.port, digits: message.slice(digits, end)) }
      }
    } else if sink.wants(.srcIP), let at = message.find("'@'"),
      let close = message.find(UInt8(ascii: "'"), from: at + 3)
    {
      // MySQL's 'user'@'host'.
      sink.put(.srcIP, message.slice(at + 3, close))
    }
    guard sink.wants(.event) || sink.wants(.outcome) || sink.wants(.user), speaksOfFailedLogin(message) else { return }
    sink.put(.event, literal: "auth.failed")
    sink.put(.outcome, literal: "fail")
    if sink.wants(.user), let user = user(in: message) { sink.put(.user, user) }
  }

  private static let failures: [StaticString] = [
    "authentication fail", "authentication error", "auth fail", "access denied", "badlogin", "bad login",
    "failed login", "fail login", "failed password", "failed authentication", "failed to login",
    "failed to authenticate",
    "invalid login", "invalid user", "invalid credentials", "invalid username", "invalid password",
    "incorrect password",
    "login incorrect", "login failed", "login failure", "login denied", "login fail", "password mismatch",
    "password incorrect", "password failed", "unknown user", "user unknown", "not found in sasldb", "authfail",
    "username or password is incorrect", "bad password", "wrong password",
  ]

  private static func speaksOfFailedLogin(_ message: Bytes) -> Bool {
    guard let base = message.baseAddress else { return false }
    for place in 0..<message.count {
      switch base[place] | 32 {
      case UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "i"), UInt8(ascii: "l"),
        UInt8(ascii: "n"), UInt8(ascii: "p"), UInt8(ascii: "u"), UInt8(ascii: "w"):
        guard place == 0 || (base[place - 1] | 32) &- 97 >= 26 else { continue }
        for phrase in failures where phrase.utf8Start[0] == base[place] | 32 {
          if message.matchesIgnoringCase(phrase, at: place) { return true }
        }
      default: break
      }
    }
    return false
  }

  /// `user=<x>`, `user "x"`, `for user x`, `user: x`, `'x'@'host'`.
  private static func user(in message: Bytes) -> Bytes? {
    for name: StaticString in ["user=", "username=", "user: ", "username: ", "user '", "user \"", "for user ", "user "]
    {
      guard let start = message.find(name) else { continue }
      var from = start + name.utf8CodeUnitCount
      guard from < message.count else { continue }
      var close: UInt8 = 32
      switch message[from] {
      case UInt8(ascii: "<"): close = UInt8(ascii: ">")
      case UInt8(ascii: "'"), UInt8(ascii: "\""): close = message[from]
      case UInt8(ascii: "["): close = UInt8(ascii: "]")
      default: break
      }
      if close != 32 {
        from += 1
      } else if message[from - 1] == UInt8(ascii: "'") || message[from - 1] == UInt8(ascii: "\"") {
        close = message[from - 1]
      }
      var end = from
      while end < message.count, message[end] != close {
        if close == 32, message[end] == UInt8(ascii: ",") || message[end] == UInt8(ascii: ";") { break }
        end += 1
      }
      if end > from { return message.slice(from, end) }
    }
    return nil
  }
}

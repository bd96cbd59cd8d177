import FoundationEssentials
import StellaModel

/// A message as a mail (RFC 5322, 2045): plain text and HTML, both in base64, so that nothing in it can end a header, a part or the
/// mail, or be taken for markup.
struct MailText {
  private static let shownNotices = 50

  let message: NotificationMessage
  let settings: MailSettings

  /// The same for the same message: a mail that comes twice is told by that.
  var id: String { "<\(message.id)@\(domain)>" }

  private var domain: String { settings.from.split(separator: "@").last.map(String.init) ?? "stella" }

  /// The lines of the mail, each with CR and LF; dots at the start of lines are not doubled yet.
  var bytes: [UInt8] {
    let boundary = "stella-\(message.id)"
    var text = ""
    func line(_ line: String) { text += line + "\r\n" }
    line("From: \(settings.from)")
    line("To: \(settings.to.joined(separator: ", "))")
    line("Subject: \(Self.encoded(TextEscaping.oneLine(message.title, limit: 200)))")
    line("Date: \(Self.date(message.time))")
    line("Message-ID: \(id)")
    line("Auto-Submitted: auto-generated")
    line("MIME-Version: 1.0")
    line("Content-Type: multipart/alternative; boundary=\"\(boundary)\"")
    line("")
    for (type, body) in [("plain", plain), ("html", html)] {
      line("--\(boundary)")
      line("Content-Type: text/\(type); charset=utf-8")
      line("Content-Transfer-Encoding: base64")
      line("")
      for part in Self.base64Lines(Array(body.utf8)) { line(part) }
    }
    line("--\(boundary)--")
    return Array(text.utf8)
  }

  /// What people read first.
  var plain: String {
    var lines = [TextEscaping.oneLine(message.title, limit: 500), ""]
    for notice in message.notices.prefix(Self.shownNotices) {
      lines += Self.lines(notice).map { $0.name.isEmpty ? $0.value : "\($0.name): \($0.value)" } + [""]
    }
    return (lines + [closing]).joined(separator: "\n") + "\n"
  }

  var html: String {
    var body = "<h2>\(Self.escaped(TextEscaping.oneLine(message.title, limit: 500)))</h2>\n"
    for notice in message.notices.prefix(Self.shownNotices) {
      body += "<p>"
      for (index, line) in Self.lines(notice).enumerated() {
        let value = Self.escaped(line.value)
        body +=
          (index == 0 ? "" : "<br>\n")
          + (line.name.isEmpty ? "<strong>\(value)</strong>" : "\(Self.escaped(line.name)): \(value)")
      }
      body += "</p>\n"
    }
    return "<!DOCTYPE html><html><body>\n\(body)<p><small>\(Self.escaped(closing))</small></p>\n</body></html>\n"
  }

  private var closing: String {
    let more = message.notices.count + message.omitted - min(message.notices.count, Self.shownNotices)
    return (more > 0 ? "And \(more) more. " : "") + "Notification \(message.id)"
  }

  private static func lines(_ notice: Notice) -> [(name: String, value: String)] {
    var lines = [("", TextEscaping.oneLine(notice.title, limit: 300))]
    if !notice.summary.isEmpty { lines.append(("What", TextEscaping.oneLine(notice.summary, limit: 1000))) }
    lines.append(("Status", notice.state.rawValue + (notice.severity.map { ", \($0.rawValue)" } ?? "")))
    if !notice.rule.isEmpty { lines.append(("Rule", TextEscaping.oneLine(notice.rule, limit: 200))) }
    for (name, value) in notice.labels.sorted(by: { $0.key < $1.key }).prefix(20) {
      lines.append((TextEscaping.oneLine(name, limit: 60), TextEscaping.oneLine(value, limit: 300)))
    }
    lines.append(("Since", Timestamp.text(notice.startsAt)))
    if let end = notice.endsAt { lines.append(("Until", Timestamp.text(end))) }
    for action in notice.actions.prefix(5) { lines.append(("Do", TextEscaping.oneLine(action, limit: 300))) }
    if let runbook = notice.runbook { lines.append(("Runbook", TextEscaping.oneLine(runbook, limit: 300))) }
    return lines
  }

  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
  }

  /// As encoded words (RFC 2047) of 45 bytes at most, unless it is plain ASCII of a line's length without anything special.
  static func encoded(_ text: String) -> String {
    if text.utf8.count <= 60, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }), !text.contains("=?") { return text }
    var words: [[UInt8]] = [[]]
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if words[words.count - 1].count + bytes.count > 45 { words.append([]) }
      words[words.count - 1] += bytes
    }
    return words.map { "=?utf-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
  }

  static func base64Lines(_ bytes: [UInt8]) -> [String] {
    stride(from: 0, to: bytes.count, by: 57).map {
      Data(bytes[$0..<min($0 + 57, bytes.count)]).base64EncodedString()
    }
  }

  /// `Sat, 22 Nov 2026 11:00:00 +0000`.
  static func date(_ time: Int64) -> String {
    let seconds = time / 1_000_000_000
    // 1 January 1970 was a Thursday.
    let day = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(((seconds / 86_400) % 7 + 7) % 7)]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    // 2026-11-22T11:00:00.000000000Z
    let text = Timestamp.text(time)
    let parts = text.prefix(10).split(separator: "-")
    guard parts.count == 3, let month = Int(parts[1]), months.indices.contains(month - 1) else { return text }
    return "\(day), \(parts[2]) \(months[month - 1]) \(parts[0]) \(text.dropFirst(11).prefix(8)) +0000"
  }
}

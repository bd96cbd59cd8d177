import StellaModel

/// Posts a message as blocks with a text for where blocks aren't shown. Text from logs can't make links, mentions or lines.
struct SlackClient: NotificationClient {
  /// Slack takes 50 blocks, 150 characters of a header, and 3000 of a section.
  private static let shownNotices = 20
  private static let headerLimit = 140
  private static let sectionLimit = 2800

  private let requests: SinkRequests

  init(_ sink: NotificationSink, url: ConcealedText) { requests = SinkRequests(url, sink, secrets: []) }

  func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome {
    await requests.post(Self.body(message), headers: [("idempotency-key", message.id)])
  }

  func check() async -> String? { await requests.check(.HEAD) }

  func end() async { await requests.end() }

  static func body(_ message: NotificationMessage) -> [UInt8] {
    var blocks: [FieldValue] = [
      .object([
        .init("type", .string("header")),
        // Plain text, in which nothing is markup.
        .init("text", text("plain_text", TextEscaping.oneLine(message.title, limit: headerLimit))),
      ])
    ]
    for notice in message.notices.prefix(shownNotices) {
      blocks.append(.object([.init("type", .string("section")), .init("text", text("mrkdwn", section(notice)))]))
    }
    let more = message.notices.count + message.omitted - min(message.notices.count, shownNotices)
    let closing = (more > 0 ? "and \(more) more · " : "") + "\(Timestamp.text(message.time)) · \(message.id)"
    blocks.append(
      .object([.init("type", .string("context")), .init("elements", .array([text("mrkdwn", escaped(closing))]))]))
    let object = FieldValue.object([
      .init("text", .string(escaped(TextEscaping.oneLine(message.title, limit: 300)))), .init("blocks", .array(blocks)),
    ])
    return Array(object.json.utf8)
  }

  private static func text(_ type: String, _ text: String) -> FieldValue {
    var members: [FieldValue.Member] = [.init("type", .string(type)), .init("text", .string(text))]
    // Else Slack makes links of addresses and names by itself.
    if type == "mrkdwn" { members.append(.init("verbatim", .bool(true))) }
    return .object(members)
  }

  private static func section(_ notice: Notice) -> String {
    let mark = notice.state == .resolved ? "resolved" : notice.severity?.rawValue ?? "firing"
    var lines = ["*\(line(notice.title, 200))* (\(mark))"]
    if !notice.summary.isEmpty { lines.append(line(notice.summary, 600)) }
    let labels = notice.labels.sorted { $0.key < $1.key }.prefix(12).map { "\($0.key)=\($0.value)" }
    if !labels.isEmpty { lines.append(line(labels.joined(separator: "  "), 400)) }
    var from = "since \(Timestamp.text(notice.startsAt))"
    if let end = notice.endsAt { from += " until \(Timestamp.text(end))" }
    lines.append(line((notice.rule.isEmpty ? "" : notice.rule + "  ") + from, 300))
    lines += notice.actions.prefix(3).map { "• " + line($0, 200) }
    if let runbook = notice.runbook { lines.append("Runbook: " + link(runbook)) }
    return String(lines.joined(separator: "\n").prefix(sectionLimit))
  }

  private static func line(_ text: String, _ limit: Int) -> String {
    escaped(TextEscaping.oneLine(text, limit: limit))
  }

  /// An address that the rule's author wrote.
  static func link(_ text: String) -> String {
    guard text.utf8.count <= 300, text.hasPrefix("https://") || text.hasPrefix("http://"),
      !text.contains(where: { $0.isWhitespace || $0 == "<" || $0 == ">" || $0 == "|" })
    else { return line(text, 300) }
    return "<" + text.replacing("&", with: "&amp;") + ">"
  }

  /// What Slack asks for (`&`, `<` and `>`), and what it takes for emphasis is kept from meaning anything.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      // A joiner of no width ends what would be markup.
      case "*", "~", "`": result += "\(character)\u{200d}"
      default: result.append(character)
      }
    }
    return result
  }
}

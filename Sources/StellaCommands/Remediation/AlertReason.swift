import StellaModel

/// Why a run was proposed, from the alert's fields as its JSON has them. What isn't there is left out.
struct AlertReason {
  static let evidenceLimit = 3

  private let members: [FieldValue.Member]

  /// Nil for anything but an object.
  init?(_ alert: FieldValue?) {
    guard case .object(let members)? = alert else { return nil }
    self.members = members
  }

  private subscript(_ name: String) -> FieldValue? { members.first { $0.name == name }?.value }

  private func text(_ name: String) -> String? { if case .string(let text)? = self[name] { text } else { nil } }

  /// `alert 0a91b2c3d4e5 pay.stuck, high, 42 events 09:58:10Z – 10:01:44Z`.
  func head(_ time: ScreenTime) -> String {
    var parts = [
      "alert \(ScreenText.name(String((text("id") ?? "?").prefix(12)))) \(ScreenText.name(text("rule") ?? "?"))"
    ]
    if let severity = text("severity") { parts.append(ScreenText.name(severity, width: 20)) }
    var events = ""
    if case .integer(let count)? = self["count"] { events = "\(count) \(count == 1 ? "event" : "events")" }
    let seen = ["first_seen", "last_seen"].compactMap { text($0).flatMap(Timestamp.parse) }.map { time.clock($0) }
    let span = seen.count == 2 && seen[0] != seen[1] ? seen.joined(separator: " – ") : seen.first ?? ""
    if !events.isEmpty || !span.isEmpty { parts.append([events, span].filter { !$0.isEmpty }.joined(separator: " ")) }
    return parts.joined(separator: ", ")
  }

  func lines(_ time: ScreenTime, width: Int) -> [String] {
    var lines: [String] = []
    if let summary = text("summary") { lines.append(ScreenText.quoted(summary, width: width, isAlone: true)) }
    if case .object(let key)? = self["key"], !key.isEmpty {
      let pairs = key.prefix(4).map { "\(ScreenText.name($0.name))=\(Self.value($0.value))" }
      lines.append("key " + pairs.joined(separator: " ") + (key.count > 4 ? " … \(key.count - 4) more" : ""))
    }
    guard case .array(let evidence)? = self["evidence"], !evidence.isEmpty else { return lines }
    for event in evidence.prefix(Self.evidenceLimit) {
      lines.append("event " + Self.event(event, time, width: width - 6))
    }
    if evidence.count > Self.evidenceLimit {
      lines.append("… \(CountText.count(evidence.count - Self.evidenceLimit, "more event"))")
    }
    return lines
  }

  private static func event(_ event: FieldValue, _ time: ScreenTime, width: Int) -> String {
    guard let fields = AlertReason(event) else { return value(event) }
    let start = [
      fields.text("time").flatMap(Timestamp.parse).map { time.clock($0) },
      fields.text("level").map { ScreenText.name($0, width: 12) },
      fields.text("service").map { ScreenText.name($0, width: 24) },
    ].compactMap { $0 }.joined(separator: " ")
    return start + " " + ScreenText.quoted(fields.text("message") ?? "", width: max(20, width - start.utf8.count - 1))
  }

  private static func value(_ value: FieldValue) -> String {
    if case .string(let text) = value { return ScreenText.quoted(text, width: EffectText.valueWidth) }
    return ScreenText.name(value.json, width: EffectText.valueWidth)
  }
}

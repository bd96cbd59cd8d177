import StellaDetection
import StellaModel
import StellaRemediation

/// Kept alerts on screens. Everything from data is escaped.
enum StoredAlertText {
  /// - Parameter mute: what keeps it from being told.
  static func state(_ alert: StoredAlert, _ mute: Mute?) -> String {
    if alert.resolved != nil { return "resolved by hand" }
    let state = hasInputEnded(alert) ? "input ended" : alert.status.rawValue
    if let mute { return "\(state), \(mute.isShown ? "shadow" : "muted")" }
    return alert.acknowledged == nil ? state : "\(state), acknowledged"
  }

  /// What kept the alert from being told; nil when nothing did.
  static func mute(_ alert: StoredAlert) -> Mute? { member("muted", of: alert).flatMap { Mute($0) } }

  /// Whether it fires, and nothing reads on that could tell of its end.
  static func hasInputEnded(_ alert: StoredAlert) -> Bool {
    alert.status == .firing && member("input_ended", of: alert) == .bool(true)
  }

  private static func member(_ name: String, of alert: StoredAlert) -> FieldValue? {
    // Most have neither, and need not be read for it.
    guard alert.json.contains("\"\(name)\""), case .object(let members)? = try? JSONParser().parse(alert.json) else {
      return nil
    }
    return members.first { $0.name == name }?.value
  }

  static func silence(_ silence: Silence, _ time: ScreenTime) -> String {
    let key = silence.key.isEmpty ? "" : " " + FieldValue.object(silence.key).json
    return TextEscaping.oneLine(
      "silence \(silence.number) of \(silence.rule)\(key) until \(time.clock(silence.until)), set by \(silence.set.by): "
        + silence.set.reason, limit: 300)
  }

  /// All that is known of the alert itself.
  static func add(_ alert: StoredAlert, _ mute: Mute?, to lines: inout ScreenLines, _ time: ScreenTime) {
    lines.field("Alert", "\(alert.id)  \(state(alert, mute))")
    lines.field("Rule", "\(ScreenText.name(alert.rule))  \(alert.severity.rawValue)")
    lines.paragraph("Title", ScreenText.quoted(alert.title, width: 200))
    lines.paragraph("Key", KeyText.text(alert.key, limit: 300))
    lines.field(
      "Seen", "\(CountText.count(alert.count, "time")), \(time.clock(alert.firstSeen)) – \(time.clock(alert.lastSeen))")
    if hasInputEnded(alert) {
      lines.paragraph(
        "Input", "ended while it fired: nothing will tell that it is over; stella alerts resolve closes it")
    }
    if let remark = alert.acknowledged { lines.paragraph("Ack", text(remark, time)) }
    if let remark = alert.resolved { lines.paragraph("Resolved", text(remark, time)) }
    guard case .object(let members)? = try? JSONParser().parse(alert.json) else { return }
    func value(_ name: String) -> FieldValue? { members.first { $0.name == name }?.value }
    if case .string(let name)? = value("resolved_because"), let cause = Alert.ResolveCause(rawValue: name),
      cause != .byHand || alert.resolved == nil
    {
      lines.paragraph("Resolved", "because \(cause.meaning)")
    }
    if case .string(let summary)? = value("summary") {
      lines.paragraph("Summary", ScreenText.quoted(summary, width: 400))
    }
    if case .array(let evidence)? = value("evidence") {
      for event in evidence.suffix(5) {
        if let event = Self.event(event) {
          lines.paragraph("Evidence", TextEscaping.oneLine(EventText.line(event), limit: 400))
        }
      }
    }
    if case .array(let actions)? = value("suggested_actions") {
      for case .string(let action) in actions { lines.paragraph("Do", ScreenText.quoted(action, width: 200)) }
    }
  }

  /// An event as the JSON of an alert has it.
  private static func event(_ json: FieldValue) -> Event? {
    guard case .object(let members) = json else { return nil }
    func text(_ name: String) -> String? {
      if case .string(let text)? = members.first(where: { $0.name == name })?.value { text } else { nil }
    }
    guard let time = text("time").flatMap(Timestamp.parse) else { return nil }
    var fields: [FieldValue.Member] = []
    if case .object(let object)? = members.first(where: { $0.name == "fields" })?.value { fields = object }
    let level = text("level").flatMap { name in LogLevel.allCases.first { $0.name == name } }
    return Event(time: time, level: level, message: text("message") ?? "", service: text("service"), fields: fields)
  }

  private static func text(_ remark: StoredAlert.Remark, _ time: ScreenTime) -> String {
    "\(ScreenText.name(remark.by)) \(time.clock(remark.time)) \(ScreenText.quoted(remark.reason, width: 200))"
  }
}

/// Kept alerts as JSON: the alert with what people said.
enum StoredAlertJSON {
  /// A silence that holds, in a list of alerts: `kind` tells it from them.
  static func silence(_ silence: Silence) -> String { FieldValue.object(members(silence)).json }

  /// What became of a silence.
  ///
  /// - Parameters:
  ///   - event: `set`, `ended` or `expired`.
  ///   - end: who ended it, and when; nil unless somebody did.
  ///   - alerts: that fire, and that nobody is told of from now on, or somebody is again.
  static func silence(_ silence: Silence, event: String, end: (by: String?, time: Int64)?, alerts: Int) -> String {
    var members = [.init("event", .string(event))] + members(silence)
    if let end {
      let by = end.by.map { [FieldValue.Member("by", .string($0))] } ?? []
      members.append(.init("ended", .object(by + [.init("time", .string(Timestamp.text(end.time)))])))
    }
    members.append(.init("alerts", .integer(Int64(alerts))))
    return FieldValue.object(members).json
  }

  private static func members(_ silence: Silence) -> [FieldValue.Member] {
    [
      .init("kind", .string("silence")), .init("number", .integer(silence.number)),
      .init("rule", .string(silence.rule)),
      .init("key", .object(silence.key)), .init("until", .string(Timestamp.text(silence.until))),
      .init("by", .string(silence.set.by)), .init("reason", .string(silence.set.reason)),
    ]
  }

  /// - Parameters:
  ///   - mute: what keeps it from being told by now; takes the place of what the alert itself says.
  ///   - event: what has happened, where that is no transition of the rule's.
  ///   - suggestions: what could help, where that was asked.
  ///   - exceptions: what the rule does not see, where that was asked.
  static func text(
    _ alert: StoredAlert, mute: Mute?, event: String? = nil, _ suggestions: [Suggestion]? = nil,
    exceptions: [RuleException]? = nil
  ) -> String {
    guard case .object(var members)? = try? JSONParser().parse(alert.json) else { return "{}" }
    members.removeAll { $0.name == "status" || event != nil && $0.name == "event" }
    if let event { members.insert(.init("event", .string(event)), at: 0) }
    members.append(.init("status", .string(alert.status.rawValue)))
    members.removeAll { $0.name == "muted" }
    if let mute { members.append(.init("muted", mute.json)) }
    func add(_ name: String, _ remark: StoredAlert.Remark?) {
      guard let remark else { return }
      members.append(
        .init(
          name,
          .object([
            .init("by", .string(remark.by)), .init("time", .string(Timestamp.text(remark.time))),
            .init("reason", .string(remark.reason)),
          ])))
    }
    add("acknowledged", alert.acknowledged)
    add("resolved", alert.resolved)
    if let exceptions { members.append(.init("exceptions", .array(exceptions.map { ExceptionText.object($0) }))) }
    if let suggestions { members.append(.init("suggestions", .array(suggestions.map(SuggestionText.object)))) }
    return FieldValue.object(members).json
  }
}

extension Alert {
  /// The alert that ``json`` is of; nil when it isn't one. Numbers that are whole come back as integers.
  package init?(_ json: FieldValue) {
    guard case .object(let members) = json else { return nil }
    func value(_ name: String) -> FieldValue? { members.first { $0.name == name }?.value }
    func text(_ name: String) -> String? { if case .string(let text)? = value(name) { text } else { nil } }
    func texts(_ name: String) -> [String] {
      guard case .array(let items)? = value(name) else { return [] }
      return items.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
    func number(_ name: String) -> Int? { if case .integer(let number)? = value(name) { Int(number) } else { nil } }
    func object(_ name: String) -> [FieldValue.Member] {
      if case .object(let members)? = value(name) { members } else { [] }
    }
    func time(_ name: String) -> Int64? { text(name).flatMap(Timestamp.parse) }
    guard let id = text("id"), let rule = text("rule"), let type = text("type"), let title = text("title"),
      let severity = text("severity").flatMap(Severity.init(rawValue:)),
      let status = text("status").flatMap(Status.init(rawValue:)), let firstSeen = time("first_seen"),
      let lastSeen = time("last_seen"), let count = number("count")
    else { return nil }
    var evidence: [Event] = []
    if case .array(let items)? = value("evidence") { evidence = items.compactMap(Event.init(_:)) }
    self.init(
      id: id, rule: rule, type: type, severity: severity, title: title, summary: text("summary") ?? "",
      key: object("key"), status: status, revision: number("revision") ?? 1, firstSeen: firstSeen, lastSeen: lastSeen,
      count: count, value: value("value"), expected: value("expected"), evidence: evidence,
      affectedUsers: texts("affected_users"), suggestedActions: texts("suggested_actions"), fixes: texts("fixes"),
      runbook: text("runbook"), labels: object("labels"), source: text("source") ?? "")
    resolvedBecause = text("resolved_because").flatMap(ResolveCause.init(rawValue:))
    inputEnded = value("input_ended") == .bool(true)
    mute = value("muted").flatMap(Mute.init(_:))
  }
}

extension Event {
  /// The event that an alert's JSON holds; nil when it isn't one.
  fileprivate init?(_ json: FieldValue) {
    guard case .object(let members) = json else { return nil }
    func text(_ name: String) -> String? {
      if case .string(let text)? = members.first(where: { $0.name == name })?.value { text } else { nil }
    }
    guard let time = text("time").flatMap(Timestamp.parse), let message = text("message") else { return nil }
    var fields: [FieldValue.Member] = []
    if case .object(let found)? = members.first(where: { $0.name == "fields" })?.value { fields = found }
    self.init(
      time: time, level: text("level").flatMap { name in LogLevel.allCases.first { $0.name == name } },
      message: message,
      service: text("service"), fields: fields)
  }
}

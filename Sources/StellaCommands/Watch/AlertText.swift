import StellaModel

/// An alert as a person reads it: what, where, how bad, since when, the evidence, and what to do.
struct AlertText {
  private static let indent = "          "
  /// In front of what goes on from the line before.
  private static let hanging = "  "
  private static let evidenceLimit = 5
  /// Lines of a terminal that one value may take.
  private static let lineLimit = 4
  private static let userLimit = 8

  let terminal: Terminal

  /// Several lines, each with its line feed. Everything that may come from logs is escaped and cut to the terminal.
  func text(_ alert: Alert) -> String {
    switch alert.status {
    case .resolved:
      var text =
        terminal.styled("resolved", .green, .bold) + "  " + shadow(alert) + wrapped(alert.title + ": " + alert.summary)
        + "\n"
      add(
        "", "\(alert.rule), \(span(alert)), \(CountText.count(alert.count, "event")), id \(alert.id.prefix(12))",
        to: &text)
      if let cause = alert.resolvedBecause { add("because", cause.meaning, to: &text) }
      return text + "\n"
    case .pending, .firing: return firing(alert)
    }
  }

  private func firing(_ alert: Alert) -> String {
    var text = terminal.styled(pad(alert.severity.rawValue.uppercased()), style(alert.severity), .bold)
    text += shadow(alert) + wrapped(alert.title, .bold) + "\n"
    text += AlertText.indent + wrapped(alert.summary) + "\n"
    add(
      "where", alert.key.filter { $0.value != .null }.map { "\($0.name)=\(value($0.value))" }.joined(separator: "  "),
      to: &text)
    add("since", "\(span(alert)), \(alert.count) \(alert.count == 1 ? "event" : "events")", to: &text)
    if let measured = alert.value {
      let expected = alert.expected.map { ", usually \(value($0))" } ?? ""
      add("value", value(measured) + expected, to: &text)
    }
    if !alert.affectedUsers.isEmpty {
      let more = alert.affectedUsers.count - AlertText.userLimit
      let shown = alert.affectedUsers.prefix(AlertText.userLimit).joined(separator: ", ")
      add("users", shown + (more > 0 ? " and \(more) more" : ""), to: &text)
    }
    for (index, event) in alert.evidence.suffix(AlertText.evidenceLimit).enumerated() {
      // What matters of an event is mostly in front.
      add(index == 0 ? "evidence" : "", EventText.line(event), lines: 2, to: &text)
    }
    for (index, action) in alert.suggestedActions.enumerated() { add(index == 0 ? "do" : "", action, to: &text) }
    if let mute = alert.mute { add("muted", "nobody is told: " + MuteText.line(mute), to: &text) }
    if let runbook = alert.runbook { add("runbook", runbook, to: &text) }
    if !alert.fixes.isEmpty { add("fixes", alert.fixes.joined(separator: ", "), to: &text) }
    add("rule", "\(alert.rule)  id \(alert.id.prefix(12))", to: &text)
    return text + "\n"
  }

  /// What stands before the title of an alert that is only shown.
  private func shadow(_ alert: Alert) -> String {
    alert.mute?.isShown == true ? terminal.styled("[shadow]", .cyan) + " " : ""
  }

  private func add(_ name: String, _ value: String, lines: Int = AlertText.lineLimit, to text: inout String) {
    if value.isEmpty { return }
    text += faint(pad(name)) + wrapped(value, lines: lines) + "\n"
  }

  private func pad(_ name: String) -> String {
    name + String(repeating: " ", count: max(1, AlertText.indent.count - name.count))
  }

  /// `text` beside the names, on so many lines as a terminal's width needs; a very long one is cut at last.
  private func wrapped(_ text: String, _ styles: TextStyle..., lines: Int = AlertText.lineLimit) -> String {
    let line = TextEscaping.oneLine(text)
    let styled = { (line: String) in styles.reduce(line) { terminal.styled($0, $1) } }
    guard let columns = terminal.columns else { return styled(line) }
    let width = max(20, columns - AlertText.indent.count - AlertText.hanging.count)
    return DisplayWidth.wrap(line, to: width, lines: lines).map(styled)
      .joined(separator: "\n" + AlertText.indent + AlertText.hanging)
  }

  private func faint(_ text: String) -> String { terminal.styled(text, .dim) }

  private func style(_ severity: Severity) -> TextStyle {
    switch severity {
    case .critical, .high: .red
    case .medium: .yellow
    case .low: .blue
    case .informational: .cyan
    }
  }

  private func value(_ value: FieldValue) -> String { Self.shown(value) }

  /// A value as people read it, rounded; not escaped.
  static func shown(_ value: FieldValue) -> String {
    switch value {
    case .null: "none"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .double(let number): FixedPoint.text(number, places: abs(number) < 10 ? 2 : 1)
    case .string(let text): text
    case .array, .object: value.json
    }
  }

  private func span(_ alert: Alert) -> String {
    let seconds = (alert.lastSeen - alert.firstSeen) / 1_000_000_000
    let length = seconds == 0 ? "" : " (\(DurationText.text(seconds * 1_000_000_000)))"
    return "\(EventText.clock(alert.firstSeen))\(length)"
  }
}

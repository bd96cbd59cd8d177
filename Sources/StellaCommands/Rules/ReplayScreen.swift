import StellaDetection
import StellaEngine
import StellaModel

/// Alerts of a replay, one line each, and how those of two replays differ.
struct ReplayScreen {
  let terminal: Terminal

  /// In the order in which they fired; nothing when there are none.
  func alerts(_ alerts: [ReplayedAlert]) -> String {
    if alerts.isEmpty { return "" }
    var table = TextTable([
      .init("FIRED", isFlexible: true, lines: 2, narrowest: 13), .init("LASTED"), .init("SEVERITY"),
      .init("RULE", isFlexible: true, lines: 3, narrowest: 12), .init("EVENTS", .right),
      .init("SUMMARY", isFlexible: true, lines: 6, narrowest: 24),
    ])
    for alert in alerts {
      table.add([
        EventText.clock(alert.fired), lasted(alert), alert.severity.rawValue, alert.rule, "\(alert.count)",
        (alert.mute.map { $0.isShown ? "[shadow] " : "[muted] " } ?? "") + Self.text(alert),
      ])
    }
    return table.text(for: terminal)
  }

  /// How much there was of everything, rules that told nothing included.
  func totals(_ replay: RuleReplay, rules: [String]) -> String {
    let fired = Dictionary(grouping: replay.alerts, by: \.rule).mapValues(\.count)
    var text = replay.alerts.isEmpty ? "" : "\n"
    for (rule, count) in fired.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      text += "\(pad(count))  \(TextEscaping.oneLine(rule))\n"
    }
    let quiet = rules.count { fired[$0] == nil }
    if quiet > 0 { text += "\(pad(0))  \(quiet) other \(quiet == 1 ? "rule" : "rules")\n" }
    let summary = replay.summary
    var parts = [CountText.count(summary.events, "event")]
    if summary.failedLines > 0 { parts.append(CountText.count(summary.failedLines, "line") + " undecoded") }
    if summary.lateEvents > 0 { parts.append("\(summary.lateEvents) late") }
    if !summary.pending.isEmpty {
      parts.append(CountText.count(summary.pending.count, "alert") + " pending at the end")
    }
    return text + parts.joined(separator: ", ") + "\n"
  }

  func difference(_ difference: ReplayDifference, isQuiet: Bool) -> String {
    var lines: [(mark: String, style: TextStyle, time: Int64, text: String)] = []
    for alert in difference.added { lines.append(("+", .green, alert.fired, Self.line(alert))) }
    for alert in difference.removed { lines.append(("-", .red, alert.fired, Self.line(alert))) }
    for pair in difference.moved {
      lines.append(
        (
          ">", .yellow, pair.new.fired,
          Self.line(pair.new) + "; was "
            + (["at " + EventText.clock(pair.old.fired)] + Self.changes(pair)).joined(separator: ", ")
        ))
    }
    for pair in difference.changed {
      lines.append(
        ("~", .yellow, pair.new.fired, Self.line(pair.new) + "; was " + Self.changes(pair).joined(separator: ", ")))
    }
    var text = ""
    for line in lines.sorted(by: { ($0.time, $0.text) < ($1.time, $1.text) }) {
      let content = TextEscaping.oneLine(EventText.clock(line.time) + "  " + line.text)
      // What has changed stands at the end.
      let shown = terminal.columns.map { DisplayWidth.wrap(content, to: max(20, $0 - 4), lines: 6) } ?? [content]
      text += terminal.styled(line.mark, line.style, .bold) + " " + shown.joined(separator: "\n    ") + "\n"
    }
    if isQuiet { return text }
    return text + (text.isEmpty ? "" : "\n")
      + "\(difference.added.count) added, \(difference.removed.count) removed, \(difference.moved.count) moved, "
      + "\(difference.changed.count) changed, \(difference.same) the same\n"
  }

  /// One object for each difference.
  static func json(_ difference: ReplayDifference) -> [String] {
    func line(_ kind: String, _ old: ReplayedAlert?, _ new: ReplayedAlert?) -> String {
      FieldValue.object([
        .init("kind", .string(kind)), .init("rule", .string((new ?? old)?.rule ?? "")), .init("old", alert(old)),
        .init("new", alert(new)), .init("old_fired", fired(old)), .init("new_fired", fired(new)),
      ]).json
    }
    return difference.added.map { line("added", nil, $0) } + difference.removed.map { line("removed", $0, nil) }
      + difference.moved.map { line("moved", $0.old, $0.new) }
      + difference.changed.map { line("changed", $0.old, $0.new) }
  }

  private static func fired(_ alert: ReplayedAlert?) -> FieldValue {
    alert.map { .string(Timestamp.text($0.fired)) } ?? .null
  }

  private static func alert(_ alert: ReplayedAlert?) -> FieldValue {
    guard let alert, let value = try? JSONParser().parse(alert.json) else { return .null }
    return value
  }

  private static func line(_ alert: ReplayedAlert) -> String {
    "\(alert.severity.rawValue) \(alert.rule): \(text(alert))"
  }

  private static func text(_ alert: ReplayedAlert) -> String { alert.summary.isEmpty ? alert.title : alert.summary }

  /// What of the old one is not so any more.
  private static func changes(_ pair: ReplayDifference.Pair) -> [String] {
    let (old, new) = (pair.old, pair.new)
    var parts: [String] = []
    if old.severity != new.severity { parts.append(old.severity.rawValue) }
    if text(old) != text(new) { parts.append("“\(text(old))”") }
    if old.value != new.value { parts.append("value \(old.value.map { AlertText.shown($0) } ?? "none")") }
    if old.count != new.count { parts.append(CountText.count(old.count, "event")) }
    if old.status != new.status { parts.append(old.status.rawValue) }
    if old.lastSeen != new.lastSeen { parts.append("last seen \(EventText.clock(old.lastSeen))") }
    return parts
  }

  /// From its first event to its last.
  private func lasted(_ alert: ReplayedAlert) -> String {
    let seconds = (alert.lastSeen - alert.firstSeen) / 1_000_000_000
    return (seconds == 0 ? "–" : DurationText.text(seconds * 1_000_000_000)) + (alert.status == .resolved ? "" : "…")
  }

  private func pad(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: " ", count: max(0, 6 - text.count)) + text
  }
}

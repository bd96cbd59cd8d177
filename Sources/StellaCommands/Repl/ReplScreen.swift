import StellaDetection
import StellaEngine
import StellaModel
import StellaScripting

/// What a repl shows. Everything that comes from data is escaped, and fits the terminal.
struct ReplScreen {
  let terminal: Terminal

  // MARK: - Events

  /// The event, and a line for each rule that looks at it.
  func event(_ report: RuleExplainer.Report, rules: RuleSet) -> String {
    let concerned = report.rules.filter { $0.outcome != .passed }
    let read = Set(concerned.map(\.rule))
    let fields = rules.rules.filter { read.contains($0.manifest.id) }.flatMap { $0.filters.flatMap(\.fields) }
    var text = EventLine(terminal: terminal, highlighting: fields).text(report.event) + "\n"
    for rule in concerned { text += verdict(rule) }
    if concerned.isEmpty {
      text += faint("  \(nobody(of: report.rules.count)); .explain RULE says why.") + "\n"
    }
    return text
  }

  private func nobody(of count: Int) -> String {
    switch count {
    case 0: "there is no rule"
    case 1: "the rule doesn't look at it"
    default: "none of the \(count) rules looks at it"
    }
  }

  private func verdict(_ rule: RuleExplanation) -> String {
    let (word, style) = ExplanationScreen.word(rule.outcome)
    var line = head(word, style, rule.rule, rule.key)
    add(rule.verdict, to: &line)
    return line.text(for: terminal, hanging: 12) + "\n"
  }

  /// What happened, which rule it was, and the key, up to a colon.
  private func head(_ word: String, _ style: TextStyle, _ rule: String, _ key: [FieldValue.Member]) -> StyledLine {
    var line = StyledLine()
    line.add(.init(" "))
    line.add(.init(word, style, .bold), .init(String(repeating: " ", count: max(0, 9 - word.utf8.count))))
    let colon = StyledLine.Span(":")
    line.add(.init(ScreenText.name(rule), .bold), key.isEmpty ? colon : .init(""))
    for (number, part) in key.enumerated() {
      let text = StyledLine.Span(ScreenText.name(part.name) + "=" + EventLine.text(part.value))
      line.add(text, number == key.count - 1 ? colon : .init(""))
    }
    return line
  }

  /// One line for each transition.
  func alerts(_ alerts: [Alert]) -> String {
    alerts.map { alert in
      let (word, style): (String, TextStyle) =
        switch alert.status {
        case .pending: ("pending", .yellow)
        case .firing: ("fired", .red)
        case .resolved: ("resolved", .green)
        }
      var line = head(word, style, alert.rule, alert.key.filter { $0.value != .null })
      add("\(alert.title): \(alert.summary)", to: &line)
      return line.text(for: terminal, hanging: 12) + "\n"
    }.joined()
  }

  /// What became of several lines, after what they raised.
  func fed(_ outcome: ReplSession.Outcome, isMore: Bool) -> String {
    var parts = [CountText.count(outcome.events, "event")]
    if outcome.failedLines > 0 { parts.append("\(CountText.count(outcome.failedLines, "line")) undecoded") }
    parts.append("\(outcome.alerts.count { $0.status == .firing }) fired")
    if outcome.wasStopped { parts.append("stopped; the file begins anew with the next .feed") }
    if isMore { parts.append("there is more: .feed goes on") }
    return faint("  " + parts.joined(separator: ", ")) + "\n"
  }

  /// Field by field, with the canonical names that rules read them by.
  func fields(_ event: Event) -> String {
    var table = TextTable([.init("FIELD"), .init("TYPE"), .init("ALSO"), .init("VALUE", isFlexible: true)])
    table.add(["time", "time", "", Timestamp.text(event.time)])
    table.add(["level", "level", "", event.level?.name ?? "none"])
    table.add(["message", "text", "", EventLine.text(.string(event.message))])
    if let service = event.service { table.add(["service", "text", "", EventLine.text(.string(service))]) }
    for field in event.fields where !["time", "level", "message", "service"].contains(field.name) {
      add(field.name, field.value, depth: 0, of: event, to: &table)
    }
    return table.text(for: terminal)
  }

  private func add(_ name: String, _ value: FieldValue, depth: Int, of event: Event, to table: inout TextTable) {
    if case .object(let members) = value, !members.isEmpty, depth < 6 {
      for member in members { add(name + "." + member.name, member.value, depth: depth + 1, of: event, to: &table) }
      return
    }
    let canonical = FieldAliases.fields.filter { field in
      field.name != name && field.sources.contains { $0.name == name }
        && !event.fields.contains { $0.name == field.name }
    }
    table.add([
      ScreenText.name(name), ReplScreen.type(value), canonical.map(\.name).joined(separator: " "),
      EventLine.text(value),
    ])
  }

  private static func type(_ value: FieldValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .double: "number"
    case .string: "text"
    case .array: "array"
    case .object: "object"
    }
  }

  // MARK: - Rules

  func rules(_ rules: RuleSet) -> String {
    var table = TextTable([
      .init("RULE", isFlexible: true), .init("SEVERITY"), .init("LOOKED AT", .right), .init("FIRED", .right),
      .init("OPEN", .right), .init("KEYS", .right), .init("SCRIPT", isFlexible: true),
    ])
    for rule in rules.rules {
      let detector = rule.detector
      table.add([
        rule.manifest.id, rule.manifest.severity.rawValue, "\(detector.matchedEvents)", "\(detector.firedAlerts)",
        "\(detector.openAlerts)", "\(detector.keyCount)", rule.scriptStanding?.lastError ?? "ok",
      ])
    }
    return table.text(for: terminal)
  }

  func keys(_ keys: [(key: [FieldValue.Member], standing: KeyStanding)], of rule: RuleSet.ActiveRule) -> String {
    if keys.isEmpty { return faint("  \(rule.manifest.id) keeps nothing yet") + "\n" }
    var text = ""
    for (key, standing) in keys {
      var line = StyledLine()
      line.add(.init(" "))
      for part in key {
        line.add(.init(ScreenText.name(part.name), .cyan), .init("=", .dim), .init(EventLine.text(part.value), .bold))
      }
      if key.isEmpty { line.add(.init("for all events together", .bold)) }
      text += line.text(for: terminal) + "\n"
      for reading in standing.readings { text += self.line("    \(reading.name): ", reading.text) }
      if let alert = standing.alert {
        let until = alert.until.map { ", until \(EventText.clock($0))" } ?? ""
        text += self.line("    alert: ", "\(alert.alert.status.rawValue) since \(EventText.clock(alert.since))\(until)")
      }
    }
    let rest = rule.detector.keyCount - keys.count
    if rest > 0 { text += faint("  … \(CountText.count(rest, "more key"))") + "\n" }
    return text
  }

  /// The whole of a condition with what it read.
  func condition(_ explanation: Explanation) -> String {
    ExplanationScreen(terminal: terminal).tree(explanation, label: "where", depth: 0)
  }

  // MARK: - Lines

  func faint(_ text: String) -> String { terminal.styled(text, .dim) }

  private func line(_ label: String, _ content: String) -> String {
    var line = StyledLine()
    let label = TextEscaping.oneLine(label)
    line.add(.init(label + String(TextEscaping.oneLine(content).prefix { $0 != " " })))
    add(String(TextEscaping.oneLine(content).drop { $0 != " " }.dropFirst()), to: &line)
    return line.text(for: terminal, hanging: 6) + "\n"
  }

  private func add(_ text: String, to line: inout StyledLine) {
    for word in TextEscaping.oneLine(text).split(separator: " ", omittingEmptySubsequences: true) {
      line.add(.init(String(word)))
    }
  }
}

import StellaDetection
import StellaEngine
import StellaModel

/// What `rules explain` shows to people. Everything that comes from data is escaped and cut.
struct ExplanationScreen {
  let terminal: Terminal
  /// By rule.
  var fixes: [String: [FixOutlook]] = [:]

  private static let lineLimit = 20

  /// - Parameters:
  ///   - named: whether `rules` are those that were asked for.
  ///   - all: whether rules that pass the event over get a line each.
  func text(_ report: RuleExplainer.Report, _ rules: [RuleExplanation], named: Bool, all: Bool) -> String {
    var text = "Line \(report.line), after \(CountText.count(report.history, "event")):\n"
    text += "  " + wrapped(EventText.line(report.event), by: 2) + "\n\n"
    let shown = named ? rules : rules.filter { $0.outcome != .passed }
    for rule in shown { text += section(rule) + "\n" }
    let passed = rules.count - shown.count
    if all {
      for rule in rules where !named && rule.outcome == .passed {
        text += cut("\(rule.rule): \(rule.verdict)") + "\n"
      }
    } else if passed > 0 {
      text +=
        "\(passed) \(passed == 1 ? "rule doesn't" : "rules don't") look at it; --all says why, --rule ID says all.\n"
    }
    return text
  }

  static func word(_ outcome: RuleExplanation.Outcome) -> (String, TextStyle) {
    switch outcome {
    case .fired: ("fired", .red)
    case .resolved: ("resolved", .green)
    case .joined: ("joined", .yellow)
    case .pending: ("pending", .yellow)
    case .counted: ("not fired", .cyan)
    case .passed: ("not looked at", .dim)
    case .excepted: ("excepted", .cyan)
    }
  }

  func section(_ rule: RuleExplanation) -> String {
    let (word, style) = Self.word(rule.outcome)
    var text = terminal.styled(word, style, .bold) + "  " + TextEscaping.oneLine(rule.rule)
    text += terminal.styled("  " + TextEscaping.oneLine(rule.file), .dim) + "\n"
    text +=
      rule.verdict.contains("its script failed: ") ? block("because", rule.verdict) : line("because", rule.verdict)
    if let mute = rule.mute { text += line("muted", "nobody is told: " + MuteText.line(mute)) }
    for part in rule.parts { text += tree(part.explanation, label: part.key, depth: 0) }
    if !rule.key.isEmpty {
      text += line("key", rule.key.map { "\($0.name) = \($0.value.json)" }.joined(separator: ", "))
    }
    if !rule.missing.isEmpty {
      let verb = rule.missing.count == 1 ? "is" : "are"
      text += line("", "\(rule.missing.joined(separator: ", ")) \(verb) missing; such events share one key")
    }
    text += state(rule)
    for (number, line) in rule.lines.prefix(Self.lineLimit).enumerated() {
      text += self.line(number == 0 ? "ran" : "", "\(line.number): \(line.text)")
      if let call = rule.onCall { text += readings(call, line.number) }
    }
    if rule.lines.count > Self.lineLimit {
      text += line("", "… \(CountText.count(rule.lines.count - Self.lineLimit, "more line"))")
    }
    if let check = rule.lastCheck { text += self.check(check, "checked", next: false) }
    if let check = rule.nextCheck { text += self.check(check, "next", next: true) }
    for (number, fix) in (fixes[rule.rule] ?? []).enumerated() {
      text += block(number == 0 ? "fixes" : "", fix.line(isMuted: rule.mute != nil))
    }
    return text
  }

  /// A check with its time, the lines that ran, what they read, and what is missing.
  private func check(_ check: CallExplanation, _ label: String, next: Bool) -> String {
    let end: String
    if let failure = check.failure {
      end = next ? "would fail: \(failure)" : "failed: \(failure)"
    } else if check.raised {
      end = next ? "would raise an alert, if nothing else came before" : "raised an alert"
    } else {
      end = next ? "would raise nothing, if nothing else came before" : "raised nothing"
    }
    var text = block(label, "\(EventText.clock(check.time)) \(end)")
    for ran in check.lines.prefix(Self.lineLimit) {
      text += line("", "\(ran.number): \(ran.text)")
      text += readings(check, ran.number)
    }
    if check.lines.count > Self.lineLimit {
      text += line("", "… \(CountText.count(check.lines.count - Self.lineLimit, "more line"))")
    }
    for missing in check.missing { text += line("missing", missing) }
    return text
  }

  /// What a line has read.
  private func readings(_ call: CallExplanation, _ number: Int) -> String {
    call.readings.filter { $0.line == number }.map { line("", "    \($0.name) = \($0.value)") }.joined()
  }

  /// What was kept before and after, side by side where it changed.
  private func state(_ rule: RuleExplanation) -> String {
    guard let after = rule.after else {
      return rule.before == nil ? "" : line("state", "dropped")
    }
    var text = ""
    for (number, reading) in after.readings.enumerated() {
      let before = rule.before?.readings.first { $0.name == reading.name }?.text
      let change =
        before == nil
        ? "new → \(reading.text)" : before == reading.text ? reading.text : "\(before ?? "") → \(reading.text)"
      text += line(number == 0 ? "state" : "", "\(reading.name): \(change)")
    }
    return text
  }

  func tree(_ part: Explanation, label: String, depth: Int) -> String {
    let mark = part.holds ? terminal.styled("yes", .green) : terminal.styled("no ", .red)
    let read = part.readings.map { "\($0.field) = \($0.value)" }.joined(separator: ", ")
    let why = part.reason ?? read
    let content = part.oneLine + (why.isEmpty ? "" : "   [\(why)]")
    let indent = String(repeating: "  ", count: depth)
    var text = name(label) + mark + " " + indent + wrapped(content, by: 16 + indent.count) + "\n"
    for inner in part.parts { text += tree(inner, label: "", depth: depth + 1) }
    return text
  }

  private func line(_ label: String, _ content: String) -> String { name(label) + wrapped(content, by: 12) + "\n" }

  /// What the engine says of an error, which may have lines of its own.
  private func block(_ label: String, _ content: String) -> String {
    content.split(separator: "\n").enumerated().map { number, part in
      line(number == 0 ? label : "", String(part.drop { number > 0 && $0 == " " }))
    }.joined()
  }

  /// On as few lines as a terminal's width needs, less what stands before them; a very long one is cut at last.
  private func wrapped(_ text: String, by used: Int) -> String {
    let line = TextEscaping.oneLine(text)
    guard let columns = terminal.columns else { return line }
    return DisplayWidth.wrap(line, to: max(20, columns - used), lines: Self.lineLimit)
      .joined(separator: "\n" + String(repeating: " ", count: used))
  }

  /// A label in its column; a longer one has a line of its own, so that what follows stays below each other.
  private func name(_ label: String) -> String {
    let label = TextEscaping.oneLine(label)
    let gap =
      label.count < 10 ? String(repeating: " ", count: 10 - label.count) : "\n" + String(repeating: " ", count: 12)
    return terminal.styled("  " + label, .dim) + gap
  }

  /// On one line, for a terminal's width less what stands before it.
  private func cut(_ text: String, by used: Int = 0) -> String {
    let line = TextEscaping.oneLine(text)
    guard let columns = terminal.columns else { return line }
    return ScreenText.cut(line, to: max(20, columns - used))
  }
}

import StellaDetection
import StellaModel
import StellaScripting

/// What a script says in its alerts.
extension RuleLint {
  /// What people write for a key of `alert { … }`.
  private static let meant: [String: String] = [
    "level": "severity", "message": "summary", "msg": "summary", "text": "summary", "description": "summary",
    "events": "evidence", "event": "evidence", "users": "affected_users", "suggested_actions": "actions",
    "fixes": "suggest", "fix": "suggest", "threshold": "expected", "usual": "expected",
  ]
  /// What alerts have from the rule, and scripts can't set.
  private static let fixed: Set<String> = [
    "id", "rule", "type", "title", "key", "by", "status", "labels", "runbook", "source", "first_seen", "last_seen",
    "revision",
  ]

  mutating func checkAlertKeys() {
    let known = Set(ScriptRegistry.alertKeys.map(\.name))
    let shown = Set(words.summaries.flatMap { SummaryTemplate.names(in: $0.text) })
    var told: Set<String> = []
    for place in words.alertKeys where !known.contains(place.name) && told.insert(place.name).inserted {
      let name = place.name
      if Self.fixed.contains(name) {
        warn(
          .alertKey, "an alert's \(name) can't be set by the script: this becomes a label called \(name)",
          name == "key"
            ? "The key comes from by. Call a label something else."
            : "Set it in the rule, or call the label something else.", line: place.line)
      } else if let other = Self.meant[name] ?? NearestName.of(name, in: known.sorted()), !shown.contains(name) {
        warn(
          .alertKey, "alerts have no \(name): this becomes a label of that name, which no summary shows",
          "Did you mean \(other)?", line: place.line)
      }
    }
  }

  /// - Parameter fixes: the ids of all fixes.
  mutating func checkSuggestions(_ fixes: [String]) {
    func warning(_ id: String) -> (message: String, remedy: String) {
      let hint = NearestName.of(id, in: fixes).map { "Did you mean \($0)? " } ?? ""
      return (
        "suggest names \(id), and no fix that is loaded has that id",
        hint + "Until one has, nothing is asked for. `stella fixes list` shows those that there are."
      )
    }
    var told = Set(fixes)
    for id in rule.suggest where told.insert(id).inserted {
      warn(.unknownFix, warning(id).message, warning(id).remedy, at: "suggest")
    }
    for place in words.suggestions where told.insert(place.name).inserted {
      warn(.unknownFix, warning(place.name).message, warning(place.name).remedy, line: place.line)
    }
  }

  /// Whether the rule reads another member of the same object.
  private func isBeside(_ known: Set<String>, _ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return known.contains { $0.hasPrefix(name[...dot]) }
  }

  mutating func checkSummaries() {
    var known = Set(["value", "expected", "count", "title", "rule"] + rule.by)
    known.formUnion(rule.labels.map(\.name))
    // Only what alerts are made of has a value there, where that can be told.
    known.formUnion(
      words.writesAlerts ? words.assignedMembers.union(words.alertKeys.map(\.name)) : words.assigned)
    known.formUnion(condition.fields)
    known.formUnion(steps.flatMap(\.fields))
    if rule.absence != nil { known.insert("last_seen") }
    known.formUnion(FieldAliases.fields.map(\.name))
    known.formUnion(TextField.allCases.map(\.name))
    for action in rule.actions {
      guard let name = SummaryTemplate.names(in: action).first(where: known.contains) else { continue }
      warn(
        .actionName, "an action shows {\(name)} as it is written, not its value",
        "Name it in the summary, {\(name)}, and say in the action what to do with it.", at: "actions")
    }
    for (line, text) in words.summaries {
      if let open = SummaryTemplate.openBrace(in: text) {
        warn(
          .openBrace,
          "nothing closes the brace of “\(TextEscaping.oneLine(open, limit: 40))”, so that it is shown as it is",
          "Close it after the name, as in {count}; {{ is a brace.", line: line)
      }
      for name in SummaryTemplate.names(in: text)
      where !known.contains(name) && !name.contains("{") && !isBeside(known, name) {
        let hint = NearestName.of(name, in: known.sorted()).map { "Did you mean {\($0)}? " } ?? ""
        let isOwn = rule.state.contains { $0.name == name } || rule.parameters.contains { $0.name == name }
        warn(
          .summary, "the summary shows {\(name)}, which is no key, no value and no field that the rule knows of",
          isOwn
            ? "Give it to the alert: alert { \(name) = … }."
            : hint + "It shows `?` where an event has no such field.", line: line)
      }
    }
  }
}

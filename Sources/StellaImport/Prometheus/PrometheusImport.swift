import StellaDetection
import StellaModel
import StellaScripting

/// Converts alerting rules of Prometheus into native rules, and says of each what became of it.
///
/// Pure: files are read and written elsewhere. The produced rules are loaded by the real loader, whose scripts run, so it
/// runs where rules may run.
package struct PrometheusImport {
  package let events: MetricEvents

  package init(events: MetricEvents = .fields) { self.events = events }

  /// Converts all rules of `files`, in their order.
  ///
  /// - Parameter files: paths relative to where the import began, and their texts.
  package func run(_ files: [(path: String, text: String)]) -> [ImportedAlert] {
    let outcomes = files.flatMap { file in PrometheusRule.read(file.text, file: file.path).map { (file.path, $0) } }
    let rules = outcomes.compactMap { try? $0.1.get() }
    var records: [String: PromQLExpression] = [:]
    for rule in rules {
      if let record = rule.record, records[record] == nil { records[record] = try? PromQLParser.parse(rule.expression) }
    }
    var ids: Set<String> = []
    var results: [ImportedAlert] = []
    for (path, outcome) in outcomes {
      switch outcome {
      case .failure(let refusal):
        results.append(ImportedAlert(file: path, line: refusal.line, outcome: .refused(refusal)))
      case .success(let rule):
        var result = ImportedAlert(
          file: path, line: rule.line, name: rule.name, group: rule.group, isRecording: rule.record != nil,
          outcome: .absorbed(by: []))
        if rule.alert != nil { convert(rule, records: records, ids: &ids, into: &result) }
        results.append(result)
      }
    }
    settleRecords(&results, rules: rules, records: records)
    return results
  }

  private func convert(
    _ rule: PrometheusRule, records: [String: PromQLExpression], ids: inout Set<String>,
    into result: inout ImportedAlert
  ) {
    do throws(PrometheusRefusal) {
      var converter = PrometheusConverter(events: events, rule: rule, records: records)
      var draft = try converter.draft()
      draft.id = PrometheusImport.id(rule, taken: &ids)
      let folder = ["yml", "yaml", "rules"].reduce(rule.file) { path, suffix in
        path.hasSuffix(".\(suffix)") ? String(path.dropLast(suffix.count + 1)) : path
      }
      let file = ImportedRule.File(
        path: "\(folder)/\(draft.id).lua", text: PrometheusWriter.text(draft), id: draft.id)
      for note in draft.notes { result.notes.append(note) }
      for note in try prove(file, draft) { result.notes.append(note) }
      result.outcome = .converted(file)
    } catch {
      var refusal = error
      refusal.file = rule.file
      if refusal.line == 0 { refusal.line = rule.expressionLine }
      result.outcome = .refused(refusal)
    }
  }

  /// The name of the alert, with its severity or a number behind it when another alert has that name.
  private static func id(_ rule: PrometheusRule, taken: inout Set<String>) -> String {
    func plain(_ text: String) -> String {
      String(text.prefix(100).map { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) ? $0 : "_" })
    }
    let base = plain(rule.name)
    if taken.insert(base).inserted { return base }
    if let severity = rule.labels.first(where: { $0.name == "severity" })?.text,
      taken.insert("\(base)-\(plain(severity))").inserted
    {
      return "\(base)-\(plain(severity))"
    }
    var number = 2
    while !taken.insert("\(base)-\(number)").inserted { number += 1 }
    return "\(base)-\(number)"
  }

  /// Shows that the text is a rule with the condition that was drafted.
  private func prove(_ file: ImportedRule.File, _ draft: PrometheusDraft) throws(PrometheusRefusal) -> [String] {
    let rule: RuleSet.ActiveRule
    do throws(RuleRefusal) {
      rule = try RuleSet.check(RuleSource(file: file.path, text: Array(file.text.utf8)))
    } catch {
      let first = error.errors.first
      throw PrometheusRefusal(
        first?.code == "rule.budget" ? .size : .defect, "the rule does not load: \(first?.message ?? "no reason")",
        first?.remedy ?? "")
    }
    guard rule.expression.condition == draft.condition.normalised else {
      throw PrometheusRefusal(
        .defect, "the rule that was written reads back as another one", "Report it with the alert.")
    }
    return rule.expression.notes.map { "the condition: \($0.message)" }
  }

  /// A recording rule is part of the alerts that read it; one that none reads is refused.
  private func settleRecords(
    _ results: inout [ImportedAlert], rules: [PrometheusRule], records: [String: PromQLExpression]
  ) {
    var users: [String: [String]] = [:]
    for rule in rules {
      guard let alert = rule.alert, let expression = try? PromQLParser.parse(rule.expression) else { continue }
      var open = expression.selectors.map(\.name)
      var seen: Set<String> = []
      while let name = open.popLast() {
        guard let record = records[name], seen.insert(name).inserted else { continue }
        users[name, default: []].append(alert)
        open += record.selectors.map(\.name)
      }
    }
    for index in results.indices where results[index].isRecording {
      let name = results[index].name
      if let alerts = users[name] {
        results[index].outcome = .absorbed(by: alerts)
      } else {
        results[index].outcome = .refused(
          PrometheusRefusal(
            .recording, "\(name) is recorded, and no alert in these files reads it",
            "Nothing is lost: rules compute what they need themselves.", file: results[index].file,
            line: results[index].line))
      }
    }
  }
}

/// What became of one rule of a Prometheus rule file.
package struct ImportedAlert: Sendable {
  package enum Outcome: Sendable {
    case converted(ImportedRule.File)
    /// A recording rule: the alerts that it was written into.
    case absorbed(by: [String])
    case refused(PrometheusRefusal)
  }

  package var file: String
  package var line: Int
  package var name = ""
  package var group = ""
  package var isRecording = false
  package var outcome: Outcome
  /// What a person should know of a conversion that differs from what the alert says.
  package var notes: [String] = []

  package var converted: ImportedRule.File? { if case .converted(let file) = outcome { file } else { nil } }
  package var refusal: PrometheusRefusal? { if case .refused(let refusal) = outcome { refusal } else { nil } }
}

import StellaModel
import StellaScripting

/// What all alerts of a rule have in common, and how one is made of a finding.
struct AlertTemplate {
  let rule: String
  let type: String
  let severity: Severity
  let title: String
  let summary: SummaryTemplate?
  let hold: Int64
  let keepFiring: Int64
  let suppressFor: Int64
  let actions: [String]
  let suggest: [String]
  let runbook: String?
  let labels: [FieldValue.Member]
  /// What the default summary says after the title; nil for the value.
  private let findings: ((Alert) -> String)?

  init(_ manifest: RuleManifest) {
    rule = manifest.id
    type = manifest.type
    severity = manifest.severity
    title = manifest.title
    summary = manifest.summary.map(SummaryTemplate.init)
    hold = manifest.hold
    keepFiring = manifest.keepFiring
    suppressFor = manifest.suppressFor
    actions = manifest.actions
    suggest = manifest.suggest
    runbook = manifest.runbook
    labels = manifest.labels
    findings = AlertTemplate.findings(manifest)
  }

  /// A pending alert without what only a person needs; see ``complete(_:with:in:)``.
  func alert(
    _ finding: Finding, key: [FieldValue.Member], firstSeen: Int64, lastSeen: Int64, episode: Int
  ) -> Alert {
    Alert(
      id: AlertIdentity.text(rule: rule, key: key, firstSeen: firstSeen, episode: episode), rule: rule, type: type,
      severity: finding.severity ?? severity, title: title, summary: "", key: key, status: .pending, revision: 0,
      firstSeen: firstSeen, lastSeen: lastSeen, count: finding.count, value: finding.value,
      expected: finding.expected, affectedUsers: Array(finding.affectedUsers.prefix(Alert.affectedUserLimit)))
  }

  /// Adds the texts and the evidence, when the alert fires.
  func complete(_ alert: inout Alert, with finding: Finding, in context: DetectionContext) {
    alert.severity = finding.severity ?? severity
    alert.evidence = finding.evidence.suffix(Alert.evidenceLimit).map { item in
      item.bytes.withUnsafeBufferPointer { context.materialise(item.source, $0, item.time) }
    }
    if let source = finding.evidence.last?.source, Int(source) < context.sourceNames.count {
      alert.source = context.sourceNames[Int(source)]
    }
    alert.suggestedActions = finding.actions ?? actions
    alert.fixes = finding.suggest ?? suggest
    alert.runbook = runbook
    alert.labels = labels + finding.labels
    let text = finding.summary.map(SummaryTemplate.init) ?? summary
    alert.summary = text?.filled(for: alert) ?? defaultSummary(alert)
  }

  private static func findings(_ manifest: RuleManifest) -> ((Alert) -> String)? {
    if let threshold = manifest.threshold {
      let within = DurationText.text(threshold.within)
      return { "\($0.count) within \(within)" }
    }
    if let sequence = manifest.sequence {
      let steps = sequence.steps.map { step in
        step.isAbsent ? "no \(step.name)" : step.times == 1 ? step.name : "\(step.times) × \(step.name)"
      }
      let text = steps.joined(separator: sequence.isOrdered ? ", then " : ", ")
      return { _ in "\(text) within \(DurationText.text(sequence.within))" }
    }
    if manifest.absence != nil {
      return { alert in
        let silence = alert.value.map { SummaryTemplate.text($0, format: "dur") } ?? "?"
        let seen = alert.labels.first { $0.name == "last_seen" }.map { SummaryTemplate.text($0.value) } ?? "never"
        return "nothing for \(silence), last seen \(seen)"
      }
    }
    return nil
  }

  private func defaultSummary(_ alert: Alert) -> String {
    var text = title
    if !alert.key.isEmpty {
      text += " (" + alert.key.map { "\($0.name) \(SummaryTemplate.text($0.value))" }.joined(separator: ", ") + ")"
    }
    if let findings {
      text += ": " + findings(alert)
    } else if let value = alert.value {
      text += ": \(SummaryTemplate.text(value))"
    }
    return text
  }
}

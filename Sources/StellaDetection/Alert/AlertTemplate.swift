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
  let threshold: RuleManifest.Threshold?

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
    threshold = manifest.threshold
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

  private func defaultSummary(_ alert: Alert) -> String {
    var text = title
    if !alert.key.isEmpty {
      text += " (" + alert.key.map { "\($0.name) \(SummaryTemplate.text($0.value))" }.joined(separator: ", ") + ")"
    }
    if let threshold {
      text += ": \(alert.count) within \(DurationText.text(threshold.within))"
    } else if let value = alert.value {
      text += ": \(SummaryTemplate.text(value))"
    }
    return text
  }
}

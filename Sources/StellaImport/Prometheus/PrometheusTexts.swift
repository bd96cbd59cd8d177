/// What a rule of Prometheus says to people, as a native rule says it.
struct PrometheusTexts {
  let rule: PrometheusRule
  let events: MetricEvents
  /// Of the key.
  let labels: [String]
  /// Labels that can have but one value.
  let constants: [String: String]

  private static let severities = [
    "critical": "critical", "crit": "critical", "emergency": "critical", "fatal": "critical", "page": "high",
    "error": "high", "major": "high", "high": "high", "warning": "medium", "warn": "medium", "minor": "medium",
    "medium": "medium", "info": "informational", "none": "informational", "informational": "informational",
    "low": "low",
  ]

  func fill(_ draft: inout PrometheusDraft) {
    if let severity = rule.labels.first(where: { $0.name == "severity" })?.text {
      if let known = PrometheusTexts.severities[severity.lowercased()] {
        draft.severity = known
      } else {
        draft.note("the severity \(severity) is none that rules have: it is medium")
      }
    }
    for (name, text) in rule.labels {
      if template(text).isFixed {
        draft.labels.append((name, text))
      } else {
        draft.note("the label \(name) is left out: labels of rules are fixed, and the key is shown in any case")
      }
    }
    let texts = rule.annotations.filter { !$0.text.isEmpty }
    let order = ["summary", "message", "title", "description"]
    let summary = order.compactMap { name in texts.first { $0.name == name } }.first
    for (name, text) in texts {
      let template = template(text)
      switch name {
      case _ where name == summary?.name:
        draft.summary = template.summary
        draft.usesPercent = template.usesPercent
        note(template, of: name, &draft)
      case "description", "message":
        if draft.description == nil { draft.description = template.fixed }
        if !template.isFixed { draft.note("\(name) is a fixed text: what was filled in shows as <…>") }
      case "runbook_url", "runbook":
        if template.isFixed {
          draft.runbook = text
        } else {
          draft.note("\(name) is left out: a runbook is a fixed text")
        }
      default: draft.comments.append("\(name): \(template.fixed)")
      }
    }
  }

  private func template(_ text: String) -> PrometheusTemplate {
    PrometheusTemplate(text) { label in
      if let constant = constants[label] { return .text(constant) }
      return labels.contains(label) ? .field(events.labelField(label)) : nil
    }
  }

  private func note(_ template: PrometheusTemplate, of name: String, _ draft: inout PrometheusDraft) {
    for lost in template.lost { draft.note("\(name) has \(lost) in it, which a summary can't say") }
  }
}

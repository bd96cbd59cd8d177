import StellaModel

/// An alerting or recording rule as a rule file of Prometheus has it. Times are nanoseconds.
package struct PrometheusRule: Sendable {
  package var file: String
  package var line: Int
  package var group: String
  package var alert: String?
  package var record: String?
  package var expression: String
  package var expressionLine: Int
  /// Of the group; nil when it says nothing.
  package var interval: Int64?
  package var hold: Int64
  package var keepFiring: Int64
  package var labels: [(name: String, text: String)]
  package var annotations: [(name: String, text: String)]

  /// What it is called in reports.
  package var name: String { alert ?? record ?? "" }

  package typealias Outcome = Result<PrometheusRule, PrometheusRefusal>

  /// Reads all rules of a file: `groups: […]`, or the same under `spec:` as Kubernetes has it. A rule that can't be read is
  /// among the outcomes, and the others are read all the same.
  package static func read(_ text: String, file: String) -> [Outcome] {
    let documents: [SigmaValue]
    do throws(SigmaRefusal) {
      documents = try SigmaValue.documents(text, file: file)
    } catch {
      return [.failure(PrometheusRefusal(.yaml, error.message, error.remedy, file: file, line: error.line))]
    }
    var outcomes: [Outcome] = []
    for document in documents {
      guard let groups = document["groups"] ?? document["spec"]?["groups"] else {
        outcomes.append(
          .failure(
            PrometheusRefusal(
              .structure, "the document has no groups", "A rule file begins with groups: and has rules in them.",
              file: file, line: document.line)))
        continue
      }
      for group in groups.elements {
        for rule in group["rules"]?.elements ?? [] {
          do throws(PrometheusRefusal) {
            outcomes.append(.success(try PrometheusRule(rule, group: group, file: file)))
          } catch {
            var refusal = error
            refusal.file = file
            outcomes.append(.failure(refusal))
          }
        }
      }
    }
    return outcomes
  }

  private static let keys = ["alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"]

  private init(_ value: SigmaValue, group: SigmaValue, file: String) throws(PrometheusRefusal) {
    self.file = file
    line = value.line
    self.group = group["name"]?.text ?? ""
    alert = value["alert"]?.text
    record = value["record"]?.text
    for (key, inner) in value.members where !PrometheusRule.keys.contains(key) {
      throw PrometheusRefusal(
        .structure, "a rule has the key \(key)", "Keys of a rule are \(PrometheusRule.keys.joined(separator: ", ")).",
        line: inner.line)
    }
    guard (alert == nil) != (record == nil) else {
      throw PrometheusRefusal(
        .structure, "a rule has \(alert == nil ? "neither alert nor" : "both alert and") record",
        "Give it one of them.", line: line)
    }
    guard let expression = value["expr"], let text = expression.text else {
      throw PrometheusRefusal(.structure, "\(alert ?? record ?? "") has no expr", "Give it one.", line: line)
    }
    self.expression = text
    expressionLine = expression.line
    interval = try PrometheusRule.duration(group["interval"], "interval")
    hold = try PrometheusRule.duration(value["for"], "for") ?? 0
    keepFiring = try PrometheusRule.duration(value["keep_firing_for"], "keep_firing_for") ?? 0
    func texts(_ value: SigmaValue?) -> [(name: String, text: String)] {
      (value?.members ?? []).map { ($0.key, $0.value.text ?? "") }
    }
    labels = texts(group["labels"])
    for label in texts(value["labels"]) {
      labels.removeAll { $0.name == label.name }
      labels.append(label)
    }
    annotations = texts(value["annotations"])
  }

  private static func duration(_ value: SigmaValue?, _ key: String) throws(PrometheusRefusal) -> Int64? {
    guard let value else { return nil }
    guard let text = value.text, let duration = PrometheusDuration.nanoseconds(text) else {
      throw PrometheusRefusal(
        .structure, "\(key) is \(value.text ?? value.kind)", "Write a duration such as 5m.", line: value.line)
    }
    return duration
  }
}

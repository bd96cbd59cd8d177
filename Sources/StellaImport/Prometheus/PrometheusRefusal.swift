/// Why an alerting rule of Prometheus was not converted: what was found, where, and what can be done.
package struct PrometheusRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// What a person groups refusals by.
  package enum Reason: String, Sendable, CaseIterable {
    case yaml = "yaml"
    case structure = "structure"
    case expression = "expression"
    case function = "function"
    case selector = "selector"
    case series = "series"
    case labels = "labels"
    case matching = "matching"
    case constant = "constant"
    case recording = "recording"
    case field = "field"
    case size = "size"
    /// The produced rule does not load: an error of this converter.
    case defect = "defect"

    /// In words.
    package var meaning: String {
      switch self {
      case .yaml: "the file is no YAML"
      case .structure: "the document is no rule file of Prometheus"
      case .expression: "the expression can't be read"
      case .function: "a function that no window of a rule computes"
      case .selector: "a selector that asks for more than the newest samples of one metric"
      case .series: "something of each series, where a rule keeps something of each key"
      case .labels: "labels that the expression leaves open"
      case .matching: "sides that don't have the same labels"
      case .constant: "an expression that doesn't depend on any sample"
      case .recording: "a recording rule that no alert here is made from"
      case .field: "a field or name that rules can't write"
      case .size: "more than a rule may hold"
      case .defect: "the converter made a rule that does not load; please report it"
      }
    }
  }

  package var reason: Reason
  package var message: String
  package var remedy: String
  package var file: String
  package var line: Int
  /// The whole expression, on one line; empty when it isn't about one.
  package var expression: String

  package init(
    _ reason: Reason, _ message: String, _ remedy: String, expression: String = "", file: String = "", line: Int = 0
  ) {
    self.reason = reason
    self.message = message
    self.remedy = remedy
    self.expression = expression
    self.file = file
    self.line = line
  }

  package var description: String {
    "\(file):\(line): \(message). \(remedy)" + (expression.isEmpty ? "" : "\n    \(expression)")
  }
}

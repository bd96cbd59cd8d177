/// What a person groups the refusals of alerting rules of Prometheus by.
package enum PrometheusReason: String, ImportReason {
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

/// What a person groups the refusals of Sigma documents by.
package enum SigmaReason: String, ImportReason {
  case yaml = "yaml"
  case structure = "structure"
  case condition = "condition"
  case modifier = "modifier"
  case value = "value"
  case regularExpression = "regular_expression"
  case keywords = "keywords"
  case placeholder = "placeholder"
  case field = "field"
  case aggregation = "aggregation"
  case correlation = "correlation"
  case duplicate = "duplicate"
  case size = "size"
  /// The produced rule does not load: an error of this converter.
  case defect = "defect"

  /// In words.
  package var meaning: String {
    switch self {
    case .yaml: "the file is no YAML"
    case .structure: "the document is no Sigma rule as the specification has them"
    case .condition: "the condition can't be read"
    case .modifier: "a modifier that no condition on events can express"
    case .value: "a value that makes no sense with its modifiers"
    case .regularExpression: "a regular expression that needs backtracking, or is none"
    case .keywords: "keywords, and the mapping names no field to look for them in"
    case .placeholder: "a placeholder without values"
    case .field: "a field that means different things where it has to be one"
    case .aggregation: "an aggregation that no rule can express exactly"
    case .correlation: "a correlation that no rule can express exactly"
    case .duplicate: "an id that another rule has"
    case .size: "more than a rule may hold"
    case .defect: "the converter made a rule that does not load; please report it"
    }
  }
}

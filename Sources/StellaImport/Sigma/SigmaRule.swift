import StellaModel

/// A rule on single events, or with an aggregation behind its condition.
package struct SigmaRule: Sendable {
  package var metadata: SigmaMetadata
  package var logSource: SigmaLogSource
  package var detection: SigmaDetection

  init(_ value: SigmaValue, _ metadata: SigmaMetadata) throws(SigmaRefusal) {
    self.metadata = metadata
    guard let source = value["logsource"] else {
      throw SigmaRefusal(
        .structure, "the rule has no logsource", "Add logsource: with category, product or service.", line: value.line)
    }
    logSource = try SigmaLogSource(source)
    guard let detection = value["detection"] else {
      throw SigmaRefusal(.structure, "the rule has no detection", "Add detection: ….", line: value.line)
    }
    self.detection = try SigmaDetection(detection, spared: [])
  }
}

/// A `filter:` document: a condition that is joined to rules by `and`.
package struct SigmaFilter: Sendable {
  package var metadata: SigmaMetadata
  package var logSource: SigmaLogSource?
  /// Ids or names; nil for any rule of the log source.
  package var rules: [String]?
  package var detection: SigmaDetection

  init(_ filter: SigmaValue, _ value: SigmaValue, _ metadata: SigmaMetadata) throws(SigmaRefusal) {
    self.metadata = metadata
    if let source = value["logsource"] {
      logSource = try SigmaLogSource(source)
    } else {
      logSource = nil
    }
    let rules = filter["rules"]?.texts ?? []
    guard !rules.isEmpty else {
      throw SigmaRefusal(
        .structure, "the filter names no rules", "Add rules: with ids or names, or rules: any.", line: filter.line)
    }
    self.rules = rules == ["any"] ? nil : rules
    if self.rules == nil, logSource == nil {
      throw SigmaRefusal(
        .structure, "the filter is for any rule and has no logsource", "Add the logsource whose rules it is for.",
        line: filter.line)
    }
    detection = try SigmaDetection(filter, spared: ["rules"])
  }
}

/// What a rule's events come from.
package struct SigmaLogSource: Sendable, Hashable {
  package var category: String?
  package var product: String?
  package var service: String?
  package var definition: String?

  init(_ value: SigmaValue) throws(SigmaRefusal) {
    category = value["category"]?.text
    product = value["product"]?.text
    service = value["service"]?.text
    definition = value["definition"]?.text
    if category == nil && product == nil && service == nil {
      throw SigmaRefusal(
        .structure, "logsource has no category, product or service", "Give at least one of them.", line: value.line)
    }
  }

  /// Whether everything that `self` names is so in `other`.
  package func contains(_ other: SigmaLogSource) -> Bool {
    (category == nil || category == other.category) && (product == nil || product == other.product)
      && (service == nil || service == other.service)
  }

  package var description: String {
    [("category", category), ("product", product), ("service", service)].compactMap { name, value in
      value.map { "\(name) \($0)" }
    }.joined(separator: ", ")
  }
}

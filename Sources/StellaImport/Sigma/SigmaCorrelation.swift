/// A `correlation:` document: what events of other rules must do together.
package struct SigmaCorrelation: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case eventCount = "event_count"
    case valueCount = "value_count"
    case temporal
    case temporalOrdered = "temporal_ordered"
    case valueSum = "value_sum"
    case valueAverage = "value_avg"
    case valuePercentile = "value_percentile"
    case valueMedian = "value_median"

    var isTemporal: Bool { self == .temporal || self == .temporalOrdered }
  }

  package var metadata: SigmaMetadata
  package var kind: Kind
  /// Ids or names.
  package var rules: [String]
  package var by: [String]
  /// Nanoseconds.
  package var timespan: Int64
  package var bounds: [SigmaCondition.Bound] = []
  /// Of a temporal correlation whose condition is an expression over its rules.
  package var expression: SigmaCondition?
  package var field: String?
  package var percentile: Double?
  /// Alias → rule → field.
  package var aliases: [(name: String, fields: [(rule: String, field: String)])] = []
  /// Whether its rules stand for themselves as well.
  package var generates = false
  package var line: Int

  init(_ entry: SigmaValue, _ value: SigmaValue, _ metadata: SigmaMetadata) throws(SigmaRefusal) {
    self.metadata = metadata
    line = entry.line
    let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
    guard let type = entry["type"]?.text, let kind = Kind(rawValue: type) else {
      throw SigmaRefusal(
        .correlation, "the correlation's type is \(entry["type"]?.text ?? "missing")", "Write one of \(kinds).",
        line: entry["type"]?.line ?? entry.line)
    }
    self.kind = kind
    rules = entry["rules"]?.texts ?? []
    guard !rules.isEmpty else {
      throw SigmaRefusal(.structure, "the correlation names no rules", "Add rules: with ids or names.", line: line)
    }
    by = entry["group-by"]?.texts ?? []
    let span = entry["timespan"] ?? entry["timeframe"]
    guard let text = span?.text, let timespan = SigmaDetection.timespan(text) else {
      throw SigmaRefusal(
        .structure, "the correlation's timespan is \(span?.text ?? "missing")",
        "Write a number and s, m, h, d, w or M: timespan: 5m.", line: span?.line ?? line)
    }
    self.timespan = timespan
    generates = false
    for holder in [entry["generate"], value["generate"]].compactMap(\.self) {
      if case .bool(true) = holder.content { generates = true }
    }
    for (name, fields) in entry["aliases"]?.members ?? [] {
      aliases.append((name, fields.members.compactMap { key, value in value.text.map { (key, $0) } }))
    }
    try readCondition(entry["condition"])
  }

  private mutating func readCondition(_ condition: SigmaValue?) throws(SigmaRefusal) {
    guard let condition else {
      if kind.isTemporal { return }
      throw SigmaRefusal(.structure, "the correlation has no condition", "Add condition: with gte: 10.", line: line)
    }
    if kind.isTemporal, let text = condition.text {
      expression = try SigmaConditionParser.parse(text, line: condition.line).condition
      return
    }
    for (key, value) in condition.members {
      let relation: SigmaCondition.Bound.Operator
      switch key {
      case "gt": relation = .greater
      case "gte": relation = .greaterOrEqual
      case "lt": relation = .less
      case "lte": relation = .lessOrEqual
      case "eq": relation = .equal
      case "neq": relation = .unequal
      case "field":
        let names = value.texts
        guard names.count == 1 else {
          throw SigmaRefusal(
            .correlation, "the correlation counts the values of several fields together",
            "Count one field, or make a field that holds them all.", line: value.line)
        }
        field = names[0]
        continue
      case "percentile":
        percentile = value.text.flatMap(Double.init)
        continue
      default:
        throw SigmaRefusal(
          .structure, "the condition of a correlation has no key \(key)",
          "Write gt, gte, lt, lte, eq, neq or field.", line: value.line)
      }
      guard let number = value.text.flatMap(Double.init), number.isFinite else {
        throw SigmaRefusal(.value, "\(key) is \(value.text ?? value.kind)", "Write a number.", line: value.line)
      }
      bounds.append(SigmaCondition.Bound(relation: relation, value: number))
    }
    if bounds.isEmpty, !kind.isTemporal {
      throw SigmaRefusal(.structure, "the condition compares with nothing", "Add gte: 10.", line: condition.line)
    }
    let needsField = kind != .eventCount && !kind.isTemporal
    if needsField, field == nil {
      throw SigmaRefusal(
        .structure, "\(kind.rawValue) names no field", "Add field: to the condition.", line: condition.line)
    }
  }
}

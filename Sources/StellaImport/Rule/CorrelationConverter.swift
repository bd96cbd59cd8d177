import StellaModel

/// Turns a correlation and the rules that it refers to into one native rule.
struct CorrelationConverter {
  let converter: RuleConverter
  let correlation: SigmaCorrelation

  /// Events that the steps of a sequence take together.
  private static let timesLimit = 5_000.0

  /// A rule that the correlation refers to, or a count of one.
  private struct Part {
    var name: String
    var condition: ImportedCondition
    var reading: RuleConverter.Reading
    var logSource: SigmaLogSource
    var times = 1
    var within: Int64?
    var by: [String]?
  }

  func draft() throws(SigmaRefusal) -> RuleDraft {
    var parts: [Part] = []
    for name in correlation.rules { parts.append(try part(name)) }
    let by = try keys(parts)
    var draft = RuleDraft(
      metadata: correlation.metadata, logSource: parts.count == 1 ? parts[0].logSource : nil,
      id: RuleConverter.id(correlation.metadata), shape: .each(.constant(true)), by: by)
    for note in parts.flatMap(\.reading.notes) where !draft.notes.contains(note) { draft.notes.append(note) }
    draft.shown = (correlation.metadata.fields.isEmpty ? [] : correlation.metadata.fields).compactMap { field in
      parts[0].reading.views.first?.names(of: field).first
    }
    draft.shape =
      correlation.kind.isTemporal ? try sequence(parts, by: by) : try aggregate(parts, notes: &draft.notes)
    return draft
  }

  private func refusal(_ message: String, _ remedy: String) -> SigmaRefusal {
    SigmaRefusal(.correlation, message, remedy, line: correlation.line)
  }

  // MARK: - What it refers to

  private func part(_ name: String) throws(SigmaRefusal) -> Part {
    guard let document = converter.library[name] else {
      throw refusal(
        "it refers to \(name), which is not among the files", "Import the rule of that id or name together with it.")
    }
    switch document {
    case .filter: throw refusal("it refers to \(name), which is a filter", "Name a rule.")
    case .rule(let rule): return try part(name, rule)
    case .correlation(let inner): return try part(name, inner)
    }
  }

  private func part(_ name: String, _ rule: SigmaRule) throws(SigmaRefusal) -> Part {
    var reading = converter.reading(rule.logSource)
    let condition: ImportedCondition
    let aggregation: SigmaCondition.Aggregation?
    do throws(SigmaRefusal) {
      (condition, aggregation) = try converter.condition(of: rule, &reading)
    } catch {
      throw SigmaRefusal(
        error.reason, "the rule \(rule.metadata.title) can't be converted: \(error.message)", error.remedy,
        line: correlation.line)
    }
    if aggregation != nil {
      throw refusal(
        "it refers to \(rule.metadata.title), which aggregates behind its condition", "Make that a correlation.")
    }
    guard condition.keywordGroups.isEmpty else {
      throw SigmaRefusal(
        .keywords, "\(rule.metadata.title) has keywords that a function has to look for", "Name their field.",
        line: correlation.line)
    }
    return Part(
      name: rule.metadata.name ?? rule.metadata.id ?? name, condition: condition, reading: reading,
      logSource: rule.logSource)
  }

  /// A correlation within a correlation: a number of events can be a step of a sequence.
  private func part(_ name: String, _ inner: SigmaCorrelation) throws(SigmaRefusal) -> Part {
    guard correlation.kind.isTemporal, inner.kind == .eventCount, inner.rules.count == 1,
      let document = converter.library[inner.rules[0]], case .rule(let rule) = document
    else {
      throw refusal(
        "it refers to the correlation \(inner.metadata.title), and a rule sees events, not alerts of rules",
        "Only an event_count of one rule within a temporal correlation can be told in one rule.")
    }
    guard inner.bounds.allSatisfy({ $0.relation == .greater || $0.relation == .greaterOrEqual }) else {
      throw refusal(
        "it refers to \(inner.metadata.title), which is not true as soon as enough events came", "Use gte.")
    }
    guard inner.by == correlation.by else {
      throw refusal(
        "it groups by other fields than \(inner.metadata.title), and a sequence has one key",
        "Group both by the same fields.")
    }
    let isFirst = correlation.rules.first == name
    guard correlation.kind == .temporal || isFirst else {
      throw refusal(
        "\(inner.metadata.title) counts within a time of its own after another event, which a sequence can't measure",
        "Put it first, or use temporal.")
    }
    var part = try self.part(name, rule)
    part.name = inner.metadata.name ?? part.name
    let least = inner.bounds.map { $0.relation == .greater ? $0.value.rounded(.down) + 1 : $0.value.rounded(.up) }.max()
    guard let least, least <= CorrelationConverter.timesLimit else {
      throw refusal(
        "\(inner.metadata.title) counts to more than the \(Int(CorrelationConverter.timesLimit)) events that a sequence "
          + "takes", "Count to less.")
    }
    part.times = Int(max(1, least))
    part.within = inner.timespan
    return part
  }

  // MARK: - Keys

  private func keys(_ parts: [Part]) throws(SigmaRefusal) -> [String] {
    var keys: [String] = []
    for field in correlation.by {
      let alias = correlation.aliases.first { $0.name == field }
      var names: [String] = []
      for (part, written) in zip(parts, correlation.rules) {
        var own = field
        if let alias {
          guard let found = alias.fields.first(where: { $0.rule == written || $0.rule == part.name })?.field else {
            throw refusal("the alias \(field) has no field for \(written)", "Add \(written): field to it.")
          }
          own = found
        }
        let name = try part.reading.single(own, for: "group-by", line: correlation.line)
        if !names.contains(name) { names.append(name) }
      }
      guard names.count == 1 else {
        throw refusal(
          "\(field) is \(names.joined(separator: " in some events and ")) in others, and a key is of fields of one name",
          "Give the events a common field when they are decoded, and map both to it.")
      }
      keys.append(names[0])
    }
    return keys
  }

  // MARK: - Shapes

  private func aggregate(_ parts: [Part], notes: inout [String]) throws(SigmaRefusal) -> RuleDraft.Shape {
    let condition = ImportedCondition.disjunction(of: parts.map(\.condition))
    if parts.count > 1 { notes.append("an event that several of its rules match counts once") }
    var field: String?
    if let name = correlation.field {
      var names: [String] = []
      for part in parts {
        let single = try part.reading.single(name, for: "the aggregation", line: correlation.line)
        if !names.contains(single) { names.append(single) }
      }
      guard names.count == 1 else {
        throw refusal(
          "\(name) is \(names.joined(separator: " or ")) in events", "Use one mapping for all of its rules.")
      }
      field = names[0]
    }
    var aggregate = Aggregate(
      function: .count, field: field, bounds: correlation.bounds, within: correlation.timespan, line: correlation.line)
    switch correlation.kind {
    case .eventCount: aggregate.field = nil
    case .valueCount: break
    case .valueSum: aggregate.function = .sum
    case .valueAverage: aggregate.function = .avg
    case .valueMedian: return try aggregate.quantile(0.5, of: condition, notes: &notes)
    case .valuePercentile:
      guard let percentile = correlation.percentile, percentile >= 0, percentile <= 100 else {
        throw refusal("it says of no percentile which", "Add percentile: 95 to the condition.")
      }
      return try aggregate.quantile(percentile / 100, of: condition, notes: &notes)
    case .temporal, .temporalOrdered: preconditionFailure("sequences aggregate nothing")
    }
    return try aggregate.shape(of: condition, notes: &notes)
  }

  private func sequence(_ parts: [Part], by: [String]) throws(SigmaRefusal) -> RuleDraft.Shape {
    for bound in correlation.bounds {
      let wantsAll =
        bound.relation == .greaterOrEqual && bound.value == Double(parts.count)
        || bound.relation == .greater && bound.value == Double(parts.count - 1)
        || bound.relation == .equal && bound.value == Double(parts.count)
      guard wantsAll else {
        throw refusal(
          "it wants \(bound.relation.rawValue) \(bound.value) of its \(parts.count) rules, and a sequence wants all",
          "Make a correlation for each choice of rules.")
      }
    }
    var steps: [RuleDraft.Step] = []
    for part in parts {
      steps.append(
        RuleDraft.Step(
          name: name(part.name, steps), condition: part.condition, times: part.times, within: part.within))
    }
    if let expression = correlation.expression { steps = try self.steps(expression, parts, steps) }
    guard steps.count <= 16 else {
      throw SigmaRefusal(
        .size, "it joins \(steps.count) rules, and a sequence has at most 16 steps", "Join fewer.",
        line: correlation.line)
    }
    return .sequence(steps, within: correlation.timespan, isOrdered: correlation.kind == .temporalOrdered)
  }

  /// Steps for an expression over the rules: those joined by `and`, with `not` for those that must not come, and `or`
  /// within one step.
  private func steps(
    _ expression: SigmaCondition, _ parts: [Part], _ steps: [RuleDraft.Step]
  ) throws(SigmaRefusal) -> [RuleDraft.Step] {
    func step(of name: String) throws(SigmaRefusal) -> RuleDraft.Step {
      let index = zip(correlation.rules, parts).enumerated().first { $1.0 == name || $1.1.name == name }?.offset
      guard let index else {
        throw refusal("its condition names \(name), which is none of its rules", "Name one of its rules.")
      }
      return steps[index]
    }
    func step(_ expression: SigmaCondition) throws(SigmaRefusal) -> RuleDraft.Step {
      switch expression {
      case .search(let name): return try step(of: name)
      case .not(let inner):
        var negated = try step(inner)
        guard negated.times == 1, !negated.isAbsent else {
          throw refusal("its condition negates a count", "Negate a rule.")
        }
        negated.isAbsent = true
        negated.within = nil
        return negated
      case .any(let choices):
        var choice: [RuleDraft.Step] = []
        for part in choices { choice.append(try step(part)) }
        guard var joined = choice.first, choice.allSatisfy({ $0.times == 1 && !$0.isAbsent }) else {
          throw refusal("its condition has a choice of more than single rules", "Make a correlation for each choice.")
        }
        joined.condition = .disjunction(of: choice.map(\.condition))
        return joined
      case .all, .quantified:
        throw refusal("its condition nests and within or, or counts", "Make a correlation for each choice.")
      }
    }
    let wanted: [SigmaCondition] = if case .all(let parts) = expression { parts } else { [expression] }
    var result: [RuleDraft.Step] = []
    for part in wanted { result.append(try step(part)) }
    return result
  }

  /// A name for a step that scripts can read.
  private func name(_ wanted: String, _ steps: [RuleDraft.Step]) -> String {
    let isPlain =
      wanted.utf8.first.map { !(48...57).contains($0) } == true
      && wanted.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
      }
    let reserved = ["count", "started", "ended", "key", "last", "first_seen", "last_seen"]
    let base = isPlain && !reserved.contains(wanted) ? wanted : "step\(steps.count + 1)"
    return steps.contains { $0.name == base } ? "\(base)_\(steps.count + 1)" : base
  }
}

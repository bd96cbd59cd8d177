import StellaDetection
import StellaModel

/// Turns one document into a draft of a native rule.
struct RuleConverter {
  let library: SigmaLibrary
  let mappings: [FieldMapping]
  let placeholders: [String: [String]]

  /// The rules that together say what a document says; nearly always one.
  func drafts(_ document: SigmaDocument) throws(SigmaRefusal) -> [RuleDraft] {
    switch document {
    case .rule(let rule): try drafts(rule).flatMap { $0.parted(limit: RuleConverter.sizeLimit) }
    case .correlation(let correlation): [try CorrelationConverter(converter: self, correlation: correlation).draft()]
    case .filter(let filter):
      throw SigmaRefusal(.structure, "a filter is no rule", "Name the rules it is for.", line: filter.metadata.line)
    }
  }

  /// Bytes of a rule, with some room below what the loader takes.
  private static let sizeLimit = 63 * 1024
  private static let keywordGroupLimit = 3

  /// A rule read with a mapping: all its views, and the conditions on them.
  struct Reading {
    var mapping: FieldMapping
    var views: [FieldMapping.View]
    var notes: [String] = []
    /// What the first view asks for, whose fields are shown to people.
    var first: ImportedCondition?

    /// The one event field that a field of the rule is in all views.
    func single(_ field: String, for purpose: String, line: Int) throws(SigmaRefusal) -> String {
      var names: [String] = []
      for name in views.flatMap({ $0.names(of: field) }) where !names.contains(name) { names.append(name) }
      guard names.count == 1 else {
        throw SigmaRefusal(
          .field, "\(field) is \(names.joined(separator: " or ")) in events, and \(purpose) needs one field",
          "Use a mapping in which it is one, such as one for a single kind of events.", line: line)
      }
      return names[0]
    }
  }

  func reading(_ logSource: SigmaLogSource) -> Reading {
    guard let last = mappings.last else { preconditionFailure("an import has a mapping") }
    let mapping = mappings.first { $0.knows(logSource) } ?? last
    let (views, unchecked) = mapping.views(of: logSource)
    var reading = Reading(mapping: mapping, views: views)
    if !unchecked.isEmpty {
      reading.notes.append(
        "the log source is not checked: \(unchecked.joined(separator: ", ")) (mapping \(mapping.name))")
    }
    return reading
  }

  /// The condition over all views of a reading, with the views that say the same put together.
  ///
  /// - Parameter build: the condition of one view.
  func condition(
    _ reading: inout Reading, looksIntoLists: Bool,
    _ build: (inout ConditionBuilder) throws(SigmaRefusal) -> ImportedCondition
  ) throws(SigmaRefusal) -> ImportedCondition {
    var parts: [(sources: [ImportedCondition], condition: ImportedCondition)] = []
    for view in reading.views {
      var builder = ConditionBuilder(view: view, placeholders: placeholders, looksIntoLists: looksIntoLists)
      let condition = try build(&builder)
      reading.first = reading.first ?? condition
      for note in builder.notes where !reading.notes.contains(note) { reading.notes.append(note) }
      if let index = parts.firstIndex(where: { $0.condition == condition }) {
        parts[index].sources.append(view.condition)
      } else {
        parts.append(([view.condition], condition))
      }
    }
    return .disjunction(of: parts.map { .conjunction(of: [.disjunction(of: $0.sources), $0.condition]) })
  }

  /// The condition of a rule on single events, with its filters.
  func condition(
    of rule: SigmaRule, _ reading: inout Reading, looksIntoLists: Bool = false
  ) throws(SigmaRefusal) -> (ImportedCondition, SigmaCondition.Aggregation?) {
    let detection = rule.detection
    var parsed: [(SigmaCondition, Int)] = []
    var aggregation: SigmaCondition.Aggregation?
    for (text, line) in detection.conditions {
      let (condition, found) = try SigmaConditionParser.parse(text, line: line)
      parsed.append((condition, line))
      aggregation = aggregation ?? found
      if found != nil, detection.conditions.count > 1 {
        throw SigmaRefusal(
          .aggregation, "one of several conditions has an aggregation", "Make a rule of each.", line: line)
      }
    }
    let filters = library.filters(of: rule)
    for filter in filters { reading.notes.append("joined with the filter \(filter.metadata.title)") }
    let condition = try condition(&reading, looksIntoLists: looksIntoLists) { (builder) throws(SigmaRefusal) in
      var alternatives: [ImportedCondition] = []
      for (condition, line) in parsed {
        alternatives.append(try builder.condition(condition, in: detection, line: line))
      }
      var parts = [ImportedCondition.disjunction(of: alternatives)]
      for filter in filters {
        for (text, line) in filter.detection.conditions {
          let (condition, _) = try SigmaConditionParser.parse(text, line: line)
          parts.append(try builder.condition(condition, in: filter.detection, line: line))
        }
      }
      return .conjunction(of: parts)
    }
    return (condition, aggregation)
  }

  // MARK: - Rules

  /// With a function that looks into lists where one can, else without.
  private func drafts(_ rule: SigmaRule) throws(SigmaRefusal) -> [RuleDraft] {
    do throws(SigmaRefusal) {
      return try drafts(rule, looksIntoLists: true)
    } catch {
      guard error.reason == .keywords, !reading(rule.logSource).mapping.lists.isEmpty else { throw error }
      return try drafts(rule, looksIntoLists: false)
    }
  }

  private func drafts(_ rule: SigmaRule, looksIntoLists: Bool) throws(SigmaRefusal) -> [RuleDraft] {
    var reading = reading(rule.logSource)
    let (condition, aggregation) = try condition(of: rule, &reading, looksIntoLists: looksIntoLists)
    let line = rule.detection.conditions[0].line
    var draft = RuleDraft(
      metadata: rule.metadata, logSource: rule.logSource, id: RuleConverter.id(rule.metadata), shape: .each(condition),
      by: reading.mapping.by)
    draft.shown = shown(rule.metadata, condition, reading)
    switch aggregation {
    case nil: break
    case .near(let others)?:
      draft.by = []
      draft.shape = .sequence(
        try steps(near: others, first: condition, rule, &reading), within: try timeframe(rule, line: line),
        isOrdered: false)
    case .compared(let function, let field, let by, let bound)?:
      draft.by = []
      for field in by { draft.by.append(try reading.single(field, for: "by", line: line)) }
      let aggregate = Aggregate(
        function: function,
        field: try field.map { (name) throws(SigmaRefusal) in
          try reading.single(name, for: "the aggregation", line: line)
        }, bounds: [bound], within: try timeframe(rule, line: line), line: line)
      draft.shape = try aggregate.shape(of: condition, notes: &reading.notes)
    }
    draft.notes = reading.notes
    return try searching(draft)
  }

  /// The rules for a draft whose condition has keywords that only a function finds: for each way in which the groups of
  /// keywords can hold or not (Shannon's expansion), a condition without them that is not false.
  private func searching(_ draft: RuleDraft) throws(SigmaRefusal) -> [RuleDraft] {
    guard case .each(let condition) = draft.shape else {
      if draft.conditions.contains(where: { !$0.keywordGroups.isEmpty }) {
        throw SigmaRefusal(
          .keywords, "the keywords are counted, and a function has to look for them", "Name the field they stand in.",
          line: draft.metadata.line)
      }
      return [draft]
    }
    let groups = condition.keywordGroups
    guard !groups.isEmpty else { return [draft] }
    guard groups.count <= RuleConverter.keywordGroupLimit else {
      throw SigmaRefusal(
        .keywords, "keywords stand in \(groups.count) places of the condition", "Name the fields they stand in.",
        line: draft.metadata.line)
    }
    var drafts: [RuleDraft] = []
    for choice in 0..<(1 << groups.count) {
      let decided = groups.enumerated().map { (group: $1, holds: choice & (1 << $0) == 0) }
      let rest = condition.deciding(Dictionary(uniqueKeysWithValues: decided.map { ($0.group, $0.holds) }))
      if rest == .constant(false) { continue }
      var part = draft
      part.shape = .searched(rest, keywords: decided)
      drafts.append(part)
    }
    return drafts
  }

  private func timeframe(_ rule: SigmaRule, line: Int) throws(SigmaRefusal) -> Int64 {
    guard let timeframe = rule.detection.timeframe else {
      throw SigmaRefusal(
        .aggregation, "the condition counts, and no timeframe says over how long a time", "Add timeframe: 5m.",
        line: line)
    }
    return timeframe
  }

  private func steps(
    near others: SigmaCondition, first: ImportedCondition, _ rule: SigmaRule, _ reading: inout Reading
  ) throws(SigmaRefusal) -> [RuleDraft.Step] {
    var steps = [RuleDraft.Step(name: "event", condition: first)]
    let parts = if case .all(let parts) = others { parts } else { [others] }
    let line = rule.detection.conditions[0].line
    for part in parts {
      var (inner, isAbsent) = (part, false)
      if case .not(let negated) = part { (inner, isAbsent) = (negated, true) }
      let condition = try condition(&reading, looksIntoLists: false) { (builder) throws(SigmaRefusal) in
        try builder.condition(inner, in: rule.detection, line: line)
      }
      steps.append(RuleDraft.Step(name: "near\(steps.count)", condition: condition, isAbsent: isAbsent))
    }
    return steps
  }

  /// The event fields that a summary shows: those that the author lists, else those that the rule asks about.
  func shown(_ metadata: SigmaMetadata, _ condition: ImportedCondition, _ reading: Reading) -> [String] {
    if let view = reading.views.first, !metadata.fields.isEmpty {
      return metadata.fields.compactMap { view.names(of: $0).first }
    }
    let ofSource = Set(reading.views.flatMap(\.condition.fields))
    return (reading.first ?? condition).fields.filter { !ofSource.contains($0) }
  }

  /// The id that the rule has, else one made of its title.
  static func id(_ metadata: SigmaMetadata) -> String {
    let text = metadata.id ?? "sigma." + metadata.title.lowercased()
    var result = ""
    for scalar in text.unicodeScalars {
      let isName = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      if isName || "._-".unicodeScalars.contains(scalar) {
        result.unicodeScalars.append(scalar)
      } else if !result.hasSuffix("-") {
        result += "-"
      }
    }
    return String(result.prefix(128))
  }
}

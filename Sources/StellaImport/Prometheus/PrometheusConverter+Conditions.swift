import StellaDetection

/// Which events are asked for.
extension PrometheusConverter {
  mutating func absence(_ expression: PromQLExpression) throws(PrometheusRefusal) -> PrometheusDraft? {
    var inner = expression
    if case .binary(.equal, let left, .number(1), _) = expression { inner = left }
    guard case .call(let name, let arguments) = inner, name == "absent" || name == "absent_over_time" else {
      return nil
    }
    guard arguments.count == 1, case .selector(let selector) = arguments[0] else {
      throw PrometheusRefusal(
        .selector, "\(name) is asked about something that is no selector", "Write \(name)(metric{…}).")
    }
    try check(selector, needsRange: name == "absent_over_time")
    var parts = [metric(selector)]
    for matcher in selector.matchers {
      parts.append(try LabelCondition(matcher, field: events.labelField(matcher.label)).condition)
    }
    var draft = PrometheusDraft(
      rule: rule, shape: .absence(every: selector.range ?? PrometheusConverter.lookback, grace: rule.hold),
      every: every,
      events: events)
    draft.condition = .conjunction(of: parts)
    draft.note(
      "the value is the silence in seconds, not 1, and the alert begins with the stream when no sample ever comes")
    if rule.keepFiring > 0 { draft.note("keep_firing_for is left out: the alert ends with the next sample") }
    let constants = Dictionary(
      selector.matchers.filter { $0.relation == .equal }.map { ($0.label, $0.value) },
      uniquingKeysWith: { _, last in last })
    PrometheusTexts(rule: rule, events: events, labels: [], constants: constants).fill(&draft)
    return draft
  }

  func check(_ selector: PromQLSelector, needsRange: Bool) throws(PrometheusRefusal) {
    guard !selector.name.isEmpty, !selector.matchers.contains(where: { $0.label == "__name__" }) else {
      throw PrometheusRefusal(
        .selector, "\(selector.source) names no metric", "Write a rule for each metric: events are found by its name.")
    }
    if ["ALERTS", "ALERTS_FOR_STATE"].contains(selector.name) {
      throw PrometheusRefusal(
        .selector, "\(selector.name) is about other alerts, and a rule sees events", "Write what those alerts ask for.")
    }
    if selector.hasTime {
      throw PrometheusRefusal(.selector, "\(selector.source) is read at a fixed time (@)", "Drop the @.")
    }
    if needsRange != (selector.range != nil) {
      throw PrometheusRefusal(
        .expression, "\(selector.source) \(needsRange ? "lacks a range" : "has a range where none can be")",
        needsRange ? "Write \(selector.source)[5m]." : "Drop it, or write avg_over_time(…).")
    }
    if selector.range == nil, selector.offset != 0 {
      throw PrometheusRefusal(
        .selector, "\(selector.source) is one sample of the past, and a rule keeps the newest",
        "Compare with avg_over_time(\(selector.name)[5m] offset …), which has a window.")
    }
    if selector.offset < 0 {
      throw PrometheusRefusal(.selector, "the offset looks ahead", "Give one that looks back.")
    }
  }

  func metric(_ selector: PromQLSelector) -> ImportedCondition {
    guard let name = events.name else {
      return .test(FieldTest(events.valueField(selector.name), .present(true)))
    }
    return .test(FieldTest(name, .compare(.equal, .text(Array(selector.name.utf8)))))
  }

  /// What the rule asks of events: what all readings ask for, and what one of them does.
  var condition: ImportedCondition {
    let common = commonMatchers
    let alternatives = readings.map { reading in
      [metric(reading.selector)] + reading.matchers.filter { !common.contains($0) }.map(\.condition)
    }
    // What asks for more than another one adds nothing.
    let widest = alternatives.enumerated().filter { index, parts in
      !alternatives.enumerated().contains { other, fewer in
        other != index && fewer.allSatisfy(parts.contains) && (fewer.count < parts.count || other < index)
      }
    }
    return .conjunction(
      of: [.disjunction(of: widest.map { .conjunction(of: $0.element) })] + common.map(\.condition))
  }

  var commonMatchers: [LabelCondition] {
    (readings.first?.matchers ?? []).filter { matcher in readings.allSatisfy { $0.matchers.contains(matcher) } }
  }
}

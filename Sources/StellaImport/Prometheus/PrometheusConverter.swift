import StellaDetection
import StellaModel

/// Turns one alerting rule into the draft of a native one.
struct PrometheusConverter {
  let events: MetricEvents
  let rule: PrometheusRule
  /// Expressions of recording rules, by what they record.
  let records: [String: PromQLExpression]

  /// As long as a sample counts, unless a newer one comes.
  static let lookback: Int64 = 300_000_000_000

  var readings: [MetricReading] = []
  var lines: [String] = []
  var notes: [String] = []
  var names: Set<String> = []
  /// Labels of a series that no aggregation has put together.
  var seriesLabels: [String] = []

  init(events: MetricEvents, rule: PrometheusRule, records: [String: PromQLExpression]) {
    self.events = events
    self.rule = rule
    self.records = records
  }

  /// A part of the expression, in Lua.
  struct Term {
    var lua: String
    /// 8 for what needs no parentheses.
    var precedence = 8
    /// Names of Lua without which it has no value.
    var needs: [String] = []
    var constant: Double?
    /// The labels of its series; nil for a scalar.
    var key: [String]?

    var isName: Bool { needs.count == 1 && needs[0] == lua }

    func inside(_ outer: Int, isRight: Bool) -> String {
      precedence > outer || (precedence == outer && !isRight) ? lua : "(\(lua))"
    }
  }

  mutating func draft() throws(PrometheusRefusal) -> PrometheusDraft {
    do throws(PrometheusRefusal) {
      return try converted(try PromQLParser.parse(rule.expression))
    } catch {
      var refusal = error
      refusal.line = rule.expressionLine
      refusal.expression = rule.expression.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      throw refusal
    }
  }

  mutating func converted(_ expression: PromQLExpression) throws(PrometheusRefusal) -> PrometheusDraft {
    let expression = try inlined(expression, depth: 0)
    if let absence = try absence(expression) { return absence }
    seriesLabels = try labelsOfSeries(expression)
    let term = try term(expression)
    guard let key = term.key, !readings.isEmpty else {
      throw PrometheusRefusal(
        .constant, "it doesn't depend on any sample",
        "Whether Stella itself runs is told by whoever starts it; a metric that stays away by absent().")
    }
    let common = commonMatchers
    for matcher in readings.flatMap(\.matchers) where !common.contains(matcher) { _ = try matcher.lua }
    let value = materialized(term, "value")
    var draft = PrometheusDraft(
      rule: rule, shape: .checked(readings, lines: lines, value: value), every: every, events: events)
    draft.condition = condition
    // A key of one value tells what is meant where nothing else does.
    let fixed = key.isEmpty ? common.filter { $0.matcher.relation == .equal && Double($0.matcher.value) == nil } : []
    draft.by = key.map(events.labelField) + fixed.map { events.labelField($0.matcher.label) }
    let own = seriesLabels.filter { !key.contains($0) }
    draft.series = own.map(events.labelField)
    for note in notes { draft.note(note) }
    if readings.contains(where: { !$0.isGrouped || $0.hasSeries }) {
      draft.note(
        "series are told apart\(readings.count > 1 ? ", and sides matched," : "") by \(seriesLabels.joined(separator: ", ")): name others with --series when there are"
      )
    }
    if let interval = rule.interval, interval < 1_000_000_000 { draft.note("checked every second, not more often") }
    let constants = Dictionary(
      fixed.map { ($0.matcher.label, $0.matcher.value) }, uniquingKeysWith: { _, last in last })
    PrometheusTexts(rule: rule, events: events, labels: key, constants: constants).fill(&draft)
    return draft
  }

  var every: Int64 { max(rule.interval ?? events.interval, 1_000_000_000) }

  // MARK: - Labels

  /// What is known to tell series apart: what was given, and what the rule speaks of.
  func labelsOfSeries(_ expression: PromQLExpression) throws(PrometheusRefusal) -> [String] {
    var labels = events.series
    func add(_ label: String) { if !labels.contains(label) { labels.append(label) } }
    for selector in expression.selectors {
      for matcher in selector.matchers where matcher.relation != .equal { add(matcher.label) }
    }
    for text in rule.annotations.map(\.text) {
      for label in PrometheusTemplate(text, name: { .field($0) }).labels { add(label) }
    }
    if !expression.hasAggregation {
      let matchings = expression.matchings
      if let on = matchings.compactMap(\.on).first { labels = on }
      let ignored = matchings.flatMap { $0.ignoring ?? [] }
      labels.removeAll { ignored.contains($0) }
    }
    for label in labels where !MetricEvents.isName(events.labelField(label)) {
      throw PrometheusRefusal(.field, "the label \(label) can't be the name of a field in by", "Rename it.")
    }
    return labels
  }

  func inlined(_ expression: PromQLExpression, depth: Int) throws(PrometheusRefusal) -> PromQLExpression {
    switch expression {
    case .selector(let selector):
      guard let record = records[selector.name] else { return expression }
      guard selector.matchers.isEmpty, selector.range == nil, selector.offset == 0, !selector.hasTime, depth < 10 else {
        throw PrometheusRefusal(
          .selector, "\(selector.source) is recorded by a rule here, and is read with matchers, a range or an offset",
          "Write the recorded expression in its place.")
      }
      return try inlined(record, depth: depth + 1)
    case .number, .text: return expression
    case .call(let name, let arguments):
      var inner: [PromQLExpression] = []
      for argument in arguments { inner.append(try inlined(argument, depth: depth)) }
      return .call(name, inner)
    case .aggregate(let name, let labels, let isWithout, let parameter, let of):
      return .aggregate(
        name, labels: labels, isWithout: isWithout, parameter: parameter, of: try inlined(of, depth: depth))
    case .binary(let sign, let left, let right, let matching):
      return .binary(sign, try inlined(left, depth: depth), try inlined(right, depth: depth), matching)
    case .negative(let inner): return .negative(try inlined(inner, depth: depth))
    case .subquery(let inner): return .subquery(try inlined(inner, depth: depth))
    }
  }
}

extension PromQLExpression {
  private var parts: [PromQLExpression] {
    switch self {
    case .number, .text, .selector: []
    case .call(_, let arguments): arguments
    case .aggregate(_, _, _, let parameter, let of): [parameter, of].compactMap(\.self)
    case .binary(_, let left, let right, _): [left, right]
    case .negative(let inner), .subquery(let inner): [inner]
    }
  }

  /// What it reads.
  var selectors: [PromQLSelector] {
    if case .selector(let selector) = self { return [selector] }
    return parts.flatMap(\.selectors)
  }

  fileprivate var hasAggregation: Bool {
    if case .aggregate = self { return true }
    return parts.contains(where: \.hasAggregation)
  }

  /// Of arithmetic and comparisons, whose results have the labels that are matched and no others.
  fileprivate var matchings: [PromQLMatching] {
    var found = parts.flatMap(\.matchings)
    if case .binary(let sign, _, _, let matching) = self, !sign.isSetOperator { found.insert(matching, at: 0) }
    return found
  }
}

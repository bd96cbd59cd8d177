import StellaDetection

/// What is kept of a selector.
extension PrometheusConverter {
  mutating func unique(_ wanted: String) -> String {
    let taken: Set<String> = [
      "e", "s", "t", "value", "found", "label", "series", "totals", "forget", "before", "sample", "math", "string",
      "table", "tonumber", "tostring", "pairs", "null", "alert", "rule", "params", "window", "ring", "session", "top",
      "type", "error", "next", "select",
    ]
    var plain = String(wanted.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    if plain.first?.isNumber == true { plain = "_" + plain }
    let base = taken.contains(plain) || FieldName.reserved.contains(plain) ? plain + "_value" : plain
    // With the state that stands beside it.
    func all(_ name: String) -> [String] { [name, "\(name)_at", "\(name)_last"] }
    var name = base
    var number = 2
    while all(name).contains(where: names.contains) {
      name = "\(base)_\(number)"
      number += 1
    }
    names.formUnion(all(name))
    return name
  }

  mutating func read(
    _ selector: PromQLSelector, _ kind: MetricReading.Kind, isGrouped: Bool, filter: String? = nil, method: String = "",
    hasRange: Bool = true
  ) throws(PrometheusRefusal) -> String {
    try check(selector, needsRange: hasRange)
    var matchers: [LabelCondition] = []
    for matcher in selector.matchers {
      matchers.append(try LabelCondition(matcher, field: events.labelField(matcher.label)))
    }
    if let same = readings.first(where: {
      $0.selector == selector && $0.kind == kind && $0.isGrouped == isGrouped && $0.filter == filter
        && $0.method == method
    }) {
      return same.name
    }
    let name = unique(selector.name)
    readings.append(
      MetricReading(
        name: name, selector: selector, matchers: matchers, kind: kind, isGrouped: isGrouped, filter: filter,
        method: method))
    return name
  }

  func refused(_ name: String) -> PrometheusRefusal {
    let remedies = [
      "histogram_quantile":
        "Have the durations themselves in events, and ask window.quantile for the quantile: a histogram knows less.",
      "predict_linear": "Write the rule with forecast, which knows when a trend crosses a limit.",
      "irate": "Write rate(…) over a few samples.", "deriv": "Write delta(…), or the rule with forecast.",
      "label_replace": "Name the label as events have it.", "label_join": "Name the label as events have it.",
      "hour": "Silence the alert at other hours instead.", "day_of_week": "Silence the alert on other days instead.",
      "absent": "Make it a rule of its own.", "absent_over_time": "Make it a rule of its own.",
    ]
    return PrometheusRefusal(
      .function, "\(name) can't be computed by a rule",
      remedies[name] ?? "Write the rule in Lua: on = function(e, s) … end, check = function(s, t) … end.")
  }

  func selector(_ arguments: [PromQLExpression], of function: String) throws(PrometheusRefusal)
    -> PromQLSelector
  {
    switch arguments.last {
    case .selector(let selector): return selector
    case .subquery:
      throw PrometheusRefusal(
        .selector, "\(function) is asked about a subquery, which computes its inner expression at many times",
        "Write a range of a metric, such as \(function)(metric[1h]).")
    default: throw PrometheusRefusal(.expression, "\(function) is given no selector", "Write \(function)(metric[5m]).")
    }
  }

  /// A function over a range.
  mutating func range(
    _ function: String, _ arguments: [PromQLExpression], aggregator: String?
  ) throws(PrometheusRefusal) -> String? {
    let growths: [String: MetricReading.Growth] = [
      "rate": .counter, "increase": .counter, "delta": .gauge, "changes": .changes, "resets": .resets,
    ]
    let windows = [
      "avg_over_time": ("mean", "mean()"), "sum_over_time": ("sum", "sum()"), "min_over_time": ("min", "min()"),
      "max_over_time": ("max", "max()"), "count_over_time": ("count", "count()"),
      "quantile_over_time": ("quantile", ""),
    ]
    let together = ["sum_over_time": "sum", "count_over_time": "sum", "min_over_time": "min", "max_over_time": "max"]
    if function == "last_over_time" {
      let selector = try selector(arguments, of: function)
      if let aggregator { throw series(aggregator, function) }
      return try read(selector, .newest(lookback: selector.range ?? 0), isGrouped: false)
    }
    if let growth = growths[function] {
      let selector = try selector(arguments, of: function)
      if let aggregator, aggregator != "sum" { throw series(aggregator, function) }
      notes.append(
        "\(function) adds up what lies between the samples of the range, the step into it included, and does not extrapolate to "
          + "its ends; the window slides in 60 steps")
      return try read(
        selector,
        .growth(growth, within: selector.range ?? 0, offset: selector.offset, perSecond: function == "rate"),
        isGrouped: aggregator != nil)
    }
    guard let (window, reading) = windows[function] else { return nil }
    let selector = try selector(arguments, of: function)
    if let aggregator, together[function] != aggregator { throw series(aggregator, function) }
    notes.append(
      "\(function) has a window that slides in 60 steps: what is up to a sixtieth too old may be gone already")
    var method = reading
    if function == "quantile_over_time" {
      guard arguments.count == 2, case .number(let p) = arguments[0], (0...1).contains(p) else {
        throw PrometheusRefusal(
          .function, "quantile_over_time is asked for a quantile that is no number from 0 to 1", "Write one.")
      }
      notes.append("quantiles are estimated: what is compared is at most 1% off a value of that rank")
      method = "q(\(PromQLNumber.lua(p)))"
    }
    return try read(
      selector, .window(window, within: selector.range ?? 0, offset: selector.offset), isGrouped: aggregator != nil,
      method: method)
  }

  func series(_ aggregator: String, _ function: String) -> PrometheusRefusal {
    PrometheusRefusal(
      .series, "\(aggregator) of \(function) needs a window for each series, and a rule has one for each key",
      aggregator == "sum"
        ? "Sum the newest samples, or leave the sum out and get an alert for each series."
        : "Write sum(…), or leave the \(aggregator) out and get an alert for each series.")
  }

  mutating func aggregate(
    _ name: String, _ labels: [String]?, _ isWithout: Bool, _ inner: PromQLExpression
  ) throws(PrometheusRefusal) -> Term {
    guard ["sum", "avg", "min", "max", "count"].contains(name) else { throw refused(name) }
    if isWithout {
      throw PrometheusRefusal(
        .labels, "without (\((labels ?? []).joined(separator: ", "))) keeps all other labels, which nobody has named",
        "Write by (…) with the labels to keep.")
    }
    let key = labels ?? []
    for label in key where !MetricEvents.isName(events.labelField(label)) {
      throw PrometheusRefusal(.field, "the label \(label) can't be the name of a field in by", "Rename it.")
    }
    if case .call(let function, let arguments) = inner,
      let reading = try range(function, arguments, aggregator: name)
    {
      return Term(lua: reading, needs: [reading], key: key)
    }
    var selector: PromQLSelector?
    var filter: String?
    if case .selector(let plain) = inner { selector = plain }
    if case .binary(let sign, .selector(let plain), .number(let number), let matching) = inner, sign.isComparison,
      !matching.isBool
    {
      selector = plain
      filter = "value \(sign.lua) \(PromQLNumber.lua(number))"
    }
    guard let selector else {
      throw PrometheusRefusal(
        .series, "\(name) is taken of something that has to be computed for each series",
        "Take it of a metric, or of a metric compared with a number, and compute with the result.")
    }
    let reading = try read(
      selector, .newest(lookback: PrometheusConverter.lookback), isGrouped: true, filter: filter, hasRange: false)
    return Term(lua: "\(reading).\(name)", needs: [reading], key: key)
  }
}

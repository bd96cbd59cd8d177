/// Reads PromQL by precedence climbing.
///
/// Source: the grammar of the Prometheus documentation, "Querying basics" and "Operators".
struct PromQLParser {
  private let tokens: [PromQLLexer.Token]
  private var place = 0
  private var depth = 0
  private static let depthLimit = 100

  static let aggregators: Set<String> = [
    "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values",
    "limitk", "limit_ratio",
  ]
  private static let withParameter: Set<String> = [
    "topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio",
  ]

  static func parse(_ text: String) throws(PrometheusRefusal) -> PromQLExpression {
    var parser = PromQLParser(tokens: try PromQLLexer.tokens(text))
    let expression = try parser.expression(1)
    if let token = parser.current { throw parser.unexpected(token, "the end") }
    return expression
  }

  private init(tokens: [PromQLLexer.Token]) { self.tokens = tokens }

  private var current: PromQLLexer.Token? { place < tokens.count ? tokens[place] : nil }

  private func unexpected(_ token: PromQLLexer.Token?, _ wanted: String) -> PrometheusRefusal {
    let found =
      switch token {
      case .name(let name): name
      case .number(let number): "\(number)"
      case .duration: "a duration"
      case .text(let text): "the text \"\(text)\""
      case .sign(let sign): sign
      case nil: "the end"
      }
    return PrometheusRefusal(
      .expression, "\(found) stands where \(wanted) should", "Check the expression: promtool check rules FILE.")
  }

  private mutating func take(_ sign: String) -> Bool {
    guard current == .sign(sign) else { return false }
    place += 1
    return true
  }

  private mutating func need(_ sign: String) throws(PrometheusRefusal) {
    if !take(sign) { throw unexpected(current, sign) }
  }

  private mutating func takeWord(_ words: String...) -> String? {
    guard case .name(let name) = current, words.contains(name.lowercased()) else { return nil }
    place += 1
    return name.lowercased()
  }

  private var binaryOperator: PromQLOperator? {
    switch current {
    case .sign(let sign): PromQLOperator(rawValue: sign)
    case .name(let name): PromQLOperator(rawValue: name.lowercased())
    default: nil
    }
  }

  private mutating func expression(_ lowest: Int) throws(PrometheusRefusal) -> PromQLExpression {
    depth += 1
    defer { depth -= 1 }
    if depth > PromQLParser.depthLimit {
      throw PrometheusRefusal(.expression, "it is nested more than \(PromQLParser.depthLimit) deep", "Simplify it.")
    }
    var left = try unary()
    while let sign = binaryOperator, sign.precedence >= lowest {
      place += 1
      let matching = try matching()
      // A power takes the powers behind it with it.
      let right = try expression(sign == .power ? sign.precedence : sign.precedence + 1)
      left = .binary(sign, left, right, matching)
    }
    return left
  }

  private mutating func matching() throws(PrometheusRefusal) -> PromQLMatching {
    var matching = PromQLMatching()
    if takeWord("bool") != nil { matching.isBool = true }
    if let word = takeWord("on", "ignoring") {
      let labels = try labelList()
      if word == "on" { matching.on = labels } else { matching.ignoring = labels }
    }
    if let word = takeWord("group_left", "group_right") {
      matching.group = word
      if current == .sign("(") { _ = try labelList() }
    }
    return matching
  }

  private mutating func labelList() throws(PrometheusRefusal) -> [String] {
    try need("(")
    var labels: [String] = []
    while !take(")") {
      guard case .name(let name) = current else { throw unexpected(current, "a label") }
      labels.append(name)
      place += 1
      if !take(","), current != .sign(")") { throw unexpected(current, "a comma") }
    }
    return labels
  }

  private mutating func unary() throws(PrometheusRefusal) -> PromQLExpression {
    if take("-") {
      let inner = try expression(PromQLOperator.power.precedence)
      if case .number(let number) = inner { return .number(-number) }
      return .negative(inner)
    }
    if take("+") { return try expression(PromQLOperator.power.precedence) }
    return try postfix(try primary())
  }

  private mutating func primary() throws(PrometheusRefusal) -> PromQLExpression {
    let token = current
    place += 1
    switch token {
    case .number(let number): return .number(number)
    case .duration(let nanoseconds): return .number(Double(nanoseconds) / 1e9)
    case .text(let text): return .text(text)
    case .sign("("):
      let inner = try expression(1)
      try need(")")
      return inner
    case .sign("{"):
      place -= 1
      return .selector(try selector(""))
    case .name(let name):
      if PromQLParser.aggregators.contains(name.lowercased()), isAggregation {
        return try aggregation(name.lowercased())
      }
      if current == .sign("(") { return .call(name, try arguments()) }
      return .selector(try selector(name))
    default: throw unexpected(token, "a metric, a number or a function")
    }
  }

  private var isAggregation: Bool {
    if current == .sign("(") { return true }
    guard case .name(let word) = current else { return false }
    return ["by", "without"].contains(word.lowercased())
  }

  private mutating func arguments() throws(PrometheusRefusal) -> [PromQLExpression] {
    try need("(")
    var arguments: [PromQLExpression] = []
    while !take(")") {
      arguments.append(try expression(1))
      if !take(","), current != .sign(")") { throw unexpected(current, "a comma or )") }
    }
    return arguments
  }

  private mutating func aggregation(_ name: String) throws(PrometheusRefusal) -> PromQLExpression {
    var labels: [String]?
    var isWithout = false
    func note(_ word: String, _ list: [String]) {
      isWithout = word == "without"
      labels = list
    }
    if let word = takeWord("by", "without") { note(word, try labelList()) }
    var arguments = try arguments()
    if let word = takeWord("by", "without") { note(word, try labelList()) }
    let parameter = PromQLParser.withParameter.contains(name) && arguments.count == 2 ? arguments.removeFirst() : nil
    guard arguments.count == 1 else {
      throw PrometheusRefusal(.expression, "\(name) has \(arguments.count) arguments", "Give it one.")
    }
    return .aggregate(name, labels: labels, isWithout: isWithout, parameter: parameter, of: arguments[0])
  }

  private mutating func selector(_ name: String) throws(PrometheusRefusal) -> PromQLSelector {
    var selector = PromQLSelector(name: name)
    guard take("{") else { return selector }
    while !take("}") {
      if case .text(let quoted) = current, place + 1 < tokens.count,
        [.sign(","), .sign("}")].contains(tokens[place + 1])
      {
        selector.name = quoted
        place += 1
      } else {
        try selector.add(try matcher())
      }
      if !take(","), current != .sign("}") { throw unexpected(current, "a comma or }") }
    }
    return selector
  }

  private mutating func matcher() throws(PrometheusRefusal) -> PromQLSelector.Matcher {
    let label: String
    switch current {
    case .name(let name): label = name
    case .text(let text): label = text
    default: throw unexpected(current, "a label")
    }
    place += 1
    guard case .sign(let sign) = current, let relation = PromQLSelector.Matcher.Relation(rawValue: sign) else {
      throw unexpected(current, "=, !=, =~ or !~")
    }
    place += 1
    guard case .text(let value) = current else { throw unexpected(current, "a text in quotes") }
    place += 1
    return PromQLSelector.Matcher(label: label, relation: relation, value: value)
  }

  /// Ranges, offsets, times and subqueries.
  private mutating func postfix(_ inner: PromQLExpression) throws(PrometheusRefusal) -> PromQLExpression {
    var result = inner
    while true {
      if take("[") {
        guard case .duration(let range) = current else { throw unexpected(current, "a duration") }
        place += 1
        if take(":") {
          if case .duration = current { place += 1 }
          result = .subquery(result)
        } else {
          result = try result.changed("a range") { $0.range = range }
        }
        try need("]")
      } else if takeWord("offset") != nil {
        let isNegative = take("-")
        guard case .duration(let offset) = current else { throw unexpected(current, "a duration") }
        place += 1
        if case .subquery = result { continue }
        result = try result.changed("an offset") { $0.offset = isNegative ? -offset : offset }
      } else if take("@") {
        _ = try primary()
        if case .subquery = result { continue }
        result = try result.changed("a time") { $0.hasTime = true }
      } else {
        return result
      }
    }
  }
}

extension PromQLSelector {
  fileprivate mutating func add(_ matcher: Matcher) throws(PrometheusRefusal) {
    if matcher.label == "__name__", matcher.relation == .equal, name.isEmpty {
      name = matcher.value
    } else {
      matchers.append(matcher)
    }
  }
}

extension PromQLExpression {
  fileprivate func changed(
    _ what: String, _ change: (inout PromQLSelector) -> Void
  ) throws(PrometheusRefusal) -> PromQLExpression {
    guard case .selector(var selector) = self else {
      throw PrometheusRefusal(
        .expression, "\(what) stands behind something that is no selector", "Correct the expression.")
    }
    change(&selector)
    return .selector(selector)
  }
}

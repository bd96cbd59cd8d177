/// Operators and functions, as Lua.
extension PrometheusConverter {
  mutating func term(_ expression: PromQLExpression) throws(PrometheusRefusal) -> Term {
    switch expression {
    case .number(let number): return PrometheusConverter.constant(number)
    case .text: throw PrometheusRefusal(.expression, "a text stands where a value should", "Correct the expression.")
    case .selector(let selector):
      let name = try read(selector, .newest(lookback: PrometheusConverter.lookback), isGrouped: false, hasRange: false)
      return Term(lua: name, needs: [name], key: seriesLabels)
    case .subquery:
      throw PrometheusRefusal(
        .selector, "a subquery computes an expression at many times", "Write a range of a metric.")
    case .aggregate(let name, let labels, let isWithout, _, let inner):
      return try aggregate(name, labels, isWithout, inner)
    case .negative(let inner):
      var term = try term(inner)
      (term.lua, term.precedence) = ("-\(term.inside(7, isRight: true))", 7)
      return term
    case .call(let name, let arguments): return try call(name, arguments)
    case .binary(let sign, let left, let right, let matching): return try binary(sign, left, right, matching)
    }
  }

  static func constant(_ number: Double) -> Term {
    Term(lua: PromQLNumber.lua(number), precedence: number < 0 ? 7 : 8, constant: number)
  }

  mutating func call(_ name: String, _ arguments: [PromQLExpression]) throws(PrometheusRefusal) -> Term {
    if name == "time", arguments.isEmpty { return Term(lua: "t / 1000000000", precedence: 5) }
    if name == "vector", arguments.count == 1 {
      var inner = try term(arguments[0])
      inner.key = []
      inner.constant = nil
      notes.append("a number in the place of missing samples counts from a key's first sample on")
      return inner
    }
    let functions = [
      "abs": "math.abs", "ceil": "math.ceil", "floor": "math.floor", "sqrt": "math.sqrt", "exp": "math.exp",
      "ln": "math.log",
    ]
    if let function = functions[name], arguments.count == 1 {
      var inner = try term(arguments[0])
      (inner.lua, inner.precedence, inner.constant) = ("\(function)(\(inner.lua))", 8, nil)
      return inner
    }
    if name == "clamp_min" || name == "clamp_max", arguments.count == 2 {
      var inner = try term(arguments[0])
      let limit = try term(arguments[1])
      guard limit.key == nil else { throw refused(name) }
      (inner.lua, inner.precedence) = ("math.\(name == "clamp_min" ? "max" : "min")(\(inner.lua), \(limit.lua))", 8)
      return inner
    }
    if name == "round", let first = arguments.first, arguments.count <= 2 {
      var inner = try term(first)
      var inverse = 1.0
      if case .number(let step)? = arguments.dropFirst().first, step > 0 { inverse = 1 / step }
      let factor = PromQLNumber.lua(inverse)
      inner.lua = "math.floor(\(inner.inside(5, isRight: false)) * \(factor) + 0.5) / \(factor)"
      (inner.precedence, inner.constant) = (5, nil)
      return inner
    }
    guard let reading = try range(name, arguments, aggregator: nil) else { throw refused(name) }
    return Term(lua: reading, needs: [reading], key: seriesLabels)
  }

  mutating func binary(
    _ sign: PromQLOperator, _ leftSide: PromQLExpression, _ rightSide: PromQLExpression, _ matching: PromQLMatching
  ) throws(PrometheusRefusal) -> Term {
    let left = try term(leftSide)
    let right = try term(rightSide)
    if let group = matching.group {
      throw PrometheusRefusal(
        .matching, "\(group) gives one sample to many", "Write a rule whose sides have the same labels.")
    }
    if let a = left.constant, let b = right.constant, !sign.isComparison, !sign.isSetOperator {
      return PrometheusConverter.constant(try PrometheusConverter.folded(sign, a, b))
    }
    let key = try key(left, right, sign, matching)
    if sign.isSetOperator { return combined(sign, left, right, key: key) }
    let needs = left.needs + right.needs.filter { !left.needs.contains($0) }
    if sign.isComparison {
      let test = "\(left.inside(3, isRight: true)) \(sign.lua) \(right.inside(3, isRight: true))"
      if matching.isBool { return Term(lua: "(\(test) and 1 or 0)", needs: needs, key: key) }
      guard key != nil else {
        throw PrometheusRefusal(.constant, "two numbers are compared", "Compare a metric with a number.")
      }
      let kept = left.key == nil ? right : left
      if kept.isName {
        let guards = needs.joined(separator: " and ")
        return assigned("found", "\(guards) and \(test) and \(kept.lua)", key: key)
      }
      let value = materialized(kept, "value")
      let other = left.key == nil ? left : right
      let sides =
        left.key == nil
        ? "\(other.inside(3, isRight: true)) \(sign.lua) \(value)"
        : "\(value) \(sign.lua) \(other.inside(3, isRight: true))"
      let guards = ([value] + other.needs.filter { !kept.needs.contains($0) }).joined(separator: " and ")
      return assigned("found", "\(guards) and \(sides) and \(value)", key: key)
    }
    switch sign {
    case .modulo:
      return Term(lua: "math.fmod(\(left.lua) + 0.0, \(right.lua) + 0.0)", needs: needs, key: key)
    case .atan2: throw refused("atan2")
    default:
      let precedence = sign == .power ? 7 : sign.precedence
      let lua =
        "\(left.inside(precedence, isRight: sign == .power)) \(sign.rawValue) "
        + right.inside(precedence, isRight: true)
      return Term(lua: lua, precedence: sign.precedence, needs: needs, key: key)
    }
  }

  func key(
    _ left: Term, _ right: Term, _ sign: PromQLOperator, _ matching: PromQLMatching
  ) throws(PrometheusRefusal) -> [String]? {
    guard let first = left.key, let second = right.key else {
      if sign.isSetOperator {
        throw PrometheusRefusal(
          .matching, "a number is a side of \(sign.rawValue), which joins samples", "Compare a metric with it.")
      }
      return left.key ?? right.key
    }
    guard Set(first) == Set(second) else {
      func named(_ key: [String]) -> String { key.isEmpty ? "none" : key.joined(separator: ", ") }
      throw PrometheusRefusal(
        .matching, "the sides of \(sign.rawValue) have different labels: \(named(first)), and \(named(second))",
        "Write both with the same by (…).")
    }
    if let on = matching.on, Set(on) != Set(first) {
      throw PrometheusRefusal(
        .matching, "on (\(on.joined(separator: ", "))) joins samples that differ in other labels",
        "Write both sides with by (\(on.joined(separator: ", "))).")
    }
    if let ignored = matching.ignoring?.first(where: first.contains) {
      throw PrometheusRefusal(
        .matching, "ignoring (\(ignored)) joins samples that differ in it", "Write both sides with the same by (…).")
    }
    return first
  }

  mutating func combined(_ sign: PromQLOperator, _ left: Term, _ right: Term, key: [String]?) -> Term {
    let first = materialized(left, "value")
    let second = materialized(right, "value")
    switch sign {
    case .and: return assigned("found", "\(second) and \(first)", key: key)
    case .unless: return assigned("found", "not \(second) and \(first)", key: key)
    default: return assigned("found", "\(first) or \(second)", key: key)
    }
  }

  mutating func assigned(_ wanted: String, _ lua: String, key: [String]?) -> Term {
    var name = wanted
    var number = 2
    while !names.insert(name).inserted {
      name = "\(wanted)_\(number)"
      number += 1
    }
    lines.append("local \(name) = \(lua)")
    return Term(lua: name, needs: [name], key: key)
  }

  /// The name of a local that has the value, or false or nil.
  mutating func materialized(_ term: Term, _ wanted: String) -> String {
    if term.isName { return term.lua }
    let guards = term.needs.map { "\($0) and " }.joined()
    return assigned(wanted, guards + term.lua, key: term.key).lua
  }

  static func folded(_ sign: PromQLOperator, _ a: Double, _ b: Double) throws(PrometheusRefusal) -> Double {
    switch sign {
    case .plus: return a + b
    case .minus: return a - b
    case .times: return a * b
    case .divided: return a / b
    case .modulo: return a.truncatingRemainder(dividingBy: b)
    case .power where b == b.rounded() && (0...1_000).contains(b):
      return (0..<Int(b)).reduce(1) { product, _ in product * a }
    default: throw PrometheusRefusal(.expression, "\(sign.rawValue) of two numbers", "Write the number.")
    }
  }
}

import StellaDetection
import StellaModel

/// Works a condition of a script out again with the values of one call, to tell which part of it was decisive.
///
/// Knows comparisons, `and`, `or`, `not`, arithmetic, variables, parameters, and what calls of native state have answered;
/// everything else is unknown, and so is what depends on it.
struct ScriptEvaluation {
  /// What a part of a condition comes to.
  struct Part {
    /// As written.
    let text: String
    /// Nil when unknown.
    let value: FieldValue?
    /// The values that a comparison compares, such as `7 >= 20`; the value itself of anything else.
    var shown: String
    /// The parts that make it false, or true, when it is made of parts.
    var parts: [Part] = []
    fileprivate var form = Form.value

    /// Whether Lua takes it for true; nil when unknown.
    var holds: Bool? { value.map { $0 != .null && $0 != .bool(false) } }

    /// The smallest parts that make it what it is.
    var culprits: [Part] {
      let wanted = holds
      guard wanted != nil, !parts.isEmpty else { return [self] }
      switch form {
      case .not: return parts[0].culprits
      case .and:
        return wanted == false ? parts.first { $0.holds == false }?.culprits ?? [self] : parts.flatMap(\.culprits)
      case .or: return wanted == true ? parts.first { $0.holds == true }?.culprits ?? [self] : parts.flatMap(\.culprits)
      case .value: return [self]
      }
    }
  }

  fileprivate enum Form { case value, and, or, not }

  private let source: [UInt8]
  private let tokens: [ScriptSyntax.Token]
  private var place = 0
  private let variables: [String: FieldValue]
  private let parameters: [String: FieldValue]
  private let fields: [String: FieldValue]
  private var calls: [ScriptTrace.Call]
  /// Within what is not run, because an `and` or `or` before it has decided: calls there have no answers.
  private var isSkipping = false

  /// - Parameters:
  ///   - variables: what plain variables hold.
  ///   - fields: of the event, as the script writes them, such as `e.duration_ms`.
  ///   - calls: those of the lines of the condition, in order.
  init(
    _ tokens: ArraySlice<ScriptSyntax.Token>, source: [UInt8], variables: [String: FieldValue],
    parameters: [String: FieldValue], fields: [String: FieldValue] = [:], calls: [ScriptTrace.Call]
  ) {
    self.tokens = Array(tokens)
    self.source = source
    self.variables = variables
    self.parameters = parameters
    self.fields = fields
    self.calls = calls
  }

  /// What the condition comes to; nil when it is written in a way that isn't known.
  mutating func evaluate() -> Part? {
    guard let part = or(), place == tokens.count else { return nil }
    return part
  }

  // MARK: - Parsing

  private var next: ScriptSyntax.Token? { place < tokens.count ? tokens[place] : nil }

  private mutating func take(_ texts: String...) -> String? {
    guard let token = next, token.kind != .text, texts.contains(token.text) else { return nil }
    place += 1
    return token.text
  }

  private func text(from start: Int) -> String {
    guard start < place else { return "" }
    let bytes = source[tokens[start].range.lowerBound..<tokens[place - 1].range.upperBound]
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private mutating func or() -> Part? { chain("or", .or, decides: true) { $0.and() } }
  private mutating func and() -> Part? { chain("and", .and, decides: false) { $0.not() } }

  private mutating func chain(
    _ word: String, _ form: Form, decides: Bool, _ inner: (inout ScriptEvaluation) -> Part?
  ) -> Part? {
    let start = place
    guard let first = inner(&self) else { return nil }
    var parts = [first]
    let outer = isSkipping
    while take(word) != nil {
      if parts.last?.holds == decides { isSkipping = true }
      guard let part = inner(&self) else { return nil }
      parts.append(part)
    }
    isSkipping = outer
    if parts.count == 1 { return first }
    let deciding = parts.first { $0.holds == decides }
    let isKnown = deciding != nil || parts.allSatisfy { $0.holds != nil }
    let value = deciding?.value ?? parts.last?.value ?? nil
    return Part(text: text(from: start), value: isKnown ? value : nil, shown: "", parts: parts, form: form)
  }

  private mutating func not() -> Part? {
    let start = place
    guard take("not") != nil else { return comparison() }
    guard let inner = not() else { return nil }
    return Part(
      text: text(from: start), value: inner.holds.map { .bool(!$0) }, shown: inner.shown, parts: [inner], form: .not)
  }

  private mutating func comparison() -> Part? {
    let start = place
    guard let left = sum() else { return nil }
    guard let sign = take("==", "~=", "<=", ">=", "<", ">") else { return left }
    guard let right = sum() else { return nil }
    let shown = "\(left.shown) \(sign) \(right.shown)"
    return Part(
      text: text(from: start), value: Self.compare(left.value, sign, right.value).map { .bool($0) }, shown: shown)
  }

  private static func compare(_ left: FieldValue?, _ sign: String, _ right: FieldValue?) -> Bool? {
    guard let left, let right else { return nil }
    if let a = left.number, let b = right.number {
      return switch sign {
      case "==": a == b
      case "~=": a != b
      case "<=": a <= b
      case ">=": a >= b
      case "<": a < b
      default: a > b
      }
    }
    switch sign {
    case "==": return left == right
    case "~=": return left != right
    default: return nil
    }
  }

  private mutating func sum() -> Part? { arithmetic(["+", "-"]) { $0.product() } }
  private mutating func product() -> Part? { arithmetic(["*", "/", "//", "%"]) { $0.unary() } }

  private mutating func arithmetic(_ signs: [String], _ inner: (inout ScriptEvaluation) -> Part?) -> Part? {
    let start = place
    guard var left = inner(&self) else { return nil }
    while let token = next, token.kind == .symbol, signs.contains(token.text) {
      place += 1
      guard let right = inner(&self) else { return nil }
      var value: FieldValue?
      if let a = left.value?.number, let b = right.value?.number {
        switch token.text {
        case "+": value = .double(a + b)
        case "-": value = .double(a - b)
        case "*": value = .double(a * b)
        case "/": value = .double(a / b)
        case "//": value = .double((a / b).rounded(.down))
        default: value = b == 0 ? nil : .double(a - (a / b).rounded(.down) * b)
        }
      }
      left = Part(text: text(from: start), value: value, shown: "\(left.shown) \(token.text) \(right.shown)")
    }
    return left
  }

  private mutating func unary() -> Part? {
    guard take("-") != nil else { return primary() }
    guard let inner = unary() else { return nil }
    return Part(text: "-" + inner.text, value: inner.value?.number.map { .double(-$0) }, shown: "-" + inner.shown)
  }

  private mutating func primary() -> Part? {
    let start = place
    guard let token = next else { return nil }
    place += 1
    switch token.kind {
    case .number:
      return Part(text: token.text, value: Double(token.text).map { .double($0) }, shown: token.text)
    case .text:
      return Part(text: text(from: start), value: .string(token.text), shown: text(from: start))
    case .symbol:
      guard token.text == "(", let inner = or(), take(")") != nil else { return nil }
      return Part(
        text: text(from: start), value: inner.value, shown: inner.shown.isEmpty ? "" : "(\(inner.shown))",
        parts: inner.parts, form: inner.form)
    case .name:
      switch token.text {
      case "nil": return Part(text: "nil", value: .null, shown: "nil")
      case "true", "false": return Part(text: token.text, value: .bool(token.text == "true"), shown: token.text)
      default: return named(token.text, from: start)
      }
    }
  }

  /// A variable with what follows it: members, methods, arguments.
  private mutating func named(_ name: String, from start: Int) -> Part? {
    var path = [name]
    var value: FieldValue? = variables[name]
    while let token = next, token.kind == .symbol, [".", ":", "(", "["].contains(token.text) {
      place += 1
      switch token.text {
      case ".":
        guard let member = next, member.kind == .name else { return nil }
        place += 1
        path.append(member.text)
        value = fields[path.joined(separator: ".")] ?? (path.count == 2 ? parameters[member.text] : nil)
      case ":":
        guard let method = next, method.kind == .name else { return nil }
        place += 1
        guard take("(") != nil, arguments() != nil else { return nil }
        value = path.count == 2 ? answer(path[1], method.text) : nil
        path.append(method.text)
      case "(":
        guard let arguments = arguments() else { return nil }
        value = Self.call(path.joined(separator: "."), arguments.map { $0.value?.number })
        path.append("()")
      default: return nil
      }
    }
    let text = text(from: start)
    return Part(text: text, value: value, shown: value.map(Self.shown) ?? text)
  }

  /// What stands between an open bracket and its end.
  private mutating func arguments() -> [Part]? {
    var parts: [Part] = []
    if take(")") != nil { return parts }
    repeat {
      guard let part = or() else { return nil }
      parts.append(part)
    } while take(",") != nil
    return take(")") == nil ? nil : parts
  }

  /// What the next call of the method has answered.
  private mutating func answer(_ state: String, _ method: String) -> FieldValue? {
    guard !isSkipping, let place = calls.firstIndex(where: { $0.state == state && $0.method == method }) else {
      return nil
    }
    return calls.remove(at: place).result
  }

  private static func call(_ name: String, _ arguments: [Double?]) -> FieldValue? {
    let numbers = arguments.compactMap(\.self)
    guard numbers.count == arguments.count, let first = numbers.first else { return nil }
    switch name {
    case "math.max": return .double(numbers.reduce(first, max))
    case "math.min": return .double(numbers.reduce(first, min))
    case "math.abs": return .double(first.magnitude)
    case "math.floor": return .double(first.rounded(.down))
    case "math.ceil": return .double(first.rounded(.up))
    default: return nil
    }
  }

  /// A value for people.
  static func shown(_ value: FieldValue) -> String {
    switch value {
    case .null: "nil"
    case .double(let number):
      number == number.rounded() && number.magnitude < 1e15
        ? String(Int64(number)) : FixedPoint.text(number, places: number.magnitude < 1 ? 4 : 2)
    default: value.json
    }
  }
}

extension FieldValue {
  fileprivate var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}

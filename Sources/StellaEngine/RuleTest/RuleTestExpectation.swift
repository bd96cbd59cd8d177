import StellaLua
import StellaModel

/// What `t:expect { … }` asks for: how many alerts with which properties. Properties that are not named don't matter.
struct RuleTestExpectation {
  private enum Amount {
    case number(Double)
    case between(Double?, Double?)
    case text(String)

    func holds(_ value: FieldValue?) -> Bool {
      let number: Double? =
        switch value {
        case .integer(let integer): Double(integer)
        case .double(let double): double
        default: nil
        }
      switch self {
      case .number(let wanted): return number.map { abs($0 - wanted) <= 1e-9 * max(1, abs(wanted)) } ?? false
      case .between(let low, let high):
        guard let number else { return false }
        return number >= low ?? -.infinity && number <= high ?? .infinity
      case .text(let wanted): return value == .string(wanted)
      }
    }
  }

  static let names = [
    "affected_users", "at_least", "at_most", "count", "evidence", "expected", "fires", "labels", "pending", "resolved",
    "rule", "severity", "summary", "title", "type", "value", "where",
  ]

  private var fires: Int?
  private var atLeast: Int?
  private var atMost: Int?
  private var resolved: Int?
  private var pending: Int?
  private var texts: [(name: String, wanted: String)] = []
  private var amounts: [(name: String, amount: Amount)] = []
  private var members: [(list: String, name: String, wanted: FieldValue)] = []
  private var users: [String] = []
  /// The wanted properties in words.
  private var words: [String] = []

  /// Throws the text of a failure for what can't be an expectation.
  init(_ value: LuaValue) throws(RuleTestFailure) {
    guard case .table(let table) = value, table.array.isEmpty else {
      throw RuleTestFailure("expect needs names in { }, such as { fires = 1 }")
    }
    for (name, value) in table.fields {
      switch (name, value) {
      case ("fires", .integer(let number)): fires = Int(number)
      case ("at_least", .integer(let number)): atLeast = Int(number)
      case ("at_most", .integer(let number)): atMost = Int(number)
      case ("resolved", .integer(let number)): resolved = Int(number)
      case ("pending", .integer(let number)): pending = Int(number)
      case ("rule", .string(let text)), ("severity", .string(let text)), ("type", .string(let text)),
        ("summary", .string(let text)), ("title", .string(let text)):
        texts.append((name, text))
        words.append("\(name) \(name == "summary" ? "containing \"\(text)\"" : text)")
      case ("value", _), ("expected", _), ("count", _), ("evidence", _):
        amounts.append((name, try RuleTestExpectation.amount(value, of: name)))
        words.append("\(name) \(RuleTestExpectation.text(value))")
      case ("where", .table(let entries)), ("labels", .table(let entries)):
        for (field, wanted) in entries.fields {
          guard let wanted = FieldValue(wanted) else {
            throw RuleTestFailure("expect: \(name).\(field) is neither number, text, boolean nor null")
          }
          members.append((name, field, wanted))
          words.append("\(field) = \(wanted.json)")
        }
      case ("affected_users", .table(let list)):
        users = list.array.compactMap { if case .string(let text) = $0 { text } else { nil } }
        words.append("affected users \(users.joined(separator: ", "))")
      default:
        if RuleTestExpectation.names.contains(name) {
          throw RuleTestFailure("expect: \(name) = \(RuleTestExpectation.text(value)) is of the wrong type")
        }
        let hint = NearestName.of(name, in: RuleTestExpectation.names).map { "did you mean \($0)? " } ?? ""
        throw RuleTestFailure(
          "expect knows no \(name); \(hint)it knows \(RuleTestExpectation.names.joined(separator: ", "))")
      }
    }
    if fires == nil && atLeast == nil && atMost == nil && resolved == nil && pending == nil { atLeast = 1 }
  }

  /// What of the expectation does not hold; nil when all does.
  func failure(fired: [Alert], pending waiting: [Alert]) -> String? {
    let matching = fired.filter(holds)
    var wrong: [String] = []
    func check(_ wanted: Int?, _ comparison: (Int, Int) -> Bool, _ count: Int, _ what: String) {
      guard let wanted, !comparison(count, wanted) else { return }
      wrong.append("expected \(what) \(wanted), got \(count)")
    }
    check(fires, ==, matching.count, "fires =")
    check(atLeast, >=, matching.count, "at least")
    check(atMost, <=, matching.count, "at most")
    check(resolved, ==, matching.count { $0.status == .resolved }, "resolved =")
    check(pending, ==, waiting.count(where: holds), "pending =")
    if wrong.isEmpty { return nil }
    var text = wrong.joined(separator: "; ")
    if !words.isEmpty { text += " with " + words.joined(separator: ", ") }
    let others = fired + (pending == nil ? [] : waiting)
    if others.isEmpty { return text + "; nothing fired" }
    let lines = others.prefix(10).map { alert in
      let key = alert.key.map { "\($0.name) = \($0.value.json)" }.joined(separator: ", ")
      let value = alert.value.map { " value \($0.json)" } ?? ""
      let users = alert.affectedUsers.isEmpty ? "" : " users \(alert.affectedUsers.prefix(5).joined(separator: ", "))"
      return
        "  \(alert.status.rawValue) \(alert.rule) \(alert.severity.rawValue) {\(key)} count \(alert.count)\(value)\(users)"
        + (alert.summary.isEmpty ? "" : ": \(alert.summary)")
    }
    return text + "; fired instead:\n" + lines.joined(separator: "\n")
      + (others.count > 10 ? "\n  and \(others.count - 10) more" : "")
  }

  private func holds(_ alert: Alert) -> Bool {
    for (name, wanted) in texts {
      let isRight =
        switch name {
        case "rule": alert.rule == wanted
        case "severity": alert.severity.rawValue == wanted
        case "type": alert.type == wanted
        case "title": alert.title == wanted
        default: RuleTestExpectation.contains(alert.summary, wanted)
        }
      if !isRight { return false }
    }
    for (name, amount) in amounts {
      let value: FieldValue? =
        switch name {
        case "value": alert.value
        case "expected": alert.expected
        case "count": .integer(Int64(alert.count))
        default: .integer(Int64(alert.evidence.count))
        }
      if !amount.holds(value) { return false }
    }
    for (list, name, wanted) in members {
      let found = (list == "where" ? alert.key : alert.labels).first { $0.name == name }?.value
      if found != wanted { return false }
    }
    return users.allSatisfy(alert.affectedUsers.contains)
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let text = Array(text.utf8)
    let part = Array(part.utf8)
    if part.count > text.count { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }

  private static func amount(_ value: LuaValue, of name: String) throws(RuleTestFailure) -> Amount {
    switch value {
    case .integer(let number): return .number(Double(number))
    case .double(let number): return .number(number)
    case .string(let text): return .text(text)
    case .table(let table):
      func bound(_ name: String) -> Double? {
        switch table[name] {
        case .integer(let number)?: Double(number)
        case .double(let number)?: number
        default: nil
        }
      }
      let (low, high) = (bound("at_least"), bound("at_most"))
      if low != nil || high != nil { return .between(low, high) }
    default: break
    }
    throw RuleTestFailure("expect: \(name) is a number, or { at_least = …, at_most = … }")
  }

  private static func text(_ value: LuaValue) -> String {
    switch value {
    case .integer(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): "\"\(text)\""
    case .bool(let flag): "\(flag)"
    case .table(let table): "{ " + table.fields.map { "\($0.key) = \(text($0.value))" }.joined(separator: ", ") + " }"
    default: "\(value)"
    }
  }
}

/// Why a test fails, as the script is told.
struct RuleTestFailure: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

extension FieldValue {
  /// A plain value of a test; nil for functions and other things that no log holds.
  init?(_ value: LuaValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .table(let table):
      guard table.integers.isEmpty else { return nil }
      if table.fields.isEmpty && !table.array.isEmpty {
        let items = table.array.compactMap { FieldValue($0) }
        guard items.count == table.array.count else { return nil }
        self = .array(items)
      } else {
        guard table.array.isEmpty else { return nil }
        var members: [Member] = []
        for (name, value) in table.fields {
          guard let value = FieldValue(value) else { return nil }
          members.append(Member(name, value))
        }
        self = .object(members)
      }
    default: return nil
    }
  }
}

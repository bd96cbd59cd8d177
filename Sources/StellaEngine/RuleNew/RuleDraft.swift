import StellaDetection
import StellaModel

/// The texts of a new rule and its tests.
struct RuleDraft {
  let id: String
  private let name: String
  private let condition: String
  /// What the condition reads.
  private let fields: [String]
  private let severity: Severity
  /// In the order of `by`; empty when the sample has nothing to tell troubles apart by.
  let key: [String]
  private let distinct: String?
  /// The lines of the key that has most of them.
  let largest: Int
  /// What the sample shows, in a sentence.
  let finding: String?
  /// What the log calls fields of the key.
  private let written: [(name: String, written: String)]
  /// An event that the rule takes, by name or path; nil when the sample's lines don't say what the condition reads.
  private let event: [(name: String, value: FieldValue)]?
  private let hasMessage: Bool
  var count = 10
  var within = "5m"
  /// The files beside the test that hold the sample, and its lines that must not fire.
  var sample: String?
  var quiet: String?

  private static let severities: [Severity: String] = [.high: "high", .medium: "medium", .low: "low"]

  /// A rule for errors in a row.
  init(id: String, name: String) {
    self.id = id
    self.name = name
    condition = "level >= error"
    fields = ["level"]
    severity = .medium
    key = ["service"]
    distinct = nil
    largest = 10
    finding = nil
    written = []
    event = [("level", .string("error")), ("service", .string("shop"))]
    hasMessage = true
  }

  init(id: String, name: String, trouble: SampleTrouble, of lines: SampleLines) throws(SourceError) {
    self.id = id
    self.name = name
    condition = trouble.condition.text
    fields = trouble.condition.fields
    severity = trouble.severity
    key = trouble.key
    distinct = trouble.distinct
    largest = trouble.largest
    written = trouble.key.compactMap { name in lines.writtenNames[name].map { (name, $0) } }
    let example = trouble.example(of: lines)
    let line = lines.lines[example]
    hasMessage = !line.message.isEmpty
    var told = "\(trouble.count) of \(lines.lines.count) lines are \(trouble.what)"
    if !key.isEmpty, trouble.largest > 1 {
      let whose = key.map { "\($0) \(line.values[$0].map { $0.plainText } ?? "")" }
      told +=
        ", " + (trouble.largest == trouble.count ? "all" : "\(trouble.largest) of them") + " with "
        + TextEscaping.oneLine(whose.joined(separator: " and "), limit: 120)
    }
    finding = told
    var event: [(String, FieldValue)] = []
    var isWhole = true
    for field in trouble.condition.fields + trouble.key + [trouble.distinct].compactMap(\.self)
    where !event.contains(where: { $0.0 == field }) {
      switch field {
      case "level": if let level = line.level { event.append((field, .string(level.name))) }
      case "message": event.append((field, .string(line.message)))
      default:
        if let value = line.values[field] {
          event.append((field, value))
        } else if let value = try lines.value(field, of: example) {
          event.append((field, value))
        } else {
          isWhole = false
        }
      }
    }
    self.event = isWhole ? event : nil
  }

  /// The condition with the key's presence, where events without it would be counted together.
  var `where`: String {
    let missing = ((key.isEmpty ? [] : key) + [distinct].compactMap(\.self)).filter { name in
      name != "service" && !fields.contains(name)
    }
    let whole = condition.contains(" or ") && !missing.isEmpty ? "(\(condition))" : condition
    return ([whole] + missing.map { "\($0) ~= nil" }).joined(separator: " and ")
  }

  /// What fires it, for people.
  var sentence: String {
    let by = key.isEmpty ? "" : " of one \(key.joined(separator: " and "))"
    return "\(count) within \(within)\(by): \(self.where)"
  }

  var rule: String {
    let title = name.replacing("-", with: " ").replacing("_", with: " ")
    var lines = ["-- What it looks for, and why somebody should care."]
    if let finding { lines.append("-- In the sample " + finding.replacing("\n", with: " ") + ".") }
    for (name, written) in written { lines.append("-- \(name) is what this log calls \(written).") }
    lines += [
      "return rule {",
      "  api = 1, id = \"\(id)\", title = \"\(title.prefix(1).uppercased() + title.dropFirst())\",",
      "  severity = \"\(Self.severities[severity] ?? "medium")\", status = \"experimental\",",
      "  where = \(RuleDraft.quoted(self.where)),",
    ]
    let by = (key.isEmpty ? ["service"] : key).map { "\"\($0)\"" }.joined(separator: ", ")
    let isUnbounded = key.contains { RuleLint.unboundedFields.contains($0) }
    lines.append("  by = { \(by) }," + (isUnbounded ? " max_keys = 50000," : ""))
    let subject = key.map { "{\($0)}" }.joined(separator: " ")
    let what =
      distinct.map { "\(count) or more different \($0) values within \(within)" } ?? "{count} times within \(within)"
    let message = hasMessage ? ": {message}" : ""
    let differing = distinct.map { ", distinct = \"\($0)\"" } ?? ""
    lines += [
      "  threshold = { count = \(count), within = \"\(within)\"\(differing) },",
      "  summary = \"\(subject.isEmpty ? "" : subject + ": ")\(what)\(message)\",",
      "  actions = { \"Look at what changed last\" },", "}", "",
    ]
    return lines.joined(separator: "\n")
  }

  var tests: String {
    var cases: [String] = []
    if let sample {
      cases.append(Self.test("what the sample shows fires", ["t:replay \"\(sample)\"", "t:expect { at_least = 1 }"]))
    }
    if let quiet {
      cases.append(
        Self.test("the other lines of the sample stay quiet", ["t:replay \"\(quiet)\"", "t:expect_quiet()"]))
    }
    guard let event else { return cases.joined(separator: "\n") }
    let whom = event.filter { key.contains($0.name) }.map { "\($0.name) = \(Self.lua($0.value))" }
    let whose = whom.isEmpty ? "" : ", where = { \(whom.joined(separator: ", ")) }"
    cases.append(Self.test("\(count) within \(within) fire", [feed(event, count), "t:expect { fires = 1\(whose) }"]))
    if count > 1 {
      cases.append(Self.test("\(count - 1) stay quiet", [feed(event, count - 1), "t:expect_quiet()"]))
    } else if quiet == nil {
      let other = whom.isEmpty ? "service = \"other\"" : whom.joined(separator: ", ")
      cases.append(Self.test("anything else stays quiet", ["t:feed { \(other) }", "t:expect_quiet()"]))
    }
    return cases.joined(separator: "\n")
  }

  private func feed(_ event: [(name: String, value: FieldValue)], _ count: Int) -> String {
    let times = count > 1 ? ":times(\(count))" : ""
    guard let distinct else { return "t:feed \(Self.table(event.map { ($0.name, Self.lua($0.value)) }))\(times)" }
    let members = event.map { ($0.name, $0.name == distinct ? "\"user\" .. i" : Self.lua($0.value)) }
    return "t:feed(function(i) return \(Self.table(members)) end)\(times)"
  }

  /// A table with what stands at paths such as `meta.code` in tables of their own.
  private static func table(_ members: [(name: String, value: String)]) -> String {
    var parts: [String] = []
    var told: Set<Substring> = []
    for (name, value) in members {
      let head = name.prefix { $0 != "." }
      guard head.count < name.count else {
        parts.append("\(luaKey(name)) = \(value)")
        continue
      }
      guard told.insert(head).inserted else { continue }
      let inner = members.filter { $0.name.hasPrefix(head + ".") }.map {
        (String($0.name.dropFirst(head.count + 1)), $0.value)
      }
      parts.append("\(luaKey(String(head))) = \(table(inner))")
    }
    return "{ " + parts.joined(separator: ", ") + " }"
  }

  private static func luaKey(_ name: String) -> String {
    let isBare = name.utf8.allSatisfy { $0 &- 48 < 10 || ($0 | 32) &- 97 < 26 || $0 == UInt8(ascii: "_") }
    return isBare && !(name.first?.isNumber ?? true) ? name : "[\(lua(.string(name)))]"
  }

  private static func test(_ name: String, _ body: [String]) -> String {
    "test(\"\(name)\", function(t)\n" + body.map { "  \($0)\n" }.joined() + "end)\n"
  }

  /// A long text of Lua, or one in quotes where it would end too early.
  private static func quoted(_ text: String) -> String {
    text.contains("]]") || text.contains("\n") || text.hasSuffix("]") ? lua(.string(text)) : "[[\(text)]]"
  }

  private static func lua(_ value: FieldValue) -> String {
    switch value {
    case .string(let text): Literal.text(Array(text.utf8)).shown
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): Literal.integer(number).source
    case .double(let number): Literal.number(number).source
    case .null, .array, .object: "null"
    }
  }
}

extension FieldValue {
  /// For people, without quotes; not escaped.
  fileprivate var plainText: String {
    if case .string(let text) = self { text } else { json }
  }
}

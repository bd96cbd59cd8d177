import StellaDetection
import StellaModel
import StellaScripting

/// What one call of a script's `on` or `check` compared, and what was missing for an alert.
package struct CallExplanation: Sendable {
  /// Something that a line has read, for people.
  package struct Reading: Sendable {
    package let line: Int
    /// `s.errors:count()`, `e.duration_ms`, or the name of a variable.
    package let name: String
    /// Not escaped for terminals.
    package let value: String
  }

  /// Nanoseconds since the epoch.
  package let time: Int64
  /// The lines of the script that ran, ascending, with their text.
  package let lines: [(number: Int, text: String)]
  package let readings: [Reading]
  /// What has to be otherwise for an alert, each with its line; empty when that can't be told.
  package let missing: [String]
  package let raised: Bool
  /// Why the script failed, with its line.
  package let failure: String?

  private static let readingLimit = 40

  /// - Parameter event: of a call of `on`.
  init(_ trace: ScriptTrace, of rule: RuleManifest, source: [UInt8], syntax: ScriptSyntax, event: Event? = nil) {
    time = trace.time
    switch trace.outcome {
    case .nothing: (raised, failure) = (false, nil)
    case .value: (raised, failure) = (true, nil)
    case .failed(let error): (raised, failure) = (false, error)
    }
    let text = source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    lines = Set(trace.visits.map(\.line)).sorted().compactMap { number in
      guard (1...text.count).contains(number) else { return nil }
      return (number, String(decoding: text[number - 1].drop { $0 == 0x20 || $0 == 9 }, as: UTF8.self))
    }
    let fields = Self.fields(of: event, syntax)
    readings = Array(Self.readings(trace, syntax, fields).prefix(Self.readingLimit))
    missing = raised || failure != nil ? [] : Self.missing(trace, rule, source, syntax, fields)
  }

  /// The fields of the event that the script names, as it writes them, such as `e.duration_ms`; null for one that isn't there.
  private static func fields(of event: Event?, _ syntax: ScriptSyntax) -> [String: FieldValue] {
    guard let event, let variable = syntax.eventName else { return [:] }
    var fields: [String: FieldValue] = [:]
    for member in syntax.members(of: variable) {
      fields[member.text] =
        FieldPath.value(of: String(member.text.dropFirst(variable.utf8.count + 1)), in: event) ?? .null
    }
    return fields
  }

  /// What each line has asked of state and of the event, and the variables that it names, by line.
  private static func readings(
    _ trace: ScriptTrace, _ syntax: ScriptSyntax, _ fields: [String: FieldValue]
  ) -> [Reading] {
    var readings: [Reading] = []
    var seen: Set<[String]> = []
    func add(_ line: Int, _ name: String, _ value: FieldValue) {
      if seen.insert(["\(line)", name]).inserted {
        readings.append(Reading(line: line, name: name, value: ScriptEvaluation.shown(value)))
      }
    }
    let names = Dictionary(grouping: syntax.tokens.filter { $0.kind == .name }, by: \.line)
    let members = Dictionary(
      grouping: fields.isEmpty ? [] : syntax.eventName.map(syntax.members) ?? [], by: \.line)
    let last = Dictionary(trace.visits.map { ($0.line, $0) }) { _, last in last }
    for line in last.keys.sorted() {
      for call in trace.calls where call.line == line {
        let arguments = call.arguments.map { $0.json }.joined(separator: ", ")
        add(line, "s.\(call.state):\(call.method)(\(arguments))", call.result)
      }
      for member in members[line] ?? [] { add(line, member.text, fields[member.text] ?? .null) }
      let used = Set(names[line]?.map(\.text) ?? [])
      for value in last[line]?.values ?? [] where used.contains(value.name) { add(line, value.name, value.value) }
    }
    return readings
  }

  private static func missing(
    _ trace: ScriptTrace, _ rule: RuleManifest, _ source: [UInt8], _ syntax: ScriptSyntax,
    _ fields: [String: FieldValue]
  ) -> [String] {
    let parameters = Dictionary(rule.parameters.map { ($0.name, $0.value) }) { first, _ in first }
    var missing: [String] = []
    for condition in syntax.conditions {
      guard let place = trace.visits.lastIndex(where: { condition.lines.contains($0.line) }) else { continue }
      let wentOn =
        condition.bodyLine > condition.lines.upperBound
        && trace.visits[place...].contains { $0.line == condition.bodyLine }
      var variables: [String: FieldValue] = [:]
      for visit in trace.visits where condition.lines.contains(visit.line) {
        for value in visit.values { variables[value.name] = value.value }
      }
      var evaluation = ScriptEvaluation(
        condition.tokens, source: source, variables: variables, parameters: parameters, fields: fields,
        calls: trace.calls.filter { condition.lines.contains($0.line) })
      let line = condition.lines.lowerBound
      let part = evaluation.evaluate()
      // What ran tells more surely than what was worked out.
      let held = wentOn ? true : part?.holds
      // What is unknown and only returns was passed, else nothing would have run behind it.
      if held == condition.mustHold || held == nil && !condition.mustHold { continue }
      guard let part, part.holds == held, held != nil else {
        let written = condition.tokens.first.map { first in
          String(
            decoding: source[first.range.lowerBound..<(condition.tokens.last ?? first).range.upperBound], as: UTF8.self)
        }
        let text = (written ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        missing.append("line \(line): \(text) \(condition.mustHold ? "has to hold" : "must not hold")")
        continue
      }
      for culprit in part.culprits {
        let values = culprit.shown.isEmpty || culprit.shown == culprit.text ? "" : ", now \(culprit.shown)"
        let wanted = (culprit.holds ?? false) ? "must not hold" : "has to hold"
        missing.append("line \(line): \(culprit.text) \(wanted)\(values)")
      }
      // What comes after a return was never asked.
      if !condition.mustHold { break }
    }
    return missing
  }
}

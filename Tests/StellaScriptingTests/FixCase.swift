import StellaModel
import Testing

@testable import StellaScripting

/// Short ways to load fixes and to run them.
enum FixCase {
  /// A fix whose `plan` has this body.
  static func planning(_ body: String, more: String = "") -> String {
    """
    return fix {
      api = 1, id = "f", title = "F", targets = { "app-db", "billing", "q-03" }, \(more)
      plan = function(ctx, p)
    \(body)
      end,
    }
    """
  }

  static func load(_ text: String, limits: FixLimits = FixLimits()) throws(FixRefusal) -> FixScript {
    try FixLoader.load(RuleSource(file: "f.lua", text: Array(text.utf8)), limits: limits)
  }

  static func refusals(_ text: String) -> [FixError] {
    do throws(FixRefusal) {
      _ = try load(text)
      return []
    } catch {
      return error.errors
    }
  }

  static func plan(
    _ body: String, _ target: AnsweringTarget = AnsweringTarget(), limits: FixLimits = FixLimits()
  ) throws -> FixRun<DeclaredPlan> {
    let fix = try load(planning(body), limits: limits)
    return fix.plan(try FixParameters(of: fix.manifest, given: []), targets: ["app-db": target])
  }

  /// What `plan` with this body fails with; an issue when it doesn't.
  static func failure(
    _ body: String, _ target: AnsweringTarget = AnsweringTarget(), limits: FixLimits = FixLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> FixError {
    switch try plan(body, target, limits: limits).result {
    case .success(let plan):
      Issue.record("it planned \(plan)", sourceLocation: sourceLocation)
      return FixError(.internal, "none", remedy: "", file: "", line: 0)
    case .failure(let error): return error
    }
  }

  static func alert(
    rule: String = "r", type: String = "t", key: [FieldValue.Member] = [], labels: [FieldValue.Member] = [],
    fixes: [String] = []
  ) -> Alert {
    Alert(
      id: "0", rule: rule, type: type, severity: .high, title: "A", summary: "a", key: key, status: .firing,
      revision: 1, firstSeen: 0, lastSeen: 0, count: 3, fixes: fixes, labels: labels)
  }
}

/// Answers statements by their text, and keeps what it was asked.
final class AnsweringTarget: ReadOnlyTarget {
  private let answers: [String: FixAnswer]
  private(set) var asked: [FixQuery] = []

  init(_ answers: [String: FixAnswer] = [:]) { self.answers = answers }

  convenience init(_ statement: String, _ columns: [String], _ rows: [[FieldValue]]) {
    self.init([statement: FixAnswer(columns: columns, rows: rows, duration: .milliseconds(3))])
  }

  func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer {
    asked.append(query)
    guard let answer = answers[query.statement] else { throw FixQueryError("no such table", canRetry: false) }
    return answer
  }
}

import StellaModel

/// What became of the tests beside rules.
package struct RuleTestReport: Sendable {
  /// One `test("…", function(t) … end)`.
  package struct Case: Sendable, Hashable {
    package var name: String
    /// The test file as it was named.
    package var file: String
    /// Of the failure, else of the case.
    package var line: Int
    package var passed: Bool
    /// Why it failed: what was expected and what happened instead; may have several lines.
    package var message: String?
    /// It could not run because a rule is refused, which ``errors`` tells.
    package var isRefused = false
  }

  /// Whether a rule is tested both ways.
  package struct Coverage: Sendable, Hashable {
    package var rule: String
    package var file: String
    /// A passed case in which the rule fired, and one in which it was in use and did not.
    package var hasFiringTest = false
    package var hasQuietTest = false
    /// Its tests could not all be judged: the rule or its test file is refused, or a case in which it was in use failed.
    package var isUnjudged = false
    /// Of the rule's own functions; nil when nobody asked.
    package var lines: LineCoverage?

    package var isComplete: Bool { hasFiringTest && hasQuietTest }
  }

  /// In the order of files, then of the file.
  package var cases: [Case] = []
  /// Every rule under the paths, in the order of files.
  package var coverage: [Coverage] = []
  /// Files that could not be read, rules that were refused, test files that are no program.
  package var errors: [RuleError] = []

  package var failures: Int { cases.count { !$0.passed } }

  /// Over all rules; nil when nobody asked.
  package var totalLines: (run: Int, executable: Int)? {
    let lines = coverage.compactMap(\.lines)
    if lines.isEmpty { return nil }
    return (lines.reduce(0) { $0 + $1.run.count }, lines.reduce(0) { $0 + $1.executable.count })
  }
}

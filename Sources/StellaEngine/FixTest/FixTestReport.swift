import StellaModel
import StellaScripting

/// What became of the tests beside fixes.
package struct FixTestReport: Sendable {
  /// Whether a fix is tested both ways.
  package struct Coverage: Sendable, Hashable {
    package var fix: String
    package var file: String
    /// A passed case with a plan, and one without, because there was nothing to do or it was refused.
    package var hasPlanningTest = false
    package var hasQuietTest = false

    package var isComplete: Bool { hasPlanningTest && hasQuietTest }
  }

  /// In the order of files, then of the file.
  package var cases: [RuleTestReport.Case] = []
  /// Every fix under the paths, in the order of ids.
  package var coverage: [Coverage] = []
  /// Files that could not be read, fixes that were refused, test files that are no program.
  package var errors: [RuleError] = []

  package var failures: Int { cases.count { !$0.passed } }
}

extension RuleError {
  init(_ error: FixError) {
    self.init(
      code: error.code.rawValue, message: error.message, remedy: error.remedy, file: error.file, line: error.line)
  }
}

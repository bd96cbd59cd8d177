import StellaDetection
import StellaModel
import StellaScripting

/// What ``RuleLinter`` says about a set of rules.
package struct RuleLintReport: Sendable {
  /// Ids of the rules that were looked at, in the order of files.
  package var rules: [String] = []
  /// Why files can't be rules at all.
  package var errors: [RuleError] = []
  /// What is doubtful in rules that work. Their codes begin with `lint.`.
  package var warnings: [RuleError] = []
}

/// Looks for what is allowed in rules and probably not meant, or expensive, or missing for the people who get the alerts.
package enum RuleLinter {
  /// Lints the rules under `paths`.
  ///
  /// - Parameter parameters: what the configuration sets, by rule id.
  /// - Throws: a ``LiveError`` when there can be no thread for the scripts.
  package static func run(
    paths: [String], parameters: [String: [String: FieldValue]] = [:]
  ) throws -> RuleLintReport {
    try EngineThread.run {
      let (sources, unreadable) = RuleFiles.read(paths)
      var report = RuleLintReport(errors: unreadable)
      let set = RuleSet(sources: sources, parameters: parameters, fields: FieldRegister())
      report.errors += set.refusals.flatMap(\.errors)
      report.rules = set.rules.map(\.manifest.id)
      report.warnings = warnings(set)
      return report
    }
  }

  /// The warnings about all active rules of a set, by file and line. O(source).
  package static func warnings(_ rules: RuleSet) -> [RuleError] {
    rules.rules.flatMap { warnings($0.manifest, condition: $0.expression, steps: $0.steps, source: $0.source) }
  }

  /// The warnings of one rule, by line.
  ///
  /// - Parameter steps: what the steps of a sequence look for.
  package static func warnings(
    _ rule: RuleManifest, condition: Expression, steps: [Expression] = [], source: RuleSource
  ) -> [RuleError] {
    var lint = RuleLint(rule: rule, condition: condition, steps: steps, source: source)
    lint.checkCondition()
    lint.checkState()
    lint.checkKeys()
    lint.checkSteps()
    lint.checkDocumentation()
    lint.checkSummaries()
    return lint.warnings.sorted { ($0.line, $0.code) < ($1.line, $1.code) }
  }
}

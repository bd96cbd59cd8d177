import StellaDetection
import StellaModel
import StellaScripting

/// What ``RuleLinter`` says about a set of rules.
package struct RuleLintReport: Sendable {
  /// Ids of the rules that were looked at, in the order of files.
  package var rules: [String] = []
  /// Why files can't be rules at all.
  package var errors: [RuleError] = []
  /// What is doubtful in rules that work.
  package var warnings: [LintWarning] = []
}

/// Looks for what is allowed in rules and probably not meant, or expensive, or missing for the people who get the alerts.
package enum RuleLinter {
  /// Lints the rules under `paths`.
  ///
  /// - Parameters:
  ///   - parameters: what the configuration sets, by rule id.
  ///   - functions: what scripts see besides the script API.
  ///   - fixes: the ids of all fixes; nil where they aren't known.
  /// - Throws: a ``LiveError`` when there can be no thread for the scripts.
  package static func run(
    paths: [String], parameters: [String: [String: FieldValue]] = [:], functions: ScriptFunctions = .none,
    fixes: [String]? = nil
  ) throws -> RuleLintReport {
    try EngineThread.run {
      let (sources, unreadable) = RuleFiles.read(paths)
      var report = RuleLintReport(errors: unreadable)
      let set = RuleSet(sources: sources, parameters: parameters, functions: functions, fields: FieldRegister())
      report.errors += set.refusals.flatMap(\.errors)
      report.rules = set.rules.map(\.manifest.id)
      report.warnings = warnings(set, fixes: fixes)
      return report
    }
  }

  /// The warnings about all active rules of a set, by file and line. O(source).
  ///
  /// - Parameter fixes: the ids of all fixes; nil where they aren't known.
  package static func warnings(_ rules: RuleSet, fixes: [String]? = nil) -> [LintWarning] {
    let same = sameRules(rules)
    let common = commonFields(rules)
    return rules.rules.flatMap { rule in
      LintAllowances(rule.source).apply(
        to: warnings(
          rule.manifest, condition: rule.expression, steps: rule.steps, functions: rules.functions, source: rule.source,
          common: common, fixes: fixes)
          + same.filter { $0.error.file == rule.source.file },
        skipped: fixes == nil ? [.unknownFix] : [])
    }
  }

  /// Fields that more than one rule reads.
  private static func commonFields(_ rules: RuleSet) -> Set<String> {
    var counts: [String: Int] = [:]
    for rule in rules.rules {
      for field in Set(rule.expression.fields + rule.steps.flatMap(\.fields) + rule.manifest.by) {
        counts[field, default: 0] += 1
      }
    }
    return Set(counts.filter { $0.value > 1 }.keys)
  }

  /// Rules that look for what another one before them looks for. Those with scripts are not compared.
  private static func sameRules(_ rules: RuleSet) -> [LintWarning] {
    var first: [SameRule: String] = [:]
    return rules.rules.compactMap { rule in
      guard let same = SameRule(rule) else { return nil }
      guard let other = first[same] else {
        first[same] = rule.manifest.id
        return nil
      }
      let lines = ManifestLines(source: rule.source.text)
      return LintWarning(
        check: .sameRule,
        error: RuleError(
          code: LintCheck.sameRule.code, message: "\(rule.manifest.id) looks for the same as \(other)",
          remedy: "Drop one of them, or say in where what sets them apart.", file: rule.source.file,
          line: lines.line(of: "id")),
        edits: [])
    }
  }

  /// What makes two rules without scripts the same.
  private struct SameRule: Hashable {
    let condition: String
    let by: [String]
    let threshold: RuleManifest.Threshold

    init?(_ rule: RuleSet.ActiveRule) {
      guard let threshold = rule.manifest.threshold, rule.manifest.onMatch == nil else { return nil }
      condition = rule.expression.canonical
      by = rule.manifest.by
      self.threshold = threshold
    }
  }

  /// The warnings of one rule, by line.
  ///
  /// - Parameters:
  ///   - steps: what the steps of a sequence look for.
  ///   - functions: what scripts see besides the script API.
  ///   - common: fields that other rules read as well.
  ///   - fixes: the ids of all fixes; nil where they aren't known.
  package static func warnings(
    _ rule: RuleManifest, condition: Expression, steps: [Expression] = [], functions: ScriptFunctions = .none,
    source: RuleSource, common: Set<String> = [], fixes: [String]? = nil
  ) -> [LintWarning] {
    var lint = RuleLint(
      rule: rule, condition: condition, steps: steps, functions: functions, source: source, common: common)
    lint.checkCondition()
    lint.checkState()
    lint.checkKeys()
    lint.checkTimes()
    lint.checkSteps()
    lint.checkScript()
    lint.checkDocumentation()
    if let fixes { lint.checkSuggestions(fixes) }
    lint.checkAlertKeys()
    lint.checkSummaries()
    return lint.warnings.sorted { ($0.error.line, $0.error.code) < ($1.error.line, $1.error.code) }
  }
}

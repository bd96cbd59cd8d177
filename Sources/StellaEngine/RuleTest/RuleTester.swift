import StellaDetection
import StellaLua
import StellaModel
import StellaScripting

/// Runs the `*_test.lua` files beside rules, each case in memory with a virtual clock and without effects.
///
/// A file `name_test.lua` tests the rule of `name.lua` beside it; `rules.load "id"` or `t:use { "id", … }` name others.
package enum RuleTester {
  private static let suffix = "_test.lua"

  /// Tests everything under `paths`: directories, rule files (with the test beside each) and test files.
  ///
  /// - Parameter parameters: what the configuration sets, by rule id; a case's own come on top.
  /// - Throws: a ``LiveError`` when there can be no thread for the scripts.
  package static func run(
    paths: [String], parameters: [String: [String: FieldValue]] = [:]
  ) throws -> RuleTestReport {
    try EngineThread.run { runHere(paths: paths, parameters: parameters) }
  }

  private static func runHere(paths: [String], parameters: [String: [String: FieldValue]]) -> RuleTestReport {
    var report = RuleTestReport()
    let files = RuleTestFiles(paths: paths)
    report.errors = files.errors
    var known: [(id: String, source: RuleSource, isAsked: Bool)] = []
    let asked = Set(files.rules.map(\.file))
    for source in files.rules + files.neighbours {
      let set = RuleSet(sources: [source], parameters: parameters, fields: FieldRegister())
      if asked.contains(source.file) { report.errors += set.refusals.flatMap(\.errors) }
      let id = set.rules.first?.manifest.id ?? set.refusals.first?.id
      if let id, !known.contains(where: { $0.id == id }) { known.append((id, source, asked.contains(source.file))) }
    }
    report.coverage = known.filter(\.isAsked).map { .init(rule: $0.id, file: $0.source.file) }
    for file in files.tests {
      let base = file.file.dropLast(suffix.utf8.count) + ".lua"
      let surroundings = RuleTestRun.Surroundings(
        source: { id in known.first { $0.id == id }?.source }, knownIDs: known.map(\.id),
        fixture: { name throws(RuleTestFailure) in try RuleTestFiles.fixture(name, beside: file.file) })
      run(
        file, rule: known.first { $0.source.file == base }?.id, parameters: parameters, surroundings: surroundings,
        into: &report)
    }
    return report
  }

  private static func run(
    _ file: RuleSource, rule: String?, parameters: [String: [String: FieldValue]],
    surroundings: RuleTestRun.Surroundings, into report: inout RuleTestReport
  ) {
    let script: RuleTestScript
    do throws(RuleError) {
      script = try RuleTestScript(file)
    } catch {
      report.errors.append(error)
      return
    }
    for test in script.cases {
      let world = RuleTestRun(ids: rule.map { [$0] } ?? [], parameters: parameters, surroundings: surroundings)
      var result = RuleTestReport.Case(name: test.name, file: file.file, line: test.line, passed: true)
      if let failure = script.run(test, in: world, finish: world.finish) {
        result.passed = false
        result.message = failure.message
        if failure.line > 0 { result.line = failure.line }
      }
      report.cases.append(result)
      guard result.passed else { continue }
      let fired = world.firedRules
      for number in report.coverage.indices where world.ids.contains(report.coverage[number].rule) {
        if fired.contains(report.coverage[number].rule) {
          report.coverage[number].hasFiringTest = true
        } else {
          report.coverage[number].hasQuietTest = true
        }
      }
    }
  }
}

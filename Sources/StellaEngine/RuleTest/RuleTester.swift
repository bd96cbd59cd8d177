import StellaDetection
import StellaLua
import StellaModel
import StellaScripting

/// Runs the `*_test.lua` files beside rules, each case in memory with a virtual clock and without effects.
///
/// A file `name_test.lua` tests the rule of `name.lua` beside it; `rules.load "id"` or `t:use { "id", … }` name others.
/// Files are spread over threads; nothing in the report depends on how many.
package enum RuleTester {
  private static let suffix = "_test.lua"

  /// How tests are run.
  package struct Options {
    /// What the configuration sets, by rule id; a case's own come on top.
    package var parameters: [String: [String: FieldValue]]
    /// Whether the lines of rules that ran are noted, which makes their scripts several times slower.
    package var coversLines: Bool
    /// Threads that test files are spread over.
    package var workers: Int
    /// What the scripts of rules see besides the script API.
    package var functions = ScriptFunctions.none
    /// Asked before each case; those that are left are not run then.
    package var isStopped: @Sendable () -> Bool

    package init(
      parameters: [String: [String: FieldValue]] = [:], coversLines: Bool = false,
      workers: Int = WorkerThreads.sensible(.max), isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
      self.parameters = parameters
      self.coversLines = coversLines
      self.workers = workers
      self.isStopped = isStopped
    }
  }

  /// A rule that tests may use.
  private struct Known {
    let source: RuleSource
    let isAsked: Bool
    /// The lines that ran as it was loaded, when lines are noted.
    let linesAtLoad: [Int]
  }

  /// What became of one file of tests.
  private struct Outcome {
    var cases: [RuleTestReport.Case] = []
    var errors: [RuleError] = []
    /// Rules that were in use in a passed case, and whether they fired.
    var uses: [(rule: String, fired: Bool)] = []
    /// Rules whose tests are there and failed, or could not run.
    var unjudged: Set<String> = []
    /// Rule id → lines of it that ran.
    var lines: [String: Set<Int>] = [:]
  }

  /// Tests everything under `paths`: directories, rule files (with the test beside each) and test files.
  ///
  /// - Throws: a ``LiveError`` when there can be no thread for the scripts.
  package static func run(paths: [String], _ options: Options = Options()) throws -> RuleTestReport {
    try run(RuleTestFiles(paths: paths), options)
  }

  /// - Throws: a ``LiveError`` when there can be no thread for the scripts.
  static func run(_ files: RuleTestFiles, _ options: Options) throws -> RuleTestReport {
    var report = RuleTestReport()
    report.errors = files.errors
    let asked = Set(files.rules.map(\.file))
    let sources = files.rules + files.neighbours
    let loaded = try EngineThread.map(sources.count, workers: options.workers) { number in
      let set = RuleSet(
        sources: [sources[number]], parameters: options.parameters, functions: options.functions,
        fields: FieldRegister())
      let lines = options.coversLines ? set.rules.first?.script.linesAtLoad() ?? [] : []
      return (
        id: set.rules.first?.manifest.id ?? set.refusals.first?.id, errors: set.refusals.flatMap(\.errors), lines: lines
      )
    }
    var known: [String: Known] = [:]
    var ids: [String] = []
    var idOfFile: [String: String] = [:]
    var refused: [String: [RuleError]] = [:]
    for (source, rule) in zip(sources, loaded) {
      let isAsked = asked.contains(source.file)
      if isAsked { report.errors += rule.errors }
      if !rule.errors.isEmpty { refused[source.file] = rule.errors }
      guard let id = rule.id, known[id] == nil else { continue }
      known[id] = Known(source: source, isAsked: isAsked, linesAtLoad: rule.lines)
      idOfFile[source.file] = id
      ids.append(id)
    }
    let (rules, names, refusals) = (known, ids, refused)
    let outcomes = try EngineThread.map(files.tests.count, workers: options.workers) { number in
      let file = files.tests[number]
      let base = file.file.dropLast(suffix.utf8.count) + ".lua"
      let surroundings = RuleTestRun.Surroundings(
        source: { rules[$0]?.source }, knownIDs: names,
        fixture: { name throws(RuleTestFailure) in try RuleTestFiles.fixture(name, beside: file.file) },
        tracesLines: options.coversLines, functions: options.functions, refusal: refusals[String(base)] ?? [],
        refusedFiles: Set(refusals.keys))
      return run(file, rule: idOfFile[String(base)], options, surroundings)
    }
    report.cases = outcomes.flatMap(\.cases)
    report.errors += outcomes.flatMap(\.errors)
    var firing: Set<String> = []
    var quiet: Set<String> = []
    var unjudged: Set<String> = []
    var lines: [String: Set<Int>] = [:]
    for outcome in outcomes {
      unjudged.formUnion(outcome.unjudged)
      for use in outcome.uses { if use.fired { firing.insert(use.rule) } else { quiet.insert(use.rule) } }
      lines.merge(outcome.lines) { $0.union($1) }
    }
    report.coverage = ids.compactMap { id in
      guard let rule = known[id], rule.isAsked else { return nil }
      var coverage = RuleTestReport.Coverage(
        rule: id, file: rule.source.file, hasFiringTest: firing.contains(id), hasQuietTest: quiet.contains(id),
        isUnjudged: unjudged.contains(id) || refused[rule.source.file] != nil)
      if options.coversLines, let all = ExecutableLines(of: rule.source.text) {
        // Of a line that the main part shares with a function, loading doesn't tell whether the function ran.
        let atLoad = Set(rule.linesAtLoad).subtracting(all.main)
        coverage.lines = LineCoverage(executable: all.functions, run: atLoad.union(lines[id] ?? []))
      }
      return coverage
    }
    return report
  }

  private static func run(
    _ file: RuleSource, rule: String?, _ options: Options, _ surroundings: RuleTestRun.Surroundings
  ) -> Outcome {
    var outcome = Outcome()
    let script: RuleTestScript
    do throws(RuleError) {
      script = try RuleTestScript(file)
    } catch {
      outcome.errors.append(error)
      if let rule { outcome.unjudged.insert(rule) }
      return outcome
    }
    for test in script.cases {
      if options.isStopped() { return outcome }
      let world = RuleTestRun(ids: rule.map { [$0] } ?? [], parameters: options.parameters, surroundings: surroundings)
      var result = RuleTestReport.Case(name: test.name, file: file.file, line: test.line, passed: true)
      if let failure = script.run(test, in: world, finish: world.finish) {
        result.passed = false
        result.message = failure.message
        if failure.line > 0 { result.line = failure.line }
        result.isRefused = world.isRefused
        outcome.unjudged.formUnion(world.ids)
      }
      outcome.cases.append(result)
      for (id, lines) in world.takeLines() { outcome.lines[id, default: []].formUnion(lines) }
      guard result.passed else { continue }
      let fired = world.firedRules
      outcome.uses += world.ids.map { ($0, fired.contains($0)) }
    }
    return outcome
  }
}

import StellaLua
import StellaModel
import StellaScripting

/// Runs the `*_test.lua` files beside fixes. `name_test.lua` tests the fix of `name.lua` beside it.
///
/// Every case has a store and databases of its own, and goes through planning, approval, execution, verification and rollback as
/// they are in earnest. What is no database is planned only.
package enum FixTester {
  private static let suffix = "_test.lua"

  /// Tests everything under `paths`: directories, fix files (with the test beside each) and test files.
  ///
  /// - Parameter place: makes what one case runs on; it is closed at its end.
  /// - Throws: a ``LiveError`` when there can be no thread for the scripts; what `place` throws.
  package static func run<Place: FixTestPlace>(
    paths: [String], place: @escaping () throws -> Place
  ) throws -> FixTestReport {
    try EngineThread.run { try runHere(paths: paths, place: place) }
  }

  private static func runHere<Place: FixTestPlace>(
    paths: [String], place: () throws -> Place
  ) throws -> FixTestReport {
    var report = FixTestReport()
    let files = RuleTestFiles(paths: paths)
    report.errors = files.errors
    let asked = FixSet(sources: files.rules)
    report.errors += asked.refusals.flatMap(\.errors).map(RuleError.init)
    report.coverage = asked.fixes.map { .init(fix: $0.manifest.id, file: $0.source.file) }
    for file in files.tests {
      let base = file.file.dropLast(suffix.utf8.count) + ".lua"
      guard let source = (files.rules + files.neighbours).first(where: { $0.file == base }) else {
        report.errors.append(
          RuleError(
            code: "test.alone", message: "there is no fix \(base) beside it", remedy: "Name the test like the fix.",
            file: file.file, line: 0))
        continue
      }
      let set = FixSet(sources: [source])
      if let fix = set.fixes.first { try run(file, fix, place, into: &report) }
      // Those of the paths themselves are among the errors already.
      if !files.rules.contains(where: { $0.file == base }) {
        report.errors += set.refusals.flatMap(\.errors).map(RuleError.init)
      }
    }
    return report
  }

  private static func run<Place: FixTestPlace>(
    _ file: RuleSource, _ fix: FixScript, _ place: () throws -> Place, into report: inout FixTestReport
  ) throws {
    let script: FixTestScript<Place>
    do throws(RuleError) {
      script = try FixTestScript<Place>(file)
    } catch {
      report.errors.append(error)
      return
    }
    for test in script.cases {
      let own = try place()
      defer { own.close() }
      let world = FixTestRun(fix, own) { name throws(RuleTestFailure) in
        try RuleTestFiles.fixture(name, beside: file.file)
      }
      var result = RuleTestReport.Case(name: test.name, file: file.file, line: test.line, passed: true)
      if let failure = script.run(test, in: world, finish: world.finish) {
        result.passed = false
        result.message = failure.message
        if failure.line > 0 { result.line = failure.line }
      }
      report.cases.append(result)
      guard result.passed, let place = report.coverage.firstIndex(where: { $0.fix == fix.manifest.id }) else {
        continue
      }
      if world.hasPlan {
        report.coverage[place].hasPlanningTest = true
      } else {
        report.coverage[place].hasQuietTest = true
      }
    }
  }
}

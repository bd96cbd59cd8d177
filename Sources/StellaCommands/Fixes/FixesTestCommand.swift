import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel

/// `stella fixes test`: runs the tests beside fixes.
struct FixesTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the tests beside fixes (*_test.lua) on SQLite databases of their own.",
    discussion: """
      Examples:
        stella fixes test
        stella fixes test Fixes/data/migrate-user-id_test.lua
        stella fixes test --strict --output json

      A plan on databases is carried out, verified and rolled back, and the database compared with what it was. Whatever else a \
      plan does is planned only: no configured target is touched.

      Exit status: 0 when all passed, 1 when one failed, 2 when a fix or a test is broken.
      """)

  @Argument(
    help: "Fix files, tests or directories of them. Default: stella.yaml, else ./Fixes.", completion: .file())
  var paths: [String] = []
  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Fail when a fix lacks a test with a plan or one without.")
  var strict = false

  func run() throws {
    let console = Console.standard
    let paths = RemediationOptions.paths(paths, try Configuration.load(config))
    let report = try FixTester.run(paths: paths) { try SQLiteFixTestPlace() }
    let incomplete = strict ? report.coverage.filter { !$0.isComplete } : []
    TestListing.print(report.cases, result, console)
    switch result.output {
    case .json:
      for fix in report.coverage {
        console.line(
          FieldValue.object([
            .init("kind", .string("coverage")), .init("fix", .string(fix.fix)), .init("file", .string(fix.file)),
            .init("has_planning_test", .bool(fix.hasPlanningTest)), .init("has_quiet_test", .bool(fix.hasQuietTest)),
          ]).json)
      }
      for error in report.errors { console.line(error.json(kind: "error")) }
    case .table:
      for error in report.errors { console.note(TextEscaping.block("stella: \(error)")) }
      for fix in incomplete {
        let missing = [fix.hasPlanningTest ? nil : "one with a plan", fix.hasQuietTest ? nil : "one without"]
        console.line(
          TextEscaping.oneLine(
            "\(fix.file): \(fix.fix) lacks a test: \(missing.compactMap(\.self).joined(separator: " and "))"))
      }
      console.line("\(report.cases.count - report.failures) passed, \(report.failures) failed")
    }
    if !report.errors.isEmpty { throw CommandStatus.broken }
    if report.failures > 0 || !incomplete.isEmpty { throw CommandStatus.findings }
    if report.cases.isEmpty {
      throw CommandFailure(
        .usage, "no tests in \(paths.isEmpty ? "./Fixes" : paths.joined(separator: ", ")). They are named *_test.lua.")
    }
  }
}

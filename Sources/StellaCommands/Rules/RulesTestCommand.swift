import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel

/// `stella rules test`: runs the tests beside rules.
struct RulesTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the tests beside rules (*_test.lua).",
    discussion: """
      Examples:
        stella rules test
        stella rules test Rules/security/ssh-brute-force_test.lua
        stella rules test --strict --output json
        stella rules test --junit results.xml
        stella rules test --coverage
        stella rules test --watch Rules/shop

      Exit status: 0 when all passed, 1 when one failed, 2 when a rule or a test is broken.
      """)

  @OptionGroup var arguments: RulesArguments
  @OptionGroup var result: OutputOptions

  @Flag(name: .long, help: "Fail when a rule lacks a test that fires or one that stays quiet.")
  var strict = false

  @Flag(
    name: .long,
    help: "Say which lines of the rules' Lua functions no test has run. Their scripts are slower meanwhile.")
  var coverage = false

  @Option(name: .long, help: ArgumentHelp("Write the results there as JUnit XML, too.", valueName: "file"))
  var junit: String?

  @Flag(name: .long, help: "Run them again whenever a file changes, until Ctrl-C.")
  var watch = false

  func run() throws {
    guard watch else { return try runOnce() }
    let interrupts = try Interrupts()
    let paths = try RuleOptions.parsed(arguments.paths).paths(try Configuration.load(arguments.config))
    let console = Console.standard
    while true {
      let files = RuleFilesWatch(paths)
      do {
        try runOnce()
      } catch let status as CommandStatus where status == .findings || status == .broken {
        // Said already; the next change may make it good.
      }
      console.line("waiting for changes in \(TextEscaping.oneLine(paths.joined(separator: ", ")))")
      try console.flush()
      guard files.wait(interrupts) else { throw CommandStatus.interrupted }
    }
  }

  private func runOnce() throws {
    let console = Console.standard
    let configuration = try Configuration.load(arguments.config)
    let paths = try RuleOptions.parsed(arguments.paths).paths(configuration)
    let report = try RuleTester.run(
      paths: paths, .init(parameters: configuration.parameterValues, coversLines: coverage))
    if let junit { try WrittenFile.write(Array(JUnitReport.xml(report).utf8), to: junit) }
    let incomplete = strict ? report.coverage.filter { !$0.isComplete && !$0.isUnjudged } : []
    if result.output == .table {
      for error in report.errors { console.note(TextEscaping.block("stella: \(error)")) }
    }
    TestListing.print(report.cases, result, console)
    switch result.output {
    case .json: printJSON(report, console)
    case .table: printTable(report, incomplete, console)
    }
    if !report.errors.isEmpty { throw CommandStatus.broken }
    if report.failures > 0 || !incomplete.isEmpty { throw CommandStatus.findings }
    if report.cases.isEmpty {
      throw CommandFailure(.usage, "no tests in \(paths.joined(separator: ", ")). They are named *_test.lua.")
    }
  }

  private func printJSON(_ report: RuleTestReport, _ console: Console) {
    for rule in report.coverage {
      var members: [FieldValue.Member] = [
        .init("kind", .string("coverage")), .init("rule", .string(rule.rule)), .init("file", .string(rule.file)),
        .init("has_firing_test", .bool(rule.hasFiringTest)), .init("has_quiet_test", .bool(rule.hasQuietTest)),
      ]
      if let lines = rule.lines { members += CoverageText.members(lines) }
      console.line(FieldValue.object(members).json)
    }
    if let total = report.totalLines {
      console.line(
        FieldValue.object([
          .init("kind", .string("coverage_total")), .init("lines", .integer(Int64(total.executable))),
          .init("lines_run", .integer(Int64(total.run))),
        ]).json)
    }
    for error in report.errors { console.line(error.json(kind: "error")) }
  }

  private func printTable(
    _ report: RuleTestReport, _ incomplete: [RuleTestReport.Coverage], _ console: Console
  ) {
    for rule in incomplete {
      let missing = [rule.hasFiringTest ? nil : "one that fires", rule.hasQuietTest ? nil : "one that stays quiet"]
      console.line("\(rule.file): \(rule.rule) lacks a test: \(missing.compactMap(\.self).joined(separator: " and "))")
    }
    if let total = report.totalLines {
      if !result.quiet { console.write(CoverageText.table(report.coverage, for: console.output)) }
      console.line(CoverageText.total(total))
    }
    let passed = report.cases.count - report.failures
    console.line("\(passed) passed, \(report.failures) failed")
  }
}

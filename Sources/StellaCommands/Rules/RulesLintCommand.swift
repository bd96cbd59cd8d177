import ArgumentParser
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaScripting

/// `stella rules lint`: what is broken or doubtful in rules.
struct RulesLintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "Check rules for errors and doubtful things.",
    discussion: """
      Examples:
        stella rules lint
        stella rules lint --strict --output json Rules
        stella rules lint --fix Rules/errors
        stella rules lint --explain no_cheap_condition

      Exit status: 0, 1 for warnings with --strict, 2 when a rule is refused.
      """)

  @OptionGroup var arguments: RulesArguments
  @OptionGroup var result: OutputOptions

  @Flag(name: .long, help: "Fail on warnings.")
  var strict = false

  @Flag(name: .long, help: "Write the changes that leave what a rule does as it is, and say what is left.")
  var fix = false

  @Option(name: .long, help: ArgumentHelp("Say why one check is there, with examples.", valueName: "check"))
  var explain: String?

  private struct Findings {
    var rules = 0
    var errors: [RuleError] = []
    var warnings: [LintWarning] = []
    /// Exceptions and shadow mode that have expired.
    var expired: [RuleError] = []
    var fixed: [RuleFixer.FixedFile] = []
  }

  func run() throws {
    if let explain { return try describe(explain) }
    let console = Console.standard
    var found = try look()
    let fixed = found.fixed
    if fix, !fixed.isEmpty {
      for file in fixed { try WrittenFile.write(file.text, to: file.file) }
      found = try look()
    }
    switch result.output {
    case .json:
      for file in fixed where fix {
        for warning in file.warnings { console.line(warning.error.json(kind: "fixed")) }
      }
      for error in found.errors { console.line(error.json(kind: "error")) }
      for warning in found.warnings { console.line(warning.error.json(kind: "warning")) }
      for error in found.expired { console.line(error.json(kind: "warning")) }
    case .table:
      for file in fixed where fix { for warning in file.warnings { print(changed: warning, console) } }
      for error in found.errors { print(error, "error", .red, console) }
      for warning in found.warnings { print(warning.error, "warning", .yellow, console) }
      for error in found.expired { print(error, "warning", .yellow, console) }
      if !result.quiet { summarize(found, console) }
    }
    if !found.errors.isEmpty { throw CommandStatus.broken }
    if strict && found.warnings.count + found.expired.count > 0 { throw CommandStatus.findings }
  }

  private func look() throws -> Findings {
    let arguments = arguments
    return try EngineThread.run {
      let catalog = try RuleCatalog.load(arguments)
      let warnings = RuleLinter.warnings(catalog.rules, fixes: Self.fixes(catalog.configuration))
      let review = MutingReview(catalog.configuration, catalog.rules, isWhole: arguments.paths.isEmpty)
      return Findings(
        rules: catalog.rules.rules.count,
        errors: catalog.rules.refusals.flatMap(\.errors) + catalog.rules.exceptionErrors
          + review.keyErrors,
        warnings: warnings,
        expired: review.expired(at: SystemTime().now()),
        fixed: RuleFixer.fix(catalog.rules, warnings, parameters: catalog.configuration.parameterValues))
    }
  }

  /// The ids of the fixes that the configuration names, or that are in ./Fixes; nil where there are none.
  private static func fixes(_ configuration: Configuration) -> [String]? {
    let paths = RemediationOptions.paths([], configuration)
    if paths.isEmpty { return nil }
    let (sources, unreadable) = RuleFiles.read(paths)
    return FixSet(sources: sources, unreadable: unreadable).ids
  }

  private func describe(_ name: String) throws {
    let name = name.hasPrefix("lint.") ? String(name.dropFirst(5)) : name
    guard let check = LintCheck(rawValue: name) else {
      let names = LintCheck.allCases.map(\.rawValue)
      let hint = NearestName.of(name, in: names).map { " Did you mean \($0)?" } ?? ""
      throw CommandFailure(
        .notFound, "there is no check \(name).\(hint) There are: \(names.sorted().joined(separator: ", ")).")
    }
    Console.standard.write(LintReference.section(check))
  }

  private func summarize(_ found: Findings, _ console: Console) {
    console.line(
      "\(found.rules) active, \(count(found.errors.count, "error")), \(count(found.warnings.count + found.expired.count, "warning"))"
    )
    let fixable = found.fixed.reduce(0) { $0 + $1.warnings.count }
    if fixable > 0 { console.line("--fix would answer \(count(fixable, "warning")).") }
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  private func print(_ error: RuleError, _ word: String, _ style: TextStyle, _ console: Console) {
    console.line(
      console.output.styled(word, style, .bold) + " \(error.code): " + TextEscaping.block(error.description))
  }

  private func print(changed warning: LintWarning, _ console: Console) {
    for edit in warning.edits {
      console.line(
        console.output.styled("fixed", .green, .bold)
          + TextEscaping.oneLine(" \(warning.error.file):\(edit.line): \(edit.old) → \(edit.new)"))
    }
  }
}

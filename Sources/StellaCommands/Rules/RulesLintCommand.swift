import ArgumentParser
import StellaEngine
import StellaModel

/// `stella rules lint`: what is broken or doubtful in rules.
struct RulesLintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "Check rules for errors and doubtful things.",
    discussion: """
      Examples:
        stella rules lint
        stella rules lint --strict --output json Rules

      Exit status: 0, 1 for warnings with --strict, 2 when a rule is refused.
      """)

  @OptionGroup var arguments: RulesArguments
  @OptionGroup var result: OutputOptions

  @Flag(name: .long, help: "Fail on warnings.")
  var strict = false

  func run() throws {
    let console = Console.standard
    let arguments = arguments
    let (rules, errors, warnings) = try EngineThread.run {
      let catalog = try RuleCatalog.load(arguments)
      return (
        catalog.rules.rules.count, catalog.rules.refusals.flatMap(\.errors), RuleLinter.warnings(catalog.rules)
      )
    }
    switch result.output {
    case .json:
      for error in errors { console.line(error.json(kind: "error")) }
      for warning in warnings { console.line(warning.json(kind: "warning")) }
    case .table:
      for error in errors { print(error, "error", .red, console) }
      for warning in warnings { print(warning, "warning", .yellow, console) }
      if !result.quiet { console.line("\(rules) active, \(count(errors, "error")), \(count(warnings, "warning"))") }
    }
    if !errors.isEmpty { throw CommandStatus.broken }
    if strict && !warnings.isEmpty { throw CommandStatus.findings }
  }

  private func count(_ found: [RuleError], _ noun: String) -> String {
    "\(found.count) \(noun)\(found.count == 1 ? "" : "s")"
  }

  private func print(_ error: RuleError, _ word: String, _ style: TextStyle, _ console: Console) {
    console.line(
      console.output.styled(word, style, .bold) + " \(error.code): " + TextEscaping.block(error.description))
  }
}

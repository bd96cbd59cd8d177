import ArgumentParser
import StellaEngine
import StellaModel

/// `stella rules list`: what is active and what is not.
struct RulesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List rules, also those that are refused.",
    discussion: """
      Examples:
        stella rules list
        stella rules list --output json Rules/security
      """)

  @OptionGroup var arguments: RulesArguments
  @OptionGroup var result: OutputOptions

  func run() throws {
    let console = Console.standard
    let arguments = arguments
    let mode = result.output
    let isBroken = try EngineThread.run {
      let catalog = try RuleCatalog.load(arguments)
      switch mode {
      case .json:
        for rule in catalog.rules.rules {
          let manifest = rule.manifest
          console.line(
            FieldValue.object([
              .init("id", .string(manifest.id)), .init("active", .bool(true)),
              .init("severity", .string(manifest.severity.rawValue)), .init("type", .string(manifest.type)),
              .init("status", .string(manifest.status)), .init("title", .string(manifest.title)),
              .init("tags", .array(manifest.tags.map(FieldValue.string))),
              .init("by", .array(manifest.by.map(FieldValue.string))), .init("where", .string(manifest.condition)),
              .init("params", .object(manifest.parameters)),
              .init("file", .string(manifest.file)),
            ]).json)
        }
        for refusal in catalog.rules.refusals {
          console.line(
            FieldValue.object([
              .init("id", refusal.id.map(FieldValue.string) ?? .null), .init("active", .bool(false)),
              .init("file", .string(refusal.file)),
              .init("errors", .array(refusal.errors.map { .string($0.description) })),
            ]).json)
        }
      case .table:
        var table = TextTable([.init("RULE"), .init("SEVERITY"), .init("TYPE"), .init("TITLE", isFlexible: true)])
        for rule in catalog.rules.rules.sorted(by: { $0.manifest.id < $1.manifest.id }) {
          let manifest = rule.manifest
          table.add([manifest.id, manifest.severity.rawValue, manifest.type, manifest.title])
        }
        console.write(table.text(for: console.output))
        WatchPrinter(console: console, mode: mode, isQuiet: false).refused(catalog.rules.refusals)
      }
      return !catalog.rules.refusals.isEmpty
    }
    if isBroken { throw CommandStatus.broken }
  }
}

import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaScripting

/// The rules under some paths, loaded the way a watch would load them.
struct RuleCatalog {
  let paths: [String]
  let configuration: Configuration
  let rules: RuleSet
  /// What is written outside of them.
  let muting: WatchMuting

  /// Loads the rules; must run on the engine's thread, because their scripts run.
  ///
  /// - Parameter tracesLines: whether scripts note which of their lines run.
  static func load(_ arguments: RulesArguments, tracesLines: Bool = false) throws -> RuleCatalog {
    let configuration = try Configuration.load(arguments.config)
    let options = RuleOptions.parsed(arguments.paths)
    let paths = try options.paths(configuration)
    let (sources, unreadable) = RuleFiles.read(paths)
    let muting = try MutingRules.of(configuration)
    let rules = RuleSet(
      sources: sources, parameters: configuration.parameterValues, exceptions: muting.exceptions,
      fields: FieldRegister(), unreadable: unreadable, tracesLines: tracesLines)
    if rules.rules.isEmpty && rules.refusals.isEmpty {
      throw CommandFailure(.usage, "there are no rules in \(paths.joined(separator: ", ")).")
    }
    return RuleCatalog(paths: paths, configuration: configuration, rules: rules, muting: muting)
  }
}

extension RuleOptions {
  static func parsed(_ paths: [String]) -> RuleOptions {
    var options = RuleOptions()
    options.rules = paths
    return options
  }
}

extension RuleError {
  /// One object for machines.
  func json(kind: String) -> String {
    FieldValue.object([
      .init("kind", .string(kind)), .init("code", .string(code)), .init("file", .string(file)),
      .init("line", .integer(Int64(line))), .init("message", .string(message)), .init("remedy", .string(remedy)),
    ]).json
  }
}

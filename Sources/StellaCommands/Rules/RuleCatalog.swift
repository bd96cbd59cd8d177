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
    try load(arguments.paths, Configuration.load(arguments.config), tracesLines: tracesLines)
  }

  /// - Parameter named: what is given on the command line.
  static func load(_ named: [String], _ configuration: Configuration, tracesLines: Bool = false) throws -> RuleCatalog {
    let paths = try RuleOptions.parsed(named).paths(configuration)
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

  /// - Throws: ``CommandFailure`` `broken` when one of these rules is refused, `notFound` when there is none of that id.
  func check(_ wanted: [String]) throws(CommandFailure) { for id in wanted { _ = try rules.rule(id) } }
}

extension RuleSet {
  /// The active rule of this id.
  ///
  /// - Throws: ``CommandFailure`` `broken` when it is refused, `notFound` when there is none.
  func rule(_ id: String) throws(CommandFailure) -> ActiveRule {
    if let rule = rules.first(where: { $0.manifest.id == id }) { return rule }
    if let refusal = refusals.first(where: { $0.id == id }), let error = refusal.errors.first {
      throw CommandFailure(.broken, TextEscaping.block("\(id) is not active: \(error)"))
    }
    let hint = NearestName.of(id, in: rules.map(\.manifest.id)).map { " Did you mean \($0)?" } ?? ""
    throw CommandFailure(.notFound, TextEscaping.oneLine("there is no rule \(id).\(hint)"))
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

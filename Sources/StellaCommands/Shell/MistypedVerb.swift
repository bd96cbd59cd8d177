import ArgumentParser
import StellaModel

/// What was meant by a verb that isn't there.
enum MistypedVerb {
  /// Nil when every verb is there, or nothing is like the one that isn't. Options before it end the search.
  static func hint(_ arguments: [String]) -> String? {
    var command: any ParsableCommand.Type = StellaCommand.self
    var path = "stella"
    for argument in arguments {
      let verbs = command.configuration.subcommands
      guard !argument.hasPrefix("-"), !verbs.isEmpty else { return nil }
      if let verb = verbs.first(where: { name(of: $0) == argument }) {
        command = verb
        path += " " + argument
        continue
      }
      if let near = NearestName.of(argument, in: verbs.map(name)) { return "Did you mean \(path) \(near)?" }
      guard path == "stella" else { return nil }
      let groups = verbs.filter { $0.configuration.subcommands.contains { name(of: $0) == argument } }
      return groups.isEmpty
        ? nil : "Did you mean " + groups.map { "stella \(name(of: $0)) \(argument)" }.joined(separator: ", or ") + "?"
    }
    return nil
  }

  private static func name(of command: any ParsableCommand.Type) -> String { command.configuration.commandName ?? "" }
}

import StellaModel
import StellaScripting

extension RuleLint {
  /// Names of the script API that a script would miss.
  private static let apiNames: Set<String> = {
    let dotted =
      ScriptRegistry.constructorNames + ScriptRegistry.libraryTables + ScriptRegistry.functions.map(\.name)
      + (ScriptRegistry.libraryFunctions + ScriptRegistry.libraryValues).map(\.name)
    return Set(dotted.compactMap { $0.split(separator: ".").first.map(String.init) })
  }()

  mutating func checkScript() {
    var told: Set<String> = []
    for place in words.declared where Self.apiNames.contains(place.name) && told.insert(place.name).inserted {
      warn(
        .shadowedName, "\(place.name) is a name of the script API, and this takes it away",
        "Call it something else.", line: place.line)
    }
    told = []
    for place in words.undeclared where !Self.apiNames.contains(place.name) && told.insert(place.name).inserted {
      let hint = NearestName.of(place.name, in: Self.apiNames.sorted() + words.declared.map(\.name))
      warn(
        .undefinedName, "nothing is called \(place.name), so that the script fails when it gets there",
        hint.map { "Did you mean \($0)?" }
          ?? "Scripts have what the rule reference lists, and none of Lua's os, io, debug or require.", line: place.line
      )
    }
    told = []
    for place in words.outerAssignments where told.insert(place.name).inserted {
      warn(
        .scriptVariable,
        "\(place.name) is shared by all keys and lost with a restart; a rule that changes it is stopped",
        "Keep it in s, as s.\(place.name), or make it local.", line: place.line)
    }
    for parameter in rule.parameters where !words.isMember(parameter.name) {
      warn(
        .unusedParameter, "nothing reads the parameter \(parameter.name)", "Use it, or drop it from params.",
        line: words.line(of: parameter.name) ?? 1)
    }
  }
}

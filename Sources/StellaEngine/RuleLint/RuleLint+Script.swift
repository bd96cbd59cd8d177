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
    checkMethods()
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

  /// Methods of `s.name` that its kind doesn't have.
  private mutating func checkMethods() {
    let states = Set(
      [words.parameters["on"]?.dropFirst().first, words.parameters["check"]?.first].compactMap(\.self) + ["s"])
    let kinds = Dictionary(
      rule.state.compactMap { field -> (String, String)? in
        if case .primitive(let name, _) = field.content { (field.name, name) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
    var told: Set<String> = []
    for call in words.methodCalls where states.contains(call.base) {
      guard let kind = kinds[call.field], let methods = ScriptRegistry.primitive(kind)?.methods.map(\.name),
        !methods.contains(call.method), told.insert("\(call.field):\(call.method)").inserted
      else { continue }
      let meant = NearestName.of(call.method, in: methods)
      warn(
        .undefinedMethod, "\(call.base).\(call.field) is a \(kind) and has no \(call.method)",
        (meant.map { "Did you mean \($0)? " } ?? "") + "It has \(methods.joined(separator: ", ")).", line: call.line)
    }
  }
}

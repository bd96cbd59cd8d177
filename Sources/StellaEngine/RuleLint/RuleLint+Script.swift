import StellaModel
import StellaScripting

extension RuleLint {
  /// Names that a script would miss: of the script API, and tables of a host's functions.
  private var apiNames: Set<String> { Self.ownNames.union(functions.tables) }

  private static let ownNames: Set<String> = {
    let dotted =
      ScriptRegistry.constructorNames + ScriptRegistry.libraryTables + ScriptRegistry.functions.map(\.name)
      + (ScriptRegistry.libraryFunctions + ScriptRegistry.libraryValues).map(\.name)
    return Set(dotted.compactMap { $0.split(separator: ".").first.map(String.init) })
  }()

  mutating func checkScript() {
    var told: Set<String> = []
    for place in words.declared where apiNames.contains(place.name) && told.insert(place.name).inserted {
      warn(
        .shadowedName, "\(place.name) is a name of the script API, and this takes it away",
        "Call it something else.", line: place.line)
    }
    told = []
    for place in words.undeclared where !apiNames.contains(place.name) && told.insert(place.name).inserted {
      warn(
        .undefinedName, "nothing is called \(place.name), so that the script fails when it gets there",
        remedy(for: place.name), line: place.line)
    }
    checkMembers()
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

  /// What plain Lua has and scripts don't.
  private static let plainLua: Set<String> = [
    "collectgarbage", "coroutine", "debug", "dofile", "getmetatable", "io", "load", "loadfile", "loadstring", "os",
    "package", "print", "require", "setmetatable",
  ]

  /// What to do about a name that nothing has.
  private func remedy(for name: String) -> String {
    if name == "print" { return "There is no print: stella rules explain and stella repl show what a rule sees." }
    let names = apiNames.sorted() + words.declared.map(\.name)
    if !Self.plainLua.contains(name), let meant = NearestName.of(name, in: names) { return "Did you mean \(meant)?" }
    return "Scripts have what the rule reference lists, and none of Lua's os, io, debug or require."
  }

  /// Members of the state that nothing declares and nothing is assigned to.
  private mutating func checkMembers() {
    let states = words.states
    let known = Set(rule.state.map(\.name)).union(words.assignedMembers)
    var told: Set<String> = []
    for use in words.memberUses
    where states.contains(use.base) && !known.contains(use.name) && !words.computedBases.contains(use.base) {
      guard told.insert(use.name).inserted else { continue }
      let meant = NearestName.of(use.name, in: rule.state.map(\.name) + words.assignedMembers.sorted())
      warn(
        .undefinedName,
        "\(use.base).\(use.name) is always nil: state has no \(use.name), and nothing is assigned to it",
        meant.map { "Did you mean \($0)?" } ?? "Declare it under state, or assign to it before.", line: use.line)
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

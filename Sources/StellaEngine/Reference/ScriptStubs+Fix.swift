import StellaScripting

extension ScriptStubs {
  /// The names of fixes: `fix`, the constructors of effects, what `when`, `plan` and `verify` get, and the library of the
  /// sandbox.
  ///
  /// - Parameter isAlone: whether no stubs of rules are beside it that have the library already.
  package static func fixes(isAlone: Bool = true) -> String {
    var tables: [String] = []
    for name in ScriptRegistry.effects.map(\.constructor.name) {
      if let dot = name.firstIndex(of: "."), !tables.contains(String(name[..<dot])) {
        tables.append(String(name[..<dot]))
      }
    }
    return
      ([heading("fixes"), fixClasses] + ScriptRegistry.effects.map(effectClass)
      + [
        observation("Stella.RequestObservation", ScriptRegistry.requestObservationKeys),
        observation("Stella.CommandObservation", ScriptRegistry.commandObservationKeys), context, isAlone ? null : "",
        tables.map { "\($0) = {}\n" }.joined(),
        (ScriptRegistry.fixDeclarations + ScriptRegistry.effects.map(\.constructor)).map { function($0) }.joined(),
        isAlone ? library : "",
      ].filter { !$0.isEmpty }).joined(separator: "\n")
  }

  private static var fixClasses: String {
    [
      declared("Stella.Fix", "`fix { … }`.", ScriptRegistry.fixKeys.map(member)),
      declared(
        "Stella.FixAlert", "What `when` gets.", ScriptRegistry.fixAlertFields.map { ($0.name, $0.type, $0.meaning) }),
      """
      --- A change that the engine makes after approval. It can't be read or changed.
      ---@class Stella.Effect

      --- What `plan` returns: effects in order, and lines for the one who decides.
      ---@class Stella.FixPlan
      ---@field [integer] Stella.Effect
      ---@field notes? string[] at most 20 lines of 500 bytes

      --- A secret of the configuration, as `name@version`, behind a text.
      ---@class Stella.SecretUse
      ---@field prefix string such as `"Bearer "`
      ---@field secret string such as `"billing-token@3"`

      ---@alias Stella.ColumnValue string|number|boolean|Stella.Null|table

      """,
    ].joined(separator: "\n")
  }

  private static func effectClass(_ effect: ScriptEffect) -> String {
    declared(effect.constructor.parameters[0].type, "`\(effect.name) { … }`.", effect.keys.map(member))
  }

  private static func observation(_ name: String, _ keys: [RuleKey]) -> String {
    declared(name, "`observe = { … }`.", keys.map(member))
  }

  private static var context: String {
    let functions = ScriptRegistry.fixContextFunctions.map { name in
      let parameters = name.parameters.map { "\($0.name): \($0.type)" }.joined(separator: ", ")
      return (name.name, "fun(\(parameters)): \(name.returns)", name.meaning)
    }
    return object("Stella.Database", "A target that answers questions.", ScriptRegistry.databaseMethods)
      + declared("Stella.FixContext", "What `plan` and `verify` may ask.", functions)
  }
}

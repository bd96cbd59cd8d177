/// A kind of change that a fix can declare with a constructor.
package struct ScriptEffect: Sendable {
  package var constructor: ScriptName
  package var keys: [RuleKey]
  /// Keys of the tables within, by the key that holds the table.
  package var parts: [String: [RuleKey]]
  /// What the engine promises about it.
  package var promise: String

  package var name: String { constructor.name }

  /// - Parameter type: the LuaLS class of the constructor's table.
  init(
    _ name: String, type: String, _ meaning: String, keys: [RuleKey], parts: [String: [RuleKey]] = [:], promise: String
  ) {
    constructor = ScriptName(
      name, [ScriptName.Parameter("effect", type, "the keys below, written in place")], returns: "Stella.Effect",
      meaning)
    self.keys = keys
    self.parts = parts
    self.promise = promise
  }
}

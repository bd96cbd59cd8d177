/// One name that a script can see, as data. Bindings, editor stubs, the reference page and the allow-list test are all
/// made from these, so none of them can drift from the others.
package struct ScriptName: Sendable {
  /// One parameter of a call. `type` is a LuaLS type.
  package struct Parameter: Sendable {
    package var name: String
    package var type: String
    package var meaning: String

    package init(_ name: String, _ type: String, _ meaning: String) {
      self.name = name
      self.type = type
      self.meaning = meaning
    }
  }

  package var name: String
  package var parameters: [Parameter]
  /// A LuaLS type; empty for nothing.
  package var returns: String
  /// One or two sentences: meaning, units, errors, cost.
  package var meaning: String
  /// The API level that introduced the name.
  package var since: Int

  package init(
    _ name: String, _ parameters: [Parameter] = [], returns: String = "", since: Int = 1, _ meaning: String
  ) {
    self.name = name
    self.parameters = parameters
    self.returns = returns
    self.meaning = meaning
    self.since = since
  }
}

/// A kind of native state that a rule declares with a constructor and uses through methods.
package struct ScriptPrimitive: Sendable {
  package var constructor: ScriptName
  /// Named options that the constructor's table form accepts beside its first value.
  package var options: [ScriptName.Parameter]
  package var methods: [ScriptName]
  /// What it costs and how exact it is.
  package var cost: String
  /// All options with their kinds, checked when a rule is loaded; the first one may be given without its name.
  package var keys: [RuleKey] = []

  package var name: String { constructor.name }

  package init(
    constructor: ScriptName, options: [ScriptName.Parameter], methods: [ScriptName], cost: String
  ) {
    self.constructor = constructor
    self.options = options
    self.methods = methods
    self.cost = cost
  }

  package init(constructor: ScriptName, keys: [RuleKey], methods: [ScriptName], cost: String) {
    let options = keys.map { key in
      let standard = key.standard.map { key.isText ? "; default \"\($0)\"" : "; default \($0)" } ?? ""
      return ScriptName.Parameter(key.name, key.type, key.meaning + standard)
    }
    self.init(constructor: constructor, options: options, methods: methods, cost: cost)
    self.keys = keys
  }
}

import StellaDetection
import StellaScripting

/// Files that tell an editor with the Lua language server (LuaLS) every name that a rule or its test can see, made from
/// the registry. They hold declarations only and are never run.
package enum ScriptStubs {
  /// The names of rules: `rule`, `alert`, `params`, windows, events, and the library of the sandbox.
  ///
  /// - Parameters:
  ///   - sample: what types the fields of events get; nil for those of the canonical fields alone.
  ///   - host: functions that a host adds.
  package static func rules(sample: EventSample? = nil, host: ScriptFunctions = .none) -> String {
    let classes = [
      sample.map(event) ?? event, state, match, alertClass, thresholdClass, sequenceClasses, absenceClass, ruleClass,
      null,
    ]
    let sections =
      [heading("rules")] + classes + [windows, functions, library] + (host.functions.isEmpty ? [] : [added(host)])
    return sections.joined(separator: "\n")
  }

  /// The names of tests: `test`, `rules.load` and the object `t`.
  package static func tests() -> String {
    let expectation = declared(
      "Stella.Expectation", "What `t:expect` compares with.",
      RuleTestLanguage.expectations.map { ($0.name, $0.type, $0.meaning) })
    return [
      heading("tests of rules"), expectation,
      object("Stella.TestFeed", "What is about to be fed.", RuleTestLanguage.feedMethods),
      object("Stella.Test", "The case that is running.", RuleTestLanguage.methods),
      "rules = {}\n" + RuleTestLanguage.functions.map { function($0) }.joined(),
    ].joined(separator: "\n")
  }

  static func heading(_ what: String) -> String {
    """
    ---@meta
    -- Made from the sources of Stella, for editors: the names of \(what), API level \(ScriptRegistry.apiLevel).
    -- To make it anew: stella rules stubs

    """
  }

  // MARK: - Classes

  private static var event: String {
    let fields = FieldAliases.fields.map { field in
      let type = field.name == "time" ? "integer" : field.isNumeric ? "number?" : "string?"
      return (field.name, type, field.meaning)
    }
    return declared(
      "Stella.Event", "One log record, read-only. A missing field is nil, a JSON null is `null`.", fields)
      + "---@field [string] any any field under its own name, such as `e[\"cart.items\"]`\n"
  }

  /// The same with the fields of a sample, and their types as they were there.
  private static func event(_ sample: EventSample) -> String {
    func line(_ name: String, _ field: EventSample.Field, _ meaning: String) -> (String, String, String) {
      let isOptional = sample.isOptional(field)
      let seen = isOptional ? "in \(field.count) of \(sample.events) events" : ""
      return (
        name, field.types.text + (isOptional ? "?" : ""),
        [meaning, seen].filter { !$0.isEmpty }.joined(separator: "; ")
      )
    }
    let known = FieldAliases.fields.map { field in
      guard let seen = sample.field(field.name) else {
        let type = field.name == "time" ? "integer" : field.isNumeric ? "number?" : "string?"
        return (field.name, type, field.meaning)
      }
      return line(field.name, seen, field.meaning)
    }
    let others = sample.names.filter { FieldAliases.field($0) == nil }.compactMap { name in
      sample.fields[name].map { line(member(name), $0, "") }
    }
    return declared(
      "Stella.Event", "One log record, read-only. A missing field is nil, a JSON null is `null`.", known + others)
      + "---@field [string] any any field under its own name, such as `e[\"cart.items\"]`\n"
  }

  /// A name as a class may have it: `user_id`, `["user-agent"]`.
  private static func member(_ name: String) -> String {
    let isPlain =
      name.utf8.allSatisfy { $0 &- 48 < 10 || ($0 | 32) &- 97 < 26 || $0 == UInt8(ascii: "_") }
      && name.utf8.first.map { $0 &- 48 >= 10 } == true
    if isPlain { return name }
    return "[\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"]"
  }

  private static var state: String {
    """
    --- The state of one key: what `state` declares, and plain values of your own.
    ---@class Stella.State
    ---@field [string] any

    """
  }

  private static var match: String {
    [
      declared(
        "Stella.Match", "A match of a threshold.", ScriptRegistry.matchFields.map { ($0.name, $0.type, $0.meaning) }),
      declared(
        "Stella.MatchedStep", "What a match of a sequence has of one step.",
        ScriptRegistry.matchedStepFields.map { ($0.name, $0.type, $0.meaning) }),
      declared(
        "Stella.SequenceMatch", "A match of a sequence.",
        ScriptRegistry.sequenceMatchFields.map { ($0.name, $0.type, $0.meaning) })
        + "---@field [string] Stella.MatchedStep each step under its name\n",
      declared(
        "Stella.Gap", "A key that stays away.", ScriptRegistry.gapFields.map { ($0.name, $0.type, $0.meaning) }),
    ].joined(separator: "\n")
  }

  private static var alertClass: String {
    declared(
      "Stella.Alert", "What `alert { … }` takes and callbacks return.",
      ScriptRegistry.alertKeys.map { ($0.name, $0.type, $0.meaning) })
      + "---@field [string] string|number|boolean labels of your own\n\n"
      + "---@alias Stella.Finding Stella.Alert|Stella.Alert[]|nil\n"
  }

  private static var thresholdClass: String {
    declared("Stella.Threshold", "`threshold = { … }`.", ScriptRegistry.thresholdKeys.map(member))
  }

  private static var sequenceClasses: String {
    declared("Stella.SequenceStep", "A step of `sequence = { … }`.", ScriptRegistry.stepKeys.map(member)) + "\n"
      + declared("Stella.Sequence", "`sequence = { … }`.", ScriptRegistry.sequenceKeys.map(member))
      + "---@field [integer] Stella.SequenceStep the steps in order\n"
  }

  private static var absenceClass: String {
    declared("Stella.Absence", "`absence = { … }`.", ScriptRegistry.absenceKeys.map(member))
  }

  private static var ruleClass: String {
    declared("Stella.Rule", "`rule { … }`.", ScriptRegistry.ruleKeys.map(member))
  }

  static func member(_ key: RuleKey) -> (String, String, String) {
    let standard = key.standard.map { " Default: `\($0)`." } ?? ""
    return (key.name + (key.isRequired ? "" : "?"), key.type, key.meaning + standard)
  }

  static var null: String {
    "--- The type of `null`.\n---@class Stella.Null\n"
  }

  static func declared(_ name: String, _ meaning: String, _ fields: [(String, String, String)]) -> String {
    "--- \(meaning)\n---@class \(name)\n"
      + fields.map { "---@field \($0.0) \($0.1)\($0.2.isEmpty ? "" : " " + $0.2)\n" }.joined()
  }

  // MARK: - Native state

  private static var windows: String {
    var text = "--- Native state that a rule declares under `state`.\n---@class Stella.Window\n\nwindow = {}\n"
    for primitive in ScriptRegistry.primitives {
      let first = primitive.constructor.parameters[0]
      let settings = primitive.constructor.returns + "Options"
      let isNamed = primitive.options.contains { $0.name == first.name }
      text += "\n---@class \(settings)\n---@field [1]\(isNamed ? "?" : "") \(first.type) \(first.meaning)\n"
      for option in primitive.options { text += "---@field \(option.name)? \(option.type) \(option.meaning)\n" }
      text += "\n" + object(primitive.constructor.returns, primitive.cost, primitive.methods, parent: "Stella.Window")
      var constructor = primitive.constructor
      constructor.parameters[0].type += "|" + settings
      text += function(constructor)
    }
    return text
  }

  /// A class with methods, as a local table: nothing of its name is visible to scripts.
  static func object(
    _ name: String, _ meaning: String, _ methods: [ScriptName], parent: String? = nil
  ) -> String {
    let local = name.split(separator: ".").last.map(String.init) ?? name
    var text = "--- \(meaning)\n---@class \(name)\(parent.map { ": " + $0 } ?? "")\nlocal \(local) = {}\n"
    for method in methods { text += function(method, of: local + ":") }
    return text + "\n"
  }

  // MARK: - Functions

  private static var functions: String {
    (ScriptRegistry.declarations + ScriptRegistry.functions).map { function($0) }.joined()
  }

  private static func added(_ host: ScriptFunctions) -> String {
    "\n-- Functions of the host.\n" + host.tables.map { "\($0) = {}\n" }.joined()
      + host.names.map { function($0) }.joined()
  }

  static var library: String {
    var text = "\n-- Lua's library, as far as the sandbox offers it. `.luarc.json` switches off the rest.\n"
    for table in ScriptRegistry.libraryTables {
      // LuaLS takes the methods of texts from the class of this name.
      if table == "string" { text += "---@class stringlib\n" }
      text += "\(table) = {}\n"
    }
    for value in ScriptRegistry.libraryValues {
      text += "\n--- \(value.meaning)\n---@type \(value.returns)\n\(value.name) = nil\n"
    }
    return text + ScriptRegistry.libraryFunctions.map { function($0) }.joined()
  }

  static func function(_ name: ScriptName, of object: String = "") -> String {
    var text = "\n--- \(name.meaning)\n"
    for parameter in name.parameters {
      // `t?` marks a parameter that may be left out.
      let isOptional = parameter.type.hasSuffix("?") && parameter.name != "..."
      let type = isOptional ? String(parameter.type.dropLast()) : parameter.type
      text += "---@param \(parameter.name)\(isOptional ? "?" : "") \(type) \(parameter.meaning)\n"
    }
    if !name.returns.isEmpty { text += "---@return \(name.returns)\n" }
    return text + "function \(object)\(name.name)(\(name.parameters.map(\.name).joined(separator: ", "))) end\n"
  }
}

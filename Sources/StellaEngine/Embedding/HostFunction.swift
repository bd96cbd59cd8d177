import StellaLua
import StellaModel
import StellaScripting

/// A Swift function that a host offers to the scripts of its rules, beside the script API:
///
///     HostFunction("shop.tier", [.init("user", .text, "the user's id")], returns: .text, "The plan of a user.") {
///       guard case .string(let user) = $0[0] else { return .null }
///       return .string(tiers[user] ?? "free")
///     }
///
/// A rule calls it as `shop.tier(e.user_id)`. It must change nothing, and answer soon and always the same for the same
/// arguments, as far as rules shall give the same alerts whenever they see the same events. It is called on the
/// engine's threads, several at once when there are several ``EngineConfiguration/workers``. Conditions in `where`
/// can't call it.
public struct HostFunction: Sendable {
  /// What a value may be.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Text.
    case text = "string"
    /// A whole number.
    case integer
    /// Any number.
    case number
    /// True or false.
    case boolean
    /// A list or an object.
    case table
    /// Whatever can be copied: no function, and no event, whose fields can be given one by one.
    case any
  }

  /// One parameter.
  public struct Parameter: Sendable, Hashable {
    /// For the reference, and for messages about wrong arguments.
    public var name: String
    /// What it must be.
    public var kind: Kind
    /// Whether it may be left out, or be nil: the Swift function gets null then.
    public var isOptional: Bool
    /// For the reference.
    public var meaning: String

    /// A parameter of that name.
    public init(_ name: String, _ kind: Kind, _ meaning: String, isOptional: Bool = false) {
      self.name = name
      self.kind = kind
      self.meaning = meaning
      self.isOptional = isOptional
    }
  }

  /// What scripts call it by: a table of the host's and a name in it, such as `shop.tier`.
  public var name: String
  /// What it takes.
  public var parameters: [Parameter]
  /// What it gives; nil for nothing.
  public var returns: Kind?
  /// One or two sentences for the reference and the editor: meaning, units, errors.
  public var meaning: String
  /// What a call takes from the script's budget of 200,000 steps: about one for every 10 ns that the function takes. A
  /// script that has fewer left is stopped before the call.
  public var steps: Int
  /// Does it. What it throws is an error of the script at the line of the call, which it can catch with `pcall`.
  public var body: @Sendable (_ arguments: [FieldValue]) throws -> FieldValue

  /// A function of these parts.
  public init(
    _ name: String, _ parameters: [Parameter] = [], returns: Kind? = nil, _ meaning: String, steps: Int = 100,
    body: @escaping @Sendable (_ arguments: [FieldValue]) throws -> FieldValue
  ) {
    self.name = name
    self.parameters = parameters
    self.returns = returns
    self.meaning = meaning
    self.steps = steps
    self.body = body
  }
}

extension HostFunction {
  /// The functions as scripts see them.
  ///
  /// - Throws: ``StellaError`` `engine.configuration` for a name that can't be a host's.
  package static func checked(_ functions: [HostFunction]) throws(StellaError) -> ScriptFunctions {
    var names: Set<String> = []
    for function in functions {
      if let why = fault(in: function.name) ?? (function.meaning.isEmpty ? "it has no meaning for the reference" : nil)
        ?? (0...LuaLimits().stepsPerCall ~= function.steps
          ? nil : "its steps are not between 0 and the \(LuaLimits().stepsPerCall) that a script has")
        ?? (names.insert(function.name).inserted ? nil : "there are two of that name")
      {
        throw StellaError(.configuration, "the function \(function.name) can't be offered to rules: \(why).")
      }
    }
    return ScriptFunctions(functions.map(\.scripted))
  }

  private static func fault(in name: String) -> String? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(isPlain) else {
      return "it takes the form table.name, with lower-case letters, digits and _"
    }
    let table = String(parts[0])
    if ScriptRegistry.ownNames.contains(table) { return "\(table) is a name of the script API" }
    if let word = parts.first(where: { ScriptRegistry.reservedWords.contains(String($0)) }) {
      return "\(word) is a word of Lua"
    }
    return nil
  }

  private static func isPlain(_ part: Substring) -> Bool {
    part.count <= 40 && part.first?.isLowercase == true
      && part.utf8.allSatisfy { $0 &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "_") }
  }

  private var scripted: ScriptFunctions.Function {
    let name = ScriptName(
      name,
      parameters.map { .init($0.name, $0.kind.rawValue + ($0.isOptional ? "?" : ""), $0.meaning) },
      returns: returns?.rawValue ?? "", meaning + " A function of the host; a call takes \(steps) steps.")
    return ScriptFunctions.Function(name, steps: steps) { [self] arguments throws(LuaHostError) in
      let values = try taken(arguments)
      let answer: FieldValue
      do {
        answer = try body(values)
      } catch {
        throw LuaHostError("\(self.name): \(TextEscaping.oneLine("\(error)", limit: 500))")
      }
      return returns == nil ? .nil : LuaValue(copy: answer)
    }
  }

  /// The arguments, one for each parameter.
  private func taken(_ arguments: [LuaValue]) throws(LuaHostError) -> [FieldValue] {
    guard arguments.count <= parameters.count else {
      throw LuaHostError("\(name) takes \(parameters.count) values, not \(arguments.count)")
    }
    var values: [FieldValue] = []
    for (place, parameter) in parameters.enumerated() {
      let given = place < arguments.count ? arguments[place] : .nil
      if given == .nil || given == .null, parameter.isOptional {
        values.append(.null)
        continue
      }
      guard let value = FieldValue(copy: given), parameter.kind.takes(value) else {
        throw LuaHostError(
          "\(name) wants \(parameter.kind.described) as \(parameter.name), not \(KeyCheck.kind(given))")
      }
      values.append(value)
    }
    return values
  }
}

extension HostFunction.Kind {
  fileprivate func takes(_ value: FieldValue) -> Bool {
    switch (self, value) {
    case (.any, _), (.text, .string), (.integer, .integer), (.number, .integer), (.number, .double), (.boolean, .bool),
      (.table, .array), (.table, .object):
      true
    default: false
    }
  }

  fileprivate var described: String {
    switch self {
    case .text: "a text"
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .table: "a table"
    case .any: "a plain value"
    }
  }
}

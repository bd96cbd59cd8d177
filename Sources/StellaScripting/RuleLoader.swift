import StellaLua
import StellaModel

/// Why a rule file is not active.
package struct RuleRefusal: Error, Sendable {
  package var file: String
  /// The rule's id when that much could be read.
  package var id: String?
  package var errors: [RuleError]
  /// What the rule asks of events, as far as it could be read; nothing here has looked at it.
  package var conditions: [RuleCondition]

  package init(file: String, id: String?, errors: [RuleError], conditions: [RuleCondition] = []) {
    self.file = file
    self.id = id
    self.errors = errors
    self.conditions = conditions
  }
}

/// Runs rule files in states of their own and reads what they declare.
package enum RuleLoader {
  private static let defaultMemoryBytes = LuaLimits().memoryBytes

  /// Loads one rule.
  ///
  /// The file runs once with the rule's default parameters, which tells its id; when parameters are set for that id, or
  /// it asks for another memory limit, it runs once more in a new state with them in force.
  ///
  /// - Parameters:
  ///   - parameters: what the configuration sets for a rule id, by name.
  ///   - functions: what the rule sees besides the script API.
  ///   - host: gives the fast callbacks for the rule's state.
  /// - Throws: a refusal with every error found; nothing of the rule stays.
  package static func load(
    _ source: RuleSource, parameters: (_ id: String) -> [String: LuaValue], functions: ScriptFunctions = .none,
    host: any LuaHost
  ) throws(RuleRefusal) -> RuleScript {
    let (first, state) = try run(source, overrides: [:], limits: LuaLimits(), functions: functions, host: host)
    state.close()
    let overrides = parameters(first.id)
    var limits = LuaLimits()
    limits.memoryBytes = first.memoryBytes
    var manifest = first
    if !overrides.isEmpty || limits.memoryBytes != defaultMemoryBytes {
      let (second, state) = try run(
        source, overrides: overrides, limits: limits, functions: functions, host: host)
      state.close()
      manifest = second
    }
    return RuleScript(
      manifest: manifest, source: source, overrides: overrides, limits: limits, functions: functions, host: host)
  }

  /// Runs the file in a new state and reads what it declares.
  ///
  /// - Parameter tracesLines: whether the state notes which lines run meanwhile.
  static func run(
    _ source: RuleSource, overrides: [String: LuaValue], limits: LuaLimits, functions: ScriptFunctions,
    host: any LuaHost, tracesLines: Bool = false
  ) throws(RuleRefusal) -> (RuleManifest, LuaState) {
    func refusal(_ error: RuleError, id: String? = nil) -> RuleRefusal {
      RuleRefusal(file: source.file, id: id, errors: [error])
    }
    let parameters = RuleParameters(overrides: overrides)
    var bodies: [String: LuaHostFunction] = [
      "params": { arguments throws(LuaHostError) in try parameters.declare(arguments) }
    ]
    bodies.merge(functions.bodies) { own, _ in own }
    let library = LuaLibrary(
      constructors: ScriptRegistry.constructorNames, functions: bodies, costs: functions.costs,
      handleTypes: ScriptRegistry.handleTypes, host: host)
    let result: LuaValue
    let state: LuaState
    do throws(LuaError) {
      state = try LuaState(limits: limits, library: library)
      if tracesLines { state.traceLines(upTo: source.lineCount) }
      result = try state.load(source.text, name: source.file)
    } catch {
      throw refusal(RuleError(error, file: source.file, text: source.text))
    }
    guard case .tagged("rule", let table) = result else {
      throw refusal(
        RuleError(
          code: "rule.no_rule", message: "the file returns no rule",
          remedy: "End it with: return rule { api = 1, id = \"…\", title = \"…\", … }", file: source.file, line: 1))
    }
    var reader = ManifestReader(file: source.file, table: table, lines: ManifestLines(source: source.text))
    var manifest = reader.read()
    manifest.textChecksum = source.text.withUnsafeBytes { StateBytes.checksum($0) }
    manifest.parameters = parameters.inForce.compactMap { parameter in
      switch parameter.value {
      case .bool(let flag): .init(parameter.name, .bool(flag))
      case .integer(let number): .init(parameter.name, .integer(number))
      case .double(let number): .init(parameter.name, .double(number))
      case .string(let text): .init(parameter.name, .string(text))
      default: nil
      }
    }
    let unused = overrides.keys.filter { name in !parameters.inForce.contains { $0.name == name } }.sorted()
    let errors =
      reader.errors
      + unused.map { name in
        let names = parameters.inForce.map(\.name)
        let hint = NearestName.of(name, in: names).map { "Did you mean \($0)? " } ?? ""
        return RuleError(
          code: "rule.parameter", message: "the configuration sets \(name), which \(manifest.id) does not have",
          remedy: hint + (names.isEmpty ? "It has no parameters." : "It has: \(names.joined(separator: ", "))."),
          file: source.file, line: 1)
      }
    if !errors.isEmpty {
      state.close()
      throw RuleRefusal(
        file: source.file, id: manifest.id.isEmpty ? nil : manifest.id, errors: errors, conditions: manifest.conditions)
    }
    let handles = manifest.state.compactMap { field -> (String, String)? in
      if case .primitive(let name, _) = field.content { (field.name, name) } else { nil }
    }
    for (index, (field, primitive)) in handles.enumerated() {
      guard let type = ScriptRegistry.primitives.firstIndex(where: { $0.name == primitive }) else { continue }
      do throws(LuaError) {
        try state.declare(field, type: type, handle: index)
      } catch {
        throw refusal(RuleError(error, file: source.file), id: manifest.id)
      }
    }
    return (manifest, state)
  }
}

extension RuleError {
  /// A failure of a script as a rule's error.
  ///
  /// - Parameter text: the script, to tell what a syntax error comes from.
  package init(_ error: LuaError, file: String, text: [UInt8] = []) {
    let (code, remedy): (String, String) =
      switch error.kind {
      case .load where Self.endsTooEarly(text, line: error.line):
        ("rule.syntax", "A text in [[ ]] ends at the first ]]. Write [=[ … ]=] around one that has [[ ]] in it.")
      case .load: ("rule.syntax", "Correct the Lua at that place.")
      case .budget: ("rule.budget", "The script used up its steps: a loop that never ends?")
      case .memory: ("rule.budget", "The script used up its memory; a rule may ask for more with memory = \"1MiB\".")
      case .deadline: ("rule.budget", "The script took too long.")
      case .runtime: ("rule.syntax", error.traceback.joined(separator: "\n    "))
      case .internal: ("rule.budget", "The script's state was thrown away.")
      }
    self.init(code: code, message: error.message, remedy: remedy, file: file, line: error.line)
  }

  /// Whether up to this line a text in double brackets has double brackets in it. O(bytes).
  private static func endsTooEarly(_ text: [UInt8], line: Int) -> Bool {
    var left = line
    let lines = text.prefix { byte in
      if byte == UInt8(ascii: "\n") { left -= 1 }
      return left > 0
    }
    let (open, close) = (Array("[[".utf8), Array("]]".utf8))
    guard let last = lines.firstRange(of: open)?.upperBound else { return false }
    var rest = lines[last...]
    // Each text from its beginning to its end; one that begins inside of another is the mistake.
    while let end = rest.firstRange(of: close) {
      if rest[..<end.lowerBound].firstRange(of: open) != nil { return true }
      guard let next = rest[end.upperBound...].firstRange(of: open) else { return false }
      rest = rest[next.upperBound...]
    }
    return false
  }
}

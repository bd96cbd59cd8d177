import StellaLua
import StellaModel

/// Tells a member of the state that holds nothing from a field of the event, which Lua's messages don't.
struct StateNameHint {
  /// Names under which functions have the state of a key.
  private let states: Set<String>
  private let declared: [String]
  private let assigned: Set<String>
  /// What is looked for in the state, as pairs, by line.
  private let members: [Int: [(state: String, member: String)]]

  /// O(bytes).
  init(_ source: RuleSource, declared: [String]) {
    self.declared = declared
    var scanner = LuaScanner(source: source.text)
    var tokens: [LuaScanner.Token] = []
    var states: Set<String> = []
    var assigned: Set<String> = []
    var members: [Int: [(state: String, member: String)]] = [:]
    let dot = LuaScanner.Token.other(UInt8(ascii: "."))
    while let (token, line) = scanner.next() {
      if case .name(let member) = token, tokens.count >= 2, tokens[tokens.count - 1] == dot,
        case .name(let base) = tokens[tokens.count - 2], tokens.count < 3 || tokens[tokens.count - 3] != dot
      {
        members[line, default: []].append((base, member))
      }
      if token == .other(UInt8(ascii: "=")), tokens.count >= 2, case .name(let name) = tokens[tokens.count - 1],
        tokens[tokens.count - 2] == dot
      {
        assigned.insert(name)
      }
      tokens.append(token)
      if let name = Self.state(in: tokens) { states.insert(name) }
      if tokens.count > 9 { tokens.removeFirst() }
    }
    self.states = states.isEmpty ? ["s"] : states
    self.assigned = assigned
    self.members = members
  }

  /// The parameter that the last token completes: `s` of `on = function(e, s)` and of `check = function(s`.
  private static func state(in tokens: [LuaScanner.Token]) -> String? {
    guard case .name(let name)? = tokens.last else { return nil }
    let equals = LuaScanner.Token.other(UInt8(ascii: "="))
    let open = LuaScanner.Token.other(UInt8(ascii: "("))
    let comma = LuaScanner.Token.other(UInt8(ascii: ","))
    let before = Array(tokens.dropLast())
    if before.count >= 6, Array(before.suffix(5).prefix(3)) == [equals, .name("function"), open],
      before[before.count - 6] == .name("on"), before.last == comma
    {
      return name
    }
    guard before.count >= 4, Array(before.suffix(3)) == [equals, .name("function"), open] else { return nil }
    let key = before[before.count - 4]
    return key == .name("check") || key == .name("resolve_when") ? name : nil
  }

  /// The message with what is the matter with the state, when it is the state that a nil was found in.
  func added(to error: LuaError) -> LuaError {
    guard error.kind == .runtime, let name = Self.nilField(error.message),
      let state = members[error.line]?.first(where: { states.contains($0.state) && $0.member == name })?.state
    else { return error }
    var error = error
    // What is near in the library is no member of the state.
    let message = error.message.split(separator: "; did you mean", maxSplits: 1).first.map(String.init) ?? ""
    if declared.contains(name) || assigned.contains(name) {
      let isIndexed = message.hasPrefix("attempt to index") || message.hasPrefix("attempt to call")
      error.message =
        "\(message)\(Self.unassigned)\(state).\(name) is nil until something is assigned to it: "
        + (isIndexed ? "test if \(state).\(name) then first" : "write (\(state).\(name) or 0)")
      return error
    }
    let others = declared + assigned.subtracting(declared).sorted()
    let hint =
      NearestName.of(name, in: others).map { "; did you mean \($0)?" }
      ?? (declared.isEmpty ? ": declare it there" : ", but \(declared.joined(separator: ", "))")
    error.message = "\(message)\(Self.missing)\(name)\(hint)"
    return error
  }

  private static let missing = "; state has no "
  private static let unassigned = "; in state, "

  /// Whether a message says already what is the matter.
  static func isIn(_ message: String) -> Bool { message.contains(missing) || message.contains(unassigned) }

  /// `cc` of `… a nil value (field 'cc')`, whatever follows.
  private static func nilField(_ message: String) -> String? {
    guard let start = message.firstRange(of: "a nil value (field '")?.upperBound,
      let end = message[start...].firstIndex(of: "'")
    else { return nil }
    return String(message[start..<end])
  }
}

import StellaModel

/// Adds what was probably meant to Lua's messages about names that hold nothing.
enum NameHint {
  /// `attempt to call a nil value (global 'prnt')` and its kin get "; did you mean 'x'?" when a known name is near.
  static func added(to message: String, library: LuaLibrary) -> String {
    guard message.contains("a nil value ("), let (kind, name) = namedNothing(in: message) else { return message }
    // What plain Lua has and scripts don't was meant as it is written.
    if kind == "global", plainLua.contains(name) { return message }
    let candidates: [String]
    switch kind {
    case "global": candidates = library.names.map { String($0.prefix { $0 != "." }) }
    case "method": candidates = LuaLibrary.stringMethods + library.handleTypes.flatMap(\.methods)
    case "field":
      candidates = library.names.compactMap { name in
        name.contains(".") ? name.split(separator: ".").last.map { String($0) } : nil
      }
    default: return message
    }
    guard let meant = NearestName.of(name, in: Set(candidates).sorted()) else { return message }
    return "\(message); did you mean '\(meant)'?"
  }

  /// Names of plain Lua that the sandbox leaves out.
  private static let plainLua: Set<String> = [
    "collectgarbage", "coroutine", "debug", "dofile", "getmetatable", "io", "load", "loadfile", "loadstring", "os",
    "package", "print", "require", "setmetatable",
  ]

  /// The kind and the name in `… a nil value (kind 'name')`.
  private static func namedNothing(in message: String) -> (kind: Substring, name: String)? {
    guard let open = message.lastIndex(of: "("), message.hasSuffix("')") else { return nil }
    let inside = message[message.index(after: open)...].dropLast(2)
    let parts = inside.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("'") else { return nil }
    return (parts[0], String(parts[1].dropFirst()))
  }
}

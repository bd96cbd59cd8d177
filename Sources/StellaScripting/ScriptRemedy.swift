import StellaLua

/// What to do about an error that a script ran into.
package enum ScriptRemedy {
  /// One sentence; nil when the error says it all. The names in Lua's messages are those of the script.
  package static func of(_ error: LuaError) -> String? {
    // A name that is near is what was meant where something is called, and mere chance where a value is nil.
    if StateNameHint.isIn(error.message) { return nil }
    let message = error.message.split(separator: "; did you mean", maxSplits: 1).first.map(String.init) ?? ""
    switch error.kind {
    case .load, .internal: return nil
    case .budget: return "keep loops short: on and check run for every event and key; windows count without a loop"
    case .memory: return "keep less in s and in texts, or raise memory in the rule"
    case .deadline: return "a call took longer than any should; look for patterns over long texts"
    case .runtime: break
    }
    if message.hasPrefix("attempt to call"), message.count < error.message.count { return nil }
    if message.hasPrefix("attempt to perform arithmetic on a nil value") {
      return name(in: message).map { what in
        "\(what.text) is nil here: \(what.isField ? "a field is nil where the event lacks it, so " : "")write "
          + "(\(what.written) or 0), or return before it is used"
      } ?? "a value is nil here: write (x or 0), or return before it is used"
    }
    if message.hasPrefix("attempt to compare"), message.contains("nil") {
      return "one side is nil: an empty window has no mean, min, max or q, and an event may lack the field; test "
        + "x ~= nil first, or write (x or 0)"
    }
    if message.hasPrefix("attempt to compare") {
      return "the two sides are of different types: tonumber(x) makes a number of text, and nil of what is none"
    }
    if message.hasPrefix("attempt to index a nil value") {
      return name(in: message).map { what in
        "\(what.text) is nil here: test if \(what.written) then first\(what.isField ? ", or let where ask for it" : "")"
      } ?? "what stands before the dot is nil: test it first"
    }
    if message.hasPrefix("attempt to index a") {
      return "only tables, events and state have members; type(x) tells what it is"
    }
    if message.hasPrefix("attempt to concatenate a nil value") {
      return name(in: message).map {
        "\($0.text) is nil here: write tostring(\($0.written)) or (\($0.written) or \"\")"
      }
        ?? "a value is nil here: write (x or \"\")"
    }
    if message.hasPrefix("attempt to concatenate") { return "write tostring(x) for what is neither text nor number" }
    if message.hasPrefix("attempt to perform arithmetic") {
      return "it is no number: tonumber(x) makes one of text, and nil of what is none"
    }
    if message.hasPrefix("attempt to call a nil value (global 'print')") {
      return "there is no print: `stella rules explain` and `stella repl` show what a rule sees"
    }
    if message.hasPrefix("attempt to call a nil value") {
      return "nothing has that name; the rule reference lists what scripts and each kind of state have"
    }
    if message.hasPrefix("attempt to get length of") {
      return "only texts and tables have a length: write #(x or \"\")"
    }
    if message.contains("number has no integer representation") { return "math.floor(x) makes an integer of a number" }
    if message.contains("expected, got nil") || message.contains("expected, got no value") {
      return "an argument is nil: an event may lack the field; test x ~= nil first"
    }
    return nil
  }

  /// The kind and the name in `… (field 'bytes')`.
  private static func name(in message: String) -> (text: String, written: String, isField: Bool)? {
    guard let open = message.lastIndex(of: "("), message.hasSuffix("')") else { return nil }
    let parts = message[message.index(after: open)...].dropLast(2).split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("'") else { return nil }
    let name = String(parts[1].dropFirst())
    let isField = parts[0] == "field"
    return (isField ? "the field \(name)" : name, isField ? "e.\(name)" : name, isField)
  }
}

extension LuaError {
  /// ``description`` with what to do about it.
  package var advice: String { ScriptRemedy.of(self).map { "\(description); \($0)" } ?? description }
}

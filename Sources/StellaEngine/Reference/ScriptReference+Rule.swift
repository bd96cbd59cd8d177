import StellaScripting

extension ScriptReference {
  static var keys: String {
    """
    ## Keys of `rule { … }`

    \(table(of: ScriptRegistry.ruleKeys))
    A rule has a `threshold`, or `on`, or `check` with `every` (and mostly `on`, to feed its windows).

    ### Keys of `threshold = { … }`

    \(table(of: ScriptRegistry.thresholdKeys))
    """
  }

  private static func table(of keys: [RuleKey]) -> String {
    var table = MarkdownTable("key", "type", "default", "meaning", "elsewhere")
    for key in keys {
      table.row(
        code(key.name), key.expected, key.isRequired ? "required" : key.standard.map(code) ?? "", key.meaning,
        key.elsewhere ?? "")
    }
    return table.text
  }

  static var callbacks: String {
    var match = MarkdownTable("field", "type", "meaning")
    for field in ScriptRegistry.matchFields { match.row(code("m." + field.name), code(field.type), field.meaning) }
    return """
      ## Callbacks

      `on(e, s)` runs for each matching event, `check(s, t)` for each live key every `every` of event time. Both return \
      nothing, an `alert { … }`, or a list of them. `resolve_when = function(s, t)` is asked at a check that found nothing: \
      while it returns false or nothing, the alert stays.

      `e` is the event, read-only: `e.status`, `e["user-agent"]`, `e["cart.items"]`. A missing field is nil, a JSON null is \
      `null`; integers stay integers; an array or object is a table. `e.time` is nanoseconds since the epoch, `e.level` the \
      name of the level in lower case. `pairs(e)` is refused.

      `s` is the state of the event's key: what `state` declares, and plain values of your own (`s.last = e.time`): texts, \
      numbers, booleans and tables of them. A script-level variable that changes after the file is loaded is no state: it is \
      shared by all keys and lost with a restart.

      `on_match(m)` shapes the alert of a threshold:

      \(match.text)
      """
  }

  static var state: String {
    var text = """
      ## State

      Native windows and rings, declared in `state = { name = … }`, one of each per key. Their clock is the time of events. \
      With options they are written as a table: `window.count { "1h", offset = "5m" }`.

      """
    for primitive in ScriptRegistry.primitives {
      text +=
        "\n### \(code(signature(primitive.constructor)))\n\n\(primitive.constructor.meaning) \(primitive.cost)\n\n"
      text += "- \(explained(primitive.constructor.parameters))\n"
      for option in primitive.options { text += "- `\(option.name) =` (\(option.type)): \(option.meaning)\n" }
      var methods = MarkdownTable("method", "returns", "meaning")
      for method in primitive.methods {
        let parameters = method.parameters.isEmpty ? "" : " " + explained(method.parameters) + "."
        methods.row(code(signature(method, of: ":")), returned(method), method.meaning + parameters)
      }
      text += "\n" + methods.text
    }
    return text
  }

  static var alert: String {
    var table = MarkdownTable("key", "type", "meaning")
    for key in ScriptRegistry.alertKeys { table.row(code(key.name), code(key.type), key.meaning) }
    return """
      ## Keys of `alert { … }`

      All are optional. Any other key with a text, number or boolean becomes a label, which the summary can use.

      \(table.text)
      """
  }

  static var functions: String {
    var table = MarkdownTable("function", "returns", "meaning")
    for name in ScriptRegistry.declarations + ScriptRegistry.functions {
      table.row(code(signature(name)), returned(name), name.meaning)
    }
    return "## Functions\n\n\(table.text)"
  }

  static var library: String {
    var table = MarkdownTable("name", "returns", "meaning")
    for name in ScriptRegistry.libraryValues { table.row(code(name.name), returned(name), name.meaning) }
    for name in ScriptRegistry.libraryFunctions { table.row(code(signature(name)), returned(name), name.meaning) }
    return """
      ## Lua's library

      This is all that a script sees of Lua 5.4. The functions of `string` are methods of texts: `e.route:startswith("/api")`.

      \(table.text)
      """
  }

  private static func returned(_ name: ScriptName) -> String { name.returns.isEmpty ? "" : code(name.returns) }
}

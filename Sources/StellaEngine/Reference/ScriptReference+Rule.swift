import StellaScripting

extension ScriptReference {
  static var keys: String {
    """
    ## Keys of `rule { … }`

    \(table(of: ScriptRegistry.ruleKeys))
    A rule has a `threshold`, a `sequence`, an `absence`, or `on`, or `check` with `every` (and `on`, to feed its windows, \
    or windows with a `where`, which feed themselves). Each step of a sequence and `cancel_on` are conditions of their own: they see every event of the key, not only \
    those that `where` lets through, but a step's events must satisfy a `where` that is written as well.

    ### Keys of `threshold = { … }`

    \(table(of: ScriptRegistry.thresholdKeys))
    ### Keys of `sequence = { … }`

    ```lua
    sequence = { within = "10m",
      { name = "fails", match = [[outcome == "fail"]], times = 10 },
      { name = "login", match = [[outcome == "ok"]] } },
    ```

    \(table(of: ScriptRegistry.sequenceKeys))
    Each step is a table in the list, 1 to \(RuleManifest.Sequence.stepLimit) of them, which take at most \
    \(grouped(RuleManifest.Sequence.timesLimit)) events together:

    \(table(of: ScriptRegistry.stepKeys))
    - A step has a name of its own, which is none of \
    \(ScriptRegistry.sequenceMatchFields.map { "`\($0.name)`" }.joined(separator: ", ")): those mean something else in \
    `on_match`.
    - Events of the key that no step waits for are passed over. An event takes one place in a run, the last that it can.
    - Of all runs the newest counts: the newest `times` events of a step, behind the newest run through the steps before. So a \
    match is found whenever there is one within its times, and at the first event that completes it.
    - After a match the key begins anew: no event counts for two matches.
    - An absent step between two others breaks the runs that wait for the later one: the events that brought them there \
    count no more. What comes before the earlier step is complete breaks nothing; `cancel_on` drops everything whenever it \
    comes.
    - An absent last step is over when the watermark has passed its time; an event that comes at the very end still counts. \
    The first run that waits decides.
    - Events out of order count in the order in which they are processed, with their own times; a run's first and last event \
    by time lie within `within`.
    - Only an event that can begin a run takes up a key. A key costs 16 bytes a step and 8 for each event to be shown of the \
    step and those before it, about 150 for two steps; a step that takes several events costs 16 bytes for each of them more, \
    32 and more behind another step. An event that no step matches costs nothing, one that a step matches O(1). The events to \
    be shown share 1 MiB.

    ### Keys of `absence = { … }`

    ```lua
    where = [[event == "job.done"]], by = { "job" },
    absence = { every = "24h", grace = "30m", roster = { "backup", "billing-close" } },
    ```

    \(table(of: ScriptRegistry.absenceKeys))
    The alert fires when the watermark has passed the time of the last event by `every` and `grace`, and resolves with the next \
    event of the key. Its `value` is the silence in seconds, and it has a label `last_seen`. A key costs 33 bytes and O(1) an \
    event. Keys over `max_keys` go as in every rule, those that were silent longest first, and are counted.
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

  private static func fields(_ fields: [ScriptName.Parameter], of object: String) -> String {
    var table = MarkdownTable("field", "type", "meaning")
    for field in fields { table.row(code("\(object).\(field.name)"), code(field.type), field.meaning) }
    return table.text
  }

  static var callbacks: String {
    """
    ## Callbacks

    `on(e, s)` runs for each matching event, `check(s, t)` for each live key every `every` of event time, until no event \
    has come for the key for so long that it sleeps (see `every`). Both return nothing, an `alert { … }`, or a list of them. `resolve_when = function(s, t)` is asked at a check that found nothing: \
    while it returns false or nothing, the alert stays.

    `e` is the event, read-only: `e.status`, `e["user-agent"]`, `e["cart.items"]`. A missing field is nil, a JSON null is \
    `null`; integers stay integers; an array or object is a table. `e.time` is nanoseconds since the epoch, `e.level` the \
    name of the level in lower case. `pairs(e)` is refused.

    `s` is the state of the event's key: what `state` declares, and plain values of your own (`s.last = e.time`): texts, \
    numbers, booleans and tables of them. A script-level variable that changes after the file is loaded is no state: it is \
    shared by all keys and lost with a restart.

    `on_match(m)` shapes the alert of a threshold:

    \(fields(ScriptRegistry.matchFields, of: "m"))
    For a `sequence`, `m` has these fields, and one of the name of each step:

    \(fields(ScriptRegistry.sequenceMatchFields, of: "m"))
    \(fields(ScriptRegistry.matchedStepFields, of: "m.<step>"))
    The events of `m` but a deciding one are tables: what `pairs` shows of them are the record's own fields and the canonical \
    ones.

    `on_absent(gap)` shapes the alert of an absence. When it returns nothing, nobody asks again before the key came back:

    \(fields(ScriptRegistry.gapFields, of: "gap"))
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

  /// The functions that a host adds.
  static func added(_ host: ScriptFunctions) -> String {
    var table = MarkdownTable("function", "returns", "meaning")
    for name in host.names {
      let parameters = explained(name.parameters)
      table.row(code(signature(name)), returned(name), name.meaning + (parameters.isEmpty ? "" : " \(parameters)."))
    }
    return "## Functions of the host\n\n\(table.text)"
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

import StellaDetection
import StellaLua
import StellaModel
import StellaScripting

extension ScriptReference {
  static var summaries: String {
    """
    ## Summaries

    In `summary`, `{name}` is filled in: `value`, `expected`, `count`, `title`, `rule`, then names of the key, of labels, \
    and fields of the last event of the evidence. What is nowhere shows as `?`.

    | written | shows |
    |---|---|
    | `{name}` | the value as it is; a fraction with two decimals below 10, else with one |
    | `{name:.0f}` … `{name:.9f}` | a number with that many decimals |
    | `{name:dur}` | a number of seconds as a duration, such as `1h30m` |
    | `{{`, `}}` | a brace |

    """
  }

  static var alerts: String {
    var table = MarkdownTable("field", "type", "meaning")
    for field in Alert.jsonFields { table.row(code(field.name), field.type, field.meaning) }
    return """
      ## Alerts as JSON

      `stella watch --output json` prints one object per line and transition: when an alert begins to fire and when it is \
      resolved. What joins a firing alert meanwhile is in the `count` and `last_seen` of the resolved one.

      \(table.text)
      """
  }

  static var tests: String {
    var functions = MarkdownTable("name", "meaning")
    for name in RuleTestLanguage.functions { functions.row(code(signature(name)), described(name)) }
    for name in RuleTestLanguage.methods { functions.row(code(signature(name, of: "t:")), described(name)) }
    for name in RuleTestLanguage.feedMethods { functions.row(code(signature(name, of: "t:feed(…):")), described(name)) }
    var expectations = MarkdownTable("key", "type", "meaning")
    for key in RuleTestLanguage.expectations { expectations.row(code(key.name), code(key.type), key.meaning) }
    return """
      ## Tests

      `name_test.lua` beside `name.lua` tests that rule; `stella rules test` runs it. Tests run in memory with a clock of \
      their own and decode what they are fed as `watch` does.

      \(functions.text)
      ### Keys of `t:expect { … }`

      \(expectations.text)
      """
  }

  private static func described(_ name: ScriptName) -> String {
    name.meaning + (name.parameters.isEmpty ? "" : " " + explained(name.parameters) + ".")
  }

  static var limits: String {
    let limits = LuaLimits()
    var table = MarkdownTable("limit", "value", "what happens over it")
    table.row("Lua heap of a rule", SizeText.text(limits.memoryBytes) + ", `memory` up to 4MiB", "the call is aborted")
    table.row("steps of a call", grouped(limits.stepsPerCall), "the call is aborted, also inside `pcall`")
    table.row("steps when a file is loaded", grouped(limits.stepsAtLoad), "the rule is refused")
    table.row("time of a call", milliseconds(limits.deadline) + " that the thread ran", "the call is aborted")
    table.row("source of a rule", SizeText.text(limits.sourceBytes), "the rule is refused")
    table.row(
      "a text", SizeText.text(limits.stringBytes), "building one is an error; a longer field of an event is cut")
    table.row("values that one library call takes or returns", "\(limits.values)", "an error")
    table.row("tables within tables in `alert`, callbacks within callbacks", "\(limits.nesting)", "an error")
    table.row("native state of a rule", "64MiB, see `state_memory`", "the stalest keys go and are counted")
    table.row("keys of a rule", "100,000, see `max_keys`", "the stalest keys go and are counted")
    table.row("length of a window", "at least 1s", "the rule is refused")
    table.row("`every`", "at least 1s", "the rule is refused")
    table.row(
      "failed calls in a row", "\(Quarantine.failuresBeforeRest)",
      "the script rests for \(DurationText.text(Quarantine.firstRest)) of event time, then for twice as long, at most "
        + "\(DurationText.text(Quarantine.longestRest)); its state is kept, and one alert "
        + "`stella.rule-quarantined` fires until a call goes well")
    table.row("a condition", SizeText.text(Expression.lengthLimit), "the rule is refused")
    table.row("evidence of an alert", "\(Alert.evidenceLimit) events", "the oldest are left out")
    table.row("affected users of an alert", "\(Alert.affectedUserLimit)", "further ones are left out")
    table.row(
      "a line", SizeText.text(LineSplitter.defaultLineLimit) + ", see `limits.line_bytes`", "it is cut and counted")
    return """
      ## Limits

      A step is about one instruction of Lua; library functions take steps in proportion to their work, so that a rule uses \
      the same number on every run.

      \(table.text)
      """
  }

  static func grouped(_ number: Int) -> String {
    let digits = String(number)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  private static func milliseconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return DurationText.text(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}

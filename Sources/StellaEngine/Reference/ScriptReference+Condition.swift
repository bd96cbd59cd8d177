import StellaDetection
import StellaModel

extension ScriptReference {
  static var conditions: String {
    var functions = MarkdownTable("call", "true when")
    for function in ExpressionFunction.allCases { functions.row(code(function.usage), function.meaning) }
    var examples = MarkdownTable("condition", "event", "matches", "because")
    for example in ConditionExample.all {
      examples.row(code(example.condition), code(example.event), example.matches ? "yes" : "no", example.why)
    }
    let comparisons = Comparison.allCases.map { code($0.rawValue) }.joined(separator: " ")
    let levels = LogLevel.allCases.map { code($0.name) }.joined(separator: " < ")
    return """
      ## Conditions

      `where` and `resolve_when` take a Lua expression over fields, as does `stella tail --where`. It is checked when the rule \
      is loaded and runs natively, together with those of all other rules; Lua is entered for matching events only.

      - Comparisons of a field with a constant or with another field: \(comparisons). Then `and`, `or`, `not`, parentheses.
      - Constants: numbers, texts (`"…"`, `'…'`, `[[…]]`), `true`, `false`, `nil`, `null`. There is no arithmetic.
      - `== nil` and `~= nil` test whether a field is there. `== null` tests for a JSON null, and `~= null` that a field is \
      there and not null. Every other comparison with a missing field or with a value of another type is false, also `~=`.
      - Numbers compare by value, texts by bytes.
      - Levels: \(levels). Opposite `level`, and only there, a bare word is a level. Elsewhere a bare word is a field.
      - `true` matches every event. A rule whose condition can't be looked up by a value, a text, a range or a level is asked \
      about every event.

      \(functions.text)
      Except for `one_of`, `cidr` and `field` they may be written as methods: `message:contains("timeout")`.

      \(examples.text)
      """
  }

  static var fields: String {
    """
    ## Fields

    A field has its own name, with dots for what is nested. These names also stand for the other names that logs give the \
    same thing: the field of that very name counts, else the first other name that the record has. `time` and `level` are \
    read by the decoders.

    \(FieldAliases.markdown())
    """
  }

  static var formats: String {
    var table = MarkdownTable("`--format`", "lines")
    for format in LogFormat.allCases { table.row(code(format.rawValue), format.meaning) }
    return """
      ## Formats

      \(table.text)
      A line that can't be decoded is counted, and the first ones are shown at the end. Times without a zone are in UTC unless \
      `--tz` says otherwise; times without a year are in the year of the file's last change unless `--year` does; an event \
      without a time has that of the event before.

      """
  }
}

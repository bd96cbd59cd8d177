import StellaScripting

/// Every name of the test language, as data for the reference page and the editor stubs.
enum RuleTestLanguage {
  private typealias Parameter = ScriptName.Parameter

  static let functions: [ScriptName] = [
    ScriptName(
      "test",
      [
        Parameter("name", "string", "a sentence that says what is promised"),
        Parameter("body", "fun(t: Stella.Test)", "feeds events and says what it expects"),
      ],
      "Declares a case. Each has a rule, a state and a clock of its own; the clock stands at 2026-01-01T00:00:00Z."),
    ScriptName(
      "rules.load", [Parameter("id", "string", "id of a rule beside the test")],
      "Puts another rule under test than the one whose file the test is named after. For all cases of the file."),
  ]

  /// Methods of `t`.
  static let methods: [ScriptName] = [
    ScriptName(
      "use", [Parameter("ids", "string|string[]", "ids of rules")], returns: "Stella.Test",
      "Puts these rules under test instead, in this case. Before the first event."),
    ScriptName(
      "params", [Parameter("values", "table", "parameters by name; with several rules, after the id of one")],
      returns: "Stella.Test", "Sets parameters as stella.yaml would. Before the first event."),
    ScriptName(
      "feed", [Parameter("event", "table|fun(i: integer): table", "the fields of an event, or what makes the i-th")],
      returns: "Stella.TestFeed",
      "One event now; `:times(n)` repeats it, `:every(\"5s\")` apart. It goes through the JSON decoder."),
    ScriptName(
      "at", [Parameter("time", "string", "\"+5m\" from now, \"5m\" from the start, or a time in RFC 3339")],
      returns: "Stella.Test", "Sets the clock for what is fed next."),
    ScriptName(
      "replay",
      [
        Parameter(
          "what", "string|table", "a file beside the test, or { file = … } or { text = …, format = …, year = … }")
      ],
      returns: "Stella.Test", "Decodes and runs real log lines."),
    ScriptName(
      "advance", [Parameter("duration", "string", "such as \"10m\"")], returns: "Stella.Test",
      "Lets time pass without events: checks run, alerts resolve."),
    ScriptName(
      "expect", [Parameter("what", "Stella.Expectation", "the keys below; without a number of alerts, at least one")],
      returns: "Stella.Test", "Compares the alerts of the case so far. Fails at this line with what fired instead."),
    ScriptName(
      "expect_quiet", [Parameter("what", "Stella.Expectation?", "which alerts are meant; default all")],
      returns: "Stella.Test", "The same with `fires = 0`."),
  ]

  /// Methods of what `t:feed` returns.
  static let feedMethods: [ScriptName] = [
    ScriptName(
      "times", [Parameter("count", "integer", "1 to 1,000,000")], returns: "Stella.TestFeed", "How many events."),
    ScriptName(
      "every", [Parameter("duration", "string", "such as \"5s\"")], returns: "Stella.TestFeed",
      "How far they are apart; without it, all at the same time."),
  ]

  private static let amount = "number|string|{ at_least: number?, at_most: number? }?"

  /// Keys of `t:expect { … }`.
  static let expectations: [ScriptName.Parameter] = [
    Parameter("fires", "integer?", "exactly how many alerts fired"),
    Parameter("at_least", "integer?", "at least how many fired"),
    Parameter("at_most", "integer?", "at most how many fired"),
    Parameter("resolved", "integer?", "how many of those are resolved"),
    Parameter("pending", "integer?", "how many wait for their `hold`"),
    Parameter("rule", "string?", "id of the rule"),
    Parameter("severity", "string?", "severity of the alert"),
    Parameter("type", "string?", "type of the alert"),
    Parameter("title", "string?", "title of the alert"),
    Parameter("summary", "string?", "a part of the summary"),
    Parameter("value", amount, "the value measured, exactly or within bounds"),
    Parameter("expected", amount, "the usual value, exactly or within bounds"),
    Parameter("count", amount, "matching events"),
    Parameter("evidence", amount, "how many events it shows"),
    Parameter("where", "table<string, any>?", "values of the key by name"),
    Parameter("labels", "table<string, any>?", "labels by name"),
    Parameter("affected_users", "string[]?", "users that are among the affected"),
  ]
}

import StellaModel

extension ScriptRegistry {
  /// Every key of `rule { … }`, in the order of the reference page.
  package static let ruleKeys: [RuleKey] = [
    RuleKey("api", .integer(1...1), required: true, "The level of the script API that the rule is written for."),
    RuleKey("id", .name, required: true, "Unique and stable, such as `errors.spike`. State and alerts belong to it."),
    RuleKey("title", .text, required: true, "What the rule finds, in a few words."),
    RuleKey(
      "severity", .choice(Severity.allCases.map(\.rawValue)), required: true, "How serious an alert of it is.",
      elsewhere: "Sigma `level`"),
    RuleKey("type", .name, "The kind of trouble, such as `error_spike`.", standard: "custom"),
    RuleKey(
      "status", .choice(["stable", "test", "experimental", "deprecated", "unsupported"]),
      "How far the rule is to be trusted.", standard: "experimental", elsewhere: "Sigma `status`"),
    RuleKey("description", .text, "What the rule looks for and why, in sentences."),
    RuleKey("tags", .names, "Dotted tags such as `attack.t1110`."),
    RuleKey("author", .text, "Who wrote it."),
    RuleKey("date", .text, "When it was written, `YYYY-MM-DD`."),
    RuleKey("modified", .text, "When it was last changed, `YYYY-MM-DD`."),
    RuleKey("references", .names, "Where to read more."),
    RuleKey("falsepositives", .names, "Harmless causes of the same alert."),
    RuleKey("owner", .text, "Who looks after the rule."),
    RuleKey(
      "labels", .table, "Fixed texts by name that every alert carries.", type: "table<string, string>",
      elsewhere: "Prometheus `labels`"),
    RuleKey("where", .expression, required: true, "Which events the rule sees; `\"true\"` for all of them."),
    RuleKey(
      "by", .names, "The fields that make the key; state, hold and suppression are per key.",
      elsewhere: "SQL `GROUP BY`, CrowdSec `groupby`, ElastAlert `query_key`"),
    RuleKey("max_keys", .integer(1...10_000_000), "The most keys kept; over it the stalest go.", standard: "100000"),
    RuleKey(
      "state_memory", .size, "The most native state kept; over it the stalest keys go.",
      standard: "64MiB"),
    RuleKey("memory", .size, "The Lua heap of the rule, from \"64KiB\" to \"4MiB\".", standard: "256KiB"),
    RuleKey(
      "threshold", .table, "Fires at `count` events of a key within `within`; needs no Lua.",
      type: "Stella.Threshold"),
    RuleKey(
      "state", .table, "What is kept per key: windows, rings and first values by name.",
      type: "table<string, Stella.Window|string|number|boolean>"),
    RuleKey(
      "on", .function, "`function(e, s)`, for each matching event.",
      type: "fun(e: Stella.Event, s: Stella.State): Stella.Finding"),
    RuleKey("every", .duration, "How often `check` runs, in event time.", elsewhere: "Prometheus `interval`"),
    RuleKey(
      "check", .function,
      "`function(s, t)`, for each key every `every`; `t` is the event time in nanoseconds since the epoch.",
      type: "fun(s: Stella.State, t: integer): Stella.Finding"),
    RuleKey(
      "on_match", .function,
      "`function(m)`, for each match of `threshold`: returns the alert, or nothing to drop the match.",
      type: "fun(m: Stella.Match): Stella.Finding"),
    RuleKey(
      "migrate", .function,
      "`function(old)`, once per key when `state` is not what it was at the last start or before a reload: gets the plain "
        + "values of `s` and returns the new ones. Windows whose declaration is the same are kept; without `migrate` the "
        + "rule starts anew.",
      type: "fun(old: table): table?"),
    RuleKey(
      "hold", .duration, "How long the condition must last before the alert fires.", standard: "0s",
      elsewhere: "Prometheus `for`"),
    RuleKey(
      "keep_firing", .duration, "How long the alert stays after the condition ended.", standard: "0s",
      elsewhere: "Prometheus `keep_firing_for`"),
    RuleKey(
      "suppress_for", .duration,
      "What follows a finding of the same key within this time joins its alert. Without the key: `within` of a "
        + "threshold, else `5m` with `on`, else `0s`.", elsewhere: "ElastAlert `realert`"),
    RuleKey(
      "resolve_when", .expressionOrFunction,
      "Ends the alert: a condition on events of the same key, or `function(s, t)` asked at every check.",
      type: "string|fun(s: Stella.State, t: integer): boolean?"),
    RuleKey("summary", .text, "One line for people; `{name}` and `{name:.1f}` are filled in."),
    RuleKey("evidence", .integer(0...20), "How many events a threshold keeps per key as evidence.", standard: "1"),
    RuleKey(
      "affected", .name,
      "The field whose values are listed as affected users. Without the key: `user_id` or `user` when it "
        + "is in `by`."),
    RuleKey("runbook", .text, "Where it says what to do.", elsewhere: "Prometheus `runbook_url`"),
    RuleKey("actions", .names, "What a person can do, best first."),
    RuleKey("suggest", .names, "Ids of fixes that may help, best first."),
  ]

  /// Keys of `threshold = { … }`.
  package static let thresholdKeys: [RuleKey] = [
    RuleKey("count", .integer(1...1_000_000), required: true, "How many events."),
    RuleKey("within", .duration, required: true, "In how long a time."),
    RuleKey(
      "window", .choice(["sliding", "from_first"]),
      "`sliding` fires when the last `count` events lie within `within`, exactly, at 8 × `count` bytes a key; "
        + "`from_first` counts from a key's first event and fires once per window, at 16 bytes a key.",
      standard: "sliding"),
    RuleKey(
      "distinct", .name, "Count distinct values of this field instead of events (sliding, exact)."),
  ]
}

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
    RuleKey(
      "where", .expression, required: true,
      "Which events the rule sees; `\"true\"` for all of them. A `sequence` can do without: given, it must hold for the "
        + "events of every step as well."),
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
      "sequence", .table, "Fires when steps follow one another within a time for one key; needs no Lua.",
      type: "Stella.Sequence", elsewhere: "EQL `sequence`, Sigma `temporal_ordered`"),
    RuleKey(
      "absence", .table, "Fires when a key stays away that should come every so often; needs no Lua.",
      type: "Stella.Absence", elsewhere: "Prometheus `absent_over_time`, ElastAlert `flatline`"),
    RuleKey(
      "state", .table, "What is kept per key: windows, rings and first values by name.",
      type: "table<string, Stella.Window|string|number|boolean>"),
    RuleKey(
      "on", .function, "`function(e, s)`, for each matching event.",
      type: "fun(e: Stella.Event, s: Stella.State): Stella.Finding"),
    RuleKey(
      "every", .duration,
      "How often `check` runs, in event time. For a key without events it stops after a day, or 200 times `every` where "
        + "that is longer, as soon as its windows are empty and no alert of it waits for its `hold` or its end; it goes on "
        + "with the key's next event.", elsewhere: "Prometheus `interval`"),
    RuleKey(
      "check", .function,
      "`function(s, t)`, for each key every `every`; `t` is the event time in nanoseconds since the epoch. A key that no "
        + "event comes for is not checked for ever (see `every`): what it keeps stays, and an alert that the last check did "
        + "not end fires on. For what has to be told of keys that stay away there is `absence`.",
      type: "fun(s: Stella.State, t: integer): Stella.Finding"),
    RuleKey(
      "on_match", .function,
      "`function(m)`, for each match of `threshold` or `sequence`: returns the alert, or nothing to drop the match.",
      type: "(fun(m: Stella.Match): Stella.Finding)|(fun(m: Stella.SequenceMatch): Stella.Finding)"),
    RuleKey(
      "on_absent", .function,
      "`function(gap)`, when a key of `absence` stays away: returns the alert, or nothing to let it pass.",
      type: "fun(gap: Stella.Gap): Stella.Finding"),
    RuleKey(
      "migrate", .function,
      "`function(old)`, once per key when `state` is not what it was at the last start or before a reload: gets the plain "
        + "values of `s` and returns the new ones. Windows whose declaration is the same are kept; without `migrate` the "
        + "rule starts anew.",
      type: "fun(old: table): table?"),
    RuleKey(
      "hold", .duration,
      "How long the condition must last before the alert fires. A match of `sequence` waits that long by itself, for what "
        + "may cancel it.", standard: "0s",
      elsewhere: "Prometheus `for`"),
    RuleKey(
      "keep_firing", .duration, "How long the alert stays after the condition ended.", standard: "0s",
      elsewhere: "Prometheus `keep_firing_for`"),
    RuleKey(
      "suppress_for", .duration,
      "What follows a finding of the same key within this time joins its alert. Without the key: `within` of a "
        + "threshold or sequence, else `5m` with `on`, else `0s`.", elsewhere: "ElastAlert `realert`"),
    RuleKey(
      "resolve_when", .expressionOrFunction,
      "Ends the alert: a condition on events of the same key, or `function(s, t)` asked at every check.",
      type: "string|fun(s: Stella.State, t: integer): boolean?"),
    RuleKey(
      "cancel_on", .expression,
      "A condition on any event of the same key, whatever `where` says: what was counted, begun, held or pending for the "
        + "key is dropped, and under `absence` the key is not expected any more. An alert that fires stays. An event that "
        + "the rule looks for as well counts afterwards."),
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

  /// The keys of all tables within a rule.
  package static let partKeys = thresholdKeys + sequenceKeys + stepKeys + absenceKeys

  /// Keys of `sequence = { … }` beside its steps.
  package static let sequenceKeys: [RuleKey] = [
    RuleKey("within", .duration, required: true, "From the first event of a match to its last."),
    RuleKey(
      "ordered", .boolean,
      "Whether each step comes after the one before it. With false they come in any order, and an event counts for every "
        + "step that it matches.", standard: "true"),
  ]

  /// Keys of one step of a `sequence`.
  package static let stepKeys: [RuleKey] = [
    RuleKey("name", .name, required: true, "What `on_match` calls it: `m.<name>`."),
    RuleKey(
      "match", .expression, required: true, "A condition on events of the key; other events are passed over.",
      elsewhere: "EQL `[… where …]`"),
    RuleKey("times", .integer(1...10_000), "How many events it takes; the newest count.", standard: "1"),
    RuleKey(
      "absent", .boolean,
      "The step must not happen. Between two steps: it breaks a run that waits for the later one. As last step: the rule "
        + "fires when its time is over without it. In any order: it breaks every run, and the rule fires when `within` is "
        + "over.", standard: "false", elsewhere: "EQL `until`, Esper `not`, SEC `PairWithWindow`"),
    RuleKey(
      "within", .duration,
      "A time for this step alone: from the end of the step before it, or for the first step and in any order from its "
        + "own first event. For an absent last step how long to wait; without it, what is left of the sequence's `within`."
    ),
    RuleKey("cap_events", .integer(0...20), "How many of its events are kept as evidence and for `m`.", standard: "3"),
  ]

  /// Keys of `absence = { … }`.
  package static let absenceKeys: [RuleKey] = [
    RuleKey("every", .duration, required: true, "How often a key must come.", elsewhere: "cron interval"),
    RuleKey("grace", .duration, "How much later than that it may come.", standard: "0s"),
    RuleKey(
      "roster", .roster,
      "Keys that are expected from the beginning of the stream, even if they never came: values of the `by` field, or "
        + "tables by name when `by` has several; as a text with commas when `params` gives it. They are never forgotten or "
        + "evicted. A rule without `by` expects its one key from the beginning.", type: "string|any[]"),
    RuleKey("forget_after", .duration, "How long a key that is in no roster is missed.", standard: "14d"),
    RuleKey(
      "learn", .duration,
      "How long a key that is in no roster must have come without a gap before it is expected; with `\"0s\"` once is enough.",
      standard: "0s"),
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

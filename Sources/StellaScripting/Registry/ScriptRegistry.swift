import StellaLua

/// Everything that a script can see beside the base library of Lua.
package enum ScriptRegistry {
  /// The newest API level.
  package static let apiLevel = 1

  private typealias Parameter = ScriptName.Parameter

  private static let within = Parameter("within", "string", "the length of the window, such as \"5m\"")
  private static let windowOptions = [
    Parameter("offset", "string", "how far back the window ends, such as \"5m\"; default \"0s\""),
    Parameter("buckets", "integer", "in how many steps the window slides, 2 to 720; default 10"),
  ]
  private static let feedOption = Parameter(
    "where", "string",
    "a condition: the window takes the events of the rule that meet it by itself, faster than `on` can give them")
  private static let value = Parameter("value", "number?", "nil and values that are not numbers are passed over")
  private static let countOfPart = ScriptName(
    "count",
    [
      Parameter(
        "within", "string?",
        "the newest part of the window, such as \"5m\", in whole steps and the running one among them; default all of it"
      )
    ], returns: "integer", "Events in the window.")
  private static let perSecond = ScriptName(
    "per_second", returns: "number",
    "Per second over the part of the window that the stream has covered so far; 0 before any.")
  private static let perMinute = ScriptName(
    "per_minute", returns: "number",
    "Per minute over the part of the window that the stream has covered so far; 0 before any.")
  private static let bucketCost =
    "O(1) to add, O(buckets) to read. Slides in `buckets` steps: what is read covers the window less at most one step."

  /// The native state that rules declare.
  package static let primitives: [ScriptPrimitive] =
    [
      ScriptPrimitive(
        constructor: ScriptName("window.count", [within], returns: "Stella.WindowCount", "Counts events."),
        options: windowOptions + [feedOption],
        methods: [
          ScriptName(
            "add", [Parameter("e", "Stella.Event?", "the event; the time is the event's whether given or not")],
            "Counts the current event."),
          countOfPart, perSecond, perMinute,
        ], cost: bucketCost + " 4 bytes a key and 2 to 4 a bucket."),
      ScriptPrimitive(
        constructor: ScriptName("window.sum", [within], returns: "Stella.WindowSum", "Adds up values."),
        options: windowOptions,
        methods: [
          ScriptName("add", [value], "Adds a value at the time of the current event."),
          ScriptName("sum", returns: "number", "Sum of the values in the window; 0.0 when empty."),
          ScriptName("count", returns: "integer", "Values in the window."), perSecond, perMinute,
        ], cost: bucketCost + " 12 bytes a bucket and key."),
      ScriptPrimitive(
        constructor: ScriptName("window.mean", [within], returns: "Stella.WindowMean", "Averages values."),
        options: windowOptions,
        methods: [
          ScriptName("add", [value], "Adds a value at the time of the current event."),
          ScriptName("mean", returns: "number?", "Mean of the values in the window; nil when empty."),
          ScriptName("count", returns: "integer", "Values in the window."),
        ], cost: bucketCost + " 12 bytes a bucket and key."),
      ScriptPrimitive(
        constructor: ScriptName("window.min", [within], returns: "Stella.WindowMin", "Keeps the least value."),
        options: windowOptions,
        methods: [
          ScriptName("add", [value], "Adds a value at the time of the current event."),
          ScriptName("min", returns: "number?", "Least value in the window; nil when empty."),
          ScriptName("count", returns: "integer", "Values in the window."),
        ], cost: bucketCost + " 12 bytes a bucket and key."),
      ScriptPrimitive(
        constructor: ScriptName("window.max", [within], returns: "Stella.WindowMax", "Keeps the greatest value."),
        options: windowOptions,
        methods: [
          ScriptName("add", [value], "Adds a value at the time of the current event."),
          ScriptName("max", returns: "number?", "Greatest value in the window; nil when empty."),
          ScriptName("count", returns: "integer", "Values in the window."),
        ], cost: bucketCost + " 12 bytes a bucket and key."),
      ScriptPrimitive(
        constructor: ScriptName(
          "window.rate", [within], returns: "Stella.WindowRate", "Measures how often events come."),
        options: windowOptions + [feedOption],
        methods: [
          ScriptName(
            "add", [Parameter("e", "Stella.Event?", "the event; the time is the event's whether given or not")],
            "Counts the current event."),
          perSecond, perMinute, countOfPart,
        ], cost: bucketCost + " 4 bytes a key and 2 to 4 a bucket."),
      ScriptPrimitive(
        constructor: ScriptName(
          "window.quantile", [within], returns: "Stella.WindowQuantile", "Estimates quantiles of values."),
        options: [
          Parameter("offset", "string", "how far back the window ends; default \"0s\""),
          Parameter("buckets", "integer", "in how many steps the window slides, 2 to 60; default 6"),
        ],
        methods: [
          ScriptName("add", [value], "Adds a value at the time of the current event."),
          ScriptName(
            "q", [Parameter("p", "number", "0 to 1, such as 0.95")], returns: "number?",
            "The p-quantile of the values in the window, at most 1% away from a value of that rank; nil when empty."),
          ScriptName("count", returns: "integer", "Values in the window."),
        ],
        cost:
          "O(1) to add, O(cells) to read. DDSketch (Masson, Rim, Lee 2019) with relative error 1%: 40 bytes a step, "
          + "and 4 to 8 bytes a cell, about 115 cells per tenfold range, step and key."),
      ScriptPrimitive(
        constructor: ScriptName(
          "window.distinct", [within], returns: "Stella.WindowDistinct", "Counts different values."),
        options: [Parameter("cap", "integer", "how many values are kept exactly, 1 to 65536; default 256")],
        methods: [
          ScriptName(
            "add", [Parameter("value", "any", "nil is passed over")], "Notes a value at the current event's time."),
          ScriptName("count", returns: "integer", "How many different values lie in the window."),
          ScriptName(
            "values", returns: "string[]",
            "Up to 100 of the values in the window as texts, oldest first; those kept exactly."),
        ],
        cost:
          "O(1) amortised to add. Exact up to `cap` values a key (40 to 80 bytes and the text each). Over it HyperLogLog (Flajolet et al. 2007) "
          + "with 1,024 registers in each of 6 steps: standard error 3.3%, 6 KiB a key."),
      ScriptPrimitive(
        constructor: ScriptName(
          "ring", [Parameter("size", "integer", "1 to 100")], returns: "Stella.Ring", "Keeps the last events or values."
        ),
        options: [
          Parameter(
            "every", "string",
            "an item that comes sooner after the newest is passed over, such as \"1m\"; default \"0s\""),
          feedOption,
        ],
        methods: [
          ScriptName(
            "push", [Parameter("item", "Stella.Event|string|number|boolean", "what to keep")],
            "Keeps the item, unless `every` passes it over."),
          ScriptName("count", returns: "integer", "How many are kept."),
          ScriptName("items", returns: "any[]", "The kept values, oldest first; events as their text."),
          ScriptName("clear", [], "Forgets them all."),
        ], cost: "O(1). The bytes of the items, each cut at 16 KiB."),
    ] + series + novelty

  /// Constructors that declare or return something and do nothing else.
  package static let declarations: [ScriptName] = [
    ScriptName(
      "rule", [ScriptName.Parameter("rule", "Stella.Rule", "the keys below")], returns: "Stella.Rule",
      "Declares the rule of a file; the file returns it."),
    ScriptName(
      "alert", [ScriptName.Parameter("alert", "Stella.Alert", "what is special about this alert")],
      returns: "Stella.Alert",
      "The finding that a callback returns. Keys of your own can be used in the summary and become labels."),
  ]

  /// Functions of the host.
  package static let functions: [ScriptName] = [
    ScriptName(
      "params", [ScriptName.Parameter("defaults", "table", "scalars by name")], returns: "table",
      "The rule's thresholds: the defaults, with what `params:` in stella.yaml sets for this rule in their place. "
        + "Called once, before `rule { … }`. A name that is not among the defaults, or of another type, refuses the rule."
    )
  ]

  /// Keys of `alert { … }` that mean something; any other key becomes a label that the summary can use.
  package static let alertKeys: [ScriptName.Parameter] = [
    ScriptName.Parameter("summary", "string?", "one line for people instead of the rule's"),
    ScriptName.Parameter("value", "number|string?", "what was measured"),
    ScriptName.Parameter("expected", "number|string?", "what is usual"),
    ScriptName.Parameter("count", "integer?", "matching events so far"),
    ScriptName.Parameter("severity", "string?", "instead of the rule's"),
    ScriptName.Parameter("evidence", "Stella.Ring|Stella.Event?", "the events that show it"),
    ScriptName.Parameter("affected_users", "string[]|string?", "who is affected"),
    ScriptName.Parameter("actions", "string[]|string?", "instead of the rule's"),
    ScriptName.Parameter("suggest", "string[]|string?", "instead of the rule's; ids of fixes"),
  ]

  /// What `on_match(m)` of a threshold gets.
  package static let matchFields: [ScriptName.Parameter] = [
    ScriptName.Parameter("count", "integer", "matching events of the key within `within`"),
    ScriptName.Parameter("first_seen", "integer", "time of the first of them, nanoseconds since the epoch"),
    ScriptName.Parameter("last_seen", "integer", "time of the last, nanoseconds since the epoch"),
    ScriptName.Parameter("key", "table<string, any>", "the values of `by`, by name"),
    ScriptName.Parameter("last", "Stella.Event", "the event that decided it"),
  ]

  /// What `on_match(m)` of a sequence gets beside the steps, each under its name.
  package static let sequenceMatchFields: [ScriptName.Parameter] = [
    ScriptName.Parameter("count", "integer", "events of all steps of the match"),
    ScriptName.Parameter("started", "integer", "time of the first of them, nanoseconds since the epoch"),
    ScriptName.Parameter(
      "ended", "integer", "time of the last, or when the time of an absent last step was over, nanoseconds"),
    ScriptName.Parameter("key", "table<string, any>", "the values of `by`, by name"),
    ScriptName.Parameter("last", "Stella.Event?", "the event that decided it, else the last that is kept"),
  ]

  /// What `m.<step>` holds.
  package static let matchedStepFields: [ScriptName.Parameter] = [
    ScriptName.Parameter("count", "integer", "events of the step in the match: its `times`; 0 for an absent step"),
    ScriptName.Parameter(
      "seen", "integer",
      "how many there were, at least `count`: all since the last match without a gap over the sequence's `within`"),
    ScriptName.Parameter("first", "Stella.Event?", "the first of them that is kept"),
    ScriptName.Parameter("last", "Stella.Event?", "the last of them that is kept"),
    ScriptName.Parameter(
      "events", "Stella.Event[]",
      "the first and the newest, at most `cap_events`; all keys share 1 MiB, the newest stay"),
  ]

  /// What `on_absent(gap)` gets.
  package static let gapFields: [ScriptName.Parameter] = [
    ScriptName.Parameter("key", "table<string, any>", "the values of `by`, by name"),
    ScriptName.Parameter(
      "last_seen", "integer?", "when the key came last, nanoseconds since the epoch; nil when never"),
    ScriptName.Parameter("due", "integer", "when it should have come, without the grace, nanoseconds"),
    ScriptName.Parameter("overdue_s", "integer", "seconds since then"),
    ScriptName.Parameter("silent_s", "integer", "seconds since it came last or the stream began"),
    ScriptName.Parameter("declared", "boolean", "whether it is in the roster"),
  ]

  /// The primitive called `name`.
  package static func primitive(_ name: String) -> ScriptPrimitive? { primitives.first { $0.name == name } }
}

extension ScriptRegistry {
  /// The types of native state with their methods; a position is the number that calls carry.
  package static let handleTypes: [LuaHandleType] =
    primitives.map { LuaHandleType(name: $0.name, methods: $0.methods.map(\.name)) }

  /// Every name that makes a declaration or native state, as the Lua library binds them.
  package static let constructorNames: [String] = declarations.map(\.name) + primitives.map(\.name)
}

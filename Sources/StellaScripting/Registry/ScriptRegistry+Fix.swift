import StellaLua

extension ScriptRegistry {
  private typealias Parameter = ScriptName.Parameter

  /// Every key of `fix { … }`, in the order of the reference page.
  package static let fixKeys: [RuleKey] = [
    RuleKey("api", .integer(1...1), required: true, "The level of the script API that the fix is written for."),
    RuleKey("id", .name, required: true, "Unique and stable, such as `requeue-stuck-jobs`. Its history belongs to it."),
    RuleKey("title", .text, required: true, "What the fix does, in a few words."),
    RuleKey(
      "status", .choice(["stable", "test", "experimental", "deprecated", "unsupported"]),
      "How far the fix is to be trusted.", standard: "experimental"),
    RuleKey("description", .text, "What it changes, why that helps and when it doesn't, in sentences."),
    RuleKey("tags", .names, "Dotted tags such as `sre.queue`."),
    RuleKey("author", .text, "Who wrote it."),
    RuleKey("date", .text, "When it was written, `YYYY-MM-DD`."),
    RuleKey("modified", .text, "When it was last changed, `YYYY-MM-DD`."),
    RuleKey("references", .names, "Where to read more."),
    RuleKey("owner", .text, "Who looks after the fix."),
    RuleKey("handles", .names, "Ids of rules whose alerts it may repair."),
    RuleKey("handles_type", .names, "Types of alerts that it may repair, such as `error_spike`."),
    RuleKey(
      "params", .table,
      "What it needs to know, by name: `\"string\"`, `\"integer\"`, `\"number\"` or `\"boolean\"`. Each takes the value "
        + "of that name in the alert's key, else in its labels; without one there is no plan.",
      type: "table<string, \"string\"|\"integer\"|\"number\"|\"boolean\">"),
    RuleKey("targets", .names, "Targets of the configuration that it asks or changes; it can't reach any other."),
    RuleKey(
      "approval", .choice(["policy", "always"]),
      "`always` asks people even where the policy would not. A fix can only be stricter.", standard: "policy"),
    RuleKey("max_rows", .integer(1...100_000), "The most rows that one plan may change, where the policy allows more."),
    RuleKey("cooldown", .duration, "The least time between two runs on one target, where the policy asks for less."),
    RuleKey(
      "when", .function, "`function(alert)`: whether the fix can help with this alert. Without it: with every one.",
      type: "fun(alert: Stella.FixAlert): boolean?"),
    RuleKey(
      "plan", .function, required: true,
      "`function(ctx, p)`: returns the list of effects, empty when nothing has to change. It may ask its targets and "
        + "changes nothing. `notes = { … }` in the list are lines for the one who decides.",
      type: "fun(ctx: Stella.FixContext, p: table<string, any>): Stella.FixPlan"),
    RuleKey(
      "verify", .function,
      "`function(ctx, p)`, after all effects: whether the trouble is gone. Read-only like `plan`.",
      type: "fun(ctx: Stella.FixContext, p: table<string, any>): boolean"),
  ]

  /// The types that `params` can name.
  package static let fixParameterTypes = ["string", "integer", "number", "boolean"]

  /// Constructors that only fixes see, beside those of ``effects``.
  package static let fixDeclarations: [ScriptName] = [
    ScriptName(
      "fix", [Parameter("fix", "Stella.Fix", "the keys below")], returns: "Stella.Fix",
      "Declares the fix of a file; the file returns it.")
  ]

  /// What `ctx` has.
  package static let fixContextFunctions: [ScriptName] = [
    ScriptName(
      "db", [Parameter("target", "string", "one of the fix's `targets`")], returns: "Stella.Database",
      "A database to ask; called with a dot, `ctx.db(\"app-db\")`.")
  ]

  private static let statement = Parameter(
    "sql", "string", "one statement that reads, with `?` for each value: select, with or values")
  private static let arguments = Parameter(
    "...", "string|number|boolean|Stella.Null", "the values in order, up to seven; nil is an error, `null` is NULL")

  /// What `ctx.db(…)` can do.
  package static let databaseMethods: [ScriptName] = [
    ScriptName(
      "value", [statement, arguments], returns: "any",
      "The one value of the one row; nil without a row, `null` for NULL. More of either is an error."),
    ScriptName(
      "row", [statement, arguments], returns: "table<string, any>?",
      "The one row, by column; nil without a row. More rows are an error."),
    ScriptName(
      "rows", [statement, arguments], returns: "table<string, any>[]",
      "All rows in the order of the statement. Too many are an error, never cut."),
  ]

  /// What `when(alert)` gets.
  package static let fixAlertFields: [ScriptName.Parameter] = [
    Parameter("rule", "string", "the rule's id"),
    Parameter("type", "string", "the kind of trouble"),
    Parameter("severity", "string", "as the rule or the finding has it"),
    Parameter("title", "string", "the rule's title"),
    Parameter("summary", "string", "one line for people"),
    Parameter("key", "table<string, any>", "the values of `by`, by name; one that the events lack is `null`"),
    Parameter("labels", "table<string, any>", "the labels, by name"),
    Parameter("count", "integer", "matching events of the episode"),
    Parameter("value", "any", "what was measured, if anything"),
    Parameter("expected", "any", "what is usual, if known"),
    Parameter("affected_users", "string[]", "who is affected"),
    Parameter("source", "string", "where the deciding event came from"),
  ]

  /// The native objects of fixes; a position is the number that calls carry.
  static let fixHandleTypes: [LuaHandleType] = [
    LuaHandleType(name: "database", methods: databaseMethods.map(\.name), waits: true),
    LuaHandleType(name: "effect", methods: []),
  ]
}

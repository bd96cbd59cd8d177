import StellaModel

extension ScriptRegistry {
  private static let target = RuleKey(
    "target", .name, required: true, "The target that it changes, one of the fix's `targets`.")
  private static let table = RuleKey("table", .identifier, required: true, "The table, with its schema if need be.")
  private static let columnType = "table<string, string|number|boolean|Stella.Null>"
  private static let selection = RuleKey(
    "where", .table, required: true,
    "The columns that a row must hold, all of them; `null` for NULL. It is never empty: every row is never meant.",
    type: columnType)
  private static let exactRows = RuleKey(
    "rows", .integer(0...100_000),
    "How many rows it must change. Any other number, and nothing of its transaction happens.")
  private static let mostRows = RuleKey(
    "max_rows", .integer(1...100_000), "The most rows it may change; over it nothing of its transaction happens.")
  private static let transaction =
    "Class `tx`: it commits together with its marker, once. What the rows held is kept, and a rollback restores it where "
    + "they still hold what was written."
  private static let timeout = RuleKey(
    "timeout", .duration, "How long it may take; the target may say less.", standard: "30s")
  private static let path = RuleKey(
    "path", .path, required: true, "The path on the target, as it is sent: what is special in it is written as `%XX`.")
  private static let body = RuleKey(
    "body", .value, "What is sent: a text as it is, anything else as JSON. An empty table is an empty object.")

  /// Keys of `undo = { … }` of a request.
  package static let requestUndoKeys: [RuleKey] = [
    RuleKey("method", .choice(["POST", "PUT", "PATCH", "DELETE"]), required: true, "The method."), path, body,
  ]
  /// Keys of `undo = { … }` of a command.
  package static let commandUndoKeys: [RuleKey] = [
    RuleKey("argv", .arguments, required: true, "The program and its arguments.")
  ]
  /// Keys of `probe = { … }` of a command.
  package static let probeKeys: [RuleKey] = [
    RuleKey(
      "argv", .arguments, required: true, "A program that only looks, and its arguments; the target must allow it."),
    RuleKey("exit", .integer(0...255), "The exit status that says that the effect has happened.", standard: "0"),
  ]

  /// What `plan` may return, each made by its constructor.
  package static let effects: [ScriptEffect] = [
    ScriptEffect(
      "sql.update", type: "Stella.SQLUpdate", "Changes columns of rows.",
      keys: [
        target, table, selection,
        RuleKey("set", .table, required: true, "The columns and their new values; `null` for NULL.", type: columnType),
        exactRows, mostRows,
      ], promise: transaction),
    ScriptEffect(
      "sql.insert", type: "Stella.SQLInsert", "Adds one row.",
      keys: [
        target, table,
        RuleKey("values", .table, required: true, "The columns of the row; `null` for NULL.", type: columnType),
      ], promise: transaction),
    ScriptEffect(
      "sql.delete", type: "Stella.SQLDelete", "Removes rows.", keys: [target, table, selection, exactRows, mostRows],
      promise: transaction),
    ScriptEffect(
      "http.request", type: "Stella.HTTPRequest", "Sends a request that changes something.",
      keys: [
        target,
        RuleKey("method", .choice(["POST", "PUT", "PATCH", "DELETE"]), required: true, "The method."),
        path,
        RuleKey(
          "query", .table, "The parameters behind the path, by name.", type: "table<string, string|number|boolean>"),
        RuleKey(
          "headers", .table, "Texts or `secret(…)` by name.", type: "table<string, string|Stella.Secret>"),
        body, timeout,
        RuleKey("undo", .table, "A request that takes it back.", type: "Stella.HTTPUndo"),
      ], parts: ["undo": requestUndoKeys],
      promise: "Class `keyed` where the target honours idempotency keys, else `blind`: never repeated by itself. A "
        + "redirect to another host is an error. Without `undo` it can't be taken back, and the approver is told."),
    ScriptEffect(
      "exec", type: "Stella.Exec", "Runs a program, without a shell.",
      keys: [
        target,
        RuleKey(
          "argv", .arguments, required: true, "The program and its arguments, as the target's list allows them."),
        timeout,
        RuleKey("probe", .table, "How to find out later whether it has happened.", type: "Stella.Probe"),
        RuleKey("undo", .table, "A program that takes it back.", type: "Stella.ExecUndo"),
      ], parts: ["probe": probeKeys, "undo": commandUndoKeys],
      promise: "Class `probe` with `probe`, else `blind`: never repeated by itself, and when its outcome is unknown a "
        + "person finds out. Without `undo` it can't be taken back, and the approver is told."),
    ScriptEffect(
      "event.emit", type: "Stella.EventEmit", "Gives Stella an event, which rules see like any other.",
      keys: [
        RuleKey("message", .text, required: true, "What it says."),
        RuleKey("level", .choice(LogLevel.allCases.map(\.name)), "How serious it is.", standard: "info"),
        RuleKey("service", .text, "The service it is about."),
        RuleKey(
          "fields", .table, "Further fields by name.", type: "table<string, string|number|boolean|Stella.Null>"),
      ], promise: "Class `tx`: it is recorded together with its outcome, once."),
  ]

  /// The effect called `name`.
  package static func effect(_ name: String) -> ScriptEffect? { effects.first { $0.name == name } }
}

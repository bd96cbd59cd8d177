import StellaModel

extension ScriptRegistry {
  private static let target = RuleKey(
    "target", .name, required: true, "The target that it changes, one of the fix's `targets`.")
  private static let table = RuleKey("table", .identifier, required: true, "The table, with its schema if need be.")
  private static let columnsType = "table<string, Stella.ColumnValue>"
  private static let selection = RuleKey(
    "where", .table, required: true,
    "The columns that a row must hold, all of them; `null` for NULL. It is never empty: every row is never meant.",
    type: columnsType)
  private static let mostRows = RuleKey(
    "max_rows", .integer(0...100_000), "The most rows it may change; with more there is no plan.")
  private static let transaction =
    "Class `tx`: the rows are looked up when it is planned, and it happens once, together with its marker, if they still "
    + "hold what they held. A rollback restores them where they hold what was written."
  private static let irreversible = RuleKey(
    "irreversible", .text, "Why it can't be taken back, for the one who approves; instead of `undo`.")
  private static let undo = RuleKey(
    "undo", .effect, "A request or a command that takes it back, made with its constructor.")
  private static let statuses = 100...599
  private static let exits = 0...255
  private static let unknownOutcome =
    "never repeated by itself: when its answer is lost, `observe` tells, or a person. Without `undo` it can't be taken "
    + "back, and the one who approves is told."

  private static func observation(_ what: RuleKey, _ range: ClosedRange<Int>) -> [RuleKey] {
    [
      what, RuleKey("applied", .outcomes(range), required: true, "Outcomes that mean that it has happened."),
      RuleKey(
        "not_applied", .outcomes(range), "Outcomes that mean that it has not. With any other a person finds out."),
    ]
  }

  /// Keys of `observe = { … }` of a request.
  package static let requestObservationKeys = observation(
    RuleKey("url", .url, required: true, "What to GET, with the headers of the request; the outcome is the status."),
    statuses)
  /// Keys of `observe = { … }` of a command.
  package static let commandObservationKeys = observation(
    RuleKey("argv", .arguments, required: true, "A program that only looks; the outcome is its exit status."), exits)

  /// What `plan` may return, each made by its constructor.
  package static let effects: [ScriptEffect] = [
    ScriptEffect(
      "sql.update", type: "Stella.SQLUpdate", "Changes columns of rows.",
      keys: [
        target, table, selection,
        RuleKey("set", .table, required: true, "The columns and their new values; `null` for NULL.", type: columnsType),
        mostRows,
      ], promise: transaction),
    ScriptEffect(
      "sql.insert", type: "Stella.SQLInsert", "Adds rows.",
      keys: [
        target, table,
        RuleKey("rows", .rows, required: true, "The rows, all with the same columns; `null` for NULL."),
        RuleKey(
          "returning", .names,
          "Columns that the database fills in. Later effects write `{ [\"$result\"] = \"e1.id\" }` for the `id` of the first "
            + "effect of the plan."),
      ],
      promise:
        "Class `tx`: it happens once, together with its marker. A rollback removes the rows that still hold what was "
        + "written."),
    ScriptEffect(
      "sql.delete", type: "Stella.SQLDelete", "Removes rows.", keys: [target, table, selection, mostRows],
      promise: transaction),
    ScriptEffect(
      "http.request", type: "Stella.HTTPRequest", "Sends a request that changes something.",
      keys: [
        target,
        RuleKey(
          "method", .choice(["DELETE", "GET", "PATCH", "POST", "PUT"]), required: true,
          "The method, one that the target allows."),
        RuleKey("url", .url, required: true, "The whole address, under those that the target allows."),
        RuleKey("headers", .table, "Texts by name.", type: "table<string, string>"),
        RuleKey("secret_headers", .secrets, "Headers that hold a secret. Its value is filled in when it is sent."),
        RuleKey("body", .value, "A text is sent as it is, a table as JSON. An empty table is an empty object."),
        RuleKey("body_secrets", .secrets, "Members that the body gets beside its own, each holding a secret."),
        RuleKey(
          "idempotency_header", .text,
          "The header by which the target knows a request again. The engine makes its value."),
        RuleKey(
          "expect", .outcomes(statuses), "Statuses that mean done; without it 200 to 299, but 202, which only promises."
        ),
        RuleKey("observe", .table, "How to find out later whether it has happened.", type: "Stella.RequestObservation"),
        undo, irreversible,
      ], parts: ["observe": requestObservationKeys],
      promise:
        "Class `keyed` with `idempotency_header`, `probe` with `observe`, else `blind`: \(unknownOutcome) A redirect "
        + "is not followed."),
    ScriptEffect(
      "exec", type: "Stella.Exec", "Runs a program, without a shell.",
      keys: [
        target,
        RuleKey("argv", .arguments, required: true, "The program and its arguments, as the target's list allows them."),
        RuleKey("environment", .secrets, "Secrets by the name of the variable that holds them."),
        RuleKey("expect", .outcomes(exits), "Exit statuses that mean done; without it 0."),
        RuleKey("observe", .table, "How to find out later whether it has happened.", type: "Stella.CommandObservation"),
        undo, irreversible,
      ], parts: ["observe": commandObservationKeys],
      promise: "Class `probe` with `observe`, else `blind`: \(unknownOutcome)"),
    ScriptEffect(
      "event.emit", type: "Stella.EventEmit", "Gives Stella an event, which rules see like any other.",
      keys: [
        RuleKey("message", .text, required: true, "What it says."),
        RuleKey("level", .choice(LogLevel.allCases.map(\.name)), "How serious it is.", standard: "info"),
        RuleKey("service", .text, "The service it is about."),
        RuleKey("fields", .table, "Further fields by name.", type: "table<string, any>"),
      ],
      promise:
        "Class `keyed`: the event has its key as `stella.key`. When the engine ends in the middle it may be emitted "
        + "again, under the same key. It can't be taken back."),
  ]

  /// The effect called `name`.
  package static func effect(_ name: String) -> ScriptEffect? { effects.first { $0.name == name } }
}

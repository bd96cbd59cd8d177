import StellaScripting

/// Every name of the test language of fixes, as data for the reference page.
enum FixTestLanguage {
  private typealias Parameter = ScriptName.Parameter

  static let functions: [ScriptName] = [
    ScriptName(
      "test",
      [
        Parameter("name", "string", "a sentence that says what is promised"),
        Parameter("body", "fun(t)", "says what there is and what it expects"),
      ],
      "Declares a case of the fix whose file the test is named after, with databases and a store of its own.")
  ]

  /// Methods of `t`.
  static let methods: [ScriptName] = [
    ScriptName(
      "database",
      [
        Parameter("name", "string", "a target of the fix"),
        Parameter("what", "string|table", "a file of SQL beside the test, or `{ text = … }`"),
      ],
      returns: "t", "Makes a SQLite database from a script. Before the first expectation."),
    ScriptName(
      "given", [Parameter("values", "table", "parameters by name")], returns: "t",
      "Asks for the fix as a person would. Before the first expectation."),
    ScriptName(
      "alert",
      [
        Parameter(
          "what", "table",
          "`key`, and `labels`, `rule`, `type`, `severity`, `summary` as needed; rule and type are at first those that the fix "
            + "handles first")
      ],
      returns: "t", "Proposes it for an alert instead: what it handles, its `when` and its parameters decide."),
    ScriptName(
      "expect", [Parameter("what", "table", "the keys below")], returns: "t",
      "Compares the plan; fails at this line with what was planned instead."),
    ScriptName(
      "after",
      [
        Parameter("name", "string", "a database"), Parameter("question", "string", "in SQL, for one value"),
        Parameter("wanted", "any", "what it has to be, if anything"),
      ],
      returns: "any", "Carries the plan out, if it wasn't yet, and asks the database."),
  ]

  /// Keys of `t:expect { … }`.
  static let expectations: [ScriptName.Parameter] = [
    Parameter("rows", "integer", "how many rows change"),
    Parameter(
      "effects", "integer|list",
      "how many effects there are; or each of them, as a table with some of `kind`, `target`, `class`, `table`, `rows`, "
        + "`method`, `url`, `argv`, `message`, `reversible`"),
    Parameter("notes", "list", "what the notes say, line by line: a part of each is enough"),
    Parameter("nothing", "boolean", "true: there is nothing to change"),
    Parameter("refused", "string", "a part of the reason for which there is no plan"),
    Parameter("proposed", "boolean", "false: the alert is none of the fix's, or its `when` says no"),
    Parameter("ends", "string", "how the run ends: `succeeded`, unless it is said otherwise"),
  ]
}

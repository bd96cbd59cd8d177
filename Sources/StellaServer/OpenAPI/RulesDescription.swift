import StellaModel

extension AreaDescription {
  package static let rules = AreaDescription(
    "rules", "The rules that run, and what they decided.",
    routes: [
      .operation(
        "GET", "/rules", "listRules", "Rules and what they do at present, also those that were refused", .read,
        lines: .named("Rule"), meaning: "Rules, one a line."),
      .operation(
        "GET", "/rules/:id", "getRule", "One rule with its text, what it is for, and its tests", .read,
        parameters: [id],
        answer: .named("WholeRule"), meaning: "The rule.", problems: [404]),
      .operation(
        "POST", "/rules/reload", "reloadRules",
        "Load the rules anew and wait for what comes of it; recorded in the execution log", .respond,
        body: .object([], isClosed: true),
        answer: .object([
          .init("active", .count), .init("carried_over", .count.meaning("Of these, with their state.")),
          .init("refused", .texts),
        ]), meaning: "They are in use.", problems: [422]),
      .operation(
        "GET", "/rules/:id/history", "getRuleHistory", "The last decisions of a rule", .read,
        parameters: [
          id, .init("key", "Only decisions about keys with this text in them."),
          .limit("The most that are given; the newest.", standard: 100),
        ], lines: .named("Decision"), meaning: "Decisions, one a line, oldest first.", problems: [404]),
    ],
    schemas: [
      ("Rule", .object(rule)), ("WholeRule", .object(rule + whole)),
      (
        "Decision",
        .object([
          .init("kind", .oneOf(["decision"])), .init("rule", .text), .init("decision", .text), .init("time", .time),
          .init("last_time", .time), .init("count", .count), .init("key", .any, isRequired: false),
          .init("alert", .text, isRequired: false), .init("reason", .text),
        ])
      ),
    ])

  private static let id = RouteDescription.Parameter(
    "id", .path, "The rule's id.", .text.example(.string("errors.spike")))

  private static let rule: [Schema.Property] = [
    .init("id", .text.orNull), .init("active", .flag),
    .init(
      "state",
      .oneOf(["active", "shadow", "quarantined", "refused"])
        .meaning("`shadow`: nothing follows from its alerts. `quarantined`: its script rests after failures.")),
    .init("reason", .text.orNull.meaning("Why it isn't simply active.")),
    .init("until", .time.orNull.meaning("By the time of events.")), .init("severity", .text.orNull),
    .init("type", .text.orNull), .init("status", .text.orNull), .init("title", .text.orNull), .init("tags", .texts),
    .init("by", .texts), .init("where", .text.orNull), .init("params", .map(.any)), .init("file", .text),
    .init("errors", .texts),
  ]

  private static let whole: [Schema.Property] = [
    .init(
      "docs",
      .object([
        .init("description", .text.orNull), .init("author", .text.orNull), .init("owner", .text.orNull),
        .init("date", .text.orNull), .init("modified", .text.orNull), .init("references", .texts),
        .init("falsepositives", .texts), .init("runbook", .text.orNull), .init("actions", .texts),
        .init("suggest", .texts), .init("labels", .map(.any)),
      ])), .init("source", .text.orNull), .init("tests", tests),
  ]

  static let tests = Schema.object([.init("file", .text), .init("source", .text)]).orNull
}

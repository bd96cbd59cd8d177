import StellaModel

extension AreaDescription {
  package static let runs = AreaDescription(
    "runs", "Runs of fixes: what waits for approval, who decided what, and what became of it.",
    routes: [
      .operation(
        "GET", "/runs", "listRuns", "Runs, the newest", .read,
        parameters: [
          .init("state", "Only runs in this state; may be given several times.", state, isRepeated: true),
          .init("fix", "Only runs of this fix."),
          .limit("The most that are given.", standard: 50),
        ], lines: .named("Run"), meaning: "Runs, one a line."),
      .operation(
        "GET", "/runs/:id", "getRun", "Everything about one run: its plan with every row, votes and steps", .read,
        parameters: [
          id, .init("effects", "On the text screen: every effect.", .oneOf(["all"])),
          .init("diff", "On the text screen: how its plan differs from that of this run."),
        ], answer: .named("WholeRun"), meaning: "The run.", problems: [404]),
      .operation(
        "GET", "/runs/:id/state", "getRunState", "Where a run is", .read, parameters: [id],
        answer: .object([.init("id", .text), .init("state", state), .init("detail", .text)]), problems: [404]),
      vote("approve", "Approve exactly the plan of this digest", isAlone: true),
      vote("reject", "Reject a plan, which is final", isAlone: false),
      act("review", "Say after an emergency approval what came of looking at it", .vote, body: reason),
      act("withdraw", "Take back what was asked for", .propose, body: reason),
      act("replan", "Plan anew, in a run of its own when the plan is another one", .propose),
      act("execute", "Have carried out what is approved", .respond),
      act("rollback", "Ask for a plan that puts back what was there", .propose),
      act(
        "reconcile", "Say what became of an effect whose outcome nobody could tell", .vote,
        body: .object(
          [
            .init("outcome", .oneOf(OperatorRequest.Finding.allCases.map(\.rawValue))), .init("reason", .text),
          ], isClosed: true)),
      act("accept", "Leave things as they are after a failure", .vote, body: reason),
    ], schemas: [("Run", run), ("WholeRun", whole)])

  private static let state = Schema.oneOf(RunState.allCases.map(\.rawValue))
  private static let id = RouteDescription.Parameter(
    "id", .path, "The run's id.", .text.example(.string("r-7f3a2c01")))
  private static let reason = Schema.object([.init("reason", .text)], isClosed: true)
  private static let obstacles = [404, 409, 422, 423, 500]

  private static func vote(_ verb: String, _ summary: String, isAlone: Bool) -> RouteDescription {
    var members: [Schema.Property] = [
      .init("digest", .text.meaning("Of the plan that was seen, 12 digits of it or more.")), .init("reason", .text),
    ]
    if isAlone {
      members.append(.init("break_glass", .flag.meaning("In an emergency, for the whole quorum."), isRequired: false))
    }
    return .operation(
      "POST", "/runs/:id/\(verb)", "\(verb)Run", summary, .vote, parameters: [id],
      body: .object(members, isClosed: true),
      example: .object([
        .init("digest", .string("3fa2b1c09d8e")), .init("reason", .string("looked at every row")),
      ]), answer: .named("WholeRun"), alsoAccepted: true, problems: obstacles)
  }

  private static func act(
    _ verb: String, _ summary: String, _ right: OperatorRequest.Right, body: Schema = .object([], isClosed: true)
  ) -> RouteDescription {
    .operation(
      "POST", "/runs/:id/\(verb)", "\(verb)Run", summary, right, parameters: [id], body: body,
      answer: .named("WholeRun"), problems: obstacles)
  }

  private static let summary: [Schema.Property] = [
    .init("id", .text), .init("state", state), .init("fix", .text), .init("title", .text), .init("targets", .texts),
    .init("effects", .count), .init("rows", .count), .init("digest", .either([.named("Digest"), .null])),
    .init("policy", .text), .init("approvals", .count), .init("approvals_needed", .count),
    .init("decided_by", .text.orNull), .init("rule", .text), .init("alert", .text), .init("requested_by", .text),
    .init("proposed_at", .time), .init("decide_by", .time.orNull), .init("execute_by", .time.orNull),
    .init("ended_at", .time.orNull), .init("needs_person", .flag), .init("detail", .text),
  ]

  private static let run = Schema.object(summary)

  private static let whole = Schema.object(
    summary + [
      .init("fix_file", .text), .init("alert_key", .text), .init("alert_fields", .any),
      .init("rolls_back", .text.orNull), .init("parameters", .map(.any)), .init("reason", .text),
      .init("editors", .texts), .init("notes", .texts), .init("planned_at", .time.orNull),
      .init("checked_at", .time.orNull), .init("supersedes", .text.orNull), .init("superseded_by", .text.orNull),
      .init(
        "needs",
        .list(.object([.init("group", .text.orNull), .init("count", .count), .init("have", .count)]))),
      .init(
        "votes",
        .list(
          .object([
            .init("voter", .text), .init("person", .text.orNull), .init("groups", .texts), .init("decision", .text),
            .init("digest", .named("Digest")), .init("reason", .text), .init("time", .time), .init("counts", .flag),
            .init("why_not", .text.orNull),
          ]))),
      .init("eligible", .texts), .init("problem", .text.orNull),
      .init(
        "you", .object([.init("name", .text), .init("may_approve", .flag), .init("why_not", .text.orNull)])),
      .init(
        "steps",
        .list(
          .object([
            .init("group", .integer), .init("state", .text), .init("detail", .text), .init("epoch", .integer),
            .init("intended_at", .time.orNull), .init("ended_at", .time.orNull),
          ]))),
      .init("freeze", .either([.object([.init("by", .text), .init("reason", .text), .init("since", .time)]), .null])),
      .init("plan", .either([plan, .null])),
    ])

  private static let plan = Schema.object([
    .init("digest", .named("Digest")), .init("fix_digest", .text), .init("api", .integer),
    .init("parameters", .map(.any)), .init("targets", .list(.map(.any))), .init("bounds", .map(.any)),
    .init("rows", .count), .init("irreversible", .list(.integer)),
    .init(
      "effects",
      .list(
        .object([
          .init("number", .integer), .init("group", .integer), .init("class", .text), .init("kind", .text),
          .init("target", .text.orNull), .init("row_limit", .integer), .init("rows", .list(.map(.any))),
          .init("undo", .map(.any)),
        ]))),
  ])
}

import StellaModel

extension AreaDescription {
  package static let fixes = AreaDescription(
    "fixes", "What can be proposed against an alert.",
    routes: [
      .operation(
        "GET", "/fixes", "listFixes", "Fixes with what they are for, also those that were refused", .read,
        lines: .named("Fix"), meaning: "Fixes, one a line."),
      .operation(
        "GET", "/fixes/:id", "getFix", "One fix with its text", .read,
        parameters: [.init("id", .path, "The fix's id.")], answer: .named("WholeFix"), meaning: "The fix.",
        problems: [404]
      ),
      .operation(
        "POST", "/fixes/:id/plan", "planFix", "What a fix would change now; with `propose`, ask for it", .propose,
        parameters: [.init("id", .path, "The fix's id.", .text.example(.string("migrate-user-id")))],
        body: .object(
          [
            .init(
              "params",
              .map(.either([.text, .number, .flag])).meaning(
                "By their names. Numbers, of up to 64 bits, and truth values may be written as texts."),
              isRequired: false),
            .init(
              "propose",
              .flag.meaning("Whether a run is to be made of it, on which people decide; else nothing is left of it.")
                .standard(.bool(false)), isRequired: false),
          ], isClosed: true),
        example: .object([
          .init("params", .object([.init("user_id", .string("ana@example.org"))])), .init("propose", .bool(true)),
        ]), answer: .named("WholeRun"),
        meaning:
          "The run with its plan; `state` and `detail` say why there is none. The id of one that wasn't asked for is `preview`.",
        problems: [404, 409, 422, 500]),
    ],
    schemas: [
      ("Fix", .object(fix)),
      (
        "WholeFix",
        .object(fix + [.init("docs", .map(.any).orNull), .init("source", .text.orNull), .init("tests", tests)])
      ),
    ])

  private static let fix: [Schema.Property] = [
    .init("id", .text.orNull), .init("state", .oneOf(["active", "refused"])), .init("reason", .text.orNull),
    .init("title", .text.orNull), .init("status", .text.orNull), .init("file", .text), .init("handles", .texts),
    .init("handles_type", .texts), .init("targets", .texts), .init("approval", .text.orNull),
    .init("policy", .text.orNull), .init("params", .map(.text)), .init("errors", .texts),
  ]
}

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

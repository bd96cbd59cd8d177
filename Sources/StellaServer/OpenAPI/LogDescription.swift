import StellaModel

extension AreaDescription {
  package static let log = AreaDescription(
    "log", "The execution log: everything that ran, chained and signed.",
    routes: [
      .operation(
        "GET", "/log", "listRecords", "Records, oldest first: the last, or those behind a number", .read,
        parameters: [
          .init("after", "Only records with a larger number, the first of them.", .integer),
          .init("before", "Only records with a smaller number.", .integer),
          .init(
            "limit", "The most that are given.",
            .integer.atLeast(1).atMost(Int64(LogRequest.Filter.most)).standard(.integer(100))),
          .init("run", "Only records about this run."),
        ], lines: .named("Record"), meaning: "Records, one a line.", isPaged: true),
      .operation(
        "GET", "/log/:number", "getRecord", "One record with its hash", .read,
        parameters: [.init("number", .path, "The record's number.", .integer)], answer: .named("WholeRecord"),
        problems: [404]),
      .operation(
        "GET", "/log/status", "getLogStatus",
        "How large the log is, up to where it is signed, and what was verified last",
        .read, answer: .named("LogStatus")),
    ],
    schemas: [
      ("Record", .object(record)),
      (
        "WholeRecord",
        .object(
          record + [
            .init("hash", .text("^[0-9a-f]{64}$")), .init("payload", .either([.oneOf(["kept", "erased"]), .null])),
            .init("payload_digest", .text.orNull),
          ])
      ),
      (
        "LogStatus",
        .object([
          .init("log", .text.orNull), .init("size", .count), .init("head", .text("^[0-9a-f]{64}$")),
          .init("first", .integer), .init("signed", .integer.orNull), .init("signed_at", .time.orNull),
          .init(
            "anchors", .list(.object([.init("name", .text), .init("size", .integer), .init("time", .time)]))),
          .init(
            "verified",
            .object([
              .init("time", .time), .init("verdict", .oneOf(["intact", "open_items", "failed"])),
              .init("size", .integer), .init("signed", .integer.orNull), .init("fault_count", .count),
            ]).orNull),
        ])
      ),
    ])

  private static let record: [Schema.Property] = [
    .init("number", .integer), .init("time", .time), .init("epoch", .integer),
    .init("kind", .text.example(.string("run.proposed"))), .init("run", .text.orNull),
    .init("actor", .text.example(.string("user:mara"))), .init("body", .map(.any)),
  ]
}

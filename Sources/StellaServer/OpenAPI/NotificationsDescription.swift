import StellaModel

extension AreaDescription {
  package static let notifications = AreaDescription(
    "notifications", "What people are told.",
    routes: [
      .operation(
        "GET", "/notifications", "listNotifications", "What was told, is to be told, or could not be, newest first",
        .read,
        parameters: [
          .init("state", "Only these.", .oneOf(OutboxMessage.State.allCases.map(\.rawValue))),
          .limit("The most that are given.", standard: 50),
        ], lines: .named("Notification"), meaning: "Notifications, one a line."),
      .operation(
        "POST", "/notifications/:id/retry", "retryNotification", "Try again to tell what could not be told", .respond,
        parameters: [.init("id", .path, "The notification's id.", .text.longest(64))],
        body: .object([], isClosed: true),
        answer: .named("Notification"), meaning: "It is tried again.", problems: [403, 404, 409, 422]),
    ],
    schemas: [
      (
        "Notification",
        .object([
          .init("id", .text), .init("sink", .text), .init("kind", .text), .init("status", .text),
          .init("state", .oneOf(OutboxMessage.State.allCases.map(\.rawValue))), .init("title", .text),
          .init("subjects", .texts), .init("written_at", .time), .init("attempts", .count), .init("trouble", .text),
          .init("next_at", .time, isRequired: false), .init("give_up_at", .time, isRequired: false),
          .init("ended_at", .time, isRequired: false),
        ])
      )
    ])
}

import StellaModel
import StellaServer

/// Requests about what people are told.
extension RemediationDesk {
  func answer(
    _ request: NotificationRequest, for viewer: Viewer, as layout: AnswerLayout
  ) throws -> OperatorAnswer {
    switch request {
    case .list(let state, let limit): try notifications(state, limit, layout)
    case .retry(let id): try retry(id, viewer, layout)
    }
  }

  private func notifications(
    _ state: OutboxMessage.State?, _ limit: Int, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let messages = try store.readNotifications { try $0.outbox(state, limit: limit) }
    var answer = OperatorAnswer()
    answer.isList = true
    guard case .text = layout else {
      answer.body = messages.map { Self.json($0) + "\n" }.joined()
      return answer
    }
    guard !messages.isEmpty else {
      answer.body =
        configuration.notify.isOn || !configuration.leftOut.isDisjoint(with: ["notify", "notify.sinks"])
        ? "No notifications.\n" : "No notifications: stella.yaml names no sinks under `notify:`.\n"
      return answer
    }
    let time = ScreenTime(now: remediation.journal.time.now())
    var table = TextTable([
      .init("ID"), .init("SINK"), .init("WRITTEN", isFlexible: true), .init("STATE"), .init("TRIES"),
      .init("WHAT", isFlexible: true), .init("TROUBLE", isFlexible: true),
    ])
    for message in messages {
      table.add([
        message.message.id, ScreenText.name(message.sink), time.clock(message.message.time), message.state.rawValue,
        String(message.attempts), TextEscaping.oneLine(message.message.title, limit: 80),
        TextEscaping.oneLine(message.trouble, limit: 120),
      ])
    }
    answer.body = table.text(for: layout.terminal)
    return answer
  }

  private func retry(_ id: String, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let actor = try viewer.actor()
    guard !configuration.leftOut.contains("notify") else {
      throw CommandFailure(
        .usage,
        "a variable that `notify` in stella.yaml names isn't set, and how long a notification is tried is written there. Set it, or ask "
          + "`stella serve`: leave out --local.")
    }
    let now = remediation.journal.time.now()
    let giveUpAfter = configuration.notify.giveUpAfter
    let message = try store.write(as: .command) { transaction in
      guard var message = try transaction.outboxMessage(id) else {
        throw CommandFailure(
          .notFound, "there is no notification \(id). `stella notifications list` shows those that there are.")
      }
      guard message.state != .sent else {
        throw CommandFailure(.conflict, "\(message.sink) has the notification \(id) already.")
      }
      // Nobody would ever hand it over. Which sinks there are isn't known where a variable of one isn't set.
      guard configuration.leftOut.contains("notify.sinks") || configuration.notify.sink(message.sink) != nil else {
        throw CommandFailure(.conflict, "stella.yaml has no sink \(message.sink) any more.")
      }
      (message.state, message.attempts, message.endedAt) = (.waiting, 0, nil)
      (message.nextAt, message.giveUpAt) = (now, now + giveUpAfter)
      try transaction.update(message, attempted: false)
      try remediation.journal.recordRetry(of: message, by: actor, at: now, transaction)
      return message
    }
    var answer = OperatorAnswer()
    answer.notes = sealed()
    answer.body =
      layout == .json
      ? Self.json(message) + "\n" : "\(message.message.id) is tried again when `stella serve` runs.\n"
    return answer
  }

  private static func json(_ message: OutboxMessage) -> String {
    var members: [FieldValue.Member] = [
      .init("id", .string(message.message.id)), .init("sink", .string(message.sink)),
      .init("kind", .string(message.message.kind.rawValue)), .init("status", .string(message.message.state.rawValue)),
      .init("state", .string(message.state.rawValue)), .init("title", .string(message.message.title)),
      .init("subjects", .array(message.message.notices.map { .string($0.subject) })),
      .init("written_at", .string(Timestamp.text(message.message.time))),
      .init("attempts", .integer(Int64(message.attempts))), .init("trouble", .string(message.trouble)),
    ]
    if message.state == .waiting {
      members.append(.init("next_at", .string(Timestamp.text(message.nextAt))))
      members.append(.init("give_up_at", .string(Timestamp.text(message.giveUpAt))))
    }
    if let end = message.endedAt { members.append(.init("ended_at", .string(Timestamp.text(end)))) }
    return FieldValue.object(members).json
  }
}

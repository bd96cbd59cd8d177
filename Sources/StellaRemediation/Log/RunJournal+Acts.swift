import StellaModel

/// What people do besides runs, on record in the transaction that does it. Keys and reasons, which may hold personal data, are in the
/// erasable payload.
extension RunJournal {
  /// - Parameter kind: ``LogKind/alertAcknowledged`` or ``LogKind/alertResolved``.
  package func record(
    _ kind: LogKind, _ alert: StoredAlert, _ remark: StoredAlert.Remark, _ transaction: some LogTransaction
  ) throws {
    try transaction.append(
      LogEntry(
        kind, time: remark.time, actor: remark.by,
        body: [.init("alert", .string(alert.id)), .init("rule", .string(alert.rule))],
        payload: remark.reason.isEmpty ? nil : payload(Array(remark.reason.utf8))))
  }

  package func recordSilence(
    _ silence: Silence, number: Int64, _ transaction: some LogTransaction
  ) throws {
    let about = FieldValue.object([.init("key", .object(silence.key)), .init("reason", .string(silence.set.reason))])
    try transaction.append(
      LogEntry(
        .silenceSet, time: silence.set.time, actor: silence.set.by,
        body: [
          .init("silence", .integer(number)), .init("rule", .string(silence.rule)),
          .init("key", .array(silence.key.map { .string($0.name) })),
          .init("until", .string(Timestamp.text(silence.until))),
        ], payload: payload(Array(about.json.utf8))))
  }

  package func recordSilenceEnd(
    _ number: Int64, by actor: String, at time: Int64, _ transaction: some LogTransaction
  ) throws {
    try transaction.append(
      LogEntry(.silenceEnded, time: time, actor: actor, body: [.init("silence", .integer(number))]))
  }

  package func recordRetry(
    of message: OutboxMessage, by actor: String, at time: Int64, _ transaction: some LogTransaction
  ) throws {
    try transaction.append(
      LogEntry(
        .notificationRetried, time: time, actor: actor,
        body: [.init("notification", .string(message.message.id)), .init("sink", .string(message.sink))]))
  }
}

import StellaModel

/// What the first record of a log says, which its name stands for: the log is called by that record's hash.
package struct LogOpening: Sendable, Hashable {
  package let engine: String
  package let key: LogPublicKey
  /// After a reseal every log before this one, newest first.
  package let formerLogs: [LogHash]

  /// Nil when these bytes aren't what the log is called by, or open no log.
  package init?(_ outline: LogOutline) {
    guard LogRecord.hash(of: outline.opening, after: .zero) == outline.log,
      let record = try? LogRecord(bytes: outline.opening), record.kind == .logOpened, record.number == 1,
      let engine = record.text("engine"), let key = record.text("key").flatMap({ LogPublicKey(text: $0) })
    else { return nil }
    self.engine = engine
    self.key = key
    guard case .array(let logs)? = record["former_logs"] else {
      formerLogs = []
      return
    }
    formerLogs = logs.compactMap { if case .string(let text) = $0 { LogHash(hex: text) } else { nil } }
  }

  static func entry(
    engine: String, key: LogPublicKey, nonce: [UInt8], time: Int64, actor: String, after former: Former? = nil
  ) -> LogEntry {
    var body = [
      FieldValue.Member("engine", .string(engine)), FieldValue.Member("key", .string(key.text)),
      FieldValue.Member("nonce", .string(HexText.text(nonce))),
    ]
    if let former {
      body += [
        FieldValue.Member("former_logs", .array(former.logs.map { .string($0.hex) })),
        FieldValue.Member("former_root", .string(former.head.root.hex)),
        FieldValue.Member("former_size", .integer(former.head.size)),
        FieldValue.Member("reason", .string(former.reason)),
      ]
    }
    return LogEntry(.logOpened, time: time, actor: actor, body: body)
  }

  /// What a reseal leaves behind.
  struct Former {
    /// Newest first.
    var logs: [LogHash]
    var head: LogHead
    var reason: String
  }
}

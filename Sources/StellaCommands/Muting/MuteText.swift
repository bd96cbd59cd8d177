import StellaDetection
import StellaModel

/// Why nobody was told of an alert, in words. Not escaped for terminals.
enum MuteText {
  /// - Parameter clock: how times are shown.
  static func line(_ mute: Mute, clock: (Int64) -> String = Timestamp.clock) -> String {
    let what =
      switch mute.cause {
      case .silence: "silence \(mute.name ?? "")"
      case .maintenance: "maintenance \(mute.name ?? "")"
      case .shadow: "shadow mode"
      }
    let until = mute.until.map { " until \(clock($0))" } ?? ""
    return "\(what)\(until), set by \(mute.by): \(mute.reason)"
  }
}

/// An exception in words, and as JSON.
enum ExceptionText {
  /// Not escaped for terminals.
  static func line(_ exception: RuleException, clock: (Int64) -> String) -> String {
    "\(exception.author) leaves out events with \(exception.text.split(whereSeparator: \.isWhitespace).joined(separator: " "))"
      + " until \(clock(exception.expires)): \(exception.reason) (\(exception.place))"
  }

  /// - Parameter events: how many it took away; nil where nobody counted.
  static func object(_ exception: RuleException, events: Int? = nil) -> FieldValue {
    var members: [FieldValue.Member] = [
      .init("author", .string(exception.author)), .init("reason", .string(exception.reason)),
      .init("expires", .string(Timestamp.text(exception.expires))), .init("where", .string(exception.text)),
      .init("file", .string(exception.file)), .init("line", .integer(Int64(exception.line))),
    ]
    if let events { members.append(.init("events", .integer(Int64(events)))) }
    return .object(members)
  }
}

import StellaModel

/// An event as one line for people.
enum EventText {
  private static let fieldLimit = 12

  /// Time, level, service, message, and the other plain fields. Not escaped.
  static func line(_ event: Event) -> String {
    var parts = [clock(event.time)]
    if let level = event.level { parts.append(level.name) }
    if let service = event.service { parts.append(service) }
    if !event.message.isEmpty { parts.append(event.message) }
    var shown = 0
    for field in event.fields where shown < fieldLimit {
      guard let value = plain(field.value), !isShown(field.name, value, event) else { continue }
      parts.append("\(field.name)=\(value)")
      shown += 1
    }
    return parts.joined(separator: " ")
  }

  /// `2026-11-03 09:16:04.250Z`, without a fraction of zero.
  static func clock(_ time: Int64) -> String {
    let text = Timestamp.text(time)
    let seconds = text.prefix(19).map { $0 == "T" ? " " : String($0) }.joined()
    let milliseconds = text.dropFirst(20).prefix(3)
    return seconds + (milliseconds == "000" ? "" : ".\(milliseconds)") + "Z"
  }

  private static func isShown(_ name: String, _ value: String, _ event: Event) -> Bool {
    value == event.message || value == event.service || value.lowercased() == event.level?.name
      || ["time", "ts", "timestamp", "@timestamp"].contains(name)
  }

  private static func plain(_ value: FieldValue) -> String? {
    switch value {
    case .null, .array, .object: nil
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .double(let number): "\(number)"
    case .string(let text): text.contains(" ") ? "\"\(text)\"" : text
    }
  }
}

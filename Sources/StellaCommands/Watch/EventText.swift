import StellaDetection
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
    for field in otherFields(event) where shown < fieldLimit {
      guard let value = plain(field.value) else { continue }
      parts.append("\(field.name)=\(value)")
      shown += 1
    }
    return parts.joined(separator: " ")
  }

  /// The fields but for those that are the event's time, level, message and service.
  static func otherFields(_ event: Event) -> [FieldValue.Member] {
    let sources = [source(of: "time", event), source(of: "level", event)]
    return event.fields.filter { !sources.contains($0.name) && !isShown($0, event) }
  }

  /// `2026-11-03 09:16:04.250Z`, without a fraction of zero.
  static func clock(_ time: Int64) -> String { Timestamp.clock(time) }

  /// The name under which the record has a canonical field.
  private static func source(of field: String, _ event: Event) -> String? {
    let names = [field] + (FieldAliases.field(field)?.sources.map(\.name) ?? [])
    return names.first { name in event.fields.contains { $0.name == name } }
  }

  private static func isShown(_ field: FieldValue.Member, _ event: Event) -> Bool {
    guard case .string(let text) = field.value else { return false }
    return text == event.message || text == event.service
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

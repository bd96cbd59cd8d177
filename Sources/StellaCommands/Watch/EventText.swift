import StellaDetection
import StellaModel

/// An event as one line for people.
enum EventText {
  private static let fieldLimit = 12
  /// Levels of nesting whose members are shown by themselves, and bytes of an array.
  private static let depthLimit = 6
  private static let arrayLimit = 120

  /// Time, level, service, message, and the first of the other fields; members of objects are named with dots. Not escaped.
  static func line(_ event: Event) -> String {
    var parts = [clock(event.time)]
    if let level = event.level { parts.append(level.name) }
    if let service = event.service { parts.append(service) }
    if !event.message.isEmpty { parts.append(event.message) }
    var fields: [String] = []
    for field in otherFields(event) where fields.count < fieldLimit {
      add(field.name, field.value, depth: 0, to: &fields)
    }
    return (parts + fields.prefix(fieldLimit)).joined(separator: " ")
  }

  private static func add(_ name: String, _ value: FieldValue, depth: Int, to fields: inout [String]) {
    if case .object(let members) = value, depth < depthLimit {
      for member in members where fields.count < fieldLimit {
        add(name + "." + member.name, member.value, depth: depth + 1, to: &fields)
      }
    } else if let text = plain(value) {
      fields.append("\(name)=\(text)")
    }
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
    case .null: nil
    case .array, .object: value.json.utf8.count <= arrayLimit ? value.json : String(value.json.prefix(arrayLimit)) + "…"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .double(let number): "\(number)"
    case .string(let text): text.contains(" ") || EventLine.readsOtherwise(text) ? "\"\(text)\"" : text
    }
  }
}

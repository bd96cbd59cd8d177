import Logging
import StellaModel

/// Writes one log call as one line of JSON, with the names that the engine knows: `time`, `level`, `message`, `logger`,
/// `service`, `error`, `error_type`, `source`, and every metadata entry under its own name.
///
/// A metadata entry that has one of these names stands under `metadata.` and its name. Entries are in the order of their
/// names, so that equal calls give equal bytes.
struct LogRecordText {
  private var json = JSONText()

  static let ownNames: Set<String> = [
    "time", "level", "message", "logger", "service", "error", "error_type", "source", "file", "line",
  ]

  var bytes: [UInt8] { json.bytes }

  /// - Parameter entries: without two of the same name.
  init(
    event: LogEvent, entries: [(key: String, value: Logger.MetadataValue)], label: String, service: String?, time: Int64
  ) {
    json.raw("{")
    json.name("time")
    json.string(Timestamp.text(time))
    text("level", event.level.rawValue)
    text("message", event.message.description)
    text("logger", label)
    if let service { text("service", service) }
    if let error = event.error {
      text("error", String(describing: error))
      text("error_type", String(reflecting: type(of: error)))
    }
    text("source", event.source)
    text("file", event.file)
    json.name("line")
    json.integer(event.line)
    for (key, value) in entries {
      json.name(LogRecordText.ownNames.contains(key) ? "metadata." + key : key)
      write(value)
    }
    json.raw("}\n")
  }

  private mutating func text(_ name: String, _ text: String) {
    json.name(name)
    json.string(text)
  }

  private mutating func write(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): json.string(text)
    case .stringConvertible(let value):
      // Numbers stay numbers, so that a rule can compare them.
      switch value {
      case let value as Int: json.integer(value)
      case let value as Double: json.double(value)
      case let value as Bool: json.bool(value)
      case let value as Int64: json.integer(value)
      case let value as Int32: json.integer(value)
      case let value as UInt: json.integer(value)
      default: json.string(value.description)
      }
    case .array(let elements):
      json.raw("[")
      for element in elements {
        json.separate()
        write(element)
      }
      json.raw("]")
    case .dictionary(let members):
      json.raw("{")
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        json.name(key)
        write(value)
      }
      json.raw("}")
    }
  }
}

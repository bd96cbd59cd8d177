import StellaModel

/// A value of a configuration file that fits its key, with the place where it stands.
struct ConfigurationValue: Sendable {
  indirect enum Content: Sendable {
    /// There is something, but it is wrong and a problem says so.
    case refused
    case text(String)
    case flag(Bool)
    case integer(Int)
    /// Nanoseconds.
    case duration(Int64)
    /// Bytes.
    case size(Int)
    case scalar(FieldValue)
    case list([ConfigurationValue])
    /// Members in the order of the file.
    case object([(name: String, value: ConfigurationValue)])
  }

  let content: Content
  let place: ConfigurationPlace

  subscript(_ name: String) -> ConfigurationValue? {
    guard case .object(let members) = content else { return nil }
    return members.first { $0.name == name }?.value
  }

  var members: [(name: String, value: ConfigurationValue)] {
    if case .object(let members) = content { members } else { [] }
  }

  var elements: [ConfigurationValue] { if case .list(let elements) = content { elements } else { [] } }
  var text: String? { if case .text(let text) = content { text } else { nil } }
  var flag: Bool? { if case .flag(let flag) = content { flag } else { nil } }
  var integer: Int? { if case .integer(let integer) = content { integer } else { nil } }
  var nanoseconds: Int64? { if case .duration(let duration) = content { duration } else { nil } }
  var bytes: Int? { if case .size(let size) = content { size } else { nil } }
  var scalar: FieldValue? { if case .scalar(let scalar) = content { scalar } else { nil } }
}

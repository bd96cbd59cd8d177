import FoundationEssentials

/// What a member of a token or a key is.
enum TokenValue: Decodable, Sendable, Hashable {
  case text(String)
  case number(Double)
  case flag(Bool)
  case list([TokenValue])
  case members([String: TokenValue])
  case null

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let list = try? container.decode([TokenValue].self) {
      self = .list(list)
    } else {
      self = .members(try container.decode([String: TokenValue].self))
    }
  }

  /// A JSON object's members; nil for anything else.
  static func object(_ json: [UInt8]) -> [String: TokenValue]? {
    try? JSONDecoder().decode([String: TokenValue].self, from: Data(json))
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }

  /// The texts of a list, or the one that it is; nil when there is anything else.
  var texts: [String]? {
    switch self {
    case .text(let text): return [text]
    case .list(let list):
      let texts = list.compactMap(\.text)
      return texts.count == list.count ? texts : nil
    default: return nil
    }
  }

  /// Seconds since the epoch as nanoseconds; nil for what is no time of our era.
  var nanoseconds: Int64? {
    guard case .number(let seconds) = self, seconds.isFinite, (0..<9e9).contains(seconds) else { return nil }
    return Int64(seconds * 1e9)
  }
}

import FoundationEssentials
import Hummingbird
import StellaModel

/// The members of a request's body, each asked for once. What nobody asked for is refused at the end, so that nothing is ever
/// ignored that somebody meant.
struct RequestMembers {
  private enum Value: Decodable {
    case text(String)
    case flag(Bool)
    case texts([String: String])
    case list([String])
    case values([String: Single])
    case other

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let texts = try? container.decode([String: String].self) {
        self = .texts(texts)
      } else if let list = try? container.decode([String].self) {
        self = .list(list)
      } else if let values = try? container.decode([String: Single].self) {
        self = .values(values)
      } else {
        self = .other
      }
    }
  }

  /// A text, a number, or true or false.
  private struct Single: Decodable {
    let value: FieldValue

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        value = .string(text)
      } else if let flag = try? container.decode(Bool.self) {
        value = .bool(flag)
      } else if let number = try? container.decode(Int64.self) {
        value = .integer(number)
      } else {
        let number = try container.decode(Double.self)
        // An integer that is none of 64 bits would be rounded.
        guard number.magnitude < 0x1p63 else {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "an integer of more than 64 bits")
        }
        value = .double(number)
      }
    }
  }

  private var members: [String: Value]
  private var names: [String] = []

  /// - Parameter body: a JSON object; empty for one without members.
  init(_ body: ByteBuffer) throws(CommandFailure) {
    if body.readableBytes == 0 {
      members = [:]
      return
    }
    do {
      members = try JSONDecoder().decode([String: Value].self, from: Data(body.readableBytesView))
    } catch {
      throw CommandFailure(.usage, "the body is no JSON object.")
    }
  }

  mutating func text(_ name: String) throws(CommandFailure) -> String {
    names.append(name)
    switch members.removeValue(forKey: name) {
    case .text(let text): return text
    case nil: throw CommandFailure(.usage, "the member \(name) is missing.")
    default: throw CommandFailure(.usage, "the member \(name) is no text.")
    }
  }

  /// Nil when it isn't there.
  mutating func optionalText(_ name: String) throws(CommandFailure) -> String? {
    if members[name] != nil { return try text(name) }
    names.append(name)
    return nil
  }

  /// Nil when it isn't there.
  mutating func optionalFlag(_ name: String) throws(CommandFailure) -> Bool? {
    if members[name] != nil { return try flag(name) }
    names.append(name)
    return nil
  }

  /// Texts in their order; nil when it isn't there.
  mutating func list(_ name: String) throws(CommandFailure) -> [String]? {
    names.append(name)
    switch members.removeValue(forKey: name) {
    case .list(let list): return list
    case nil: return nil
    default: throw CommandFailure(.usage, "the member \(name) is no list of texts.")
    }
  }

  /// A text, or several with commas between them; nil when it isn't there.
  mutating func textOrList(_ name: String) throws(CommandFailure) -> String? {
    if case .list? = members[name] { return try list(name)?.joined(separator: ",") }
    return try optionalText(name)
  }

  /// False when it isn't there.
  mutating func flag(_ name: String) throws(CommandFailure) -> Bool {
    names.append(name)
    switch members.removeValue(forKey: name) {
    case .flag(let flag): return flag
    case nil: return false
    default: throw CommandFailure(.usage, "the member \(name) is neither true nor false.")
    }
  }

  /// An object of texts, in the order of its names; none when it isn't there.
  mutating func texts(_ name: String) throws(CommandFailure) -> [(name: String, value: String)] {
    names.append(name)
    switch members.removeValue(forKey: name) {
    case .texts(let texts): return texts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    case nil: return []
    default: throw CommandFailure(.usage, "the member \(name) is no object of texts.")
    }
  }

  /// An object of texts, numbers and truth values; none when it isn't there. Integers are exact: greater ones are refused.
  mutating func values(_ name: String) throws(CommandFailure) -> [String: FieldValue] {
    names.append(name)
    switch members.removeValue(forKey: name) {
    case .texts(let texts): return texts.mapValues { .string($0) }
    case .values(let values): return values.mapValues(\.value)
    case nil: return [:]
    default:
      throw CommandFailure(.usage, "the member \(name) is no object of texts, numbers (up to 64 bits), true and false.")
    }
  }

  func end() throws(CommandFailure) {
    guard let name = members.keys.min() else { return }
    let hint = NearestName.of(name, in: names).map { " Did you mean \($0)?" } ?? ""
    let known = names.isEmpty ? "None is taken here." : "There are \(names.joined(separator: ", "))."
    throw CommandFailure(.usage, "there is no member \(name).\(hint) \(known)")
  }
}

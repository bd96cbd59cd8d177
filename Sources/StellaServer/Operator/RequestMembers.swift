import Hummingbird
import StellaIntake
import StellaModel

/// The members of a request's body, each asked for once. What nobody asked for is refused at the end, so that nothing is ever
/// ignored that somebody meant.
struct RequestMembers {
  private enum Value {
    case text(String)
    case flag(Bool)
    case texts([String: String])
    case list([String])
    case values([String: FieldValue])
    case other

    init(_ node: JSONNode) {
      if let text = node.string {
        self = .text(text)
      } else if let flag = node.flag {
        self = .flag(flag)
      } else if node.isArray {
        self = Value.elements(node).map { .list($0) } ?? .other
      } else if node.isObject {
        self =
          Value.members(node, \.string).map { .texts($0) } ?? Value.members(node, Value.single).map { .values($0) }
          ?? .other
      } else {
        self = .other
      }
    }

    /// Nil when one is no text.
    private static func elements(_ array: JSONNode) -> [String]? {
      var list: [String?] = []
      array.eachChild { list.append($0.string) }
      return list.contains(nil) ? nil : list.compactMap { $0 }
    }

    /// Nil when one has no value.
    private static func members<Member>(_ object: JSONNode, _ value: (JSONNode) -> Member?) -> [String: Member]? {
      var members: [String: Member] = [:]
      var count = 0
      object.eachChild { member in
        members[String(decoding: member.name, as: UTF8.self)] = value(member)
        count += 1
      }
      return members.count == count ? members : nil
    }

    /// A text, a number, or true or false.
    private static func single(_ node: JSONNode) -> FieldValue? {
      if let text = node.string { return .string(text) }
      if let flag = node.flag { return .bool(flag) }
      if let number = node.wholeNumber { return .integer(number) }
      // An integer that is none of 64 bits would be rounded.
      guard let number = node.double, number.magnitude < 0x1p63 else { return nil }
      return Int64(exactly: number).map { .integer($0) } ?? .double(number)
    }
  }

  private var members: [String: Value] = [:]
  private var names: [String] = []

  /// - Parameter body: a JSON object; empty for one without members.
  init(_ body: ByteBuffer) throws(CommandFailure) {
    if body.readableBytes == 0 { return }
    let read = body.withUnsafeReadableBytes { bytes in
      Result { () throws(CommandFailure) in try RequestMembers.read(bytes) }
    }
    members = try read.get()
  }

  private static func read(_ body: UnsafeRawBufferPointer) throws(CommandFailure) -> [String: Value] {
    let noObject = CommandFailure(.usage, "the body is no JSON object.")
    func refused(_: JSONReader.Refusal) -> CommandFailure { noObject }
    guard String(validating: body, as: UTF8.self) != nil else { throw noObject }
    return try JSONReader().read(body, or: refused) { (object) throws(CommandFailure) in
      guard object.isObject else { throw noObject }
      try checkNames(object)
      var members: [String: Value] = [:]
      object.eachChild { members[String(decoding: $0.name, as: UTF8.self)] = Value($0) }
      return members
    }
  }

  /// Refuses a name that an object has twice: what looked at the request before may have believed the other one.
  private static func checkNames(_ node: JSONNode) throws(CommandFailure) {
    var names: Set<String> = []
    try node.eachChild { (child) throws(CommandFailure) in
      if node.isObject {
        let name = String(decoding: child.name, as: UTF8.self)
        guard names.insert(name).inserted else {
          throw CommandFailure(.usage, TextEscaping.oneLine("the member \(name) is there twice.", limit: 500))
        }
      }
      try checkNames(child)
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
    case .values(let values): return values
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

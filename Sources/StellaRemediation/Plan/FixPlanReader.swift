import StellaModel

/// Reads `fixplan/v1`, and accepts only what a writer writes.
///
/// No length is trusted before as many bytes are there, so that memory stays in proportion to the input.
struct FixPlanReader {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  func failure(_ reason: String, at offset: Int? = nil) -> FixPlanError {
    FixPlanError(offset: offset ?? position, reason)
  }

  mutating func raw(_ count: Int) throws(FixPlanError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw failure("\(count) bytes are expected and fewer are left") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func tag<Tag: RawRepresentable<UInt8>>(_ type: Tag.Type) throws(FixPlanError) -> Tag {
    let byte = try raw(1)
    guard let tag = byte.first.flatMap(Tag.init(rawValue:)) else {
      throw failure("there is no such tag", at: position - 1)
    }
    return tag
  }

  mutating func number() throws(FixPlanError) -> Int {
    Int(try raw(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
  }

  private mutating func word() throws(FixPlanError) -> UInt64 {
    try raw(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func text() throws(FixPlanError) -> String {
    let start = position
    let utf8 = try raw(try number())
    guard let text = String(validating: utf8, as: UTF8.self) else { throw failure("the text is no UTF-8", at: start) }
    return text
  }

  mutating func digest() throws(FixPlanError) -> ContentDigest {
    guard let digest = ContentDigest(bytes: Array(try raw(ContentDigest.byteCount))) else {
      throw failure("there is no digest")
    }
    return digest
  }

  mutating func option<Value>(
    _ read: (inout Self) throws(FixPlanError) -> Value
  ) throws(FixPlanError) -> Value? {
    switch try raw(1).first {
    case 0: return nil
    case 1: return try read(&self)
    default: throw failure("an option is neither 0 nor 1", at: position - 1)
    }
  }

  /// - Parameter minimum: how many bytes an element has at least.
  mutating func list<Element>(
    minimum: Int, _ read: (inout Self) throws(FixPlanError) -> Element
  ) throws(FixPlanError) -> [Element] {
    let start = position
    let count = try number()
    guard count <= (bytes.count - position) / minimum else {
      throw failure("\(count) elements are announced, more than the rest can hold", at: start)
    }
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try read(&self)) }
    return elements
  }

  mutating func values(depth: Int = 0) throws(FixPlanError) -> NamedValues {
    let start = position
    let members = try list(minimum: 5) { (reader) throws(FixPlanError) in
      NamedValues.Member(try reader.text(), try reader.value(depth: depth + 1))
    }
    for (one, next) in zip(members, members.dropFirst()) where !NamedValues.precedes(one.name, next.name) {
      throw failure("the names are not in ascending order, each once", at: start)
    }
    do throws(NamedValues.DuplicateName) {
      return try NamedValues(members)
    } catch {
      throw failure("a name is there twice", at: start)
    }
  }

  mutating func value(depth: Int = 0) throws(FixPlanError) -> EffectValue {
    let start = position
    // One more than an effect may have, for the named values around it.
    guard depth <= EffectValue.depthLimit + 1 else { throw failure("values nest too deep") }
    switch try tag(FixPlanTag.Value.self) {
    case .null: return .null
    case .false: return .bool(false)
    case .true: return .bool(true)
    case .integer: return .integer(Int64(bitPattern: try word()))
    case .double:
      let bits = try word()
      let value = Double(bitPattern: bits)
      guard EffectValue.bits(of: value) == bits else { throw failure("this is not the NaN of fixplan/v1", at: start) }
      return .double(value)
    case .text: return .text(try text())
    case .bytes: return .bytes(Array(try raw(try number())))
    case .array:
      return .array(try list(minimum: 1) { (reader) throws(FixPlanError) in try reader.value(depth: depth + 1) })
    case .object: return .object(try values(depth: depth))
    case .result:
      guard let reference = ResultReference(effect: try number(), row: try number(), column: try text()) else {
        throw failure("this refers to no result", at: start)
      }
      return .result(reference)
    case .secret:
      guard let reference = SecretReference(name: try text(), version: try text()) else {
        throw failure("this refers to no secret", at: start)
      }
      return .secret(reference)
    }
  }
}

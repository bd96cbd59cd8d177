import StellaModel

/// Writes `fixplan/v1`: the elements that everything is made of.
struct FixPlanWriter {
  private(set) var bytes: [UInt8] = []
  /// Once true, nothing more is written and the bytes are no plan.
  private(set) var isTooLong = false
  private let byteLimit: Int

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  mutating func raw(_ more: some Collection<UInt8>) {
    guard !isTooLong, bytes.count + more.count <= byteLimit else {
      isTooLong = true
      return
    }
    bytes.append(contentsOf: more)
  }

  mutating func tag(_ tag: some RawRepresentable<UInt8>) { raw(CollectionOfOne(tag.rawValue)) }

  /// A number, count or length; a checked plan has none outside 0 … 2³² - 1.
  mutating func number(_ value: Int) {
    withUnsafeBytes(of: UInt32(value).bigEndian) { raw($0) }
  }

  private mutating func word(_ value: UInt64) {
    withUnsafeBytes(of: value.bigEndian) { raw($0) }
  }

  mutating func bytes(_ value: some Collection<UInt8>) {
    guard bytes.count + value.count <= byteLimit else {
      isTooLong = true
      return
    }
    number(value.count)
    raw(value)
  }

  mutating func text(_ text: String) { bytes(text.utf8) }

  mutating func digest(_ digest: ContentDigest) { raw(digest.bytes) }

  mutating func option<Value>(_ value: Value?, _ write: (inout Self, Value) -> Void) {
    raw(CollectionOfOne(value == nil ? 0 : 1))
    if let value { write(&self, value) }
  }

  mutating func list<Element>(_ elements: [Element], _ write: (inout Self, Element) -> Void) {
    number(elements.count)
    for element in elements where !isTooLong { write(&self, element) }
  }

  mutating func values(_ values: NamedValues) {
    list(values.members) { writer, member in
      writer.text(member.name)
      writer.value(member.value)
    }
  }

  mutating func value(_ value: EffectValue) {
    switch value {
    case .null: tag(FixPlanTag.Value.null)
    case .bool(let value): tag(value ? FixPlanTag.Value.true : FixPlanTag.Value.false)
    case .integer(let value):
      tag(FixPlanTag.Value.integer)
      word(UInt64(bitPattern: value))
    case .double(let value):
      tag(FixPlanTag.Value.double)
      word(EffectValue.bits(of: value))
    case .text(let text):
      tag(FixPlanTag.Value.text)
      self.text(text)
    case .bytes(let value):
      tag(FixPlanTag.Value.bytes)
      bytes(value)
    case .array(let elements):
      tag(FixPlanTag.Value.array)
      list(elements) { $0.value($1) }
    case .object(let members):
      tag(FixPlanTag.Value.object)
      values(members)
    case .result(let reference):
      tag(FixPlanTag.Value.result)
      number(reference.effect)
      number(reference.row)
      text(reference.column)
    case .secret(let reference):
      tag(FixPlanTag.Value.secret)
      text(reference.name)
      text(reference.version)
    }
  }
}

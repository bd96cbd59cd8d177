import StellaModel

/// Writes values as `ExecutionLogV1.md` says: every value has one form.
struct LogValueWriter {
  static let maximumDepth = 32

  private(set) var bytes: [UInt8] = []

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// Big-endian, as all numbers are.
  mutating func integer(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func raw(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  mutating func string(_ text: String) throws(LogError) {
    try count(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func count(_ value: Int) throws(LogError) {
    guard let count = UInt32(exactly: value) else { throw LogError(.unfit, "a value is too large for a record") }
    integer(count)
  }

  mutating func value(_ value: FieldValue, depth: Int = 0) throws(LogError) {
    guard depth < LogValueWriter.maximumDepth else {
      throw LogError(.unfit, "values are nested deeper than \(LogValueWriter.maximumDepth) levels")
    }
    switch value {
    case .null: byte(0)
    case .bool(let value): byte(value ? 2 : 1)
    case .integer(let value):
      byte(3)
      integer(value)
    case .double(let value):
      guard value.isFinite else { throw LogError(.unfit, "\(value) has no canonical form") }
      byte(4)
      integer(value.bitPattern)
    case .string(let text):
      byte(5)
      try string(text)
    case .array(let elements):
      byte(6)
      try count(elements.count)
      for element in elements { try self.value(element, depth: depth + 1) }
    case .object(let members):
      byte(7)
      try count(members.count)
      var last: String?
      for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
        if let last, last.utf8.elementsEqual(member.name.utf8) {
          throw LogError(.unfit, "`\(last)` is there twice")
        }
        last = member.name
        try string(member.name)
        try self.value(member.value, depth: depth + 1)
      }
    }
  }
}

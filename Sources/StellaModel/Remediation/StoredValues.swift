/// Values as a store keeps them, exact to the bit. Each is a tag and its content; lengths have four bytes, most significant
/// first. For what is bound by a digest see the plan's canonical form instead.
package enum StoredValues {
  package static func bytes(_ values: NamedValues) -> [UInt8] {
    var bytes: [UInt8] = []
    write(values, to: &bytes)
    return bytes
  }

  package static func bytes(_ results: [[NamedValues]]) -> [UInt8] {
    var bytes: [UInt8] = []
    count(results.count, to: &bytes)
    for rows in results {
      count(rows.count, to: &bytes)
      for row in rows { write(row, to: &bytes) }
    }
    return bytes
  }

  /// Nil for what ``bytes(_:)-(NamedValues)`` didn't write.
  package static func values(_ bytes: [UInt8]) -> NamedValues? {
    var reader = Reader(bytes: bytes)
    guard let values = reader.named(depth: 0), reader.position == bytes.count else { return nil }
    return values
  }

  package static func results(_ bytes: [UInt8]) -> [[NamedValues]]? {
    var reader = Reader(bytes: bytes)
    guard let count = reader.count() else { return nil }
    var results: [[NamedValues]] = []
    for _ in 0..<count {
      guard let rows = reader.count() else { return nil }
      var group: [NamedValues] = []
      for _ in 0..<rows {
        guard let row = reader.named(depth: 0) else { return nil }
        group.append(row)
      }
      results.append(group)
    }
    return reader.position == bytes.count ? results : nil
  }

  private static func count(_ count: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt32(count).bigEndian) { bytes.append(contentsOf: $0) }
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    count(text.utf8.count, to: &bytes)
    bytes.append(contentsOf: text.utf8)
  }

  private static func write(_ values: NamedValues, to bytes: inout [UInt8]) {
    count(values.count, to: &bytes)
    for member in values {
      write(member.name, to: &bytes)
      write(member.value, to: &bytes)
    }
  }

  private static func write(_ value: EffectValue, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes.append(0)
    case .bool(let flag): bytes.append(flag ? 2 : 1)
    case .integer(let number):
      bytes.append(3)
      withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    case .double(let number):
      bytes.append(4)
      withUnsafeBytes(of: EffectValue.bits(of: number).bigEndian) { bytes.append(contentsOf: $0) }
    case .text(let text):
      bytes.append(5)
      write(text, to: &bytes)
    case .bytes(let content):
      bytes.append(6)
      count(content.count, to: &bytes)
      bytes.append(contentsOf: content)
    case .array(let elements):
      bytes.append(7)
      count(elements.count, to: &bytes)
      for element in elements { write(element, to: &bytes) }
    case .object(let members):
      bytes.append(8)
      write(members, to: &bytes)
    case .result(let reference):
      bytes.append(9)
      write(reference.name, to: &bytes)
    case .secret(let reference):
      bytes.append(10)
      write("\(reference.name)@\(reference.version)", to: &bytes)
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count <= bytes.count - position else { return nil }
      defer { position += count }
      return bytes[position..<position + count]
    }

    mutating func count() -> Int? {
      // Each item takes a byte or more, so that a length can't make anybody allocate more than there is.
      take(4).map { $0.reduce(0) { $0 << 8 | Int($1) } }.flatMap { $0 <= bytes.count - position ? $0 : nil }
    }

    mutating func number() -> UInt64? { take(8)?.reduce(0) { $0 << 8 | UInt64($1) } }

    mutating func text() -> String? {
      count().flatMap { take($0) }.flatMap { String(validating: $0, as: UTF8.self) }
    }

    mutating func named(depth: Int) -> NamedValues? {
      guard depth <= EffectValue.depthLimit + 1, let count = count() else { return nil }
      var members: [NamedValues.Member] = []
      for _ in 0..<count {
        guard let name = text(), let value = value(depth: depth + 1) else { return nil }
        members.append(NamedValues.Member(name, value))
      }
      return try? NamedValues(members)
    }

    mutating func value(depth: Int) -> EffectValue? {
      guard depth <= EffectValue.depthLimit + 1, let tag = take(1)?.first else { return nil }
      switch tag {
      case 0: return .null
      case 1: return .bool(false)
      case 2: return .bool(true)
      case 3: return number().map { .integer(Int64(bitPattern: $0)) }
      case 4: return number().map { .double(Double(bitPattern: $0)) }
      case 5: return text().map { .text($0) }
      case 6: return count().flatMap { take($0) }.map { .bytes(Array($0)) }
      case 7:
        guard let count = count() else { return nil }
        var elements: [EffectValue] = []
        for _ in 0..<count {
          guard let element = value(depth: depth + 1) else { return nil }
          elements.append(element)
        }
        return .array(elements)
      case 8: return named(depth: depth).map { .object($0) }
      case 9: return text().flatMap { ResultReference($0) }.map { .result($0) }
      case 10: return text().flatMap { SecretReference($0) }.map { .secret($0) }
      default: return nil
      }
    }
  }
}

import StellaModel

/// Reads what ``LogValueWriter`` writes, and nothing else: what it accepts, writing gives back byte for byte.
struct LogValueReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  /// - Precondition: `bytes` stay valid as long as this is used.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  private static func malformed(_ reason: String) -> LogError { LogError(.malformed, reason) }

  mutating func raw(_ count: Int) throws(LogError) -> UnsafeRawBufferPointer {
    guard count <= bytes.count - position else { throw LogValueReader.malformed("it ends too early") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  mutating func byte() throws(LogError) -> UInt8 { try raw(1)[0] }

  mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type
  ) throws(LogError) -> Integer {
    Integer(bigEndian: try raw(MemoryLayout<Integer>.size).loadUnaligned(as: Integer.self))
  }

  mutating func hash() throws(LogError) -> LogHash {
    guard let hash = LogHash(try raw(LogHash.byteCount)) else { throw LogValueReader.malformed("a digest is cut") }
    return hash
  }

  mutating func string() throws(LogError) -> String {
    let count = Int(try integer(UInt32.self))
    guard let text = String(validating: try raw(count), as: UTF8.self) else {
      throw LogValueReader.malformed("a text is not UTF-8")
    }
    return text
  }

  mutating func value(depth: Int = 0) throws(LogError) -> FieldValue {
    guard depth < LogValueWriter.maximumDepth else { throw LogValueReader.malformed("it is nested too deep") }
    switch try byte() {
    case 0: return .null
    case 1: return .bool(false)
    case 2: return .bool(true)
    case 3: return .integer(try integer(Int64.self))
    case 4:
      let value = Double(bitPattern: try integer(UInt64.self))
      guard value.isFinite else { throw LogValueReader.malformed("a number is not finite") }
      return .double(value)
    case 5: return .string(try string())
    case 6:
      let count = try integer(UInt32.self)
      var elements: [FieldValue] = []
      for _ in 0..<count { elements.append(try value(depth: depth + 1)) }
      return .array(elements)
    case 7: return .object(try members(depth: depth))
    default: throw LogValueReader.malformed("a value is of no known type")
    }
  }

  private mutating func members(depth: Int) throws(LogError) -> [FieldValue.Member] {
    let count = try integer(UInt32.self)
    var members: [FieldValue.Member] = []
    for _ in 0..<count {
      let name = try string()
      if let last = members.last, !last.name.utf8.lexicographicallyPrecedes(name.utf8) {
        throw LogValueReader.malformed("names are not in their order")
      }
      members.append(FieldValue.Member(name, try value(depth: depth + 1)))
    }
    return members
  }
}

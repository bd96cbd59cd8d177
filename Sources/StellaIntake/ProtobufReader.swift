/// The fields of a protocol buffer's message, as they lie in its bytes (protobuf.dev, «Encoding»). Nothing is copied.
package struct ProtobufReader {
  package enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    /// Text, bytes or a message.
    case bytes(UnsafeRawBufferPointer)
  }

  package struct Field {
    package let number: Int
    package let value: Value

    /// Nil when it has another type.
    package var bytes: UnsafeRawBufferPointer? { if case .bytes(let bytes) = value { bytes } else { nil } }
    package var varint: UInt64? { if case .varint(let varint) = value { varint } else { nil } }
    package var fixed64: UInt64? { if case .fixed64(let fixed) = value { fixed } else { nil } }
  }

  /// The bytes are no message.
  package struct Malformed: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  /// - Parameter bytes: must outlive what is read.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Nil at the end. O(1) but for a number's bytes.
  package mutating func next() throws(Malformed) -> Field? {
    guard place < bytes.count else { return nil }
    let tag = try varint()
    let number = tag >> 3
    guard number > 0, number < 1 << 29 else { throw Malformed() }
    let value: Value
    switch tag & 7 {
    case 0: value = .varint(try varint())
    case 1: value = .fixed64(UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self)))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.count - place) else { throw Malformed() }
      value = .bytes(try take(Int(length)))
    case 5: value = .fixed32(UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self)))
    // Groups, which proto3 doesn't have.
    default: throw Malformed()
    }
    return Field(number: Int(number), value: value)
  }

  private mutating func take(_ count: Int) throws(Malformed) -> UnsafeRawBufferPointer {
    guard count <= bytes.count - place else { throw Malformed() }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
  }

  private mutating func varint() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while place < bytes.count, shift < 64 {
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Malformed()
  }
}

/// Reads what a ``RecordWriter`` wrote. What is cut off or makes no sense ends it: ``isBroken``, and everything read from then on
/// is zero or empty.
struct RecordReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place = 0
  private(set) var isBroken = false

  /// - Parameter bytes: must live as long as this.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var left: Int { bytes.count - place }

  mutating func refuse() {
    isBroken = true
    place = bytes.count
  }

  mutating func byte() -> UInt8 {
    guard left > 0 else {
      refuse()
      return 0
    }
    place += 1
    return bytes[place - 1]
  }

  mutating func fixed<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
    let size = MemoryLayout<Number>.size
    guard left >= size else {
      refuse()
      return 0
    }
    place += size
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place - size, as: Number.self))
  }

  mutating func number() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while left > 0, shift < 64 {
      let next = bytes[place]
      place += 1
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
    refuse()
    return 0
  }

  /// A number of things that `limit` bounds.
  mutating func count(atMost limit: Int) -> Int {
    let value = number()
    guard value <= UInt64(max(0, limit)) else {
      refuse()
      return 0
    }
    return Int(value)
  }

  mutating func signed() -> Int64 {
    let value = number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func text() -> String {
    let part = raw(count(atMost: left))
    return String(decoding: part, as: UTF8.self)
  }

  mutating func raw(_ count: Int) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= left else {
      refuse()
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    place += count
    return UnsafeRawBufferPointer(rebasing: bytes[place - count..<place])
  }
}

import CStellaValue

/// Goes through a log call's record. What ends too soon, or has an unknown tag, gives nil.
struct LogRecordCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place: Int

  init(_ bytes: UnsafeRawBufferPointer, at place: Int = 0) {
    self.bytes = bytes
    self.place = place
  }

  var isAtEnd: Bool { place == bytes.count }

  mutating func number<Number: BitwiseCopyable>(_ type: Number.Type) -> Number? {
    guard bytes.count - place >= MemoryLayout<Number>.size else { return nil }
    defer { place += MemoryLayout<Number>.size }
    return bytes.loadUnaligned(fromByteOffset: place, as: Number.self)
  }

  mutating func text() -> UnsafeRawBufferPointer? {
    guard let length = number(UInt32.self), bytes.count - place >= Int(length) else { return nil }
    defer { place += Int(length) }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<place + Int(length)])
  }

  /// Goes past a value.
  mutating func skipValue() -> Bool {
    switch number(UInt8.self) {
    case LogRecordTag.text, LogRecordTag.json: return text() != nil
    case LogRecordTag.integer, LogRecordTag.unsigned, LogRecordTag.double: return number(UInt64.self) != nil
    case LogRecordTag.no, LogRecordTag.yes: return true
    case LogRecordTag.array:
      guard let count = number(UInt32.self) else { return false }
      for _ in 0..<count where !skipValue() { return false }
      return true
    case LogRecordTag.dictionary:
      guard let count = number(UInt32.self) else { return false }
      for _ in 0..<count where text() == nil || !skipValue() { return false }
      return true
    default: return false
    }
  }
}

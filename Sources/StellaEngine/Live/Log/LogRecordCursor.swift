import CStellaValue

/// Goes through a log call's record. What ends too soon, or has an unknown tag, gives nil.
struct LogRecordCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place: Int

  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, at place: Int = 0) {
    self.bytes = bytes
    self.place = place
  }

  @inline(__always)
  var isAtEnd: Bool { place == bytes.count }

  @inline(__always)
  mutating func number<Number: BitwiseCopyable>(_ type: Number.Type) -> Number? {
    guard bytes.count &- place >= MemoryLayout<Number>.size else { return nil }
    let number = bytes.loadUnaligned(fromByteOffset: place, as: Number.self)
    place &+= MemoryLayout<Number>.size
    return number
  }

  @inline(__always)
  mutating func text() -> UnsafeRawBufferPointer? {
    guard let short = number(UInt8.self), let start = bytes.baseAddress else { return nil }
    var count = Int(short)
    if short == LogRecordTag.longText {
      guard let length = number(UInt32.self) else { return nil }
      count = Int(truncatingIfNeeded: length)
    }
    guard bytes.count &- place >= count else { return nil }
    let text = UnsafeRawBufferPointer(start: start + place, count: count)
    place &+= count
    return text
  }

  /// The call's file.
  ///
  /// - Parameter flags: the record's.
  @inline(__always)
  mutating func file(_ flags: UInt8) -> UnsafeRawBufferPointer? {
    if flags & LogRecordTag.hasFileAddress == 0 { return text() }
    guard let length = number(UInt32.self), let address = number(UInt.self) else { return nil }
    return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: Int(length))
  }

  /// What is the same for every record of the handler, as JSON.
  ///
  /// - Parameters:
  ///   - number: the record's, and one of `names` if it isn't 0.
  @inline(__always)
  mutating func names(_ number: UInt8, _ names: HandlerNames) -> UnsafeRawBufferPointer? {
    number == HandlerNames.none ? text() : names.json(number)
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

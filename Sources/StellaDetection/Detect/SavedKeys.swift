/// The keys of a ``KeyDictionary`` as a checkpoint has them, by the numbers they had then.
struct SavedKeys {
  private let starts: [UInt32]
  private let bytes: UnsafeRawBufferPointer

  /// - Throws: when the state is cut or in another layout. What `reader` reads must outlive this.
  init(from reader: inout StateReader) throws(StateError) {
    try reader.expect(.keys)
    starts = try reader.column(of: UInt32.self)
    bytes = try reader.slice()
  }

  /// The bytes of the key that had `number`.
  func key(_ number: UInt32) throws(StateError) -> UnsafeBufferPointer<UInt8> {
    guard Int(number) < starts.count, starts[Int(number)] != .max else {
      throw StateError(message: "there is no key \(number)")
    }
    var position = Int(starts[Int(number)])
    var length = 0
    var shift = 0
    while position < bytes.count, shift < 35 {
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 127) << shift
      if byte < 128 {
        guard bytes.count - position >= length else { break }
        let key = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
        return key.withMemoryRebound(to: UInt8.self) { $0 }
      }
      shift += 7
    }
    throw StateError(message: "key \(number) is cut")
  }
}

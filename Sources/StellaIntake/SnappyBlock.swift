/// Snappy's block format (google/snappy, `format_description.txt`), as Loki's senders compress with. Only decoding, and bounded.
package enum SnappyBlock {
  package enum Failure: Error, Sendable, Hashable {
    /// It says that it holds more bytes than are allowed. Nothing was decoded.
    case tooLarge
    /// It is no such block, damaged or cut off.
    case broken
  }

  /// - Parameter limit: decoded bytes at most.
  /// - Complexity: O(decoded bytes); their number stands at the front, and that much memory is taken once.
  package static func decoded(_ block: UnsafeRawBufferPointer, limit: Int) throws(Failure) -> [UInt8] {
    var place = 0
    let length = try length(block, &place)
    guard length <= limit else { throw .tooLarge }
    // No element makes more than 64 bytes of two.
    guard length <= 32 * block.count else { throw .broken }
    var failure: Failure?
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      do throws(Failure) {
        try decode(block, from: place, into: UnsafeMutableRawBufferPointer(buffer))
        count = length
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func length(_ block: UnsafeRawBufferPointer, _ place: inout Int) throws(Failure) -> Int {
    var length = 0
    for shift in stride(from: 0, to: 35, by: 7) {
      guard place < block.count else { throw .broken }
      let byte = block[place]
      place += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 {
        guard length <= Int(UInt32.max) else { throw .broken }
        return length
      }
    }
    throw .broken
  }

  private static func decode(
    _ block: UnsafeRawBufferPointer, from start: Int, into output: UnsafeMutableRawBufferPointer
  ) throws(Failure) {
    var place = start
    var filled = 0
    func number(_ bytes: Int) throws(Failure) -> Int {
      guard bytes <= block.count - place else { throw .broken }
      var value = 0
      for index in 0..<bytes { value |= Int(block[place + index]) << (8 * index) }
      place += bytes
      return value
    }
    while place < block.count {
      let tag = Int(block[place])
      place += 1
      if tag & 3 == 0 {
        var length = tag >> 2
        if length >= 60 { length = try number(length - 59) }
        length += 1
        guard length <= block.count - place, length <= output.count - filled else { throw .broken }
        UnsafeMutableRawBufferPointer(rebasing: output[filled..<filled + length])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: block[place..<place + length]))
        place += length
        filled += length
        continue
      }
      let length: Int
      let offset: Int
      switch tag & 3 {
      case 1:
        length = (tag >> 2 & 7) + 4
        offset = (tag >> 5) << 8 | (try number(1))
      case 2:
        length = (tag >> 2) + 1
        offset = try number(2)
      default:
        length = (tag >> 2) + 1
        offset = try number(4)
      }
      guard offset > 0, offset <= filled, length <= output.count - filled else { throw .broken }
      // Byte by byte: what is copied may overlap what is written, which then repeats.
      for index in filled..<filled + length { output[index] = output[index - offset] }
      filled += length
    }
    guard filled == output.count else { throw .broken }
  }
}

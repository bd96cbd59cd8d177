import CZlib

/// Compressed bytes (RFC 1950).
enum Deflated {
  /// - Parameter level: of zlib, 1 the fastest to 9 the smallest.
  static func compressed(_ bytes: [UInt8], level: Int32) -> [UInt8] {
    let room = Int(compressBound(UInt(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: room) { output, count in
      var length = UInt(room)
      let code = bytes.withUnsafeBufferPointer {
        compress2(output.baseAddress, &length, $0.baseAddress, UInt(bytes.count), level)
      }
      precondition(code == Z_OK, "there is room for what zlib says it may take")
      count = Int(length)
    }
  }

  /// - Parameter count: of the bytes before they were compressed.
  /// - Returns: nil for what isn't that.
  static func expanded(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
    var isWhole = false
    let output = [UInt8](unsafeUninitializedCapacity: count) { output, filled in
      var length = UInt(count)
      let source = bytes.assumingMemoryBound(to: UInt8.self)
      isWhole =
        uncompress(output.baseAddress, &length, source.baseAddress, UInt(bytes.count)) == Z_OK && Int(length) == count
      filled = isWhole ? count : 0
    }
    return isWhole ? output : nil
  }
}

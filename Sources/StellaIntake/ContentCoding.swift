import CZlib

/// How the body of a request may be compressed (RFC 9110, section 8.4.1).
package enum ContentCoding: String, Sendable, Hashable, CaseIterable {
  case gzip
  case deflate

  package enum Failure: Error, Sendable, Hashable {
    /// Decoded it has more bytes than are allowed. No more than these were decoded.
    case tooLarge
    /// It is none of this coding, damaged or cut off.
    case broken
  }

  private static let pieceBytes = 64 << 10

  /// - Parameters:
  ///   - body: of gzip, one member or several behind each other; of deflate, with zlib's frame or without, as senders differ.
  ///   - limit: decoded bytes at most; memory is bounded by it whatever the body holds.
  /// - Complexity: O(decoded bytes up to the limit).
  package func decoded(_ body: UnsafeRawBufferPointer, limit: Int) throws(Failure) -> [UInt8] {
    guard let base = body.baseAddress, !body.isEmpty, body.count <= Int(UInt32.max) else { throw .broken }
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, windowBits(body), ZLIB_VERSION, size) == Z_OK else { throw .broken }
    defer { inflateEnd(&stream) }
    // zlib's own type; it doesn't write there.
    stream.next_in = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(body.count)
    var decoded: [UInt8] = []
    decoded.reserveCapacity(min(limit, body.count * 4))
    let outcome = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.pieceBytes) { piece in
      Result { () throws(Failure) in
        while true {
          stream.next_out = piece.baseAddress
          stream.avail_out = UInt32(piece.count)
          let code = inflate(&stream, Z_NO_FLUSH)
          let count = piece.count - Int(stream.avail_out)
          guard decoded.count + count <= limit else { throw .tooLarge }
          decoded.append(contentsOf: piece[..<count])
          if code == Z_STREAM_END {
            if stream.avail_in == 0 { return }
            // RFC 1952, section 2.2: a file is a series of members.
            guard self == .gzip, inflateReset(&stream) == Z_OK else { throw .broken }
          } else if code != Z_OK || (stream.avail_in == 0 && count < piece.count) {
            throw .broken
          }
        }
      }
    }
    try outcome.get()
    return decoded
  }

  private func windowBits(_ body: UnsafeRawBufferPointer) -> Int32 {
    switch self {
    case .gzip: return MAX_WBITS + 16
    case .deflate:
      let isFramed = body.count > 1 && body[0] & 15 == 8 && (Int(body[0]) << 8 | Int(body[1])) % 31 == 0
      return isFramed ? MAX_WBITS : -MAX_WBITS
    }
  }
}

import CZlib
import CZstd

/// Compresses bytes with Zstandard (RFC 8878). One for a thread; its memory is used again by each call.
final class Compressor {
  enum Level: Int32 {
    /// Little time; about as small as zlib's usual level.
    case fast = 1
    case small = 6
  }

  private let context: OpaquePointer?

  init() { context = ZSTD_createCCtx() }

  deinit { ZSTD_freeCCtx(context) }

  func compressed(_ bytes: [UInt8], _ level: Level) -> [UInt8] {
    let room = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: room) { output, count in
      let length = bytes.withUnsafeBytes {
        ZSTD_compressCCtx(context, output.baseAddress, room, $0.baseAddress, bytes.count, level.rawValue)
      }
      precondition(ZSTD_isError(length) == 0, "there is room for what it says it may take, and memory")
      count = length
    }
  }

  /// What was compressed, by this or as before with zlib (RFC 1950).
  ///
  /// - Parameter count: of the bytes before they were compressed.
  /// - Returns: nil for what isn't that.
  static func expanded(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
    var isWhole = false
    let output = [UInt8](unsafeUninitializedCapacity: count) { output, filled in
      if bytes.first == deflateHead {
        var length = UInt(count)
        let source = bytes.assumingMemoryBound(to: UInt8.self)
        let code = uncompress(output.baseAddress, &length, source.baseAddress, UInt(bytes.count))
        isWhole = code == Z_OK && Int(length) == count
      } else {
        isWhole = ZSTD_decompress(output.baseAddress, count, bytes.baseAddress, bytes.count) == count
      }
      filled = isWhole ? count : 0
    }
    return isWhole ? output : nil
  }

  /// The first byte of zlib's format with a window of 32 KiB; Zstandard's is 0x28.
  private static let deflateHead: UInt8 = 0x78
}

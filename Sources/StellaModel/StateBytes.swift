#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Saved state of some part of the engine. It changes no more, so that another thread can write it.
package final class StateBytes: @unchecked Sendable {
  // Sendable, because nobody can write to the memory after the initialiser.
  private let memory: UnsafeMutableRawPointer
  package let count: Int

  /// Takes over memory from `malloc`.
  package init(adopting memory: UnsafeMutableRawPointer, count: Int) {
    self.memory = memory
    self.count = count
  }

  package convenience init(_ bytes: some Collection<UInt8>) {
    guard let memory = malloc(max(1, bytes.count)) else { fatalError("out of memory") }
    UnsafeMutableRawBufferPointer(start: memory, count: bytes.count).copyBytes(from: bytes)
    self.init(adopting: memory, count: bytes.count)
  }

  deinit { free(memory) }

  /// Valid as long as this lives.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

  /// Tells cut or changed bytes apart: a multiply-xorshift hash over 8-byte words. Not for adversaries. O(bytes).
  package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: bytes.count) ^ 0x9E37_79B9_7F4A_7C15
    var position = 0
    while position + 8 <= bytes.count {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      position += 8
    }
    while position < bytes.count {
      hash = (hash ^ UInt64(bytes[position])) &* 0xC4CE_B9FE_1A85_EC53
      hash ^= hash >> 29
      position += 1
    }
    return hash
  }
}

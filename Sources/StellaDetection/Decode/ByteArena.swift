/// Bytes that live as long as a batch: blocks that are filled from the front and emptied all at once.
package final class ByteArena {
  private let blockBytes: Int
  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var current = 0
  private var used = 0

  /// - Parameter blockBytes: of a block; a larger piece has one of its own.
  package init(blockBytes: Int = 256 << 10) { self.blockBytes = blockBytes }

  deinit { for block in blocks { block.deallocate() } }

  /// Room for `count` bytes, uninitialised, valid until ``removeAll()``. O(1) amortised.
  package func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    while true {
      if current < blocks.count, used + count <= blocks[current].count {
        let start = blocks[current].baseAddress.unsafelyUnwrapped + used
        used += (count + 7) & ~7
        return start.assumingMemoryBound(to: UInt8.self)
      }
      if current + 1 < blocks.count {
        current += 1
      } else {
        blocks.append(.allocate(byteCount: max(blockBytes, count), alignment: 16))
        current = blocks.count - 1
      }
      used = 0
    }
  }

  /// A copy of `bytes`, valid until ``removeAll()``.
  package func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafePointer<UInt8> {
    let start = allocate(bytes.count)
    if let base = bytes.baseAddress { start.update(from: base, count: bytes.count) }
    return UnsafePointer(start)
  }

  /// At least `minimum` bytes to fill from the front, and as many more as the current block has. Nothing is taken until
  /// ``commit(_:)``; another allocation in between ends the reservation. O(1) amortised.
  package func reserve(_ minimum: Int) -> UnsafeMutableBufferPointer<UInt8> {
    let start = allocate(minimum)
    used -= (minimum + 7) & ~7
    return UnsafeMutableBufferPointer(start: start, count: blocks[current].count - used)
  }

  /// Takes the first `count` bytes of the reservation.
  package func commit(_ count: Int) { used = min(blocks[current].count, used + ((count + 7) & ~7)) }

  /// Forgets everything; keeps one block, so that a rare huge record does not hold its memory for ever.
  package func removeAll() {
    while blocks.count > 1 { blocks.removeLast().deallocate() }
    if let only = blocks.first, only.count > blockBytes {
      only.deallocate()
      blocks.removeAll()
    }
    current = 0
    used = 0
  }
}

import StellaModel

/// Collects the state of a detector for a checkpoint, in the machine's byte order.
///
/// What is written must be read in the same order through a ``StateReader``. Columns are copied as they lie in memory, so
/// that a million keys cost a copy and nothing else.
package final class StateWriter {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity = 1 << 12
  package private(set) var count = 0

  package init() { base = RawStorage.allocate(count: capacity) }

  deinit { RawStorage.free(base) }

  /// Makes room for about `bytes`, so that what is written is not moved; to be called before anything is.
  package func reserve(_ bytes: Int) {
    if count > 0 || bytes <= capacity { return }
    RawStorage.free(base)
    capacity = bytes
    base = RawStorage.allocateRun(bytes: bytes)
  }

  /// What was written so far; valid until the next write.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// What was written, without a copy; the writer is empty afterwards.
  package func take() -> StateBytes {
    let taken = StateBytes(adopting: base, count: count)
    capacity = 1 << 12
    count = 0
    base = RawStorage.allocate(count: capacity)
    return taken
  }

  package func write(_ value: Int64) { raw(value) }

  package func write(_ value: Int) { raw(Int64(value)) }

  package func write(_ value: Double) { raw(value.bitPattern) }

  package func write(_ value: Bool) { raw(UInt8(value ? 1 : 0)) }

  package func write(_ text: String) {
    var text = text
    text.withUTF8 { write(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// Its length, then the bytes.
  package func write(bytes: UnsafeRawBufferPointer) {
    write(bytes.count)
    append(bytes)
  }

  package func write(bytes: [UInt8]) { bytes.withUnsafeBytes { write(bytes: $0) } }

  /// The first `count` elements of a column. O(bytes), one copy.
  package func write<T: BitwiseCopyable>(column: UnsafePointer<T>, count: Int) {
    write(bytes: UnsafeRawBufferPointer(start: column, count: count * MemoryLayout<T>.stride))
  }

  package func write<T: BitwiseCopyable>(column: UnsafeMutablePointer<T>, count: Int) {
    write(column: UnsafePointer(column), count: count)
  }

  /// What `body` writes, as one piece that a reader can take or leave.
  package func section(_ body: () -> Void) {
    let start = count
    write(0)
    body()
    let length = Int64(count - start - 8)
    UnsafeMutableRawPointer(base + start).storeBytes(of: length, as: Int64.self)
  }

  private func raw<T: BitwiseCopyable>(_ value: T) {
    withUnsafeBytes(of: value) { append($0) }
  }

  private func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    if count + bytes.count > capacity {
      capacity = max(capacity * 2, count + bytes.count)
      base = RawStorage.resize(base, to: capacity)
    }
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }
}

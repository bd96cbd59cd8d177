import Glibc
import StellaEngine

/// Writes what ``LogRecordTag`` says into a thread's own bytes, without allocating anything once these are as long as the records are.
struct RecordWriter {
  private var bytes: UnsafeMutableRawPointer
  private(set) var count = 0
  private(set) var capacity: Int
  /// Whether the record was longer than ``limitBytes``, so that it must be dropped.
  private(set) var isTooLong = false

  /// A line that is longer is cut by whoever reads it.
  static let limitBytes = 1 << 20
  private static let firstBytes = 1024

  /// Takes the bytes over that `scratch` has.
  ///
  /// - Returns: nil when there is no memory.
  init?(_ scratch: UnsafeMutablePointer<RecordScratch>) {
    if let known = scratch.pointee.bytes {
      (bytes, capacity) = (known, scratch.pointee.capacity)
      scratch.pointee.bytes = nil
    } else {
      guard let fresh = malloc(Self.firstBytes) else { return nil }
      (bytes, capacity) = (fresh, Self.firstBytes)
    }
  }

  /// Gives the bytes back; to be called once, at the end.
  func end(_ scratch: UnsafeMutablePointer<RecordScratch>) { scratch.pointee.keep(bytes, capacity) }

  var record: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

  /// Makes room for so many bytes.
  @inline(__always)
  private mutating func need(_ more: Int) -> Bool { count &+ more <= capacity || grow(more) }

  @inline(never)
  private mutating func grow(_ more: Int) -> Bool {
    var size = capacity
    while size < count + more { size *= 2 }
    guard !isTooLong, size <= Self.limitBytes, let larger = realloc(bytes, size) else {
      isTooLong = true
      return false
    }
    (bytes, capacity) = (larger, size)
    return true
  }

  /// Appends a number as it is in memory.
  @inline(__always)
  mutating func number(_ value: some BitwiseCopyable) {
    let size = MemoryLayout.size(ofValue: value)
    guard need(size) else { return }
    bytes.storeBytes(of: value, toByteOffset: count, as: type(of: value))
    count &+= size
  }

  /// Appends a tag and its number.
  @inline(__always)
  mutating func number(_ tag: UInt8, _ value: some BitwiseCopyable) {
    number(tag)
    number(value)
  }

  /// Appends a tag and a text.
  @inline(__always)
  mutating func text(_ tag: UInt8, _ text: String) {
    number(tag)
    self.text(text)
  }

  /// Appends a text.
  @inline(never)
  mutating func text(_ text: String) {
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { self.text(UnsafeRawBufferPointer($0)) }
    if isDone != nil { return }
    var text = text
    text.withUTF8 { self.text(UnsafeRawBufferPointer($0)) }
  }

  /// Appends a text.
  @inline(__always)
  mutating func text(_ utf8: UnsafeRawBufferPointer) {
    let length = utf8.count
    guard need(length &+ 4) else { return }
    bytes.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: count, as: UInt32.self)
    if let start = utf8.baseAddress { memcpy(bytes + count + 4, start, length) }
    count &+= length &+ 4
  }
}

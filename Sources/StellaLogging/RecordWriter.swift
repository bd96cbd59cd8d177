import CStellaLog
import CStellaValue
import Glibc
import StellaEngine

/// Writes what ``LogRecordTag`` says into a thread's own bytes, without allocating anything once these are as long as the records are.
///
/// It is passed and returned by value, and never by reference: so its three addresses stay in registers from one text to the next.
struct RecordWriter {
  private var start: UnsafeMutableRawPointer
  /// Where the next byte goes.
  private var next: UnsafeMutableRawPointer
  private var end: UnsafeMutableRawPointer
  /// Whether the record was longer than ``limitBytes``, so that it must be dropped.
  private(set) var isTooLong = false

  /// A line that is longer is cut by whoever reads it.
  static let limitBytes = 1 << 20
  private static let firstBytes = 1024

  /// Takes the bytes over that `scratch` has.
  ///
  /// - Returns: nil when there is no memory.
  @inline(__always)
  init?(_ scratch: UnsafeMutablePointer<RecordScratch>) {
    if let known = scratch.pointee.bytes {
      (start, next, end) = (known, known, known + scratch.pointee.capacity)
      scratch.pointee.bytes = nil
    } else {
      guard let fresh = malloc(Self.firstBytes) else { return nil }
      (start, next, end) = (fresh, fresh, fresh + Self.firstBytes)
    }
  }

  /// Gives the bytes back; to be called once, at the end.
  @inline(__always)
  func end(_ scratch: UnsafeMutablePointer<RecordScratch>) { scratch.pointee.keep(start, end - start) }

  /// What was written.
  var record: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: next - start) }

  /// Makes room for so many bytes.
  ///
  /// - Returns: false when there is none, so that they must not be written.
  @inline(__always)
  private mutating func need(_ more: Int) -> Bool {
    if end - next >= more { return true }
    self = grown(more)
    return end - next >= more
  }

  /// One with room for so many bytes more, or that is too long.
  @inline(never)
  private func grown(_ more: Int) -> RecordWriter {
    var larger = self
    let count = next - start
    var size = end - start
    while size < count + more { size *= 2 }
    if !isTooLong, size <= Self.limitBytes, let bytes = realloc(start, size) {
      (larger.start, larger.next, larger.end) = (bytes, bytes + count, bytes + size)
    } else {
      larger.isTooLong = true
    }
    return larger
  }

  /// Appends a number as it is in memory.
  @inline(__always)
  mutating func number(_ value: some BitwiseCopyable) {
    let size = MemoryLayout.size(ofValue: value)
    guard need(size) else { return }
    next.storeBytes(of: value, as: type(of: value))
    next += size
  }

  /// Appends a tag and its number.
  @inline(__always)
  mutating func number<Number: BitwiseCopyable>(_ tag: UInt8, _ value: Number) {
    let size = 1 &+ MemoryLayout<Number>.size
    guard need(size) else { return }
    next.storeBytes(of: tag, as: UInt8.self)
    next.storeBytes(of: value, toByteOffset: 1, as: Number.self)
    next += size
  }

  /// Appends what a record begins with.
  @inline(__always)
  mutating func head(level: UInt8, flags: UInt8, namesNumber: UInt8, line: UInt32, time: Int64) {
    guard need(LogRecordTag.headBytes) else { return }
    next.storeBytes(of: LogRecordTag.record, as: UInt8.self)
    next.storeBytes(of: level, toByteOffset: 1, as: UInt8.self)
    next.storeBytes(of: flags, toByteOffset: 2, as: UInt8.self)
    next.storeBytes(of: namesNumber, toByteOffset: 3, as: UInt8.self)
    next.storeBytes(of: line, toByteOffset: 4, as: UInt32.self)
    next.storeBytes(of: time, toByteOffset: 8, as: Int64.self)
    next += LogRecordTag.headBytes
  }

  /// Appends a tag and a text.
  @inline(__always)
  mutating func text(_ tag: UInt8, _ text: String) {
    number(tag)
    self.text(text)
  }

  /// Appends a text.
  @inline(__always)
  mutating func text(_ text: String) {
    if let after = Self.write(text, next, end) { next = after } else { self = grown(for: text) }
  }

  /// Appends a text.
  @inline(__always)
  mutating func text(_ utf8: UnsafeRawBufferPointer) {
    guard need(utf8.count &+ Self.lengthBytes) else { return }
    next = Self.write(utf8, next, end) ?? next
  }

  @inline(never)
  private func grown(for text: String) -> RecordWriter {
    var larger = self
    var text = text
    text.withUTF8 { larger.text(UnsafeRawBufferPointer($0)) }
    return larger
  }

  /// Of a long text.
  private static let lengthBytes = 5

  /// Writes a text with its length.
  ///
  /// - Returns: where it ends; nil when there is no room, or its bytes are nowhere in one piece.
  @inline(never)
  private static func write(
    _ text: String, _ next: UnsafeMutableRawPointer, _ end: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer? {
    text.utf8.withContiguousStorageIfAvailable { write(UnsafeRawBufferPointer($0), next, end) } ?? nil
  }

  @inline(__always)
  private static func write(
    _ utf8: UnsafeRawBufferPointer, _ next: UnsafeMutableRawPointer, _ end: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer? {
    let length = utf8.count
    guard end - next >= length &+ lengthBytes else { return nil }
    var target = next + 1
    if length < Int(LogRecordTag.longText) {
      next.storeBytes(of: UInt8(truncatingIfNeeded: length), as: UInt8.self)
    } else {
      next.storeBytes(of: LogRecordTag.longText, as: UInt8.self)
      target.storeBytes(of: UInt32(truncatingIfNeeded: length), as: UInt32.self)
      target = next + lengthBytes
    }
    if let bytes = utf8.baseAddress { stella_log_copy(target, bytes, length) }
    return target + length
  }
}

/// Reads back what a ``StateWriter`` wrote. Trusts nothing: a checkpoint may have been cut or changed.
package struct StateReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// - Parameter bytes: must outlive the reader.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  package var isAtEnd: Bool { position == bytes.count }
  /// Bytes that were not read yet.
  package var remaining: Int { bytes.count - position }

  package mutating func integer() throws(StateError) -> Int64 { try raw(Int64.self) }

  /// A whole number within `range`, such as a count of elements.
  package mutating func number(in range: ClosedRange<Int>) throws(StateError) -> Int {
    let value = try integer()
    guard let number = Int(exactly: value), range.contains(number) else {
      throw StateError(message: "\(value) is not within \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// No counter of a saved state is beyond, so that counting on never overflows.
  package static let counterLimit = 1 << 55

  /// A number that is only counted up.
  package mutating func counter() throws(StateError) -> Int { try number(in: 0...StateReader.counterLimit) }

  package mutating func double() throws(StateError) -> Double { Double(bitPattern: try raw(UInt64.self)) }

  package mutating func bool() throws(StateError) -> Bool { try raw(UInt8.self) != 0 }

  package mutating func text() throws(StateError) -> String {
    String(decoding: try slice(), as: UTF8.self)
  }

  /// The bytes themselves; valid as long as those of the reader.
  package mutating func slice() throws(StateError) -> UnsafeRawBufferPointer {
    let count = try number(in: 0...bytes.count)
    guard bytes.count - position >= count else { throw StateReader.cut }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// - Throws: when there is more than was read: then what was read was not what was written.
  package func finish() throws(StateError) {
    if !isAtEnd { throw StateError(message: "\(remaining) bytes more were saved than there is state") }
  }

  /// A reader of what ``StateWriter/section(_:)`` wrote, whatever becomes of it.
  package mutating func section() throws(StateError) -> StateReader { StateReader(try slice()) }

  /// Fills the first `count` elements of a column.
  ///
  /// - Throws: when another number of elements was written; the column is then as before.
  package mutating func read<T: BitwiseCopyable>(
    into column: UnsafeMutablePointer<T>, count: Int
  ) throws(StateError) {
    let slice = try slice()
    guard slice.count == count * MemoryLayout<T>.stride else {
      throw StateError(message: "a column has \(slice.count) bytes instead of \(count * MemoryLayout<T>.stride)")
    }
    if let source = slice.baseAddress {
      UnsafeMutableRawPointer(column).copyMemory(from: source, byteCount: slice.count)
    }
  }

  /// The elements of a column whose length is not known beforehand.
  package mutating func column<T: BitwiseCopyable>(of type: T.Type = T.self) throws(StateError) -> [T] {
    let slice = try slice()
    guard slice.count.isMultiple(of: MemoryLayout<T>.stride) else {
      throw StateError(message: "a column of \(slice.count) bytes holds no whole number of elements")
    }
    return [T](unsafeUninitializedCapacity: slice.count / MemoryLayout<T>.stride) { buffer, count in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: slice)
      count = slice.count / MemoryLayout<T>.stride
    }
  }

  private static let cut = StateError(message: "the saved state ends too early")

  private mutating func raw<T: BitwiseCopyable>(_ type: T.Type) throws(StateError) -> T {
    guard bytes.count - position >= MemoryLayout<T>.size else { throw StateReader.cut }
    defer { position += MemoryLayout<T>.size }
    return bytes.loadUnaligned(fromByteOffset: position, as: T.self)
  }
}

/// Saved state that can't be used: cut, changed, or of another shape. Whoever gets it starts anew and says so.
package struct StateError: Error, Equatable {
  package var message: String

  package init(message: String) { self.message = message }
}

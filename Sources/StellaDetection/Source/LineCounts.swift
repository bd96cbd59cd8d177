/// How much of a source was read.
package struct LineCounts: Sendable, Hashable {
  /// Blank lines included.
  package var lines = 0
  /// Lines that were longer than the limit.
  package var cut = 0
  package var bytes: Int64 = 0
}

extension LineCounts {
  func save(to writer: StateWriter) {
    writer.write(lines)
    writer.write(cut)
    writer.write(bytes)
  }

  init(from reader: inout StateReader) throws(StateError) {
    lines = try reader.counter()
    cut = try reader.counter()
    bytes = Int64(try reader.counter())
  }
}

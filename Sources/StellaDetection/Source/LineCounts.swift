/// How much of a source was read.
package struct LineCounts: Sendable, Hashable {
  /// Blank lines included.
  package var lines = 0
  /// Lines that were longer than the limit.
  package var cut = 0
  package var bytes: Int64 = 0
  /// Lines of the file that is read now, from its beginning; nil where reading began within it.
  package var inFile: Int?
}

extension LineCounts {
  func save(to writer: StateWriter) {
    writer.write(lines)
    writer.write(cut)
    writer.write(bytes)
    writer.write(inFile ?? -1)
  }

  init(from reader: inout StateReader) throws(StateError) {
    lines = try reader.counter()
    cut = try reader.counter()
    bytes = Int64(try reader.counter())
    let inFile = try reader.number(in: -1...StateReader.counterLimit)
    self.inFile = inFile < 0 ? nil : inFile
  }
}

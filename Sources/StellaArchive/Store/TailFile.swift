/// Events that wait for a block, so that they outlive the process: parts behind each other, each whole or not there.
struct TailFile {
  private let file: ArchiveFile
  private(set) var count: Int

  /// Opens it, and cuts off what is not whole.
  ///
  /// - Returns: with what it has.
  static func open(_ directory: ArchiveDirectory) throws(ArchiveError) -> (TailFile, Found) {
    let file = try ArchiveFile(writing: directory.tail, isNew: false)
    let found = read(file)
    if found.bytes < file.count { try file.cut(to: found.bytes) }
    return (TailFile(file: file, count: found.bytes), found)
  }

  /// What a tail has.
  struct Found {
    /// The number of the next event when it was emptied; nil when it never was.
    var base: Int64?
    var parts: [EventBlock] = []
    /// Bytes that are whole.
    var bytes = 0
  }

  static func read(_ directory: ArchiveDirectory) -> Found {
    ArchiveFile(reading: directory.tail).map { read($0) } ?? Found()
  }

  private static func read(_ file: ArchiveFile) -> Found {
    file.read(file.count, at: 0).withUnsafeBytes { bytes in
      var found = Found()
      while let (frame, index, body) = ArchiveFrame.read(UnsafeRawBufferPointer(rebasing: bytes[found.bytes...])),
        frame.kind == .tail
      {
        var reader = RecordReader(index)
        let first = reader.signed()
        if found.bytes == 0 { found.base = first }
        if !body.isEmpty {
          guard !reader.isBroken, let block = EventBlock(first: first, encoded: body) else { break }
          found.parts.append(block)
        }
        found.bytes += frame.count
      }
      return found
    }
  }

  private static func part(_ first: Int64, _ body: [UInt8]) -> [UInt8] {
    var index = RecordWriter()
    index.signed(first)
    return ArchiveFrame.encoded(.tail, index: index.bytes, body: body, rawCount: body.count)
  }

  mutating func append(_ block: EventBlock, from row: Int) throws(ArchiveError) {
    let part = Self.part(block.first + Int64(row), block.encoded(from: row))
    try file.write(part, at: count)
    count += part.count
  }

  /// What it has is in a block now, or shall be forgotten.
  ///
  /// - Parameter next: the number of the next event.
  mutating func empty(next: Int64) throws(ArchiveError) {
    try file.cut(to: 0)
    count = 0
    let part = Self.part(next, [])
    try file.write(part, at: 0)
    count = part.count
  }

  func sync() { file.sync() }

  /// For who syncs it elsewhere.
  var shared: ArchiveFile { file }
}

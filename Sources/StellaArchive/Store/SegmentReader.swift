import StellaModel

/// Where a block is in its file.
struct BlockEntry: Sendable, Hashable {
  var offset: Int
  /// Bytes of the whole frame.
  var count: Int
  var summary: BlockSummary
}

/// Reads a file with events, also while somebody writes at its end.
struct SegmentReader {
  private static let footerMark: UInt64 = 0x0a44_4e45_5645_5453
  private static let endBytes = 16
  /// Bytes that nearly every index fits in, with its head.
  private static let indexRoom = 12 << 10

  private let file: ArchiveFile

  /// Nil when it isn't there any more.
  init?(path: String) {
    guard let file = ArchiveFile(reading: path) else { return nil }
    self.file = file
  }

  init(_ file: ArchiveFile) { self.file = file }

  /// Its blocks in order; those that are damaged, and what is behind them, are left out where no footer tells of them.
  func entries() -> [BlockEntry] { footer() ?? walk(verifiesBodies: false).entries }

  /// Nil when the file has no footer, or none that is whole.
  func footer() -> [BlockEntry]? {
    let count = file.count
    guard count >= Self.endBytes + ArchiveFrame.headBytes else { return nil }
    let offset = file.read(Self.endBytes, at: count - Self.endBytes).withUnsafeBytes { bytes -> Int? in
      var reader = RecordReader(bytes)
      let offset: UInt64 = reader.fixed()
      guard reader.fixed(UInt64.self) == Self.footerMark, offset < UInt64(count) else { return nil }
      return Int(offset)
    }
    guard let offset else { return nil }
    return file.read(count - Self.endBytes - offset, at: offset).withUnsafeBytes { bytes -> [BlockEntry]? in
      guard let (frame, _, body) = ArchiveFrame.read(bytes), frame.kind == .footer else { return nil }
      var reader = RecordReader(body)
      var entries: [BlockEntry] = []
      while reader.left > 0 {
        let offset = reader.count(atMost: count)
        let size = reader.count(atMost: count)
        guard let summary = BlockSummary(from: &reader) else { return nil }
        entries.append(BlockEntry(offset: offset, count: size, summary: summary))
      }
      return entries
    }
  }

  /// What the footer of these blocks is, behind them.
  static func footer(_ entries: [BlockEntry], at offset: Int) -> [UInt8] {
    var writer = RecordWriter()
    for entry in entries {
      writer.number(entry.offset)
      writer.number(entry.count)
      entry.summary.write(to: &writer)
    }
    var end = RecordWriter()
    end.raw(ArchiveFrame.encoded(.footer, index: [], body: writer.bytes, rawCount: writer.bytes.count))
    end.fixed(UInt64(offset))
    end.fixed(footerMark)
    return end.bytes
  }

  /// Looks from block to block until something is no block.
  ///
  /// - Parameter verifiesBodies: reads all of each block, and ends at one that is damaged.
  /// - Returns: the blocks, and where the last of them ends.
  func walk(verifiesBodies: Bool) -> (entries: [BlockEntry], end: Int) {
    let total = file.count
    var entries: [BlockEntry] = []
    var offset = 0
    while offset + ArchiveFrame.headBytes <= total {
      guard let (frame, summary, _) = index(at: offset), offset + frame.count <= total else { break }
      if verifiesBodies {
        let body = file.read(frame.bodyCount, at: offset + frame.count - frame.bodyCount)
        guard body.count == frame.bodyCount, body.withUnsafeBytes(frame.isBody) else { break }
      }
      entries.append(BlockEntry(offset: offset, count: frame.count, summary: summary))
      offset += frame.count
    }
    return (entries, offset)
  }

  private func index(at offset: Int) -> (ArchiveFrame, BlockSummary, GramFilter?)? {
    var bytes = file.read(Self.indexRoom, at: offset)
    guard let frame = bytes.withUnsafeBytes({ ArchiveFrame(head: $0) }), frame.kind == .block else { return nil }
    let needed = ArchiveFrame.headBytes + frame.indexCount
    if bytes.count < needed { bytes = file.read(needed, at: offset) }
    guard bytes.count >= needed else { return nil }
    return bytes.withUnsafeBytes { bytes in
      let index = UnsafeRawBufferPointer(rebasing: bytes[ArchiveFrame.headBytes..<needed])
      guard frame.isIndex(index) else { return nil }
      var reader = RecordReader(index)
      guard let summary = BlockSummary(from: &reader) else { return nil }
      return (frame, summary, GramFilter(from: &reader))
    }
  }

  /// Nil when it can't be read, which says nothing about what is in the block.
  func filter(_ entry: BlockEntry) -> GramFilter? { index(at: entry.offset)?.2 }

  /// Nil when it is damaged.
  func block(_ entry: BlockEntry) -> EventBlock? {
    file.read(entry.count, at: entry.offset).withUnsafeBytes { bytes in
      guard let (frame, _, body) = ArchiveFrame.read(bytes), frame.kind == .block,
        let raw = Compressor.expanded(body, count: frame.rawCount)
      else { return nil }
      let block = raw.withUnsafeBytes { EventBlock(first: entry.summary.first, encoded: $0) }
      return block?.count == entry.summary.count ? block : nil
    }
  }
}

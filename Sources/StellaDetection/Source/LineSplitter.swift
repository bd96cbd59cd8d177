import Glibc
import StellaModel

/// Cuts the bytes of a source into blocks of complete lines.
///
/// Lines end with `\n` or `\r\n`. The bytes of a block lie in one reused buffer and stay valid until the next call of
/// ``next()``; only the part of a line that is not complete yet is moved, once per read. A line over the limit is cut to
/// the limit and delivered when its end was found, so that a restart in between reads it again as one line. Every other
/// byte, NUL and invalid UTF-8 included, passes as it is: decoders repair text where they make text of it.
///
/// Costs about one `memchr` per line. The owner is one thread.
package final class LineSplitter {
  /// Lines of a full block; equal to the capacity of a batch, so that a block is decoded in one go.
  package static let linesPerBlock = 1024
  /// Zero bytes that are readable after everything read: block-wise parsers look ahead.
  package static let padding = 64
  package static let defaultLineLimit = 1 << 20
  package static let defaultReadBytes = 512 * 1024

  package enum Step {
    /// At least one line.
    case block(LineBlock)
    /// Nothing at present; a partial line waits for its end.
    case idle
    /// Nothing more will come; a last line without its ending was delivered before.
    case end
    /// The lines that follow are from another file, or from the same file written anew.
    case boundary
  }

  package let source: any ByteSource
  /// The source, when it gives its records one by one.
  private let records: (source: any RecordSource, buffer: RecordBuffer)?
  /// The number of the source within its engine, for ``LineBlock/source``.
  package let index: UInt16
  /// Bytes of a line that are kept.
  package let lineLimit: Int

  /// What was read so far: lines when they are delivered, bytes when they are read.
  package private(set) var counts = LineCounts()
  /// The numbers of the first few lines that were cut, from 1, as far as they are known.
  package private(set) var cutNumbers: [Int] = []
  /// Lines of the block delivered last that were longer than ``lineLimit``.
  private var cutLines: [Int] = []

  /// Whether a file that was read from its beginning begins like no text.
  package private(set) var looksBinary = false

  private let readBytes: Int
  private var buffer: UnsafeMutablePointer<UInt8>?
  /// Bytes in `buffer`, without the padding.
  private var capacity = 0
  /// The first byte that was not delivered, the first that was not searched for a line's end, the end of what was read.
  private var start = 0
  private var searched = 0
  private var end = 0
  /// Bytes of the line at `start` that were dropped, beyond the `lineLimit` bytes that are kept; `nil` outside such a line.
  private var dropped: Int64?
  /// The source's offset of the byte at `start`, and the file it counts in.
  private var startOffset: Int64
  private var identity: SourceIdentity?
  /// What the source said, to be passed on after its last line.
  private var pending: ReadOutcome?
  private let starts: UnsafeMutablePointer<UInt32>
  private let lengths: UnsafeMutablePointer<UInt32>

  /// - Parameters:
  ///   - lineLimit: bytes, 64 … 64 MiB; values outside are moved to the nearest bound.
  ///   - readBytes: what one read asks for, at least 16 bytes.
  ///   - records: `source`, when it is to be read record by record: its decoder has to know their form.
  package init(
    source: any ByteSource, index: UInt16, lineLimit: Int = LineSplitter.defaultLineLimit,
    readBytes: Int = LineSplitter.defaultReadBytes, records: (any RecordSource)? = nil
  ) {
    self.source = source
    self.index = index
    let lineLimit = min(max(lineLimit, 64), 64 << 20)
    self.lineLimit = lineLimit
    self.records = records.map { ($0, RecordBuffer(lineLimit: lineLimit)) }
    self.readBytes = max(readBytes, 16)
    starts = .allocate(capacity: LineSplitter.linesPerBlock)
    lengths = .allocate(capacity: LineSplitter.linesPerBlock)
    startOffset = source.position.offset
    identity = source.position.identity
    counts.inFile = startOffset == 0 ? 0 : nil
  }

  deinit {
    buffer?.deallocate()
    starts.deallocate()
    lengths.deallocate()
  }

  /// The position of the first byte that no delivered block contains.
  package var position: SourcePosition { SourcePosition(identity: identity, offset: startOffset) }

  /// The position of line `line` of the block delivered last, as if the lines from there on had not been delivered.
  package func position(ofLine line: Int, in block: LineBlock) -> SourcePosition {
    line < block.count ? SourcePosition(identity: identity, offset: block.offset(ofLine: line)) : position
  }

  /// The counts before line `line` of the block delivered last, as if what follows had not been read.
  package func counts(beforeLine line: Int, of block: LineBlock?) -> LineCounts {
    var counts = counts
    counts.bytes -= Int64(end - start) + (dropped ?? 0)
    if let block, line < block.count {
      counts.lines -= block.count - line
      if let inFile = counts.inFile { counts.inFile = inFile - (block.count - line) }
      counts.cut -= cutLines.count { $0 >= line }
      counts.bytes -= startOffset - block.offset(ofLine: line)
    }
    return counts
  }

  /// Goes on counting from `counts`. Nothing was read yet.
  package func restore(_ counts: LineCounts) { self.counts = counts }

  /// The next block of lines, or why there is none. Invalidates the block before.
  ///
  /// An error of the source leaves everything as it was; calling again is allowed.
  package func next() throws(SourceError) -> Step {
    if let records { return try nextRecords(records.source, records.buffer) }
    while true {
      if pending == nil, let block = completeLines() { return .block(block) }
      if pending == nil { try fill() }
      switch pending {
      case nil, .bytes: continue
      case .idle:
        pending = nil
        releaseWhenEmpty()
        return .idle
      case .end:
        if let block = lastLine() { return .block(block) }
        releaseWhenEmpty()
        return .end
      case .boundary:
        if let block = lastLine() { return .block(block) }
        pending = nil
        startOffset = source.position.offset
        identity = source.position.identity
        counts.inFile = startOffset == 0 ? 0 : nil
        return .boundary
      }
    }
  }

  private func nextRecords(_ source: any RecordSource, _ buffer: RecordBuffer) throws(SourceError) -> Step {
    buffer.removeAll()
    cutLines.removeAll(keepingCapacity: true)
    switch try source.read(into: buffer) {
    case .bytes:
      cutLines += buffer.cutLines
      counts.bytes += Int64(buffer.byteCount)
      let lines = buffer.finish()
      let block = block(base: lines.base, starts: lines.starts, lengths: lines.lengths, count: buffer.count)
      startOffset += Int64(buffer.byteCount)
      return .block(block)
    case .end: return .end
    case .idle, .boundary:
      buffer.release()
      return .idle
    }
  }

  /// One read. A line's bytes beyond the limit are dropped before, so that the buffer stays bounded.
  private func fill() throws(SourceError) {
    if end - start > lineLimit + 1 {
      dropped = (dropped ?? 0) + Int64(end - start - lineLimit)
      end = start + lineLimit
      searched = end
    }
    let buffer = makeRoom()
    let room = UnsafeMutableRawBufferPointer(start: buffer + end, count: min(capacity - end, readBytes))
    let outcome = try source.read(into: room)
    guard case .bytes(let count) = outcome else {
      pending = outcome
      return
    }
    // A file's fingerprint grows with the file as long as it is short.
    identity = source.position.identity
    counts.bytes += Int64(count)
    if startOffset == 0, end == start, dropped == nil {
      looksBinary = BinaryBytes.isFound(in: UnsafeBufferPointer(start: buffer + end, count: count))
    }
    end += count
    (buffer + end).update(repeating: 0, count: LineSplitter.padding)
  }

  /// Moves the partial line to the front, and grows the buffer when such a line fills half of it.
  private func makeRoom() -> UnsafeMutablePointer<UInt8> {
    let held = end - start
    if let buffer {
      if start > 0 {
        if held > 0 { memmove(buffer, buffer + start, held) }
        searched -= start
        start = 0
        end = held
      }
      if capacity - held >= max(readBytes / 2, 1) { return buffer }
    }
    let wanted = buffer == nil ? max(readBytes, held) : min(max(2 * capacity, readBytes), lineLimit + 2 + readBytes)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted + LineSplitter.padding)
    if let buffer {
      memcpy(larger, buffer, held)
      buffer.deallocate()
    }
    (larger + held).update(repeating: 0, count: LineSplitter.padding)
    capacity = wanted
    buffer = larger
    return larger
  }

  /// An idle source holds no buffer: there may be a thousand of them.
  private func releaseWhenEmpty() {
    guard start == end, dropped == nil else { return }
    buffer?.deallocate()
    buffer = nil
    capacity = 0
    start = 0
    searched = 0
    end = 0
  }

  /// The complete lines at the front of the buffer, if any.
  private func completeLines() -> LineBlock? {
    guard let buffer, searched < end else { return nil }
    if dropped != nil { return cutLine(buffer) }
    cutLines.removeAll(keepingCapacity: true)
    let base = buffer + start
    var line = start
    var count = 0
    var from = searched
    while count < LineSplitter.linesPerBlock {
      guard let found = memchr(buffer + from, 0x0a, end - from) else { break }
      let newline = buffer.distance(to: found.assumingMemoryBound(to: UInt8.self))
      var length = newline - line
      if length > 0, buffer[newline - 1] == 0x0d { length -= 1 }
      if length > lineLimit {
        length = lineLimit
        cutLines.append(count)
      }
      starts[count] = UInt32(truncatingIfNeeded: line - start)
      lengths[count] = UInt32(truncatingIfNeeded: length)
      count += 1
      line = newline + 1
      from = line
      if from == end { break }
    }
    guard count > 0 else {
      searched = end
      return nil
    }
    let block = block(base: base, count: count)
    startOffset += Int64(line - start)
    start = line
    searched = line
    return block
  }

  /// The one line that is over the limit, when its end has come. It is the only line of its block, because offsets
  /// within a block are distances within the buffer.
  private func cutLine(_ buffer: UnsafeMutablePointer<UInt8>) -> LineBlock? {
    guard let found = memchr(buffer + searched, 0x0a, end - searched) else {
      searched = end
      return nil
    }
    let after = buffer.distance(to: found.assumingMemoryBound(to: UInt8.self)) + 1
    return deliverSingle(base: buffer + start, length: lineLimit, upTo: after)
  }

  /// What is left when nothing more will complete it: the last line of a source, or of a file before a boundary.
  private func lastLine() -> LineBlock? {
    guard let buffer, start < end else { return nil }
    var length = end - start
    if dropped == nil, buffer[end - 1] == 0x0d { length -= 1 }
    return deliverSingle(base: buffer + start, length: length, upTo: end)
  }

  private func deliverSingle(base: UnsafeMutablePointer<UInt8>, length: Int, upTo after: Int) -> LineBlock {
    cutLines.removeAll(keepingCapacity: true)
    if dropped != nil || length > lineLimit { cutLines.append(0) }
    starts[0] = 0
    lengths[0] = UInt32(truncatingIfNeeded: min(length, lineLimit))
    let block = block(base: base, count: 1)
    startOffset += Int64(after - start) + (dropped ?? 0)
    dropped = nil
    start = after
    searched = after
    return block
  }

  private func block(base: UnsafeMutablePointer<UInt8>, count: Int) -> LineBlock {
    block(base: base, starts: starts, lengths: lengths, count: count)
  }

  private func block(
    base: UnsafeMutablePointer<UInt8>, starts: UnsafePointer<UInt32>, lengths: UnsafePointer<UInt32>, count: Int
  ) -> LineBlock {
    counts.lines += count
    counts.cut += cutLines.count
    // Also in a file that took the place of the one whose counts were restored.
    if startOffset == 0 { counts.inFile = 0 }
    let first = counts.inFile.map { $0 + 1 }
    counts.inFile = counts.inFile.map { $0 + count }
    if let first, cutNumbers.count < DecodeFailures.maximumSamples {
      cutNumbers += cutLines.prefix(DecodeFailures.maximumSamples - cutNumbers.count).map { first + $0 }
    }
    return LineBlock(
      base: base, starts: starts, lengths: lengths, count: count, firstOffset: startOffset, source: index,
      firstNumber: first)
  }
}

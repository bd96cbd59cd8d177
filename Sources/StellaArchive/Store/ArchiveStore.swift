import Glibc
import StellaEngine
import StellaModel

/// Writes an archive of events. Thread-confined; one at a time for a directory.
///
/// What is appended waits in memory until ``commit(now:)``, which brings it to the files: into the tail, or, as soon as there is
/// enough for one, into a compressed block. So a process that dies loses what was not committed, and nothing else.
package final class ArchiveStore {
  package struct Limits: Sendable {
    /// How long events are kept after they were taken in, in nanoseconds.
    package var age: Int64 = 7 * Timestamp.day
    /// Of all files with events.
    package var bytes = 10 << 30
    /// Of the records in a block.
    package var blockBytes = 256 << 10
    /// Of a file, and how much time one is for.
    package var segmentBytes = 64 << 20
    package var segmentSpan: Int64 = 3600 * Timestamp.second
    /// Nothing is written while others have less than this left on the file system.
    package var leastFreeBytes = 128 << 20

    package init() {}
  }

  private struct Segment {
    var first: Int64
    var bytes: Int
    /// When its last block was written.
    var written: Int64
  }

  /// Events that came before are durable, in nanoseconds; others may be lost with the power.
  private static let durable = 2 * Timestamp.second

  package let directory: ArchiveDirectory
  private let limits: Limits
  /// Told of files that are to be made durable, from now on (false) or for good, as nothing more comes (true).
  private let onFile: (ArchiveFile, Bool) -> Void
  private var sealed: [Segment] = []
  private var open: (file: ArchiveFile, segment: Segment, begun: Int64, entries: [BlockEntry])?
  private var tail: TailFile
  private let compressor = Compressor()
  private var builder: BlockBuilder
  private var builderBegun: Int64 = 0
  /// Rows of the builder that are in the tail.
  private var tailRows = 0
  private var staged = StagedEvents()

  /// Bytes of records that wait for ``commit(now:)``.
  package var stagedBytes: Int { staged.bytes.count }
  package var stagedCount: Int { staged.rows.count }
  /// The number of the next event that is committed.
  package private(set) var next: Int64
  /// Events that were taken over and could not be kept.
  package private(set) var lost = 0

  /// Opens the archive, and makes it when it isn't there. What a crash left half is cut off.
  ///
  /// - Parameters:
  ///   - now: nanoseconds since the epoch.
  ///   - next: numbers begin there at least.
  init(
    _ directory: ArchiveDirectory, limits: Limits, now: Int64, next least: Int64 = 0,
    onFile: @escaping (ArchiveFile, Bool) -> Void = { _, _ in }
  ) throws(ArchiveError) {
    self.directory = directory
    self.limits = limits
    self.onFile = onFile
    try directory.make()
    var blocksEnd: Int64 = 0
    let names = directory.segments()
    for (place, first) in names.enumerated() {
      guard let segment = try Self.recovered(directory, first, isLast: place == names.count - 1) else { continue }
      sealed.append(segment.segment)
      blocksEnd = max(blocksEnd, segment.end)
    }
    let (tail, found) = try TailFile.open(directory)
    self.tail = tail
    onFile(tail.shared, false)
    var next = max(least, blocksEnd, found.base ?? 0)
    for part in found.parts { next = max(next, part.end) }
    self.next = next
    // Rows whose block was written when the tail could not be emptied any more are there twice.
    let waiting = found.parts.filter { $0.first >= blocksEnd }
    builder = BlockBuilder(first: waiting.first?.first ?? next)
    for part in waiting {
      // A part that could not be written leaves a gap in the numbers, and so none follows.
      guard part.first == builder.block.end else { continue }
      builder.append(part)
    }
    builderBegun = now
    tailRows = builder.block.count
    if builder.block.end < next || waiting.isEmpty {
      if builder.block.count > 0 {
        try write(builder, now: now)
        sync()
      }
      try begin(at: next)
    }
    try retain(now: now)
  }

  /// A file that was there. One that was being written gets its footer now, behind its last whole block.
  private static func recovered(
    _ directory: ArchiveDirectory, _ first: Int64, isLast: Bool
  ) throws(ArchiveError) -> (segment: Segment, end: Int64)? {
    let path = directory.segment(first)
    let file = try ArchiveFile(writing: path, isNew: false)
    let reader = SegmentReader(file)
    var entries = reader.footer()
    if entries == nil {
      let found = reader.walk(verifiesBodies: true)
      entries = found.entries
      if found.entries.isEmpty {
        unlink(path)
        return nil
      }
      // Only the last can have been cut off by a crash. In others, blocks behind damage may be read one day.
      if isLast || found.end == file.count {
        try file.cut(to: found.end)
        try file.write(SegmentReader.footer(found.entries, at: found.end), at: found.end)
      }
    }
    guard let last = entries?.last else { return (Segment(first: first, bytes: file.count, written: 0), first) }
    return (Segment(first: first, bytes: file.count, written: last.summary.written), last.summary.end)
  }

  // MARK: - Events

  /// Takes an event over, to be committed.
  ///
  /// - Parameter level: the raw value of a ``LogLevel``, or 0.
  package func append(
    time: Int64, level: UInt8, service: String?, source: EventSource, record: UnsafeBufferPointer<UInt8>
  ) {
    staged.append(
      time: time, level: level, service: service.map { staged.place(of: $0) } ?? 0, origin: staged.origin(of: source),
      record: record)
  }

  /// Takes over all events of a batch.
  ///
  /// - Parameter names: of the services in `found`.
  func append(_ batch: TappedBatch, _ found: [EventMeasure.Figures], _ names: ServiceNames, source: EventSource) {
    staged.append(batch, found, names, source: source)
  }

  /// Brings what was appended to the files, in the order of its times.
  ///
  /// - Parameter isPressed: blocks are compressed less, and faster.
  /// On an error what waited for a block is forgotten with them, and counted as ``lost``.
  package func commit(now: Int64, isPressed: Bool = false) throws(ArchiveError) {
    var row = 0
    defer {
      lost += staged.rows.count - row
      staged.removeAll(keepingCapacity: true)
    }
    staged.sort()
    while row < staged.rows.count {
      if builder.block.count == 0 { builderBegun = now }
      row = builder.append(staged, from: row, upTo: limits.blockBytes)
      next = builder.block.end
      if builder.block.bytes.count >= limits.blockBytes { try closeBlock(now: now, isPressed: isPressed) }
    }
    if builder.block.count > tailRows {
      do throws(ArchiveError) {
        try tail.append(builder.block, from: tailRows)
      } catch {
        // What is in memory only must not count as kept: with it the numbers in the tail would have a gap.
        try forget()
        throw error
      }
      tailRows = builder.block.count
    }
  }

  /// Leaves out what was appended and not committed.
  package func drop() {
    lost += staged.rows.count
    staged.removeAll(keepingCapacity: true)
  }

  /// To be called from time to time: files and blocks are closed that are for a time that is over, and old files are removed.
  package func tick(now: Int64) throws(ArchiveError) {
    if builder.block.count > 0, now - builderBegun >= limits.segmentSpan || now < builderBegun - limits.segmentSpan {
      try closeBlock(now: now, isPressed: false)
    }
    if let open, now - open.begun >= limits.segmentSpan { try seal() }
    try retain(now: now)
  }

  /// Whether others have enough space left.
  package var hasRoom: Bool { directory.freeBytes.map { $0 >= limits.leastFreeBytes } ?? true }

  // MARK: - Blocks

  private func closeBlock(now: Int64, isPressed: Bool) throws(ArchiveError) {
    let full = builder
    do throws(ArchiveError) {
      try write(full, now: now, isPressed: isPressed)
    } catch {
      try forget()
      throw error
    }
    if now - builderBegun >= Self.durable || now < builderBegun { sync() }
    try begin(at: full.block.end)
  }

  /// Makes the newest block durable, before what has been so in the tail for long goes from there: the other order could lose it
  /// with the power.
  private func sync() {
    guard let open else { return }
    open.file.sync()
    if open.entries.count == 1 { directory.sync() }
  }

  /// Leaves out what waits for a block.
  private func forget() throws(ArchiveError) {
    lost += builder.block.count
    try begin(at: next)
  }

  private func begin(at number: Int64) throws(ArchiveError) {
    builder = BlockBuilder(first: number)
    next = number
    tailRows = 0
    try tail.empty(next: number)
  }

  private func write(_ builder: BlockBuilder, now: Int64, isPressed: Bool = false) throws(ArchiveError) {
    if let open, open.segment.bytes >= limits.segmentBytes || now - open.begun >= limits.segmentSpan { try seal() }
    let summary = BlockSummary(builder, written: now)
    var index = RecordWriter()
    summary.write(to: &index)
    builder.filter.narrowed.write(to: &index)
    let raw = builder.block.encoded()
    let frame = ArchiveFrame.encoded(
      .block, index: index.bytes, body: compressor.compressed(raw, isPressed ? .fast : .small), rawCount: raw.count)
    if open == nil {
      let file = try ArchiveFile(writing: directory.segment(summary.first), isNew: true)
      open = (file, Segment(first: summary.first, bytes: 0, written: now), now, [])
      onFile(file, false)
    }
    guard var current = open else { return }
    try current.file.write(frame, at: current.segment.bytes)
    current.entries.append(BlockEntry(offset: current.segment.bytes, count: frame.count, summary: summary))
    current.segment.bytes += frame.count
    current.segment.written = now
    open = current
  }

  private func seal() throws(ArchiveError) {
    guard var current = open else { return }
    open = nil
    let footer = SegmentReader.footer(current.entries, at: current.segment.bytes)
    // Without a footer it is only slower to read.
    if (try? current.file.write(footer, at: current.segment.bytes)) != nil { current.segment.bytes += footer.count }
    sealed.append(current.segment)
    onFile(current.file, true)
  }

  // MARK: - What is kept

  /// Bytes of all files with events.
  package var bytes: Int { sealed.reduce(0) { $0 + $1.bytes } + (open?.segment.bytes ?? 0) + tail.count }

  private func retain(now: Int64) throws(ArchiveError) {
    var total = bytes
    while let oldest = sealed.first, total > limits.bytes || oldest.written < now - limits.age {
      guard unlink(directory.segment(oldest.first)) == 0 || errno == ENOENT else {
        throw ArchiveFile.failure("can't be removed", directory.segment(oldest.first), errno)
      }
      total -= oldest.bytes
      sealed.removeFirst()
    }
    // What is being written may be all there is, and too much already.
    if total > limits.bytes, open != nil { try seal() }
  }
}

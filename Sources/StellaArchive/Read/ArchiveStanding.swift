import StellaModel

/// What an archive holds at the moment.
package struct ArchiveStanding: Sendable, Hashable {
  /// Of all files with events.
  package var bytes = 0
  package var countBytes = 0
  /// Numbers that were given out since the oldest event that is kept: so many events at most.
  package var events: Int64 = 0
  /// The time of the oldest block's earliest event; nil where there is none.
  package var oldest: Int64?

  /// Looks at the files.
  package init(_ directory: ArchiveDirectory) {
    let names = directory.segments()
    bytes = names.reduce(ArchiveDirectory.bytes(directory.tail)) { $0 + ArchiveDirectory.bytes(directory.segment($1)) }
    countBytes = CountFiles(directory: directory).bytes
    let parts = TailFile.read(directory).parts
    var end: Int64?
    if let last = names.last, let reader = SegmentReader(path: directory.segment(last)) {
      end = reader.entries().last?.summary.end
    }
    if let tail = parts.last { end = max(end ?? 0, tail.end) }
    let first = names.first ?? parts.first?.first
    if let first, let end { events = max(0, end - first) }
    let reader = names.first.flatMap { SegmentReader(path: directory.segment($0)) }
    oldest = reader?.entries().first?.summary.leastTime ?? parts.compactMap { $0.times.min() }.min()
  }
}

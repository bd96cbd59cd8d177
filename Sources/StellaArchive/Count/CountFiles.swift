import Glibc
import StellaModel

/// The counts of an archive: `DAY.counts` with what was counted on a day, part behind part, and `counts` with what is newer than
/// the last part. Each part says which events it is of, so that none is counted twice.
struct CountFiles {
  private static let suffix = ".counts"

  let directory: ArchiveDirectory

  /// Some events, by their numbers, and what they count.
  struct Part {
    var events: Range<Int64>
    var minutes: ClosedRange<Int64>
    var compressed: [UInt8]
    var rawCount: Int

    /// Encoded ``EventCounts``; empty when it can't be expanded.
    var body: [UInt8] { compressed.withUnsafeBytes { Compressor.expanded($0, count: rawCount) } ?? [] }
  }

  private var pending: String { directory.path + "/counts" }

  private func file(_ day: Int64) -> String {
    let digits = String(day)
    return directory.path + "/" + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + Self.suffix
  }

  private func days() -> [Int64] {
    directory.names().compactMap { name in
      name.hasSuffix(Self.suffix) ? Int64(name.dropLast(Self.suffix.utf8.count)) : nil
    }.sorted()
  }

  var bytes: Int { days().reduce(ArchiveDirectory.bytes(pending)) { $0 + ArchiveDirectory.bytes(file($1)) } }

  // MARK: - Writing

  private static func frame(_ counts: EventCounts, of events: Range<Int64>) -> [UInt8] {
    var index = RecordWriter()
    index.signed(events.lowerBound)
    index.signed(events.upperBound)
    let minutes = counts.minutes ?? 0...0
    index.signed(minutes.lowerBound)
    index.signed(minutes.upperBound)
    let body = counts.encoded
    return ArchiveFrame.encoded(
      .counts, index: index.bytes, body: Compressor().compressed(body, .small), rawCount: body.count)
  }

  /// Puts a part behind the others of today. What a crash left half there is cut off.
  func append(_ counts: EventCounts, of events: Range<Int64>, now: Int64) throws(ArchiveError) -> ArchiveFile {
    let file = try ArchiveFile(writing: file(now / Timestamp.day), isNew: false)
    let found = Self.parts(file)
    if found.bytes < file.count { try file.cut(to: found.bytes) }
    try file.write(Self.frame(counts, of: events), at: found.bytes)
    return file
  }

  /// Puts a part in the place of what is newer than the last.
  func replace(_ counts: EventCounts, of events: Range<Int64>) throws(ArchiveError) {
    let temporary = pending + ".new"
    unlink(temporary)
    let file = try ArchiveFile(writing: temporary, isNew: true)
    try file.write(Self.frame(counts, of: events), at: 0)
    guard rename(temporary, pending) == 0 else { throw ArchiveFile.failure("can't be made", pending, errno) }
  }

  func removeBefore(_ day: Int64) {
    for old in days() where old < day { unlink(file(old)) }
  }

  // MARK: - Reading

  /// Parts that could have counts for some of the minutes, each event in one of them.
  ///
  /// - Returns: also the number behind the last event that is counted.
  func parts(_ minutes: ClosedRange<Int64>) -> (parts: [Part], end: Int64) {
    // Before the others: what goes from there to them meanwhile is in the one or the other.
    let newest = ArchiveFile(reading: pending).flatMap { Self.parts($0).parts.first }
    var parts: [Part] = []
    var end: Int64 = 0
    // Nothing is counted much before it happens.
    let first = minutes.lowerBound / (24 * 60) - 2
    for day in days() where day >= first {
      guard let file = ArchiveFile(reading: file(day)) else { continue }
      for part in Self.parts(file).parts where part.events.lowerBound >= end {
        end = part.events.upperBound
        if part.minutes.overlaps(minutes) { parts.append(part) }
      }
    }
    if let newest, newest.events.lowerBound >= end {
      end = newest.events.upperBound
      if newest.minutes.overlaps(minutes) { parts.append(newest) }
    }
    return (parts, end)
  }

  /// What is newer than the last part of a day, when that is there; and the number behind the last event of the days.
  func latest() -> (end: Int64, pending: Part?) {
    var end: Int64 = 0
    if let day = days().last, let file = ArchiveFile(reading: file(day)) {
      end = Self.parts(file).parts.last?.events.upperBound ?? 0
    }
    let newest = ArchiveFile(reading: pending).flatMap { Self.parts($0).parts.first }
    return (end, newest.flatMap { $0.events.lowerBound >= end ? $0 : nil })
  }

  private static func parts(_ file: ArchiveFile) -> (parts: [Part], bytes: Int) {
    file.read(file.count, at: 0).withUnsafeBytes { bytes in
      var parts: [Part] = []
      var place = 0
      while let (frame, index, body) = ArchiveFrame.read(UnsafeRawBufferPointer(rebasing: bytes[place...])),
        frame.kind == .counts
      {
        var reader = RecordReader(index)
        let (first, end) = (reader.signed(), reader.signed())
        let (least, latest) = (reader.signed(), reader.signed())
        guard !reader.isBroken, first <= end, least <= latest else { break }
        parts.append(
          Part(events: first..<end, minutes: least...latest, compressed: Array(body), rawCount: frame.rawCount))
        place += frame.count
      }
      return (parts, place)
    }
  }
}

import StellaDetection
import StellaEngine
import StellaModel

/// Reads an archive of events, whether somebody writes it at the moment or not. May be asked from any thread; each question opens the
/// files anew.
package struct EventArchive: Sendable {
  package let directory: ArchiveDirectory
  /// What is taken out of what those see who may not see personal data.
  let masking: Masking
  private let clock: MonotonicTime

  package init(
    _ directory: ArchiveDirectory, masking: Masking, clock: @escaping MonotonicTime = machineMonotonicTime
  ) {
    (self.directory, self.masking, self.clock) = (directory, masking, clock)
  }

  /// Some of the events that are wanted. Blocks; O(what it looks at), which the bounds end.
  package func page(_ query: EventQuery, bounds: PageBounds = PageBounds()) -> EventPage {
    var page = EventPage()
    let scan = BlockScan(query, masking: masking)
    let deadline = clock() + bounds.time
    var bytes = 0
    let isNewest = query.order == .newest
    let unreadable = forEachBlock(query) { place, summary in
      let last = isNewest ? summary.first : summary.end - 1
      guard scan.isWorthReading(summary, place) else { return continues(after: last, deadline, &page) }
      guard let block = place.block else {
        page.damagedBlocks += 1
        return continues(after: last, deadline, &page)
      }
      let rows = scan.rows(block)
      for row in isNewest ? rows.reversed() : rows {
        let line = scan.line(block, row)
        page.lines.append(line)
        bytes += line.count
        if page.lines.count >= query.limit || bytes >= bounds.bytes {
          page.next = block.first + Int64(row)
          return false
        }
      }
      return continues(after: last, deadline, &page)
    }
    page.damagedBlocks += unreadable
    return page
  }

  /// Whether there is time for another block.
  private func continues(after number: Int64, _ deadline: Int64, _ page: inout EventPage) -> Bool {
    if clock() < deadline { return true }
    page.next = number
    return false
  }

  /// The number behind the newest event that can be read now.
  package var end: Int64 {
    let tail = TailFile.read(directory)
    let last = directory.segments().last.flatMap { SegmentReader(path: directory.segment($0)) }
    return max(tail.parts.last?.end ?? tail.base ?? 0, last?.entries().last?.summary.end ?? 0)
  }

  // MARK: - Blocks

  /// Where a block is.
  enum Place {
    case file(SegmentReader, BlockEntry)
    case memory(EventBlock)

    /// Nil when it is damaged.
    var block: EventBlock? {
      switch self {
      case .file(let reader, let entry): reader.block(entry)
      case .memory(let block): block
      }
    }
  }

  /// Calls `body` with the blocks that could hold events with numbers that the query is for, in its order, until that returns false.
  ///
  /// - Returns: how many files on the way are there and can't be opened.
  @discardableResult
  func forEachBlock(_ query: EventQuery, _ body: (Place, BlockSummary) -> Bool) -> Int {
    let isNewest = query.order == .newest
    let numbers = query.numbers
    var unreadable = 0
    if numbers.isEmpty { return unreadable }
    // Before the files: what goes from the tail to a file meanwhile is in the one or the other.
    var parts = TailFile.read(directory).parts
    let names = directory.segments()
    var places = names.indices.filter { place in
      names[place] < numbers.upperBound && (place + 1 == names.count || names[place + 1] > numbers.lowerBound)
    }
    if isNewest { places.reverse() }
    // The newest file says which parts of the tail are in it already.
    let newest = names.last.flatMap { SegmentReader(path: directory.segment($0)) }
    let newestEntries = newest?.entries() ?? []
    if let end = newestEntries.last?.summary.end { parts.removeAll { $0.first < end } }
    func forEachPart() -> Bool {
      for part in isNewest ? parts.reversed() : parts {
        guard part.first < numbers.upperBound, part.end > numbers.lowerBound else { continue }
        guard let summary = BlockSummary(part) else { continue }
        if !body(.memory(part), summary) { return false }
      }
      return true
    }
    if isNewest, !forEachPart() { return unreadable }
    for place in places {
      let isLast = place == names.count - 1
      let path = directory.segment(names[place])
      guard let reader = isLast ? newest : SegmentReader(path: path) else {
        // Old files go while others are read.
        if ArchiveDirectory.hasFile(path) { unreadable += 1 }
        continue
      }
      let entries = isLast ? newestEntries : reader.entries()
      for entry in isNewest ? entries.reversed() : entries {
        guard entry.summary.first < numbers.upperBound, entry.summary.end > numbers.lowerBound else { continue }
        if !body(.file(reader, entry), entry.summary) { return unreadable }
      }
    }
    if !isNewest { _ = forEachPart() }
    return unreadable
  }
}

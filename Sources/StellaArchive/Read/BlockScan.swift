import StellaDetection
import StellaModel

/// Finds the events of blocks that a query is for, and makes the lines of them. Thread-confined.
final class BlockScan {
  private let query: EventQuery
  private let filter: RowFilter
  private let condition: RowCondition?
  /// Nil for who sees everything.
  private let masker: Masker?
  /// Whether what is looked for can be found in records as they are kept, before they are masked.
  private let findsUnmasked: Bool
  private let events = RowDecoder(FieldTable())
  private var folded: [UInt8] = []
  private var scratch = FoldedText()

  init(_ query: EventQuery, masking: Masking) {
    self.query = query
    filter = query.rows
    let masking = query.isPrivileged ? nil : masking
    masker = masking.map { Masker($0) }
    condition = query.condition.map { RowCondition($0, masking: masking) }
    findsUnmasked = query.search.map { masking?.couldBring($0.text) != true } ?? true
  }

  /// False when no event of the block can be wanted.
  func isWorthReading(_ summary: BlockSummary, _ place: EventArchive.Place) -> Bool {
    guard summary.couldHold(filter, shown: shown) else { return false }
    guard let search = query.search, findsUnmasked, search.folded.count >= GramFilter.gram,
      case .file(let reader, let entry) = place
    else { return true }
    return reader.filter(entry)?.couldHold(search.folded) ?? true
  }

  /// The rows that are wanted, ascending.
  func rows(_ block: EventBlock) -> [Int] {
    var rows = candidates(block)
    if let search = query.search, !rows.isEmpty { rows = found(search, rows, block) }
    if let condition, !rows.isEmpty { rows = condition.rows(rows, of: block) }
    return rows
  }

  /// What a service is called for who asks: nobody is told what is behind a mask.
  private func shown(_ service: String) -> String { masker?.masked(service, of: "service") ?? service }

  private func candidates(_ block: EventBlock) -> [Int] {
    let services = Set(
      block.names.indices.filter { filter.services.contains(shown(block.names[$0])) }.map { UInt32($0) + 1 })
    let least = filter.level?.rawValue ?? 0
    let range = query.numbers
    return (0..<block.count).filter { row in
      block.times[row] >= filter.since && block.times[row] < filter.until && block.levels[row] >= least
        && (filter.services.isEmpty || services.contains(block.services[row]))
        && range.contains(block.first + Int64(row))
    }
  }

  private func found(_ search: SearchText, _ rows: [Int], _ block: EventBlock) -> [Int] {
    let hits = findsUnmasked ? foundAsKept(search, rows, block) : rows
    guard let masker else { return hits }
    // Nobody is told that something is behind a mask.
    return hits.filter { row in
      block.withRecord(row) { record in
        var masked: [UInt8] = []
        guard masker.mask(record, into: &masked) else { return findsUnmasked || search.isIn(record, &scratch) }
        return masked.withUnsafeBufferPointer { search.isIn($0, &scratch) }
      }
    }
  }

  /// All records at once; then those with escapes, one by one, for what these mean.
  private func foundAsKept(_ search: SearchText, _ rows: [Int], _ block: EventBlock) -> [Int] {
    block.bytes.withUnsafeBufferPointer { FoldedText.fold($0, into: &folded) }
    return folded.withUnsafeBufferPointer { bytes in
      var found: [Int] = []
      var hit = search.find(in: bytes) ?? .max
      for row in rows {
        let start = Int(block.starts[row])
        let end = start + Int(block.lengths[row])
        if hit < start { hit = search.find(in: bytes, from: start) ?? .max }
        if hit <= end - search.folded.count {
          found.append(row)
        } else if bytes[start..<end].contains(0x5c), block.withRecord(row, { search.isIn($0, &scratch) }) {
          found.append(row)
        }
      }
      return found
    }
  }

  // MARK: - Lines

  /// The event as JSON, without a line feed.
  func line(_ block: EventBlock, _ row: Int) -> [UInt8] {
    var json = JSONText()
    json.event(block.withRecord(row) { events.event(block.source(row), $0, time: block.times[row]) })
    let event = masker?.masked(json.bytes) ?? json.bytes
    var line = Array("{\"id\":\"\(block.first + Int64(row))\",".utf8)
    line += event.dropFirst()
    return line
  }
}

extension BlockSummary {
  /// Of events that are in no block yet; nil when there are none.
  init?(_ block: EventBlock) {
    guard let least = block.times.min(), let latest = block.times.max() else { return nil }
    first = block.first
    count = block.count
    leastTime = least
    latestTime = latest
    written = latest
    levels = block.levels.reduce(0) { $0 | 1 << $1 }
    services = nil
    hasNameless = true
  }
}

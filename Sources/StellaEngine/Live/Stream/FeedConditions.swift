import StellaDetection
import StellaModel

/// Finds the events that conditions hold for: those of all clients at once, through one shared index. One thread owns it.
///
/// Conditions of who may not see personal data are asked of masked records: otherwise they could find out, question by question,
/// what is behind a mask.
final class FeedConditions {
  private(set) var conditions: [Expression] = []
  private var router: Router?
  private var fields = FieldTable()
  private var batch = EventBatch(columnCount: 0)
  private let failures = DecodeFailures()
  private let masker: LineMasker?

  /// - Parameter masking: what is taken out of records before; nil for nothing.
  init(masking: Masking? = nil) { masker = masking.map { LineMasker($0) } }

  /// The conditions that there are from now on. Compiles them.
  func use(_ conditions: [Expression]) {
    guard conditions != self.conditions else { return }
    self.conditions = conditions
    fields = FieldTable()
    router = conditions.isEmpty ? nil : Router(filters: conditions, fields: &fields)
    batch = EventBatch(columnCount: fields.count)
  }

  /// For each condition a bitmap of the rows that it holds for. O(bytes) and what the conditions cost.
  func rows(_ tapped: TappedBatch, _ decoder: any Decoder) -> [[UInt64]] {
    let words = (tapped.count + 63) / 64
    guard let router else { return [] }
    batch.removeAll(columnCount: fields.count)
    decoder.prepare(fields)
    let clock = SourceClock(reference: 0)
    tapped.starts.withUnsafeBufferPointer { starts in
      tapped.lengths.withUnsafeBufferPointer { lengths in
        guard let starts = starts.baseAddress, let lengths = lengths.baseAddress else { return }
        let block = LineBlock(
          base: tapped.bytes, starts: starts, lengths: lengths, count: tapped.count, firstOffset: 0, source: 0)
        _ = decoder.decode(masker?.masked(block) ?? block, from: 0, into: batch, clock: clock, failures: failures)
      }
    }
    // What an event is called by its place in the source leads back to its row.
    var rowOf: [Int] = []
    for event in 0..<batch.count {
      let start = UInt32(truncatingIfNeeded: batch.offsets[event])
      rowOf.append(tapped.starts.partition(at: start))
      batch.times[event] = tapped.times[rowOf[event]]
    }
    nameService(of: tapped)
    router.route(batch)
    return conditions.indices.map { position in
      var rows = Array(repeating: UInt64(0), count: words)
      let filter = router.filter(of: position)
      guard router.matched.contains(filter) else { return rows }
      let bits = router.bits(filter)
      for event in 0..<batch.count where bits[event >> 6] & (1 << UInt64(event & 63)) != 0 {
        rows[rowOf[event] >> 6] |= 1 << UInt64(rowOf[event] & 63)
      }
      return rows
    }
  }

  private func nameService(of tapped: TappedBatch) {
    guard let service = tapped.source.service, let column = fields.existingColumn(of: "service") else { return }
    batch.nameMissing(Array(service.utf8), column: column)
  }
}

extension [UInt32] {
  /// The place of the last of these ascending numbers that is not above `number`. O(log count).
  fileprivate func partition(at number: UInt32) -> Int {
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if self[middle] <= number { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

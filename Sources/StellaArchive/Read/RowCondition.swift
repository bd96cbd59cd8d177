import StellaDetection
import StellaModel

/// Finds the events of a block for which a rule's condition holds. Thread-confined.
///
/// For who may not see personal data it is asked of masked records: otherwise they could find out, question by question, what is
/// behind a mask.
final class RowCondition {
  private let router: Router
  private let decoder: RowDecoder

  init(_ condition: Expression, masking: Masking?) {
    var fields = FieldTable()
    router = Router(filters: [condition], fields: &fields)
    decoder = RowDecoder(fields, masking: masking)
  }

  /// Of these rows, those that it holds for. O(bytes of the rows).
  ///
  /// - Parameter rows: ascending.
  func rows(_ rows: [Int], of block: EventBlock) -> [Int] {
    var rowsOf: [UInt32: [Int]] = [:]
    for row in rows { rowsOf[block.origins[row], default: []].append(row) }
    let padded = block.bytes + [UInt8](repeating: 0, count: LineSplitter.padding)
    var found: [Int] = []
    for (origin, rows) in rowsOf {
      let starts = rows.map { block.starts[$0] }
      let lengths = rows.map { block.lengths[$0] }
      padded.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        decoder.forEachBatch(block.sources[Int(origin)], bytes: base, starts: starts, lengths: lengths) {
          batch, lines in
          for event in 0..<batch.count { batch.times[event] = block.times[rows[lines[event]]] }
          router.route(batch)
          let filter = router.filter(of: 0)
          guard router.matched.contains(filter) else { return }
          let bits = router.bits(filter)
          for event in 0..<batch.count where bits[event >> 6] & (1 << UInt64(event & 63)) != 0 {
            found.append(rows[lines[event]])
          }
        }
      }
    }
    return found.sorted()
  }
}

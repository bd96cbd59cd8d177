import CStellaValue
import StellaModel

@testable import StellaDetection

/// Lines decoded into batches with given columns, copied out as values.
struct DecodedLines {
  struct Row {
    let time: Int64
    let record: [UInt8]
    let cells: [String: FieldValue]
    let ordinals: [String: UInt8]

    subscript(name: String) -> FieldValue? { cells[name] }
  }

  let rows: [Row]
  let failures: DecodeFailures
  let consumed: Int
  let clock: SourceClock

  static let reference: Int64 = 1_750_000_000_000_000_000  // 2025-06-15T15:06:40Z

  init(
    _ lines: [[UInt8]], decoder: any StellaDetection.Decoder, columns: [String],
    clock: SourceClock = SourceClock(reference: DecodedLines.reference), inPiecesOf piece: Int = Int.max
  ) {
    var bytes: [UInt8] = []
    var starts: [UInt32] = []
    for line in lines {
      starts.append(UInt32(bytes.count))
      bytes += line + [10]
    }
    // What follows the last line is hostile on purpose.
    bytes += Array(repeating: UInt8(ascii: "9"), count: 64)
    let lengths = lines.map { UInt32($0.count) }
    var table = FieldTable()
    for name in columns { _ = table.column(of: name) }
    decoder.prepare(table)
    let batch = EventBatch(columnCount: table.count)
    let failures = DecodeFailures()
    let parser = JSONParser()
    var rows: [Row] = []
    var consumed = 0
    bytes.withUnsafeBufferPointer { bytes in
      starts.withUnsafeBufferPointer { starts in
        lengths.withUnsafeBufferPointer { lengths in
          guard let base = bytes.baseAddress, let start = starts.baseAddress, let length = lengths.baseAddress else {
            return
          }
          while consumed < lines.count {
            let block = LineBlock(
              base: base, starts: start, lengths: length,
              count: min(lines.count, piece < lines.count ? consumed + piece : lines.count),
              firstOffset: 1000, source: 7, firstNumber: 11)
            consumed += decoder.decode(block, from: consumed, into: batch, clock: clock, failures: failures)
            for row in 0..<batch.count {
              var cells: [String: FieldValue] = [:]
              var ordinals: [String: UInt8] = [:]
              for (column, name) in table.names.enumerated() {
                let cell = batch.cell(column, row).pointee
                ordinals[name] = cell.ordinal
                switch Int(cell.kind) {
                case STELLA_MISSING: break
                case STELLA_ARRAY, STELLA_OBJECT: cells[name] = try? parser.parse(cell.text)
                default: cells[name] = cell.plainValue
                }
              }
              rows.append(
                Row(time: batch.times[row], record: Array(batch.record(row)), cells: cells, ordinals: ordinals))
            }
            batch.removeAll(columnCount: table.count)
          }
        }
      }
    }
    self.rows = rows
    self.failures = failures
    self.consumed = consumed
    self.clock = clock
  }

  init(
    _ lines: [String], decoder: any StellaDetection.Decoder, columns: [String],
    clock: SourceClock = SourceClock(reference: DecodedLines.reference)
  ) {
    self.init(lines.map { Array($0.utf8) }, decoder: decoder, columns: columns, clock: clock)
  }
}

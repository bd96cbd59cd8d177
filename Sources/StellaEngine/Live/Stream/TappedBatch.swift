import StellaDetection
import StellaModel

/// A copy of the records of a batch, for those who look on.
package final class TappedBatch: @unchecked Sendable {
  // Sendable, because nothing changes once it is made, and the decoders' state is a value.
  /// How the source is read, so that its records can be decoded again.
  package struct Source {
    package var format: LogFormat
    /// Nil where the format was named.
    package var detector: FormatDetector?
    package var service: String?

    package init(format: LogFormat, detector: FormatDetector? = nil, service: String? = nil) {
      (self.format, self.detector, self.service) = (format, detector, service)
    }
  }

  /// Of the tap.
  let turn: UInt64
  /// The number of its first event, counted from the engine's start.
  package let firstEvent: Int
  package let count: Int
  /// Records with a line feed behind each, and room for the decoders to look ahead.
  package let bytes: UnsafeMutablePointer<UInt8>
  let byteCount: Int
  package let starts: [UInt32]
  package let lengths: [UInt32]
  package let times: [Int64]
  package let number: UInt16
  package let source: Source

  /// - Parameter rows: events of one source.
  init(_ batch: EventBatch, _ rows: Range<Int>, turn: UInt64, firstEvent: Int, source: Source) {
    var total = LineSplitter.padding
    for row in rows { total += batch.record(row).count + 1 }
    bytes = .allocate(capacity: total)
    byteCount = total
    var place = 0
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    starts.reserveCapacity(rows.count)
    lengths.reserveCapacity(rows.count)
    for row in rows {
      let record = batch.record(row)
      starts.append(UInt32(truncatingIfNeeded: place))
      lengths.append(UInt32(truncatingIfNeeded: record.count))
      if let start = record.baseAddress { (bytes + place).update(from: start, count: record.count) }
      bytes[place + record.count] = 0x0a
      place += record.count + 1
    }
    (bytes + place).initialize(repeating: 0, count: LineSplitter.padding)
    self.starts = starts
    self.lengths = lengths
    times = Array(UnsafeBufferPointer(start: batch.times + rows.lowerBound, count: rows.count))
    count = rows.count
    number = batch.sources[rows.lowerBound]
    self.source = source
    self.turn = turn
    self.firstEvent = firstEvent
  }

  deinit { bytes.deallocate() }

  package func record(_ row: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes + Int(starts[row]), count: Int(lengths[row]))
  }
}

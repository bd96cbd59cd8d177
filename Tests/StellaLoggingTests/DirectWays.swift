import CStellaValue
import Logging
import StellaModel
import Synchronization

@testable import StellaDetection
@testable import StellaEngine
@testable import StellaLogging

/// One buffer read as lines, and one read record by record, both fed with the same calls.
final class DirectWays {
  /// What one way made of the calls.
  struct Row: Equatable, CustomStringConvertible {
    var time: Int64
    var text: String
    var cells: [String]
    var event: Event
    var isDirect = false

    static func == (one: Row, other: Row) -> Bool {
      one.time == other.time && one.text == other.text && one.cells == other.cells && one.event == other.event
    }

    var description: String { "\(time) \(text) \(cells)" }
  }

  private final class Clock: Sendable {
    let now = Atomic<Int64>(DirectWays.start)
  }

  static let start: Int64 = 1_750_000_000_123_456_789

  let lines: SourceReader
  let records: SourceReader
  let buffers: [LogBuffer]
  private let clock = Clock()
  private let fields: FieldRegister

  init(
    _ fields: FieldRegister, masking: Masking? = nil, service: String? = nil, capacityBytes: Int = 64 << 10,
    lineLimit: Int = LineSplitter.defaultLineLimit, holdsHeads: Bool = false
  ) {
    self.fields = fields
    buffers = (0..<2).map { _ in LogBuffer(capacityBytes: capacityBytes) }
    let sources = buffers.map { LogBufferSource($0, masking: masking) }
    func reader(_ splitter: LineSplitter, _ decoder: (any Decoder)?) -> SourceReader {
      SourceReader(
        splitter: splitter, number: 0, format: .json, service: service, clock: SourceClock(reference: 0),
        fields: fields, holdsHeads: holdsHeads, decoder: decoder)
    }
    lines = reader(LineSplitter(source: sources[0], index: 0, lineLimit: lineLimit), nil)
    records = reader(
      LineSplitter(source: sources[1], index: 0, lineLimit: lineLimit, records: sources[1]), CallRecordDecoder())
  }

  /// Makes the same call with loggers of both buffers.
  func log(
    at time: Int64, label: String, service: String?, _ body: (Logger) -> Void
  ) {
    clock.now.store(time, ordering: .relaxed)
    for buffer in buffers {
      var logger = Logger(label: label) { [clock] in
        StellaLogHandler(label: $0, service: service, buffer: buffer) { clock.now.load(ordering: .relaxed) }
      }
      logger.logLevel = .trace
      body(logger)
    }
  }

  /// Everything that one way has by now, in batches of random sizes.
  func rows(_ reader: SourceReader, _ random: inout some RandomNumberGenerator) throws -> [Row] {
    var rows: [Row] = []
    let batch = EventBatch(columnCount: fields.table.count)
    while true {
      batch.removeAll(columnCount: fields.table.count)
      batch.limit = Int.random(in: 1...20, using: &random)
      guard case .more = try reader.fill(batch) else { return rows }
      // Some ask twice, and in any order.
      for row in (0..<batch.count).shuffled(using: &random) { _ = batch.record(row) }
      let view = EventBatch(viewOf: batch)
      view.follow(batch)
      for row in 0..<batch.count {
        let text = batch.record(row)
        guard text.elementsEqual(view.record(row)) else { throw Unequal() }
        rows.append(
          Row(
            time: batch.times[row], text: String(decoding: text, as: UTF8.self),
            cells: (0..<batch.columnCount).map { Self.text(batch.cell($0, row).pointee) },
            event: reader.decoder.event(of: batch, at: row),
            isDirect: batch.recordLengths[row] & EventBatch.recordBit != 0))
      }
    }
  }

  struct Unequal: Error {}

  /// Runs what one way has through rules.
  func alerts(_ reader: SourceReader, _ pipeline: Pipeline) throws -> [String] {
    var alerts: [String] = []
    pipeline.clear()
    while case .more = try reader.fill(pipeline.batch) { alerts += pipeline.process().map(\.json) }
    return alerts
  }

  private static func text(_ cell: stella_value) -> String {
    let value =
      switch Int(cell.kind) {
      case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT: String(decoding: cell.text, as: UTF8.self)
      case STELLA_INT, STELLA_BOOL: "\(cell.i)"
      case STELLA_DOUBLE: "\(cell.d) \(cell.d.bitPattern)"
      default: ""
      }
    return "\(cell.kind):\(cell.ordinal):\(cell.priority):\(cell.reserved):\(value)"
  }
}

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
  private(set) var records: SourceReader
  let buffers: [LogBuffer]
  /// Of each way its batch, and how another worker sees that.
  private let seen: [(batch: EventBatch, view: EventBatch)]
  private let makeReader: (SourceClock) -> SourceReader
  private let clock = Clock()
  private let fields: FieldRegister

  init(
    _ fields: FieldRegister, masking: Masking? = nil, service: String? = nil, capacityBytes: Int = 64 << 10,
    lineLimit: Int = LineSplitter.defaultLineLimit, holdsHeads: Bool = false
  ) {
    self.fields = fields
    buffers = (0..<2).map { _ in LogBuffer(capacityBytes: capacityBytes) }
    func reader(_ splitter: LineSplitter, _ decoder: (any Decoder)?, _ clock: SourceClock) -> SourceReader {
      SourceReader(
        splitter: splitter, number: 0, format: .json, service: service, clock: clock, fields: fields,
        holdsHeads: holdsHeads, decoder: decoder)
    }
    let buffer = buffers[1]
    makeReader = { clock in
      let source = LogBufferSource(buffer, masking: masking)
      return reader(
        LineSplitter(source: source, index: 0, lineLimit: lineLimit, records: source), CallRecordDecoder(source.names),
        clock)
    }
    let source = LogBufferSource(buffers[0], masking: masking)
    lines = reader(LineSplitter(source: source, index: 0, lineLimit: lineLimit), nil, SourceClock(reference: 0))
    records = makeReader(SourceClock(reference: 0))
    seen = (0..<2).map { _ in
      let batch = EventBatch(columnCount: fields.table.count)
      return (batch, EventBatch(viewOf: batch))
    }
  }

  /// Puts a reader in the place of the one of records that goes on from what that saves.
  func restart() throws {
    let saved = records.checkpoint()
    records = makeReader(SourceClock(reference: 0))
    try records.resume(from: saved)
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
  ///
  /// - Parameter tap: gets each batch before anybody else asks for its texts.
  func rows(
    _ reader: SourceReader, _ random: inout some RandomNumberGenerator, tap: EventTap? = nil
  ) throws -> [Row] {
    var rows: [Row] = []
    let (batch, view) = seen[reader === lines ? 0 : 1]
    while true {
      batch.removeAll(columnCount: fields.table.count)
      batch.limit = Int.random(in: 1...20, using: &random)
      guard case .more = try reader.fill(batch) else { return rows }
      tap?.put(batch, firstEvent: 0) { _ in TappedBatch.Source(format: .json) }
      view.follow(batch)
      // Some ask twice, in any order, and not all of them for each.
      for row in (0..<batch.count).shuffled(using: &random) where Bool.random(using: &random) {
        _ = (Bool.random(using: &random) ? batch : view).record(row)
      }
      for row in 0..<batch.count {
        let text = batch.record(row)
        guard text.elementsEqual(view.record(row)) else { throw Unequal() }
        rows.append(
          Row(
            time: batch.times[row], text: String(decoding: text, as: UTF8.self), cells: Self.cells(of: batch, row),
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

  /// A row's cells with all that they say.
  static func cells(of batch: EventBatch, _ row: Int) -> [String] {
    (0..<batch.columnCount).map { text(batch.cell($0, row).pointee) }
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

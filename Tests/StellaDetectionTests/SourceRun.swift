import CStellaValue
import StellaModel
import StellaTesting

@testable import StellaDetection

/// Reads a text through a reader and copies its events out.
final class SourceRun {
  struct Row: Equatable {
    var time: Int64
    var offset: Int64
    var record: String
    var cells: [String: FieldValue]
  }

  static let columns = ["time", "level", "message", "src_ip", "service", "status", "user"]
  static let reference: Int64 = 1_780_000_000_000_000_000  // 2026-05-28T20:26:40Z

  let reader: SourceReader
  private let fields = FieldRegister()
  private let batch: EventBatch
  /// Events of the last call.
  private(set) var last: [Row] = []
  private(set) var isEnded = false

  init(
    _ steps: [ScriptedSource.Step], from offset: Int64 = 0, format: LogFormat = .auto, readBytes: Int = 4096,
    zone: ZoneRules = .utc, reference: Int64 = SourceRun.reference
  ) {
    for name in SourceRun.columns { _ = fields.table.column(of: name) }
    batch = EventBatch(columnCount: fields.table.count)
    reader = SourceReader(
      splitter: LineSplitter(
        source: ScriptedSource(steps, from: offset), index: 0, lineLimit: 4096, readBytes: readBytes),
      number: 0, format: format, service: "unnamed", clock: SourceClock(reference: reference, zone: zone),
      fields: fields)
  }

  convenience init(_ lines: [String], format: LogFormat = .auto) {
    self.init([.text(lines.map { $0 + "\n" }.joined())], format: format)
  }

  /// One fill with room for `room` events; false at the end or when the source is idle.
  @discardableResult
  func fill(room: Int = EventBatch.capacity) throws -> Bool {
    empty(room: room)
    let progress = try reader.fill(batch)
    copyOut(room: room)
    if case .more = progress { return true }
    if case .end = progress { isEnded = true }
    return false
  }

  /// Events that the calendar lets go.
  func confirm(upTo now: Int64) -> [Row] {
    empty(room: EventBatch.capacity)
    let count = reader.confirmHeld(upTo: now, into: batch)
    copyOut(room: EventBatch.capacity)
    return last.count == count ? last : []
  }

  /// Events until the end or until nothing more comes at present.
  func rest() throws -> [Row] {
    var rows: [Row] = []
    while try fill() { rows += last }
    return rows
  }

  var state: [UInt8] {
    let writer = StateWriter()
    reader.save(to: writer)
    return Array(writer.bytes)
  }

  private func empty(room: Int) {
    batch.removeAll(columnCount: fields.table.count)
    batch.count = EventBatch.capacity - room
  }

  private func copyOut(room: Int) {
    last = (EventBatch.capacity - room..<batch.count).map { row in
      var cells: [String: FieldValue] = [:]
      for (column, name) in fields.table.names.enumerated() {
        let cell = batch.cell(column, row).pointee
        if Int(cell.kind) != STELLA_MISSING { cells[name] = cell.plainValue ?? .null }
      }
      return Row(
        time: batch.times[row], offset: batch.offsets[row],
        record: String(decoding: batch.record(row), as: UTF8.self), cells: cells)
    }
  }
}

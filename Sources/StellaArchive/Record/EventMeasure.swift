import CStellaValue
import StellaDetection
import StellaModel

/// Finds out what of events is kept apart: level, service, and how long what they tell of took. Thread-confined.
final class EventMeasure {
  /// What was found in a line. Plain values, because there is one for each event.
  struct Figures: Sendable, Hashable {
    /// The raw value of a ``LogLevel``; 0 for none.
    var level: UInt8 = 0
    /// Of ``ServiceNames``; 0 for none.
    var service: UInt32 = 0
    /// Not a number for none.
    var milliseconds = Double.nan
  }

  /// What the services in figures are called, until the next call of ``figures(_:bytes:starts:lengths:)``.
  private(set) var names = ServiceNames()
  private let level: Int
  private let service: Int
  private let duration: Int
  private let decoder: RowDecoder

  init() {
    var fields = FieldTable()
    level = fields.column(of: "level")
    service = fields.column(of: "service")
    duration = fields.column(of: "duration_ms")
    decoder = RowDecoder(fields)
  }

  /// One for each line.
  ///
  /// - Parameters: as of ``RowDecoder``.
  func figures(
    _ source: EventSource, bytes: UnsafePointer<UInt8>, starts: [UInt32], lengths: [UInt32]
  ) -> [Figures] {
    names.forgetMany()
    var names = names
    self.names = ServiceNames()
    let usual = source.service.map { names.place(of: $0) } ?? 0
    var figures = [Figures](repeating: Figures(service: usual), count: starts.count)
    decoder.forEachBatch(source, bytes: bytes, starts: starts, lengths: lengths) { batch, lines in
      for event in 0..<batch.count {
        figures[lines[event]] = Figures(
          level: batch.cell(level, event).pointee.ordinal, service: names.place(of: batch.cell(service, event).pointee),
          milliseconds: Self.milliseconds(batch.cell(duration, event).pointee))
      }
    }
    self.names = names
    return figures
  }

  private static func milliseconds(_ cell: stella_value) -> Double {
    switch Int(cell.kind) {
    case STELLA_INT: Double(cell.i)
    case STELLA_DOUBLE: cell.d
    default: .nan
    }
  }
}

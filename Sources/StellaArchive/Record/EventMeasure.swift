import CStellaValue
import StellaDetection
import StellaModel

/// Finds out what of events is kept apart: level, service, and how long what they tell of took. Thread-confined.
final class EventMeasure {
  struct Figures: Sendable, Hashable {
    /// The raw value of a ``LogLevel``; 0 for none.
    var level: UInt8 = 0
    var service: String?
    var milliseconds: Double?
  }

  private let level: Int
  private let service: Int
  private let duration: Int
  private let decoder: RowDecoder
  private var lastName: (bytes: [UInt8], name: String) = ([], "")

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
    var figures = [Figures](repeating: Figures(service: source.service), count: starts.count)
    decoder.forEachBatch(source, bytes: bytes, starts: starts, lengths: lengths) { batch, lines in
      for event in 0..<batch.count {
        figures[lines[event]] = Figures(
          level: batch.cell(level, event).pointee.ordinal, service: name(batch.cell(service, event).pointee),
          milliseconds: Self.milliseconds(batch.cell(duration, event).pointee))
      }
    }
    return figures
  }

  private func name(_ cell: stella_value) -> String? {
    switch Int(cell.kind) {
    case STELLA_MISSING, STELLA_NULL: return nil
    case STELLA_STRING:
      let text = UnsafeBufferPointer(start: cell.p, count: Int(cell.length))
      // Most events are of the service that the one before was of.
      if lastName.bytes.count == text.count, lastName.bytes.elementsEqual(text) { return lastName.name }
      lastName = (Array(text), String(decoding: text, as: UTF8.self))
      return lastName.name
    default: return cell.plainValue?.json
    }
  }

  private static func milliseconds(_ cell: stella_value) -> Double? {
    switch Int(cell.kind) {
    case STELLA_INT: Double(cell.i)
    case STELLA_DOUBLE: cell.d
    default: nil
    }
  }
}

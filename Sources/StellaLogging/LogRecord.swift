import Logging
import StellaEngine
import StellaModel

/// Writes one log call as the record that the engine makes a line of: what can be left to the engine's thread is.
struct LogRecord {
  private var writer: RecordWriter
  private let scratch: UnsafeMutablePointer<RecordScratch>

  /// - Returns: nil when there is no memory.
  init?(_ scratch: UnsafeMutablePointer<RecordScratch>) {
    guard let writer = RecordWriter(scratch) else { return nil }
    self.writer = writer
    self.scratch = scratch
  }

  /// To be called once, when the record was used.
  func end() { writer.end(scratch) }

  /// Nil when it is too long.
  var bytes: UnsafeRawBufferPointer? { writer.isTooLong ? nil : writer.record }

  /// - Parameter names: `,"logger":…` and what else is the same for every record of a handler.
  mutating func begin(_ event: LogEvent, names: [UInt8], time: Int64) {
    // A source that wasn't given is derived from the file where the record is read.
    let hasSource = GivenSource.isGiven(in: event)
    var flags = hasSource ? LogRecordTag.hasSource : 0
    if event.error != nil { flags |= LogRecordTag.hasError }
    writer.number(LogRecordTag.record)
    writer.number(LogRecord.level(event.level))
    writer.number(flags)
    writer.number(UInt8(0))
    writer.number(UInt32(truncatingIfNeeded: event.line))
    writer.number(time)
    names.withUnsafeBytes { writer.text($0) }
    writer.text(event.message.description)
    writer.text(event.file)
    if hasSource { writer.text(event.source) }
    if let error = event.error {
      writer.text(String(describing: error))
      writer.text(String(reflecting: type(of: error)))
    }
  }

  @inline(__always)
  private static func level(_ level: Logger.Level) -> UInt8 {
    switch level {
    case .trace: 0
    case .debug: 1
    case .info: 2
    case .notice: 3
    case .warning: 4
    case .error: 5
    case .critical: 6
    }
  }

  /// Adds entries, which come before those of the same name that were added earlier.
  mutating func add(_ metadata: Logger.Metadata) {
    // An iterator would take a copy of the dictionary and of each entry, which costs more than writing them.
    var index = metadata.startIndex
    let end = metadata.endIndex
    while index != end {
      writer.text(metadata.keys[index])
      switch metadata.values[index] {
      case .string(let text): writer.text(LogRecordTag.text, text)
      case .stringConvertible(let value): write(value)
      case let value: write(value)
      }
      metadata.formIndex(after: &index)
    }
  }

  private mutating func write(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): writer.text(LogRecordTag.text, text)
    case .stringConvertible(let value): write(value)
    case .array(let elements):
      writer.number(LogRecordTag.array, UInt32(truncatingIfNeeded: elements.count))
      for element in elements { write(element) }
    case .dictionary(let members):
      writer.number(LogRecordTag.dictionary, UInt32(truncatingIfNeeded: members.count))
      add(members)
    }
  }

  /// Numbers stay numbers, so that a rule can compare them.
  private mutating func write(_ value: any CustomStringConvertible & Sendable) {
    // Comparing types is much cheaper than casting to each of them.
    let type = type(of: value)
    if type == Int.self {
      writer.number(LogRecordTag.integer, LogRecord.bits(of: value, as: Int.self))
    } else if type == Double.self {
      writer.number(LogRecordTag.double, LogRecord.bits(of: value, as: Double.self))
    } else if type == Bool.self {
      writer.number(LogRecord.bits(of: value, as: Bool.self) ? LogRecordTag.yes : LogRecordTag.no)
    } else if type == UInt.self {
      writer.number(LogRecordTag.unsigned, LogRecord.bits(of: value, as: UInt.self))
    } else if type == String.self, let value = value as? String {
      writer.text(LogRecordTag.text, value)
    } else if let integer = value as? any FixedWidthInteger, integer.bitWidth <= 64 {
      // Written as they write themselves.
      writer.text(LogRecordTag.json, integer.description)
    } else if type == Float.self, let value = value as? Float {
      writer.text(LogRecordTag.json, value.isFinite ? value.description : "null")
    } else {
      writer.text(LogRecordTag.text, value.description)
    }
  }

  /// A value whose type is known to be this one.
  private static func bits<Value, Known: BitwiseCopyable>(of value: Value, as known: Known.Type) -> Known {
    withUnsafePointer(to: value) { UnsafeRawPointer($0).loadUnaligned(as: Known.self) }
  }
}

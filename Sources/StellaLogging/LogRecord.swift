import CStellaValue
import Logging
import StellaEngine
import StellaModel

/// Writes one log call as the record that the engine makes a line of: what can be left to the engine's thread is.
struct LogRecord {
  private var writer: RecordWriter

  /// - Returns: nil when there is no memory.
  @inline(__always)
  init?(_ scratch: UnsafeMutablePointer<RecordScratch>) {
    guard let writer = RecordWriter(scratch) else { return nil }
    self.writer = writer
  }

  /// To be called once, when the record was used.
  @inline(__always)
  func end(_ scratch: UnsafeMutablePointer<RecordScratch>) { writer.end(scratch) }

  /// Nil when it is too long.
  @inline(__always)
  var bytes: UnsafeRawBufferPointer? { writer.isTooLong ? nil : writer.record }

  /// - Parameters:
  ///   - hasSource: whether the event's source was given; otherwise it is derived from the file where the record is read.
  ///   - namesNumber: the buffer's number of what is the same for every record of a handler, or 0.
  ///   - names: the same itself, where it has no number: `,"logger":…`.
  @inline(__always)
  mutating func begin(_ event: LogEvent, hasSource: Bool, namesNumber: UInt8, names: [UInt8], time: Int64) {
    // Each look at it is a copy.
    let error = event.error
    var flags = hasSource ? LogRecordTag.hasSource : 0
    if error != nil { flags |= LogRecordTag.hasError }
    writer.head(
      level: LogRecord.level(event.level), flags: flags, namesNumber: namesNumber,
      line: UInt32(truncatingIfNeeded: event.line), time: time)
    if namesNumber == 0 { writer = LogRecord.writing(names: names, writer) }
    writer.text(event.message.description)
    writer.text(event.file)
    if hasSource { writer = LogRecord.writing(source: event.source, writer) }
    if let error { writer = LogRecord.writing(error, writer) }
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
  @inline(__always)
  mutating func add(_ metadata: Logger.Metadata) { writer = LogRecord.writing(metadata, writer) }

  // MARK: - Parts, which give the writer back that they were given

  @inline(never)
  private static func writing(names: [UInt8], _ writer: RecordWriter) -> RecordWriter {
    var writer = writer
    names.withUnsafeBytes { writer.text($0) }
    return writer
  }

  @inline(never)
  private static func writing(source: String, _ writer: RecordWriter) -> RecordWriter {
    var writer = writer
    writer.text(source)
    return writer
  }

  @inline(never)
  private static func writing(_ error: any Error, _ writer: RecordWriter) -> RecordWriter {
    var writer = writer
    writer.text(String(describing: error))
    writer.text(String(reflecting: type(of: error)))
    return writer
  }

  @inline(never)
  private static func writing(_ metadata: Logger.Metadata, _ writer: RecordWriter) -> RecordWriter {
    var writer = writer
    // An iterator would take a copy of the dictionary and of each entry, which costs more than writing them.
    var index = metadata.startIndex
    let end = metadata.endIndex
    while index != end {
      writer.text(metadata.keys[index])
      switch metadata.values[index] {
      case .string(let text): writer.text(LogRecordTag.text, text)
      case .stringConvertible(let value): writer = writing(value, writer)
      case let value: writer = writing(value, writer)
      }
      metadata.formIndex(after: &index)
    }
    return writer
  }

  private static func writing(_ value: Logger.MetadataValue, _ writer: RecordWriter) -> RecordWriter {
    var writer = writer
    switch value {
    case .string(let text): writer.text(LogRecordTag.text, text)
    case .stringConvertible(let value): writer = writing(value, writer)
    case .array(let elements):
      writer.number(LogRecordTag.array, UInt32(truncatingIfNeeded: elements.count))
      for element in elements { writer = writing(element, writer) }
    case .dictionary(let members):
      writer.number(LogRecordTag.dictionary, UInt32(truncatingIfNeeded: members.count))
      writer = writing(members, writer)
    }
    return writer
  }

  /// Numbers stay numbers, so that a rule can compare them.
  @inline(never)
  private static func writing<Value: CustomStringConvertible & Sendable>(
    _ value: Value, _ writer: RecordWriter
  ) -> RecordWriter {
    var writer = writer
    // Comparing types is much cheaper than casting to each of them.
    if Value.self == Int.self {
      writer.number(LogRecordTag.integer, unsafeBitCast(value, to: Int.self))
    } else if Value.self == Double.self {
      writer.number(LogRecordTag.double, unsafeBitCast(value, to: Double.self))
    } else if Value.self == Bool.self {
      writer.number(unsafeBitCast(value, to: Bool.self) ? LogRecordTag.yes : LogRecordTag.no)
    } else if Value.self == UInt.self {
      writer.number(LogRecordTag.unsigned, unsafeBitCast(value, to: UInt.self))
    } else if Value.self == String.self, let value = value as? String {
      writer.text(LogRecordTag.text, value)
    } else if let integer = value as? any FixedWidthInteger, integer.bitWidth <= 64 {
      // Written as they write themselves.
      writer.text(LogRecordTag.json, integer.description)
    } else if Value.self == Float.self, let value = value as? Float {
      writer.text(LogRecordTag.json, value.isFinite ? value.description : "null")
    } else {
      writer.text(LogRecordTag.text, value.description)
    }
    return writer
  }
}

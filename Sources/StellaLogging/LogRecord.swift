import Logging
import StellaModel

/// Writes one log call as one line of JSON, with the names that the engine knows: `time`, `level`, `message`, `logger`,
/// `service`, `error`, `error_type`, `source`, and every metadata entry under its own name.
///
/// A metadata entry that has one of these names stands under `metadata.` and its name. Entries are in the order of their
/// names, so that equal calls give equal bytes.
struct LogRecord {
  private var json: RecordWriter
  private let scratch: UnsafeMutablePointer<RecordScratch>

  /// - Returns: nil when there is no memory.
  init?(_ scratch: UnsafeMutablePointer<RecordScratch>) {
    guard let json = RecordWriter(scratch) else { return nil }
    self.json = json
    self.scratch = scratch
  }

  /// To be called once, when the record was used.
  func end() { json.end(scratch) }

  /// Nil when it is too long.
  var bytes: UnsafeRawBufferPointer? { json.isTooLong ? nil : json.record }

  /// - Parameter names: `,"logger":…` and what else is the same for every record of a handler.
  mutating func begin(_ event: LogEvent, names: [UInt8], time: Int64) {
    json.raw(#"{"time":"#)
    json.time(time, scratch)
    switch event.level {
    case .trace: json.raw(#","level":"trace","message":"#)
    case .debug: json.raw(#","level":"debug","message":"#)
    case .info: json.raw(#","level":"info","message":"#)
    case .notice: json.raw(#","level":"notice","message":"#)
    case .warning: json.raw(#","level":"warning","message":"#)
    case .error: json.raw(#","level":"error","message":"#)
    case .critical: json.raw(#","level":"critical","message":"#)
    }
    json.string(event.message.description)
    json.raw(names)
    if let error = event.error {
      json.raw(#","error":"#)
      json.string(String(describing: error))
      json.raw(#","error_type":"#)
      json.string(String(reflecting: type(of: error)))
    }
    json.raw(#","source":"#)
    json.string(event.source)
    json.raw(#","file":"#)
    json.string(event.file)
    json.raw(#","line":"#)
    json.integer(event.line)
  }

  private static let fewEntries = 16

  mutating func finish() { json.raw("}\n") }

  mutating func add(_ metadata: Logger.Metadata) {
    let count = metadata.count
    if count == 1, let entry = metadata.first { return add(entry.key, entry.value) }
    guard count <= LogRecord.fewEntries else {
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { add(key, value) }
      return
    }
    // What most calls have is put in order without a list of its own.
    let (keys, values) = (metadata.keys, metadata.values)
    withUnsafeTemporaryAllocation(of: Logger.Metadata.Index.self, capacity: count) { order in
      var index = metadata.startIndex
      order.initialize(repeating: index)
      defer { order.deinitialize() }
      for place in 0..<count {
        let key = keys[index]
        var free = place
        while free > 0, key < keys[order[free - 1]] {
          order[free] = order[free - 1]
          free -= 1
        }
        order[free] = index
        metadata.formIndex(after: &index)
      }
      for place in 0..<count {
        json.name(keys[order[place]])
        write(values[order[place]])
      }
    }
  }

  private mutating func add(_ key: String, _ value: Logger.MetadataValue) {
    json.name(key)
    write(value)
  }

  private mutating func write(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): json.string(text)
    case .stringConvertible(let value): write(value)
    case .array(let elements):
      json.raw("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { json.raw(",") }
        write(element)
      }
      json.raw("]")
    case .dictionary(let members):
      json.raw("{")
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { json.raw(",") }
        json.string(member.key)
        json.raw(":")
        write(member.value)
      }
      json.raw("}")
    }
  }

  /// Numbers stay numbers, so that a rule can compare them.
  private mutating func write(_ value: any CustomStringConvertible & Sendable) {
    // Comparing types is much cheaper than casting to each of them.
    let type = type(of: value)
    if type == Int.self {
      json.integer(LogRecord.bits(of: value, as: Int.self))
    } else if type == Double.self {
      json.double(LogRecord.bits(of: value, as: Double.self))
    } else if type == Bool.self {
      json.bool(LogRecord.bits(of: value, as: Bool.self))
    } else if type == String.self, let value = value as? String {
      json.string(value)
    } else if let integer = value as? any FixedWidthInteger, integer.bitWidth <= 64 {
      // Written as they write themselves.
      json.number(integer.description)
    } else if type == Float.self, let value = value as? Float {
      if value.isFinite { json.number(value.description) } else { json.raw("null") }
    } else {
      json.string(value.description)
    }
  }

  /// A value whose type is known to be this one.
  private static func bits<Value, Known: BitwiseCopyable>(of value: Value, as known: Known.Type) -> Known {
    withUnsafePointer(to: value) { UnsafeRawPointer($0).loadUnaligned(as: Known.self) }
  }
}

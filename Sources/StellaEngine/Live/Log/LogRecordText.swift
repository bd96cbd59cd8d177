import CStellaValue
import Glibc
import StellaDetection
import StellaModel

/// Makes a log call's record into one line of JSON, with the names that the engine knows: `time`, `level`, `message`, `logger`,
/// `service`, `error`, `error_type`, `source`, `file`, `line`, and every metadata entry under its own name. One thread uses it.
///
/// A metadata entry that has one of these names stands under `metadata.` and its name. Entries are in the order of their names, so
/// that equal calls give equal bytes.
struct LogRecordText: ~Copyable {
  var json = RecordJSON()
  private var entries: [Entry] = []
  private var spans = Spans()
  private let known = KnownTexts()
  private let names: HandlerNames

  /// - Parameter names: those of the buffer whose records are written.
  init(_ names: HandlerNames) { self.names = names }

  /// Where things are in ``json``.
  private struct Spans {
    var message = 0..<0
    /// Logger and service.
    var names = 0..<0
    var error = 0..<0
    /// Source, file and line.
    var place = 0..<0
    var entries = 0..<0
  }

  private struct Entry {
    let name: UnsafeRawBufferPointer
    /// Where its value begins.
    let value: Int

    static func < (one: Entry, other: Entry) -> Bool {
      let common = min(one.name.count, other.name.count)
      if common > 0, let left = one.name.baseAddress, let right = other.name.baseAddress {
        let order = memcmp(left, right, common)
        if order != 0 { return order < 0 }
      }
      if one.name.count != other.name.count { return one.name.count < other.name.count }
      return one.value < other.value
    }
  }

  /// Leaves the record as a line in ``json``.
  ///
  /// - Returns: false when that can't be done, or the line is too long; the bytes in ``json`` mean nothing then.
  mutating func write(_ record: UnsafeRawBufferPointer) -> Bool {
    json.begin()
    entries.removeAll(keepingCapacity: true)
    var cursor = LogRecordCursor(record, at: 1)
    guard let level = cursor.number(UInt8.self), let flags = cursor.number(UInt8.self),
      let handler = cursor.number(UInt8.self),
      let line = cursor.number(UInt32.self), let time = cursor.number(Int64.self),
      let names = cursor.names(handler, names), let message = cursor.text(), let file = cursor.file(flags)
    else { return false }
    json.raw(#"{"time":"#)
    json.time(time)
    json.raw(#","level":""#)
    json.raw(LogRecordText.level(level))
    json.raw(#"","message":"#)
    var start = json.count
    json.string(message)
    spans.message = start..<json.count
    start = json.count
    json.raw(names)
    spans.names = start..<json.count
    start = json.count
    var source = LogRecordText.module(of: file)
    if flags & LogRecordTag.hasSource != 0 {
      guard let own = cursor.text() else { return false }
      source = own
    }
    if flags & LogRecordTag.hasError != 0 {
      guard let error = cursor.text(), let type = cursor.text() else { return false }
      json.raw(#","error":"#)
      json.string(error)
      json.raw(#","error_type":"#)
      json.string(type)
    }
    spans.error = start..<json.count
    start = json.count
    json.raw(#","source":"#)
    if let source { json.string(source) } else { json.raw(#""n/a""#) }
    json.raw(#","file":"#)
    json.string(file)
    json.raw(#","line":"#)
    json.unsigned(UInt64(line))
    spans.place = start..<json.count
    start = json.count
    while !cursor.isAtEnd {
      guard let name = cursor.text() else { return false }
      entries.append(Entry(name: name, value: cursor.place))
      guard cursor.skipValue() else { return false }
    }
    guard writeEntries(from: 0, of: record, isNested: false) else { return false }
    spans.entries = start..<json.count
    json.raw("}\n")
    return !json.isTooLong
  }

  /// Whether what ``write(_:)`` left may have something to mask. Not all of it is looked at each time: loggers and the places of
  /// calls are few, and the same again and again.
  ///
  /// - Parameter masking: the same for each call, and one that ``Masking/allowsParts(_:)`` of ``ownNames``.
  mutating func mayHold(_ masking: Masking) -> Bool {
    masking.mayHold(part(spans.message)) || masking.mayHold(part(spans.entries))
      || !spans.error.isEmpty && masking.mayHold(part(spans.error))
      || known.mayHold(part(spans.names), masking) || known.mayHold(part(spans.place), masking)
  }

  private func part(_ span: Range<Int>) -> Bytes {
    Bytes(rebasing: json.line.assumingMemoryBound(to: UInt8.self)[span])
  }

  static let ownNames = [
    "time", "level", "message", "logger", "service", "error", "error_type", "source", "file", "line",
  ]

  private static func level(_ number: UInt8) -> StaticString {
    switch number {
    case 0: "trace"
    case 1: "debug"
    case 2: "info"
    case 3: "notice"
    case 4: "warning"
    case 5: "error"
    default: "critical"
    }
  }

  /// What stands before the first slash, as swift-log derives it; nil without one.
  static func module(of file: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let start = file.baseAddress, let slash = memchr(start, Int32(UInt8(ascii: "/")), file.count) else {
      return nil
    }
    return UnsafeRawBufferPointer(start: start, count: UnsafeRawPointer(slash) - start)
  }

  /// Writes the entries that were found last, from that one on, in the order of their names, and forgets them.
  private mutating func writeEntries(from first: Int, of record: UnsafeRawBufferPointer, isNested: Bool) -> Bool {
    order(from: first)
    defer { entries.removeLast(entries.count - first) }
    var isFirst = true
    let end = entries.count
    for place in first..<end {
      let entry = entries[place]
      if place + 1 < end, LogRecordText.isSame(entry.name, entries[place + 1].name) { continue }
      if !isNested {
        json.name(entry.name)
      } else {
        if !isFirst { json.raw(",") }
        json.string(entry.name)
        json.raw(":")
      }
      isFirst = false
      var cursor = LogRecordCursor(record, at: entry.value)
      guard writeValue(&cursor, of: record) else { return false }
    }
    return true
  }

  private mutating func order(from first: Int) {
    guard entries.count - first <= 16 else {
      entries[first...].sort(by: <)
      return
    }
    var place = first + 1
    while place < entries.count {
      let entry = entries[place]
      var free = place
      while free > first, entry < entries[free - 1] {
        entries[free] = entries[free - 1]
        free -= 1
      }
      entries[free] = entry
      place += 1
    }
  }

  private static func isSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    guard one.count == other.count else { return false }
    guard let left = one.baseAddress, let right = other.baseAddress else { return true }
    return memcmp(left, right, one.count) == 0
  }

  private mutating func writeValue(_ cursor: inout LogRecordCursor, of record: UnsafeRawBufferPointer) -> Bool {
    switch cursor.number(UInt8.self) {
    case LogRecordTag.text:
      guard let text = cursor.text() else { return false }
      json.string(text)
    case LogRecordTag.json:
      guard let text = cursor.text() else { return false }
      json.raw(text)
    case LogRecordTag.integer:
      guard let value = cursor.number(Int64.self) else { return false }
      json.integer(value)
    case LogRecordTag.unsigned:
      guard let value = cursor.number(UInt64.self) else { return false }
      json.unsigned(value)
    case LogRecordTag.double:
      guard let value = cursor.number(Double.self) else { return false }
      json.double(value)
    case LogRecordTag.no: json.raw("false")
    case LogRecordTag.yes: json.raw("true")
    case LogRecordTag.array:
      guard let count = cursor.number(UInt32.self) else { return false }
      json.raw("[")
      for place in 0..<count {
        if place > 0 { json.raw(",") }
        guard writeValue(&cursor, of: record) else { return false }
      }
      json.raw("]")
    case LogRecordTag.dictionary:
      guard let count = cursor.number(UInt32.self) else { return false }
      let first = entries.count
      for _ in 0..<count {
        guard let name = cursor.text() else { return false }
        entries.append(Entry(name: name, value: cursor.place))
        guard cursor.skipValue() else { return false }
      }
      json.raw("{")
      guard writeEntries(from: first, of: record, isNested: true) else { return false }
      json.raw("}")
    default: return false
    }
    return true
  }
}

import CStellaLog
import Glibc
import Logging

/// Where swift-log and Swift have the parts of a log call in memory, for `stella_log_call`, which reads them there.
///
/// Neither says so, but both keep to it: what is read is the layout that inlined code of the standard library relies on as well. It is
/// tried out once in each process, on texts, dictionaries, values and events, before anything else is read by it. No address is
/// followed before it is known to lie in the storage of a dictionary of the trial, or to be that of a text that the library gives as
/// well. Where something is otherwise, each log call is asked for its parts, which is as right and slower.
enum LogLayout {
  /// Whether it is as `stella_log_call` knows it, which may be called then.
  static let isKnown: Bool = {
    guard var layout = offsets(), readsTexts(), readsTables(), readsValues(layout) else { return false }
    stella_log_set_layout(&layout)
    return writes()
  }()

  /// The storage of a dictionary, as long as that is there.
  @inline(__always)
  static func storage(of metadata: Logger.Metadata) -> UnsafeRawPointer {
    unsafeBitCast(metadata, to: UnsafeRawPointer.self)
  }

  // MARK: - Events

  private static func offsets() -> stella_log_layout? {
    guard MemoryLayout<UInt>.size == 8, UInt16(1).littleEndian == 1, MemoryLayout<String>.size == textBytes,
      isText(Logger.Message(stringLiteral: texts[6])), isText(Logger.Message(stringLiteral: texts[1])),
      MemoryLayout<Logger.Metadata?>.size == 8,
      MemoryLayout<(any Error)?>.size == 8, MemoryLayout<Logger.Level>.size == 1,
      MemoryLayout<Logger.MetadataValue>.stride == Int(STELLA_LOG_VALUE_BYTES),
      MemoryLayout<Logger.MetadataValue>.size > Int(STELLA_LOG_VALUE_CASE),
      let level = MemoryLayout<LogEvent>.offset(of: \.level),
      let message = MemoryLayout<LogEvent>.offset(of: \.message),
      let error = MemoryLayout<LogEvent>.offset(of: \.error),
      let metadata = MemoryLayout<LogEvent>.offset(of: \.metadata), let source = GivenSource.place,
      let file = MemoryLayout<LogEvent>.offset(of: \.file), let line = MemoryLayout<LogEvent>.offset(of: \.line)
    else { return nil }
    func type(_ type: Any.Type) -> UnsafeRawPointer { unsafeBitCast(type, to: UnsafeRawPointer.self) }
    return stella_log_layout(
      level: UInt32(level), message: UInt32(message), error: UInt32(error), metadata: UInt32(metadata),
      source: UInt32(source - MemoryLayout<UInt>.size), file: UInt32(file), line: UInt32(line),
      integer: type(Int.self), unsigned_integer: type(UInt.self), floating: type(Double.self), boolean: type(Bool.self),
      string: type(String.self))
  }

  /// Whether a message is its text and nothing else.
  private static func isText(_ message: Logger.Message) -> Bool {
    withUnsafeBytes(of: message) { bytes in
      withUnsafeBytes(of: message.description) { bytes.count == textBytes && bytes.elementsEqual($0) }
    }
  }

  // MARK: - Texts and dictionaries

  private static let textBytes = 16

  private static let texts = [
    "", "k", "fifteen letters", "sixteen letters!", "grün", "ein längerer Text, grün und blau",
    "a text of some more letters than what is short has",
  ]

  private static func readsTexts() -> Bool {
    // Those that are built stand elsewhere than those of the program.
    let built = texts.map { String($0.reversed()) } + [String(repeating: "x", count: 1000)]
    return (texts + built).allSatisfy { text in
      withUnsafePointer(to: text) { words in
        var found = stella_log_text()
        guard stella_log_text_of(words, &found), found.count == text.utf8.count else { return false }
        // A short one stands in the words, of which the library shows a copy.
        if UnsafeRawPointer(found.bytes) == UnsafeRawPointer(words) {
          return text.utf8.elementsEqual(UnsafeBufferPointer(start: found.bytes, count: found.count))
        }
        return text.utf8.withContiguousStorageIfAvailable { $0.baseAddress == found.bytes } ?? false
      }
    }
  }

  /// Whether the tables of dictionaries are found where they are, with all their keys.
  private static func readsTables() -> Bool {
    [1, 2, 3, 6, 7, 40, 200].allSatisfy { count in
      let metadata = Logger.Metadata(
        uniqueKeysWithValues: (0..<count).map { ("\($0) \(texts[$0 % texts.count])", .string("\($0)")) })
      return withExtendedLifetime(metadata) {
        let storage = storage(of: metadata)
        let room = stella_log_bytes_from(storage)
        guard room >= Int(STELLA_LOG_TABLE_HEAD) + 8 else { return false }
        let table = stella_log_table_of(storage)
        // What is no logarithm may be anything.
        guard table.count == count, table.buckets >= count, table.buckets <= 4 * count + 4 else { return false }
        let start = Int(bitPattern: storage)
        let (used, keys) = (Int(bitPattern: table.used) &- start, Int(bitPattern: table.keys) &- start)
        let values = Int(bitPattern: table.values) &- start
        guard (0...room).contains(keys), (0...room).contains(values),
          used + (table.buckets + 63) / 64 * 8 <= keys, keys + textBytes * table.buckets <= values,
          values + Int(STELLA_LOG_VALUE_BYTES) * table.buckets <= room
        else { return false }
        // A copy of a text has the same words.
        var left = Set(metadata.keys.map { withUnsafeBytes(of: $0) { Array($0) } })
        for bucket in 0..<table.buckets where table.used[bucket / 64] >> (bucket % 64) & 1 == 1 {
          let key = UnsafeRawBufferPointer(start: table.keys + textBytes * bucket, count: textBytes)
          if left.remove(Array(key)) == nil { return false }
        }
        return left.isEmpty
      }
    }
  }

  /// Whether values say their case, and existentials their type, where that is looked for.
  private static func readsValues(_ layout: stella_log_layout) -> Bool {
    let cases: [(Logger.MetadataValue, UInt8, UnsafeRawPointer?)] = [
      (.string("a"), 0, nil), (.string(texts[6]), 0, nil), (.stringConvertible(7), 1, layout.integer),
      (.stringConvertible(UInt(7)), 1, layout.unsigned_integer), (.stringConvertible(7.5), 1, layout.floating),
      (.stringConvertible(true), 1, layout.boolean), (.stringConvertible("a"), 1, layout.string),
      (.dictionary([:]), 2, nil), (.dictionary(["k": "v"]), 2, nil), (.array([]), 3, nil), (.array(["v"]), 3, nil),
    ]
    return cases.allSatisfy { value, number, type in
      withUnsafeBytes(of: value) {
        $0[Int(STELLA_LOG_VALUE_CASE)] == number
          && (type == nil || $0.load(fromByteOffset: 24, as: UnsafeRawPointer.self) == type)
      }
    }
  }

  // MARK: - All of it

  /// Whether events become the records that asking for their parts makes of them.
  private static func writes() -> Bool {
    let metadata: [Logger.Metadata?] = [
      nil, [:], ["k": "v"],
      [
        "text": .string(texts[6]), "integer": .stringConvertible(-7), "unsigned": .stringConvertible(UInt.max),
        "double": .stringConvertible(7.5), "yes": .stringConvertible(true), "no": .stringConvertible(false),
        "convertible": .stringConvertible(texts[5]),
      ],
    ]
    // One of the program's would stay where it is.
    let file = ["Module", "File and more.swift"].joined(separator: "/")
    return Logger.Level.allCases.allSatisfy { level in
      metadata.allSatisfy { metadata in
        [nil, "", texts[6]].allSatisfy { source in
          let event = LogEvent(
            level: level, message: "\(texts[5]) \(level)", metadata: metadata, source: source,
            file: file, function: "f()", line: 4711)
          return isWritten(event)
        }
      }
    }
  }

  private static func isWritten(_ event: LogEvent) -> Bool {
    var scratch = RecordScratch()
    guard var record = LogRecord(&scratch) else { return false }
    defer {
      record.end(&scratch)
      free(scratch.bytes)
    }
    let own: Logger.Metadata = ["own": "o"]
    let provided: Logger.Metadata = ["provided": "p"]
    record.begin(event, hasSource: GivenSource.isGiven(in: event), namesNumber: 1, names: [], time: 1_234_567_890)
    for metadata in [own, provided, event.metadata ?? [:]] { record.add(metadata) }
    guard let expected = record.bytes else { return false }
    var bytes = [UInt8](repeating: 0, count: expected.count + 64)
    let count = withExtendedLifetime((own, provided)) {
      withUnsafePointer(to: event) { event in
        bytes.withUnsafeMutableBufferPointer { bytes -> Int? in
          guard let start = bytes.baseAddress,
            let end = stella_log_write(
              event, 1, 1_234_567_890, storage(of: own), storage(of: provided), start, start + bytes.count)
          else { return nil }
          return end - start
        }
      }
    }
    return count == expected.count && bytes.prefix(expected.count).elementsEqual(expected)
  }
}

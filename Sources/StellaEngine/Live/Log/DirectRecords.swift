import CStellaLog
import CStellaValue
import Glibc
import StellaDetection
import StellaModel

/// Tells which records of log calls can go to the engine's columns as they are: those whose line says the same, and of which
/// nothing is masked. Whatever is unusual becomes a line. One thread uses it.
final class DirectRecords {
  /// Of two entries with one name the second counts: more than so many are not compared with each other.
  static let mostEntries = 16
  /// Nanoseconds since the epoch: years that every reader of times agrees on.
  private static let times: Range<Int64> = 0..<4_000_000_000_000_000_000
  /// A larger number may be that of a card.
  private static let largestPlain: Int64 = 999_999_999_999

  /// Of what ``isMasking`` asks for.
  private let masking: Masking
  private let isMasking: Bool
  private let isPossible: Bool
  private let names: HandlerNames
  /// Bytes of a record and of its file for which the line can't be longer than a line may be.
  private let longest: Int
  /// Few, and the same again and again.
  private let knownLoggers = KnownTexts()
  /// By their number, whether what is the same for every record of a handler may go.
  private let knownHandlers: UnsafeMutablePointer<Bool> = .allocate(capacity: handlerCount)
  private static let handlerCount = Int(UInt8.max) + 1
  private let knownFiles = KnownTexts()
  /// Sources and types of errors.
  private let knownTexts = KnownTexts()
  private let knownNames = KnownTexts()
  /// Names that are told by their ends and may go, each at the place that its mark tells.
  private let shortNames: UnsafeMutablePointer<CallRecordName> = .allocate(capacity: shortNameCount)
  private static let shortNameCount = 64
  /// The texts of the record in hand that are looked at each time, with a line feed behind each, which no form has within it: all
  /// at once that takes a third of the time. Behind them are zeros to the end of a ``block``.
  private var texts: UnsafeMutablePointer<UInt8>?
  private var textBytes = 0
  private var textCapacity = 0
  /// Of the names so far.
  private let marks: UnsafeMutablePointer<UInt64> = .allocate(capacity: mostEntries)

  /// - Parameters:
  ///   - names: those of the buffer that the records are in.
  ///   - masking: what is taken out of lines; nil for nothing.
  ///   - lineLimit: bytes of a line that are kept.
  init(_ names: HandlerNames, _ masking: Masking?, lineLimit: Int) {
    self.names = names
    self.masking = masking ?? Masking(kinds: [])
    isMasking = masking != nil
    isPossible = masking?.allowsParts(LogRecordText.ownNames) ?? true
    // A byte takes six at most, and those of the file may stand twice.
    longest = (min(lineLimit, RecordJSON.limitBytes) - 512) / 12
    let none = CallRecordName(UnsafeRawBufferPointer(start: nil, count: 0))
    shortNames.initialize(repeating: none, count: DirectRecords.shortNameCount)
    knownHandlers.initialize(repeating: false, count: DirectRecords.handlerCount)
  }

  deinit {
    marks.deallocate()
    shortNames.deallocate()
    knownHandlers.deallocate()
    texts?.deallocate()
  }

  /// Whether `record` may go as it is. O(bytes).
  func allows(_ record: UnsafeRawBufferPointer) -> Bool {
    guard isPossible, record.count <= longest else { return false }
    if isMasking { clearTexts(of: record) }
    var cursor = LogRecordCursor(record, at: 1)
    guard let level = cursor.number(UInt8.self), level < 7, let flags = cursor.number(UInt8.self),
      let handler = cursor.number(UInt8.self), cursor.number(UInt32.self) != nil,
      let time = cursor.number(Int64.self), DirectRecords.times.contains(time),
      allows(handler: handler, &cursor),
      let message = cursor.text(), let file = cursor.file(flags), record.count + file.count <= longest,
      allows(file: DirectRecords.bytes(file))
    else { return false }
    note(message)
    if flags & LogRecordTag.hasSource != 0 {
      guard let source = cursor.text(), allows(known: DirectRecords.bytes(source)) else { return false }
    }
    if flags & LogRecordTag.hasError != 0 {
      guard let error = cursor.text(), let type = cursor.text(), allows(known: DirectRecords.bytes(type)) else {
        return false
      }
      note(error)
    }
    var entries = 0
    while !cursor.isAtEnd {
      guard let name = cursor.text(), allows(name: name, &entries), allowsValue(&cursor) else { return false }
    }
    return !isMasking || allowsTexts()
  }

  /// Whether none of the texts that were noted has something to mask.
  @inline(__always)
  private func allowsTexts() -> Bool {
    guard let texts, textBytes > 0 else { return true }
    UnsafeMutableRawPointer(texts + textBytes).initializeMemory(
      as: UInt8.self, repeating: 0, count: DirectRecords.block)
    // In whole blocks nothing has to be copied to look at it.
    let count = (textBytes &+ DirectRecords.block &- 1) & ~(DirectRecords.block &- 1)
    return !masking.mayHold(Bytes(start: texts, count: count))
  }

  /// What the filter looks at together.
  private static let block = 64

  // MARK: - What comes again and again

  @inline(__always)
  private func allows(handler: UInt8, _ cursor: inout LogRecordCursor) -> Bool {
    if knownHandlers[Int(handler)] { return true }
    guard let names = cursor.names(handler, names), allows(names: DirectRecords.bytes(names)) else { return false }
    if handler != HandlerNames.none { knownHandlers[Int(handler)] = true }
    return true
  }

  @inline(__always)
  private func allows(names: Bytes) -> Bool { knownLoggers.has(names) || allowsNew(names: names) }

  @inline(never)
  private func allowsNew(names: Bytes) -> Bool {
    if CallNames(UnsafeRawBufferPointer(names)) == nil || isMasking && masking.mayHold(names) { return false }
    knownLoggers.keep(names)
    return true
  }

  @inline(__always)
  private func allows(file: Bytes) -> Bool { !isMasking || knownFiles.has(file) || allowsNew(file: file) }

  @inline(never)
  private func allowsNew(file: Bytes) -> Bool {
    if masking.mayHold(file) { return false }
    // What the source is derived from goes with it.
    if let module = LogRecordText.module(of: UnsafeRawBufferPointer(file)),
      masking.mayHold(DirectRecords.bytes(module))
    {
      return false
    }
    knownFiles.keep(file)
    return true
  }

  @inline(__always)
  private func allows(known text: Bytes) -> Bool { !isMasking || !knownTexts.mayHold(text, masking) }

  /// Whether a name is neither one too many, nor one of those before, nor one of the record's own, nor asks for masking.
  @inline(__always)
  private func allows(name: UnsafeRawBufferPointer, _ entries: inout Int) -> Bool {
    if entries == DirectRecords.mostEntries || name.count == 0 { return false }
    // Names that differ only in their middle count as one.
    let key = CallRecordName(name)
    let mark = key.mark
    for place in 0..<entries where marks[place] == mark { return false }
    marks[entries] = mark
    entries &+= 1
    return key.isWhole && shortNames[Int(truncatingIfNeeded: mark &>> 58)] == key || allowsNew(name: name, key)
  }

  @inline(never)
  private func allowsNew(name: UnsafeRawBufferPointer, _ key: CallRecordName) -> Bool {
    let bytes = DirectRecords.bytes(name)
    if !knownNames.has(bytes) {
      if RecordJSON.isOwn(name) { return false }
      // What asks by the name sees it as JSON has it.
      if isMasking,
        masking.asks(for: bytes) || bytes.contains(where: { $0 < 0x20 || $0 > 0x7E || $0 == 0x22 || $0 == 0x5C })
      {
        return false
      }
      knownNames.keep(bytes)
    }
    if key.isWhole { shortNames[Int(truncatingIfNeeded: key.mark &>> 58)] = key }
    return true
  }

  // MARK: - Values

  @inline(__always)
  private func allowsValue(_ cursor: inout LogRecordCursor) -> Bool {
    switch cursor.number(UInt8.self) {
    case LogRecordTag.text:
      guard let text = cursor.text() else { return false }
      note(text)
    case LogRecordTag.integer:
      guard let number = cursor.number(Int64.self) else { return false }
      if number > DirectRecords.largestPlain { note(number) }
    case LogRecordTag.unsigned:
      guard let number = cursor.number(UInt64.self).flatMap({ Int64(exactly: $0) }) else { return false }
      if number > DirectRecords.largestPlain { note(number) }
    case LogRecordTag.double: return cursor.number(Double.self)?.isFinite ?? false
    case LogRecordTag.no, LogRecordTag.yes: break
    case LogRecordTag.json: return cursor.text().map { DirectRecords.integer($0) != nil } ?? false
    default: return false
    }
    return true
  }

  /// Makes room for the texts of a record: none is longer than what it takes there, and no number over four times as long.
  private func clearTexts(of record: UnsafeRawBufferPointer) {
    textBytes = 0
    if textCapacity >= 4 &* record.count { return }
    texts?.deallocate()
    textCapacity = max(4096, 8 * record.count)
    texts = .allocate(capacity: textCapacity + DirectRecords.block)
  }

  @inline(__always)
  private func note(_ text: UnsafeRawBufferPointer) {
    guard let texts, let start = text.baseAddress else { return }
    stella_log_copy(texts + textBytes, start, text.count)
    textBytes &+= text.count
    texts[textBytes] = 0x0A
    textBytes &+= 1
  }

  @inline(never)
  private func note(_ number: Int64) {
    var digits = String(number)
    digits.withUTF8 { note(UnsafeRawBufferPointer($0)) }
  }

  @inline(__always)
  private static func bytes(_ text: UnsafeRawBufferPointer) -> Bytes { text.assumingMemoryBound(to: UInt8.self) }

  /// The number that a text of JSON is; nil for all but integers of at most twelve digits.
  static func integer(_ json: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = json.first == UInt8(ascii: "-")
    let digits = json.dropFirst(isNegative ? 1 : 0)
    guard let first = digits.first, digits.count <= 12, first != UInt8(ascii: "0") || digits.count == 1 && !isNegative
    else { return nil }
    var number: Int64 = 0
    for digit in digits {
      guard digit &- 48 < 10 else { return nil }
      number = 10 * number + Int64(digit &- 48)
    }
    return isNegative ? -number : number
  }
}

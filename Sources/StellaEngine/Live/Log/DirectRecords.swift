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

  private let masking: Masking?
  private let isPossible: Bool
  /// Bytes of a record whose line can't be longer than a line may be.
  private let longest: Int
  /// Loggers, files, sources and types of errors: few, and the same again and again.
  private var known = KnownTexts()
  private var knownNames = KnownTexts()
  /// Of the names so far.
  private let marks: UnsafeMutablePointer<UInt64> = .allocate(capacity: mostEntries)

  /// - Parameters:
  ///   - masking: what is taken out of lines; nil for nothing.
  ///   - lineLimit: bytes of a line that are kept.
  init(_ masking: Masking?, lineLimit: Int) {
    self.masking = masking
    isPossible = masking?.allowsParts(LogRecordText.ownNames) ?? true
    // A byte takes six at most, and those of the file may stand twice.
    longest = (min(lineLimit, RecordJSON.limitBytes) - 512) / 12
  }

  deinit { marks.deallocate() }

  /// Whether `record` may go as it is. O(bytes).
  func allows(_ record: UnsafeRawBufferPointer) -> Bool {
    guard isPossible, record.count <= longest else { return false }
    var cursor = LogRecordCursor(record, at: 1)
    guard let level = cursor.number(UInt8.self), level < 7, let flags = cursor.number(UInt8.self),
      cursor.number(UInt8.self) != nil, cursor.number(UInt32.self) != nil,
      let time = cursor.number(Int64.self), DirectRecords.times.contains(time),
      let names = cursor.text(), CallNames(names) != nil,
      let message = cursor.text(), let file = cursor.text()
    else { return false }
    if let masking {
      // What the source is derived from goes with it.
      let isDoubtful = known.mayHold(DirectRecords.bytes(file)) { file in
        masking.mayHold(file)
          || LogRecordText.module(of: UnsafeRawBufferPointer(file)).map { masking.mayHold(DirectRecords.bytes($0)) }
            ?? false
      }
      if isDoubtful || known.mayHold(DirectRecords.bytes(names), masking) || mayHold(message) { return false }
    }
    if flags & LogRecordTag.hasSource != 0 {
      guard let source = cursor.text() else { return false }
      if let masking, known.mayHold(DirectRecords.bytes(source), masking) { return false }
    }
    if flags & LogRecordTag.hasError != 0 {
      guard let error = cursor.text(), let type = cursor.text() else { return false }
      if let masking, mayHold(error) || known.mayHold(DirectRecords.bytes(type), masking) { return false }
    }
    var entries = 0
    while !cursor.isAtEnd {
      guard let name = cursor.text(), !name.isEmpty, !RecordJSON.isOwn(name), note(name, &entries), allowsValue(&cursor)
      else { return false }
    }
    return true
  }

  /// Whether a name is neither one too many, nor one of those before, nor asks for masking.
  @inline(__always)
  private func note(_ name: UnsafeRawBufferPointer, _ entries: inout Int) -> Bool {
    if entries == DirectRecords.mostEntries { return false }
    // Names that differ only in their middle count as one.
    let mark = CallRecordName(name).mark
    for place in 0..<entries where marks[place] == mark { return false }
    marks[entries] = mark
    entries &+= 1
    guard let masking else { return true }
    return !knownNames.mayHold(DirectRecords.bytes(name)) { name in
      // What asks by the name sees it as JSON has it.
      masking.asks(for: name) || name.contains { $0 < 0x20 || $0 > 0x7E || $0 == 0x22 || $0 == 0x5C }
    }
  }

  @inline(__always)
  private func allowsValue(_ cursor: inout LogRecordCursor) -> Bool {
    switch cursor.number(UInt8.self) {
    case LogRecordTag.text: return cursor.text().map { !mayHold($0) } ?? false
    case LogRecordTag.integer: return cursor.number(Int64.self).map(allows(number:)) ?? false
    case LogRecordTag.unsigned:
      return cursor.number(UInt64.self).flatMap { Int64(exactly: $0) }.map(allows(number:)) ?? false
    case LogRecordTag.double: return cursor.number(Double.self)?.isFinite ?? false
    case LogRecordTag.no, LogRecordTag.yes: return true
    case LogRecordTag.json: return cursor.text().map { DirectRecords.integer($0) != nil } ?? false
    default: return false
    }
  }

  private func allows(number: Int64) -> Bool {
    guard number > DirectRecords.largestPlain, let masking else { return true }
    var digits = String(number)
    return digits.withUTF8 { !masking.mayHold($0) }
  }

  @inline(__always)
  private func mayHold(_ text: UnsafeRawBufferPointer) -> Bool {
    masking?.mayHold(DirectRecords.bytes(text)) ?? false
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

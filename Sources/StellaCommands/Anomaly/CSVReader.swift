/// Reads records of comma-separated values (RFC 4180) from bytes that come in pieces.
///
/// Lines end with LF or CRLF; a field in double quotes may hold commas, line ends and doubled quotes; empty lines and a
/// byte order mark at the start are passed over. O(bytes); memory: the longest record.
struct CSVReader {
  /// The most bytes a record may have: a quote that is never closed must not swallow a whole stream.
  static let recordLimit = 1 << 20

  private var bytes: [UInt8] = []
  private var start = 0
  private var text: [UInt8] = []
  private var ends: [Int] = []
  private var isAtBeginning = true
  private var nextLine = 1
  /// The line on which the current record begins, from 1.
  private(set) var line = 0

  struct Failure: Error, Equatable {
    var line: Int
    /// What is wrong and what to do.
    var message: String
  }

  var fieldCount: Int { ends.count }

  /// Gives field `index` of the current record, without its quotes, to `body`.
  func withField<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    let begin = index == 0 ? 0 : ends[index - 1]
    return try text.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[begin..<ends[index]])) }
  }

  func bytes(_ index: Int) -> ArraySlice<UInt8> { text[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

  func string(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

  mutating func append(_ piece: UnsafeRawBufferPointer) {
    bytes.removeFirst(start)
    start = 0
    bytes.append(contentsOf: piece)
  }

  /// Goes to the next record. False when the bytes so far hold no further whole one.
  ///
  /// - Parameter isLast: no more bytes will come, so that what is left is a record even without an end of line.
  mutating func next(isLast: Bool) throws(Failure) -> Bool {
    if isAtBeginning {
      if bytes.count - start < 3, !isLast { return false }
      if bytes[start...].starts(with: [0xEF, 0xBB, 0xBF]) { start += 3 }
      isAtBeginning = false
    }
    repeat {
      if start == bytes.count { return false }
      guard try readRecord(isLast: isLast) else { return false }
    } while ends.count == 1 && text.isEmpty
    return true
  }

  private enum Place { case fieldStart, bare, quoted, afterQuote }

  private mutating func readRecord(isLast: Bool) throws(Failure) -> Bool {
    text.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    line = nextLine
    var lines = 0
    var place = Place.fieldStart
    var index = start
    let count = bytes.count
    while index < count {
      let byte = bytes[index]
      index += 1
      if place == .quoted {
        if byte == UInt8(ascii: "\"") {
          place = .afterQuote
        } else {
          text.append(byte)
          if byte == UInt8(ascii: "\n") { lines += 1 }
        }
        continue
      }
      switch byte {
      case UInt8(ascii: ","):
        ends.append(text.count)
        place = .fieldStart
      case UInt8(ascii: "\n"):
        if place == .bare, text.last == UInt8(ascii: "\r") { text.removeLast() }
        ends.append(text.count)
        start = index
        nextLine = line + lines + 1
        return true
      case UInt8(ascii: "\""):
        switch place {
        case .fieldStart: place = .quoted
        case .afterQuote:
          text.append(byte)
          place = .quoted
        default:
          throw Failure(
            line: line + lines, message: "a quote stands within a field; put the field in quotes and double its quotes")
        }
      case UInt8(ascii: "\r") where place == .afterQuote: break
      default:
        guard place != .afterQuote else {
          throw Failure(line: line + lines, message: "text follows a closing quote; double the quotes within a field")
        }
        text.append(byte)
        place = .bare
      }
    }
    if count - start > CSVReader.recordLimit {
      throw Failure(line: line, message: "the row is longer than 1 MiB; look for a quote that is never closed")
    }
    guard isLast else { return false }
    if place == .quoted {
      throw Failure(line: line, message: "a quote is opened and never closed; close it or remove it")
    }
    if place == .bare, text.last == UInt8(ascii: "\r") { text.removeLast() }
    ends.append(text.count)
    start = count
    return true
  }
}

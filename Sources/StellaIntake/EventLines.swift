import Glibc
import StellaModel

/// The events of a request's body, as JSON objects of one line each.
///
/// The shape is checked, not what the objects hold: that is for the decoder that looks for their times afterwards. An event
/// without a time gets that of its arrival, in its line, so that reading it again tells the same.
package struct EventLines {
  package enum Format: Sendable, Hashable, CaseIterable {
    /// One object a line; blank lines are left out.
    case lines
    /// Objects, or arrays of objects, written in any way.
    case json
    /// Text, of which each line is a message.
    case text
  }

  private var bytes: [UInt8] = []
  private var count = 0
  private let context: IntakeContext

  /// O(bytes).
  ///
  /// - Throws: ``CommandFailure`` `usage` that says where the body is none of the kind.
  package static func batch(
    _ body: UnsafeRawBufferPointer, format: Format, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    var lines = EventLines(context)
    switch format {
    case .lines: try lines.takeLines(body)
    case .json: try lines.takeJSON(body)
    case .text: lines.takeText(body)
    }
    var batch = IntakeBatch()
    (batch.bytes, batch.count) = (lines.bytes, lines.count)
    return batch
  }

  /// What to say of a line of ``Format/lines`` that has the shape of a JSON object and is none. O(bytes).
  ///
  /// - Parameter event: its place among those that ``batch(_:format:_:)`` made of the body, from 0.
  package static func refusal(of event: Int, _ reason: String, in body: UnsafeRawBufferPointer) -> CommandFailure {
    var (left, place, text) = (event, 0, "")
    try? eachLine(body) { (line, number) throws(CommandFailure) in
      if line.isEmpty { return }
      if left == 0 { (place, text) = (number, sample(line)) }
      left -= 1
    }
    return CommandFailure(.usage, "line \(place) is no JSON object: \(text): \(reason). No line was taken.")
  }

  private init(_ context: IntakeContext) { self.context = context }

  /// Calls `body` with each line, and with its number from 1, without what ends it and without spaces around.
  private static func eachLine(
    _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws(CommandFailure) -> Void
  ) throws(CommandFailure) {
    guard var start = text.baseAddress else { return }
    let end = start + text.count
    var number = 0
    while start < end {
      let newline = memchr(start, 0x0a, end - start).map { UnsafeRawPointer($0) } ?? end
      number += 1
      try body(trimmed(UnsafeRawBufferPointer(start: start, count: newline - start)), number)
      start = newline + 1
    }
  }

  private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
    var (start, end) = (0, line.count)
    while start < end, isSpace(line[start]) { start += 1 }
    while start < end, isSpace(line[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: line[start..<end])
  }

  private mutating func takeLines(_ body: UnsafeRawBufferPointer) throws(CommandFailure) {
    bytes.reserveCapacity(body.count + 1)
    // Lines that follow each other as they shall be are copied together.
    var run = UnsafeRawBufferPointer(start: nil, count: 0)
    try Self.eachLine(body) { (object, number) throws(CommandFailure) in
      if object.isEmpty { return }
      guard object.first == UInt8(ascii: "{"), object.last == UInt8(ascii: "}") else {
        throw CommandFailure(.usage, "line \(number) is no JSON object: \(Self.sample(object)). No line was taken.")
      }
      count += 1
      let isWhole = context.timeNames.isTold(by: object)
      if isWhole, let start = run.baseAddress, let next = object.baseAddress, start + run.count + 1 == next,
        start.load(fromByteOffset: run.count, as: UInt8.self) == 0x0a
      {
        run = UnsafeRawBufferPointer(start: start, count: run.count + 1 + object.count)
        return
      }
      end(run)
      run = isWhole ? object : UnsafeRawBufferPointer(start: nil, count: 0)
      if !isWhole {
        bytes.append(contentsOf: object)
        tellArrival(isFirst: object[1..<object.count - 1].allSatisfy { $0 == 0x20 || $0 == 0x09 })
        bytes.append(0x0a)
      }
    }
    end(run)
  }

  private mutating func end(_ run: UnsafeRawBufferPointer) {
    if run.isEmpty { return }
    bytes.append(contentsOf: run)
    bytes.append(0x0a)
  }

  /// Adds the arrival to the object that the bytes end with. Of members of one name the last counts.
  private mutating func tellArrival(isFirst: Bool) {
    var json = JSONText()
    if !isFirst { json.raw(",") }
    json.raw("\"time\":")
    json.time(context.arrival)
    json.raw("}")
    bytes.removeLast()
    bytes.append(contentsOf: json.bytes)
  }

  private mutating func takeText(_ body: UnsafeRawBufferPointer) {
    var json = JSONText()
    try? Self.eachLine(body) { (line, _) throws(CommandFailure) in
      if line.isEmpty { return }
      // What the reader of the line would cut were no JSON any more.
      var kept = line.count
      while true {
        json.removeAll()
        json.raw("{")
        json.name("message")
        json.string(String(decoding: line[..<kept], as: UTF8.self))
        json.name("time")
        json.time(context.arrival)
        json.raw("}\n")
        let length = json.bytes.count - 1
        if length <= context.lineBytes || kept == 0 { break }
        kept = min(kept - 1, kept * context.lineBytes / length)
      }
      bytes.append(contentsOf: json.bytes)
      count += 1
    }
  }

  private mutating func takeJSON(_ body: UnsafeRawBufferPointer) throws(CommandFailure) {
    bytes.reserveCapacity(body.count + 1)
    var depth = 0
    var start = 0
    // Whether an array of events is open.
    var isListed = false
    var isText = false
    var isEscaped = false
    // Whether spaces were left out since the last byte: they may be all that parts two values.
    var isParted = false
    for (place, byte) in body.enumerated() {
      func failure(_ what: String) -> CommandFailure {
        let rest = UnsafeRawBufferPointer(rebasing: body[place...])
        return CommandFailure(.usage, "byte \(place + 1): \(what), found \(Self.sample(rest)). No event was taken.")
      }
      if isText {
        if byte < 0x20 { throw failure("a text holds no line break or control character") }
        bytes.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
        continue
      }
      switch byte {
      case 0x20, 0x09, 0x0a, 0x0d:
        isParted = true
        continue
      case UInt8(ascii: "{"):
        if depth == 0 { start = bytes.count }
        depth += 1
      case UInt8(ascii: "}") where depth > 0:
        depth -= 1
        bytes.append(byte)
        if depth == 0 {
          let isWhole = bytes.withUnsafeBytes {
            context.timeNames.isTold(by: UnsafeRawBufferPointer(rebasing: $0[start...]))
          }
          if !isWhole { tellArrival(isFirst: bytes.count == start + 2) }
          bytes.append(0x0a)
          count += 1
        }
        continue
      case UInt8(ascii: "[") where depth == 0 && !isListed:
        isListed = true
        continue
      case UInt8(ascii: "]") where depth == 0 && isListed:
        isListed = false
        continue
      case UInt8(ascii: ",") where depth == 0 && isListed:
        continue
      case UInt8(ascii: "\"") where depth > 0:
        isText = true
      default:
        if depth == 0 { throw failure("an event is a JSON object") }
        if isParted, Self.isPlain(byte), bytes.last.map(Self.isPlain) == true { bytes.append(0x20) }
      }
      isParted = false
      bytes.append(byte)
    }
    if isText || depth > 0 || isListed {
      throw CommandFailure(.usage, "the JSON ends in the middle. No event was taken.")
    }
  }

  /// Whether a byte outside texts is of a number or a word.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","),
      UInt8(ascii: ":"), UInt8(ascii: "\""):
      false
    default: true
    }
  }

  /// The beginning, for a message.
  private static func sample(_ bytes: UnsafeRawBufferPointer) -> String {
    let text = String(decoding: bytes.prefix(40), as: UTF8.self)
    return TextEscaping.oneLine(text.debugDescription, limit: 60)
  }
}

import StellaModel

/// The events of a request's body, as JSON objects of one line each.
///
/// The shape is checked, not what the objects hold: what decodes to no event is counted by the source that reads them.
package struct EventLines: Sendable, Hashable {
  package enum Format: Sendable, Hashable, CaseIterable {
    /// One object a line; blank lines are left out.
    case lines
    /// Objects, or arrays of objects, written in any way.
    case json
    /// Text, of which each line is a message.
    case text
  }

  /// Each with its newline.
  package private(set) var bytes: [UInt8] = []
  package private(set) var count = 0

  /// O(bytes).
  ///
  /// - Throws: ``CommandFailure`` `usage` that says where the body is none of the kind.
  package init(_ body: UnsafeRawBufferPointer, format: Format) throws(CommandFailure) {
    switch format {
    case .lines: try takeLines(body)
    case .json: try takeJSON(body)
    case .text: takeText(body)
    }
  }

  /// Calls `body` with each line, and with its number from 1, without what ends it.
  private static func eachLine(
    _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws(CommandFailure) -> Void
  ) throws(CommandFailure) {
    var rest = text[...]
    var number = 0
    while !rest.isEmpty {
      let line = rest.prefix { $0 != 0x0a }
      number += 1
      try body(UnsafeRawBufferPointer(rebasing: line), number)
      rest = rest[min(line.endIndex + 1, rest.endIndex)...]
    }
  }

  private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
    var line = line[...]
    while let first = line.first, isSpace(first) { line.removeFirst() }
    while let last = line.last, isSpace(last) { line.removeLast() }
    return UnsafeRawBufferPointer(rebasing: line)
  }

  private mutating func takeLines(_ body: UnsafeRawBufferPointer) throws(CommandFailure) {
    bytes.reserveCapacity(body.count + 1)
    try Self.eachLine(body) { (line, number) throws(CommandFailure) in
      let object = Self.trimmed(line)
      if object.isEmpty { return }
      guard object.first == UInt8(ascii: "{"), object.last == UInt8(ascii: "}") else {
        throw CommandFailure(.usage, "line \(number) is no JSON object: \(Self.sample(object)). No line was taken.")
      }
      bytes.append(contentsOf: object)
      bytes.append(0x0a)
      count += 1
    }
  }

  private mutating func takeText(_ body: UnsafeRawBufferPointer) {
    var json = JSONText()
    try? Self.eachLine(body) { (line, _) throws(CommandFailure) in
      let line = Self.trimmed(line)
      if line.isEmpty { return }
      json.removeAll()
      json.raw("{")
      json.name("message")
      json.string(String(decoding: line, as: UTF8.self))
      json.raw("}\n")
      bytes.append(contentsOf: json.bytes)
      count += 1
    }
  }

  private mutating func takeJSON(_ body: UnsafeRawBufferPointer) throws(CommandFailure) {
    bytes.reserveCapacity(body.count + 1)
    var depth = 0
    // Whether an array of events is open.
    var isListed = false
    var isText = false
    var isEscaped = false
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
        continue
      case UInt8(ascii: "{"):
        depth += 1
      case UInt8(ascii: "}") where depth > 0:
        depth -= 1
        bytes.append(byte)
        if depth == 0 {
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
      }
      bytes.append(byte)
    }
    if isText || depth > 0 || isListed {
      throw CommandFailure(.usage, "the JSON ends in the middle. No event was taken.")
    }
  }

  /// The beginning, for a message.
  private static func sample(_ bytes: UnsafeRawBufferPointer) -> String {
    let text = String(decoding: bytes.prefix(40), as: UTF8.self)
    return TextEscaping.oneLine(text.debugDescription, limit: 60)
  }
}

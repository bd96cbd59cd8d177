/// Writes JSON text: valid escapes, integers as they are, doubles as the shortest text that reads back the same and still
/// looks like a double, never NaN or an infinity (they become null).
package struct JSONText {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// - Parameter capacity: bytes that it will probably need.
  package init(capacity: Int) { bytes.reserveCapacity(capacity) }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Takes back what was written behind `count` bytes.
  package mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

  /// Appends text that already is JSON.
  package mutating func raw(_ json: some Collection<UInt8>) { bytes.append(contentsOf: json) }

  package mutating func raw(_ json: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
  }

  /// `"name":`, with a comma before it unless an object or array has just been opened.
  package mutating func name(_ name: String) {
    separate()
    string(name)
    bytes.append(UInt8(ascii: ":"))
  }

  /// A comma, unless something has just been opened or nothing was written yet.
  package mutating func separate() {
    guard let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "["), last != UInt8(ascii: "\n") else {
      return
    }
    bytes.append(UInt8(ascii: ","))
  }

  package mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { escape($0) }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Text whose bytes are UTF-8; what isn't stays as it is.
  package mutating func string(_ utf8: UnsafeRawBufferPointer) {
    bytes.append(UInt8(ascii: "\""))
    escape(utf8.assumingMemoryBound(to: UInt8.self))
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>) {
    var start = 0
    for (index, byte) in utf8.enumerated()
    where byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F || byte == 0xC2 {
      var code = byte
      if byte == 0xC2 {
        // U+0080 … U+009F: terminals take them for escape sequences too.
        guard index + 1 < utf8.count, (0x80..<0xA0).contains(utf8[index + 1]) else { continue }
        code = utf8[index + 1]
      }
      bytes.append(contentsOf: utf8[start..<index])
      start = index + (byte == 0xC2 ? 2 : 1)
      bytes.append(UInt8(ascii: "\\"))
      switch code {
      case 0x22, 0x5C: bytes.append(code)
      case 0x08: bytes.append(UInt8(ascii: "b"))
      case 0x09: bytes.append(UInt8(ascii: "t"))
      case 0x0A: bytes.append(UInt8(ascii: "n"))
      case 0x0C: bytes.append(UInt8(ascii: "f"))
      case 0x0D: bytes.append(UInt8(ascii: "r"))
      default:
        let digits: StaticString = "0123456789abcdef"
        bytes.append(contentsOf: [UInt8(ascii: "u"), 48, 48])
        bytes.append(digits.utf8Start[Int(code >> 4)])
        bytes.append(digits.utf8Start[Int(code & 15)])
      }
    }
    bytes.append(contentsOf: utf8[start...])
  }

  package mutating func integer(_ value: some BinaryInteger) { bytes.append(contentsOf: String(value).utf8) }

  package mutating func double(_ value: Double) {
    // Swift prints the shortest digits that round-trip (Adams 2019), always with a fraction or an exponent.
    if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { raw("null") }
  }

  package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  package mutating func value(_ value: FieldValue) {
    switch value {
    case .null: raw("null")
    case .bool(let value): bool(value)
    case .integer(let value): integer(value)
    case .double(let value): double(value)
    case .string(let value): string(value)
    case .array(let elements):
      raw("[")
      for element in elements {
        separate()
        self.value(element)
      }
      raw("]")
    case .object(let members):
      raw("{")
      for member in members {
        name(member.name)
        self.value(member.value)
      }
      raw("}")
    }
  }

  /// The event as an object: `time`, `level`, `service` and `message` first, then `fields` with everything the record
  /// had, under its own names.
  package mutating func event(_ event: Event) {
    raw("{")
    name("time")
    string(Timestamp.text(event.time))
    if let level = event.level {
      name("level")
      string(level.name)
    }
    if let service = event.service {
      name("service")
      string(service)
    }
    name("message")
    string(event.message)
    name("fields")
    value(.object(event.fields))
    raw("}")
  }
}

extension FieldValue {
  /// The value as JSON.
  package var json: String {
    var writer = JSONText()
    writer.value(self)
    return writer.text
  }
}

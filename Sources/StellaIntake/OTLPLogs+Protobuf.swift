import FoundationEssentials
import StellaModel

extension OTLPLogs {
  /// Reads a body of `application/x-protobuf`.
  ///
  /// Field numbers are those of opentelemetry-proto 1.x. There is no generated code: five messages are read, once each and straight
  /// into lines, which needs no objects in between and no library at the start of every other command.
  ///
  /// - Throws: ``CommandFailure`` `usage` when it is no such message. Nothing was taken.
  package static func batch(
    protobuf body: UnsafeRawBufferPointer, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    var logs = OTLPLogs(context)
    do throws(Refusal) {
      try eachField(body) { (field) throws(Refusal) in
        if field.number == 1, let bytes = field.bytes { try logs.takeResource(bytes) }
      }
    } catch {
      throw CommandFailure(.usage, "the body is no ExportLogsServiceRequest. No record was taken.")
    }
    return logs.batch
  }

  private static func eachField(
    _ bytes: UnsafeRawBufferPointer, _ body: (ProtobufReader.Field) throws(Refusal) -> Void
  ) throws(Refusal) {
    var reader = ProtobufReader(bytes)
    do {
      while let field = try reader.next() { try body(field) }
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw .malformed
    }
  }

  private mutating func takeResource(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
    resource.removeAll()
    // A message's fields may come in any order.
    try Self.eachField(bytes) { (field) throws(Refusal) in
      guard field.number == 1, let bytes = field.bytes else { return }
      try Self.eachField(bytes) { (field) throws(Refusal) in
        if field.number == 1, let bytes = field.bytes { try Self.add(bytes, to: &resource) }
      }
    }
    try Self.eachField(bytes) { (field) throws(Refusal) in
      if field.number == 2, let bytes = field.bytes { try takeScope(bytes) }
    }
  }

  private mutating func takeScope(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
    scope.removeAll()
    try Self.eachField(bytes) { (field) throws(Refusal) in
      guard field.number == 1, let bytes = field.bytes else { return }
      try Self.eachField(bytes) { (field) throws(Refusal) in
        guard let bytes = field.bytes else { return }
        switch field.number {
        case 1 where !bytes.isEmpty: scope.add("logger") { $0.string(bytes) }
        case 2 where !bytes.isEmpty: scope.add("scope.version") { $0.string(bytes) }
        case 3: try Self.add(bytes, to: &scope)
        default: break
        }
      }
    }
    try Self.eachField(bytes) { (field) throws(Refusal) in
      if field.number == 2, let bytes = field.bytes { try takeRecord(bytes) }
    }
  }

  private mutating func takeRecord(_ record: UnsafeRawBufferPointer) throws(Refusal) {
    var head = Head()
    var text: UnsafeRawBufferPointer?
    var body: UnsafeRawBufferPointer?
    try Self.eachField(record) { (field) throws(Refusal) in
      switch (field.number, field.value) {
      case (1, .fixed64(let time)): head.time = Int64(clamping: time)
      case (2, .varint(let number)): head.severity = Int64(truncatingIfNeeded: number)
      case (3, .bytes(let bytes)): head.severityText = bytes
      case (5, .bytes(let value)):
        (text, body) = (nil, nil)
        try Self.eachField(value) { (field) throws(Refusal) in
          if field.number == 1, let bytes = field.bytes { text = bytes } else { body = value }
        }
      case (9, .bytes(let bytes)): head.trace = Self.identity(bytes)
      case (10, .bytes(let bytes)): head.span = Self.identity(bytes)
      case (11, .fixed64(let time)): head.observed = Int64(clamping: time)
      case (12, .bytes(let bytes)): head.eventName = bytes
      default: break
      }
    }
    try take(head, text: text) { (members) throws(Refusal) in
      try Self.eachField(record) { (field) throws(Refusal) in
        if field.number == 6, let bytes = field.bytes { try Self.add(bytes, to: &members) }
      }
      guard text == nil, let body else { return }
      try members.add("body") { (json) throws(Refusal) in try Self.write(body, to: &json, depth: 0) }
    }
  }

  /// Adds a `KeyValue`.
  private static func add(_ pair: UnsafeRawBufferPointer, to members: inout MemberList) throws(Refusal) {
    let (name, value) = try parts(pair)
    try members.add(name, prefix: "attributes.") { (json) throws(Refusal) in try write(value, to: &json, depth: 0) }
  }

  private static func parts(
    _ pair: UnsafeRawBufferPointer
  ) throws(Refusal) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var parts = (name: none, value: none)
    try eachField(pair) { (field) throws(Refusal) in
      guard let bytes = field.bytes else { return }
      if field.number == 1 { parts.name = bytes }
      if field.number == 2 { parts.value = bytes }
    }
    return parts
  }

  /// Writes an `AnyValue`; null for one without a value.
  private static func write(_ value: UnsafeRawBufferPointer, to json: inout JSONText, depth: Int) throws(Refusal) {
    guard depth < depthLimit else { throw .depth }
    let start = json.bytes.count
    try eachField(value) { (field) throws(Refusal) in
      // Of several values the last counts.
      json.truncate(to: start)
      switch (field.number, field.value) {
      case (1, .bytes(let text)): json.string(text)
      case (2, .varint(let flag)): json.bool(flag != 0)
      case (3, .varint(let number)): json.integer(Int64(bitPattern: number))
      case (4, .fixed64(let bits)): json.double(Double(bitPattern: bits))
      case (5, .bytes(let elements)):
        json.raw("[")
        try eachField(elements) { (field) throws(Refusal) in
          guard field.number == 1, let element = field.bytes else { return }
          json.separate()
          try write(element, to: &json, depth: depth + 1)
        }
        json.raw("]")
      case (6, .bytes(let pairs)):
        json.raw("{")
        try eachField(pairs) { (field) throws(Refusal) in
          guard field.number == 1, let pair = field.bytes else { return }
          let (name, value) = try parts(pair)
          json.separate()
          json.string(name)
          json.raw(":")
          try write(value, to: &json, depth: depth + 1)
        }
        json.raw("}")
      case (7, .bytes(let bytes)): json.string(Data(bytes).base64EncodedString())
      default: break
      }
    }
    if json.bytes.count == start { json.raw("null") }
  }

  /// Digits of a trace's or span's id; nothing for one that isn't set.
  private static func identity(_ bytes: UnsafeRawBufferPointer) -> String {
    bytes.allSatisfy { $0 == 0 } ? "" : HexText.text(bytes)
  }
}

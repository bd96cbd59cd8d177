import StellaModel

/// Lines that are sent as to Loki (`POST /loki/api/v1/push`) as events.
///
/// A line that is a JSON object becomes an event's fields, as in a file; any other is the message. Structured metadata and then the
/// stream's labels become fields where the line has none of the name. The time is the entry's.
package struct LokiPush {
  private(set) var batch = IntakeBatch()
  let context: IntakeContext
  var labels = MemberList()
  private var line = MemberList()
  private let reader = JSONReader()

  init(_ context: IntakeContext) { self.context = context }

  /// - Parameter metadata: adds it.
  mutating func take<Failure: Error>(
    _ text: UnsafeRawBufferPointer, time: Int64?, metadata: (inout MemberList) throws(Failure) -> Void
  ) throws(Failure) {
    line.removeAll()
    line.add("time") { $0.time(time ?? context.arrival) }
    if text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") {
      line.addObject(text, reader)
    } else {
      line.add("message") { $0.string(text) }
    }
    try metadata(&line)
    line.add(labels)
    batch.take(line, limit: context.lineBytes)
  }

  // MARK: - JSON

  /// Reads a body of `application/json`: `{"streams":[{"stream":{…},"values":[["ns","line",{…}]]}]}`.
  ///
  /// - Throws: ``CommandFailure`` `usage` when it is no such object. Nothing was taken.
  package static func batch(
    json body: UnsafeRawBufferPointer, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    try JSONReader().read(body, or: CommandFailure.noJSON) {
      (root) throws(CommandFailure) in
      guard let streams = root["streams"], streams.isArray else {
        throw CommandFailure(.usage, "the body has no array `streams`. No line was taken.")
      }
      var push = LokiPush(context)
      try streams.eachChild { (stream) throws(CommandFailure) in try push.takeStream(stream) }
      return push.batch
    }
  }

  private mutating func takeStream(_ stream: JSONNode) throws(CommandFailure) {
    guard let values = stream["values"], values.isArray else {
      throw CommandFailure(.usage, "a stream has no array `values`. No line was taken.")
    }
    labels.removeAll()
    stream["stream"]?.eachChild { label in labels.add(label.name) { $0.value(label) } }
    try values.eachChild { (entry) throws(CommandFailure) in
      var parts: (time: JSONNode?, line: JSONNode?, metadata: JSONNode?) = (nil, nil, nil)
      var count = 0
      entry.eachChild { part in
        switch count {
        case 0: parts.time = part
        case 1: parts.line = part
        case 2: parts.metadata = part
        default: break
        }
        count += 1
      }
      guard entry.isArray, count >= 2, let time = parts.time?.integer, let text = parts.line?.text else {
        throw CommandFailure(.usage, "an entry is no `[\"nanoseconds\", \"line\"]`. No line was taken.")
      }
      take(text, time: time) { members in
        parts.metadata?.eachChild { member in members.add(member.name) { $0.value(member) } }
      }
    }
  }

  // MARK: - Protocol buffers

  /// Reads a `logproto.PushRequest`, as it is behind snappy.
  ///
  /// - Throws: ``CommandFailure`` `usage` when it is no such message. Nothing was taken.
  package static func batch(
    protobuf body: UnsafeRawBufferPointer, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    var push = LokiPush(context)
    do throws(ProtobufReader.Malformed) {
      var request = ProtobufReader(body)
      while let field = try request.next() {
        if field.number == 1, let stream = field.bytes { try push.takeStream(stream) }
      }
    } catch {
      throw CommandFailure(.usage, "the body is no logproto.PushRequest. No line was taken.")
    }
    return push.batch
  }

  private mutating func takeStream(_ stream: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
    labels.removeAll()
    var fields = ProtobufReader(stream)
    while let field = try fields.next() {
      guard field.number == 1, let text = field.bytes else { continue }
      guard let pairs = LokiLabels.pairs(String(decoding: text, as: UTF8.self)) else {
        throw ProtobufReader.Malformed()
      }
      for (name, value) in pairs {
        var name = name
        name.withUTF8 { utf8 in labels.add(UnsafeRawBufferPointer(utf8)) { $0.string(value) } }
      }
    }
    fields = ProtobufReader(stream)
    while let field = try fields.next() {
      if field.number == 2, let entry = field.bytes { try takeEntry(entry) }
    }
  }

  private mutating func takeEntry(_ entry: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
    var time: Int64?
    var text = UnsafeRawBufferPointer(start: nil, count: 0)
    var fields = ProtobufReader(entry)
    while let field = try fields.next() {
      if field.number == 1, let bytes = field.bytes { time = try Self.time(bytes) }
      if field.number == 2, let bytes = field.bytes { text = bytes }
    }
    try take(text, time: time) { (members) throws(ProtobufReader.Malformed) in
      var fields = ProtobufReader(entry)
      while let field = try fields.next() {
        guard field.number == 3, let pair = field.bytes else { continue }
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = name
        var parts = ProtobufReader(pair)
        while let part = try parts.next() {
          if part.number == 1, let bytes = part.bytes { name = bytes }
          if part.number == 2, let bytes = part.bytes { value = bytes }
        }
        members.add(name) { $0.string(value) }
      }
    }
  }

  /// Of a `google.protobuf.Timestamp`; nil where a count of nanoseconds doesn't reach.
  private static func time(_ bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) -> Int64? {
    var (seconds, nanoseconds): (Int64, Int64) = (0, 0)
    var fields = ProtobufReader(bytes)
    while let field = try fields.next() {
      if field.number == 1, let value = field.varint { seconds = Int64(bitPattern: value) }
      if field.number == 2, let value = field.varint { nanoseconds = Int64(bitPattern: value) }
    }
    let (whole, isTooFar) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (time, isPast) = whole.addingReportingOverflow(nanoseconds)
    return isTooFar || isPast ? nil : time
  }
}

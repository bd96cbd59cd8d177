import StellaModel

/// A slice of a record.
package typealias Bytes = UnsafeBufferPointer<UInt8>

/// The fields that our own decoders produce from formats without names, under these names.
package enum TextField: UInt8, CaseIterable, Sendable {
  case message, host, program, pid, facility, msgid
  case user, srcIP, port, outcome, authMethod, event, targetUser, command, tty, directory
  case dstIP, dstPort
  case method, uri, route, query, `protocol`, status, bytes, referer, userAgent, request, requestTime, duration
  case vhost, forwardedFor, server, upstream, connection, tid, module, errorCode, logger, stream

  package var name: String {
    switch self {
    case .srcIP: "src_ip"
    case .dstIP: "dst_ip"
    case .dstPort: "dst_port"
    case .authMethod: "auth_method"
    case .targetUser: "target_user"
    case .userAgent: "user_agent"
    case .requestTime: "request_time"
    case .forwardedFor: "forwarded_for"
    case .errorCode: "error_code"
    default: "\(self)"
    }
  }

  /// What the field is, for the reference page.
  package var meaning: String {
    switch self {
    case .message: "the text of the event, without what stands before it (time, host, program, level)"
    case .host: "the machine that wrote it, or in nginx's error log the `Host` that was asked for"
    case .program: "the program that wrote it; also read as `service`"
    case .pid: "process"
    case .facility: "syslog facility, by name"
    case .msgid: "message id of RFC 5424"
    case .user: "user that logs in, acts or is spoken of; in access logs the authenticated user"
    case .srcIP: "address of the client; where a daemon logs a resolved name instead, that name"
    case .port: "port of the client"
    case .outcome: "`ok` or `fail`"
    case .authMethod: "`password`, `publickey`, …"
    case .event: "what happened: `ssh.login_failed`, `sudo.command`, …"
    case .targetUser: "user that sudo or su acts as"
    case .command: "command of sudo and cron"
    case .tty: "terminal"
    case .directory: "working directory of sudo"
    case .dstIP: "address that a firewall message names as the destination"
    case .dstPort: "port that a firewall message names as the destination"
    case .method: "method of the request"
    case .uri: "target of the request as it stands in the log"
    case .route: "path of the request, without the query"
    case .query: "query of the request, without `?`"
    case .protocol: "protocol of the request"
    case .status: "status code of the response"
    case .bytes: "size of the response"
    case .referer: "page that led here"
    case .userAgent: "client software"
    case .request: "the request line"
    case .requestTime: "how long the request took, seconds; also read as `duration_ms`"
    case .duration: "how long it took, with its unit; also read as `duration_ms`"
    case .vhost: "virtual host in front of an access log line"
    case .forwardedFor: "`X-Forwarded-For` at the end of an access log line"
    case .server: "server of nginx's error log"
    case .upstream: "upstream of nginx's error log"
    case .connection: "connection number of nginx's error log"
    case .tid: "thread"
    case .module: "module of Apache's error log"
    case .errorCode: "`AH00128` and the like of Apache's error log"
    case .logger: "class, file or module that wrote it"
    case .stream: "`stdout` or `stderr` of a container"
    }
  }

  /// The table as Markdown, for the reference page.
  package static func markdown() -> String {
    var lines = ["| field | what it is |", "|---|---|"]
    for field in allCases { lines.append("| `\(field.name)` | \(field.meaning) |") }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Where a grammar puts the fields of one record. The columns of a batch and an event are filled through the same
/// grammar, which is why they agree.
package protocol RecordSink {
  /// Whether anybody will see the field. A grammar may leave out work for fields that nobody will see.
  func wants(_ field: TextField) -> Bool

  /// Whether the record is being looked at for its event, with every field.
  var isComplete: Bool { get }

  mutating func put(_ field: TextField, _ text: Bytes)
  mutating func put(_ field: TextField, number: Int64)
  mutating func put(_ field: TextField, literal: StaticString)
  /// A field that the record itself names. Text that was quoted is never a number.
  mutating func put(name: Bytes, _ text: Bytes, quoted: Bool)
  /// Text of which escapes have to be undone: a backslash before any byte stands for that byte, `\n`, `\t` and `\r` for
  /// control characters.
  mutating func put(name: Bytes, escaped: Bytes)

  mutating func put(level: LogLevel)
  mutating func put(time: Int64)
  /// What stands where the time should is none.
  mutating func put(unreadTime text: Bytes)

  /// Takes over the fields of a JSON object; false when `text` is none. To be called before anything else is put; after
  /// it, fields that the object has too and fields with names of their own are left out.
  mutating func putObject(_ text: Bytes) -> Bool

  /// The address that a process of a daemon serves, when the message itself named none.
  mutating func putSession(_ process: UInt64, clock: SourceClock)
}

extension RecordSink {
  mutating func put(unreadTime text: Bytes) {}

  /// Whether any of the fields that messages are searched for is wanted.
  @inline(__always)
  var wantsMessageFields: Bool {
    wants(.srcIP) || wants(.user) || wants(.event) || wants(.outcome) || wants(.port) || wants(.authMethod)
      || wants(.command) || wants(.targetUser) || wants(.tty) || wants(.directory)
  }

  mutating func put(_ field: TextField, digits text: Bytes) {
    if case .integer(let number)? = NumberText.parse(text) { put(field, number: number) } else { put(field, text) }
  }
}

/// Collects all fields of one record for an event.
struct EventSink: RecordSink {
  let parser: JSONParser
  var members: [FieldValue.Member] = []
  var level: LogLevel?
  var time: Int64?
  /// Names that a JSON object brought; what the grammar finds under the same name gives way.
  private var taken: Set<String> = []
  private var hasObject = false

  init(parser: JSONParser) { self.parser = parser }

  var isComplete: Bool { true }
  func wants(_ field: TextField) -> Bool { true }

  private mutating func append(_ name: String, _ value: FieldValue) {
    if taken.isEmpty || !taken.contains(name) { members.append(FieldValue.Member(name, value)) }
  }

  mutating func put(_ field: TextField, _ text: Bytes) {
    append(field.name, .string(String(decoding: text, as: UTF8.self)))
  }

  mutating func put(_ field: TextField, number: Int64) { append(field.name, .integer(number)) }

  mutating func put(_ field: TextField, literal: StaticString) { append(field.name, .string(literal.description)) }

  mutating func put(name: Bytes, _ text: Bytes, quoted: Bool) {
    guard !hasObject else { return }
    let name = String(decoding: name, as: UTF8.self)
    if !quoted, let value = TextValue.value(text) {
      append(name, value)
    } else {
      append(name, .string(String(decoding: text, as: UTF8.self)))
    }
  }

  mutating func put(name: Bytes, escaped: Bytes) {
    guard !hasObject else { return }
    let text = [UInt8](unsafeUninitializedCapacity: escaped.count) { buffer, count in
      count = buffer.baseAddress.map { TextValue.unescape(escaped, to: $0) } ?? 0
    }
    append(String(decoding: name, as: UTF8.self), .string(String(decoding: text, as: UTF8.self)))
  }

  mutating func put(level: LogLevel) { if self.level == nil { self.level = level } }
  mutating func put(time: Int64) { self.time = time }
  mutating func putSession(_ process: UInt64, clock: SourceClock) {}

  mutating func putObject(_ text: Bytes) -> Bool {
    guard case .object(let object)? = try? parser.parse(text) else { return false }
    hasObject = true
    members = object
    taken = Set(object.map(\.name))
    level = Event.levelNamed(in: object) ?? level
    return true
  }
}

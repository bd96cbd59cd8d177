import StellaModel

/// Logs of OpenTelemetry (OTLP 1.x, `ExportLogsServiceRequest`) as events.
///
/// A record's own attributes become fields under their names, then the members of a body that is a JSON object, then attributes of
/// the scope and of the resource; the first of a name counts. The severity's number is the level.
package struct OTLPLogs {
  /// How deep a value may be nested, so that it stays within what the decoder reads.
  static let depthLimit = 64

  private(set) var batch = IntakeBatch()
  let context: IntakeContext
  /// Of the resource and of the scope that records are being read of.
  var resource = MemberList()
  var scope = MemberList()
  private var line = MemberList()
  private let reader = JSONReader()

  init(_ context: IntakeContext) { self.context = context }

  /// What a record says of itself, beside attributes and body.
  struct Head {
    var time: Int64 = 0
    var observed: Int64 = 0
    /// What stands in the place of a time and is none, with its name.
    var unreadTime: String?
    var severity: Int64 = 0
    var severityText = UnsafeRawBufferPointer(start: nil, count: 0)
    var eventName = UnsafeRawBufferPointer(start: nil, count: 0)
    /// As lower-case hexadecimal digits; empty when there is none.
    var trace = ""
    var span = ""

    /// What would lie in the first years after 1970 counts seconds, milliseconds or microseconds, and is no time either.
    mutating func checkUnit() {
      let first: ClosedRange<Int64> = 1...100_000_000_000_000_000
      if first.contains(time) { (time, unreadTime) = (0, "timeUnixNano: \(time)") }
      guard first.contains(observed) else { return }
      if time == 0, unreadTime == nil { unreadTime = "observedTimeUnixNano: \(observed)" }
      observed = 0
    }
  }

  /// Where one of a record's values is written.
  typealias Members = (inout MemberList) throws(Refusal) -> Void

  /// Why a record is left out.
  enum Refusal: Error { case depth, malformed }

  /// Takes a record.
  ///
  /// - Parameters:
  ///   - text: the body when it is text.
  ///   - members: adds the attributes, and a body that is something else.
  /// - Throws: ``Refusal`` `malformed`. What is nested too deeply is left out and counted.
  mutating func take(
    _ head: Head, text: UnsafeRawBufferPointer?, members: Members
  ) throws(Refusal) {
    line.removeAll()
    var head = head
    head.checkUnit()
    let time = head.time > 0 ? head.time : head.observed
    if time <= 0, let unread = head.unreadTime {
      // As of any sender: it is kept, and whoever takes the line in adds the arrival and counts it.
      line.add("time") { $0.string(unread) }
    } else {
      line.add("time") { $0.time(time > 0 ? time : context.arrival) }
    }
    if let level = Self.level(head.severity) { line.add("level") { $0.string(level.name) } }
    let isObject = text.map { $0.first == UInt8(ascii: "{") && $0.last == UInt8(ascii: "}") } ?? false
    if let text, !isObject { line.add("message") { $0.string(text) } }
    if !head.trace.isEmpty { line.add("trace_id") { $0.string(head.trace) } }
    if !head.span.isEmpty { line.add("span_id") { $0.string(head.span) } }
    if !head.severityText.isEmpty { line.add("severity_text") { $0.string(head.severityText) } }
    if !head.eventName.isEmpty { line.add("event_name") { $0.string(head.eventName) } }
    do throws(Refusal) {
      try members(&line)
    } catch .depth {
      batch.reject("a value is nested deeper than \(Self.depthLimit)")
      return
    }
    if isObject, let text { line.addObject(text, reader) }
    line.add(scope)
    line.add(resource)
    let count = batch.count
    batch.take(line, limit: context.lineBytes)
    if batch.count > count, let unread = head.unreadTime { batch.noteUnread(unread) }
  }

  /// Of `SeverityNumber`, as the logs data model's appendix B maps syslog to it: a notice is INFO2, critical ERROR2 and more.
  static func level(_ severity: Int64) -> LogLevel? {
    switch severity {
    case 1...4: .trace
    case 5...8: .debug
    case 9: .info
    case 10...12: .notice
    case 13...16: .warning
    case 17: .error
    case 18...24: .critical
    default: nil
    }
  }
}

extension MemberList {
  /// Adds the members of a text that is a JSON object; as the message what is none.
  mutating func addObject(_ text: UnsafeRawBufferPointer, _ reader: JSONReader) {
    do throws(JSONReader.Refusal) {
      try reader.read(text, or: \.self) { (root) throws(JSONReader.Refusal) in
        root.eachChild { member in add(member.name) { $0.value(member) } }
      }
    } catch {
      add("message") { $0.string(text) }
    }
  }
}

import StellaModel

/// Finds the values of fields that go by place, without their names in the line: the user of an access log, of a web server's
/// error log, and of what sshd, sudo, su, cron and PAM say in syslog. Thread-confined.
final class PlacedFields {
  private let fields: [TextField]
  private let clock = SourceClock(reference: 0)
  private let untaught: SourceClock.Snapshot
  /// The line with readable bytes after it, as the grammars ask for.
  private var padded: [UInt8] = []

  init(_ fields: [TextField]) {
    self.fields = fields
    untaught = clock.snapshot
  }

  /// Where the values are, ascending and apart from each other. O(bytes).
  func places(in line: Bytes) -> [Range<Int>] {
    if TextLineDecoder.isBlank(line) { return [] }
    padded.removeAll(keepingCapacity: true)
    padded += line
    padded += repeatElement(0, count: LineSplitter.padding)
    return padded.withUnsafeBufferPointer { bytes in
      let text = bytes.slice(0, line.count)
      func find(_ parse: (inout PlaceSink) -> Bool) -> PlaceSink? {
        // What is found must not depend on the lines before it.
        clock.snapshot = untaught
        var sink = PlaceSink(fields, text)
        return parse(&sink) ? sink : nil
      }
      if let found = find({ ErrorLogGrammar.parse(text, into: &$0, clock: clock) }) { return found.apart }
      // A header of syslog would pass for an access log's address and user.
      guard let syslog = find({ SyslogGrammar.parse(text, into: &$0, clock: clock) }) else {
        return find({ AccessLogGrammar.parse(text, into: &$0, clock: clock) })?.apart ?? []
      }
      let found = syslog.apart
      guard found.isEmpty, let message = syslog.message else { return found }
      return find({ AccessLogGrammar.parse(message, into: &$0, clock: clock) })?.apart ?? []
    }
  }
}

/// Notes where in a line a grammar finds some fields.
private struct PlaceSink: RecordSink {
  private let fields: [TextField]
  private let line: Bytes
  private var places: [Range<Int>] = []
  /// What a header stands before.
  private(set) var message: Bytes?

  init(_ fields: [TextField], _ line: Bytes) { (self.fields, self.line) = (fields, line) }

  /// In their order in the line, without those that begin in another one.
  var apart: [Range<Int>] {
    var found: [Range<Int>] = []
    for place in places.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if place.lowerBound >= found.last?.upperBound ?? 0 { found.append(place) }
    }
    return found
  }

  /// Enough for messages to be looked at. Who asks for the user has it guessed from any text about a failed login.
  func wants(_ field: TextField) -> Bool { field == .event }
  var isComplete: Bool { true }

  mutating func put(_ field: TextField, _ text: Bytes) {
    if field == .message, message == nil { message = text }
    guard !text.isEmpty, fields.contains(field), let start = text.baseAddress, let base = line.baseAddress else {
      return
    }
    let place = start - base
    if place >= 0, place + text.count <= line.count { places.append(place..<place + text.count) }
  }

  mutating func put(_ field: TextField, number: Int64) {}
  mutating func put(_ field: TextField, literal: StaticString) {}
  mutating func put(name: Bytes, _ text: Bytes, quoted: Bool) {}
  mutating func put(name: Bytes, escaped: Bytes) {}
  mutating func put(level: LogLevel) {}
  mutating func put(time: Int64) {}
  /// The members of an object have their names.
  mutating func putObject(_ text: Bytes) -> Bool { true }
  mutating func putSession(_ process: UInt64, clock: SourceClock) {}
}

import StellaModel

/// Finds out how the lines of a source are written.
///
/// Each of the first ``sampleLines`` lines is classified by itself; then the format of most of them is the source's. What
/// a line becomes depends only on the lines before it, never on how they were cut into blocks, so that a replay repeats it.
package struct FormatDetector: Sendable, Hashable {
  package static let sampleLines = 64

  /// Lines per format so far; blank lines don't count.
  private var counts: [LogFormat: Int] = [:]
  /// The format that the source has, once that is decided.
  package private(set) var decided: LogFormat?

  package init() {}

  /// One that has decided already.
  package init(decided format: LogFormat) {
    counts[format] = FormatDetector.sampleLines
    decided = format
  }

  package var lines: Int { counts.values.reduce(0, +) }

  /// The format that most lines so far have: `plain` before the first.
  package var leader: LogFormat {
    FormatDetector.preference.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? .plain
  }

  /// What was picked and why, such as `json (63 of 64 lines)`.
  package var summary: String { "\(leader.rawValue) (\(counts[leader, default: 0]) of \(lines) lines)" }

  /// The first of equals wins.
  private static let preference: [LogFormat] = [.plain, .logfmt, .nginxError, .syslog, .combined, .json, .journald]

  mutating func count(_ format: LogFormat) {
    counts[format, default: 0] += 1
    decide()
  }

  private mutating func decide() { if lines >= FormatDetector.sampleLines { decided = leader } }
}

extension FormatDetector {
  func save(to writer: StateWriter) {
    for format in FormatDetector.preference { writer.write(counts[format, default: 0]) }
  }

  init(from reader: inout StateReader) throws(StateError) {
    for format in FormatDetector.preference {
      counts[format] = try reader.number(in: 0...FormatDetector.sampleLines - lines)
    }
    decide()
  }
}

/// Tells the format of single lines. Thread-confined.
final class LineClassifier {
  private let parser = JSONParser()
  private let clock = SourceClock(reference: 0)

  func format(of line: Bytes) -> LogFormat {
    let text = line.trimmed()
    if text.first == UInt8(ascii: "{"), case .object(let members)? = try? parser.parse(text) {
      return JournaldEntry.isEntry(members) ? .journald : .json
    }
    if accepts({ AccessLogGrammar.parse(line, into: &$0, clock: clock) }) != nil { return .combined }
    if accepts({ ErrorLogGrammar.parse(line, into: &$0, clock: clock) }) != nil { return .nginxError }
    if let fields = accepts({ SyslogGrammar.parse(line, into: &$0, clock: clock) }), isSyslog(line, fields) {
      return .syslog
    }
    if LogfmtGrammar.check(text) ?? 0 >= 2, LogfmtGrammar.isWhole(text) { return .logfmt }
    return .plain
  }

  private func accepts(_ parse: (inout EventSink) -> Bool) -> [FieldValue.Member]? {
    // A line's format must not depend on the lines before it, as a time without a year does.
    clock.previous = nil
    var sink = EventSink(parser: parser)
    return parse(&sink) ? sink.members : nil
  }

  /// A priority, or a program with what else belongs to a header.
  private func isSyslog(_ line: Bytes, _ fields: [FieldValue.Member]) -> Bool {
    if line.first == UInt8(ascii: "<") { return true }
    func has(_ field: TextField) -> Bool { fields.contains { $0.name == field.name } }
    return has(.program) && (has(.pid) || has(.host))
  }
}

import Glibc
import StellaDetection
import StellaModel

/// What a running engine has come to at one moment. Counters only grow.
package struct EngineFigures: Sendable {
  /// A rule that is not active.
  package struct Refused: Sendable, Hashable {
    /// Its id, else its file.
    package let rule: String
    /// With its place; not escaped for terminals.
    package let reason: String

    package init(rule: String, reason: String) { (self.rule, self.reason) = (rule, reason) }
  }

  package enum SourceKind: String, Sendable, CaseIterable {
    case file, network, stdin
    /// The log calls of the program that the engine is part of.
    case program
  }

  /// Lines of one kind of source that became other events than were written.
  package struct DamagedLines: Sendable, Hashable {
    /// Over the limit of a line.
    package var cut = 0
    /// With invalid UTF-8.
    package var repaired = 0

    package init(cut: Int = 0, repaired: Int = 0) { (self.cut, self.repaired) = (cut, repaired) }
  }

  /// Nanoseconds of the monotonic clock.
  package let time: Int64
  package let events: Int
  package let lateEvents: Int
  package let bytes: Int64
  /// Lines that could not be decoded.
  package let failedLines: Int
  package let sources: Int
  /// The latest event time; nil before the first event.
  package let latestEvent: Int64?
  /// CPU of all threads, and memory that is resident.
  package let cpuNanoseconds: Int64
  package let residentBytes: Int
  /// Rules that are not active.
  package let refused: [Refused]
  /// Why changed files are not in use, when the last reload was refused.
  package let notLive: [String]
  /// In the order of rules.
  package let rules: [RuleFigures]
  /// Those of all kinds of sources that a server has, and of others that there are.
  package var damagedLines: [SourceKind: DamagedLines] = [:]
}

extension EngineFigures {
  /// - Parameter notLive: why changed files are not in use.
  init(_ pipeline: Pipeline, _ readers: [SourceReader], notLive: [RuleError], at now: Int64) {
    time = now
    events = pipeline.events
    lateEvents = pipeline.lateEvents
    bytes = readers.reduce(0) { $0 + $1.splitter.counts.bytes }
    failedLines = readers.reduce(0) { $0 + $1.failures.count }
    sources = readers.count
    latestEvent = pipeline.latestTime
    cpuNanoseconds = EngineFigures.cpu
    residentBytes = EngineFigures.resident
    refused = pipeline.rules.refusals.map { refusal in
      Refused(rule: refusal.id ?? refusal.file, reason: refusal.errors.first.map(EngineFigures.oneLine) ?? "")
    }
    self.notLive = notLive.map(EngineFigures.oneLine)
    rules = pipeline.rules.figures()
    damagedLines = [.file: DamagedLines(), .network: DamagedLines()]
    for reader in readers {
      damagedLines[reader.kind, default: DamagedLines()].cut += reader.splitter.counts.cut
      damagedLines[reader.kind, default: DamagedLines()].repaired += reader.failures.repaired
    }
  }

  private static func oneLine(_ error: RuleError) -> String {
    "\(error)".split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "; ")
  }

  private static var cpu: Int64 {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  /// The second number of proc_pid_statm(5), in pages.
  private static var resident: Int {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = read(file, &bytes, bytes.count)
    let numbers = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
    return numbers.count > 1 ? (Int(numbers[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}

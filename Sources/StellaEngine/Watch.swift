import StellaDetection
import StellaModel
import StellaScripting

/// What a watch reads and how.
package struct WatchOptions {
  /// One group of inputs that are read alike.
  package struct Input {
    /// Paths, patterns, or `-` for standard input.
    package var paths: [String]
    package var format: LogFormat
    package var zone: ZoneRules
    package var year: Int?
    /// The service of events that name none.
    package var service: String?
    package var from: FileSet.From

    package init(
      paths: [String], format: LogFormat = .auto, zone: ZoneRules = .utc, year: Int? = nil, service: String? = nil,
      from: FileSet.From = .end
    ) {
      self.paths = paths
      self.format = format
      self.zone = zone
      self.year = year
      self.service = service
      self.from = from
    }
  }

  /// What a program of this process logs.
  package struct Log {
    package var buffer: LogBuffer
    package var name: String
    /// The service of events that name none.
    package var service: String?

    package init(buffer: LogBuffer, name: String, service: String? = nil) {
      self.buffer = buffer
      self.name = name
      self.service = service
    }
  }

  package var inputs: [Input] = []
  /// Read as JSON lines; only while following.
  package var logs: [Log] = []
  /// What comes over the network, as JSON lines; only while following.
  package var journals: [IntakeJournal] = []
  /// Goes on at the end of the input; otherwise several files are merged by time.
  package var follow = true
  /// Files and directories of rules.
  package var rulePaths: [String] = []
  /// Gives the rules when they are loaded anew, where they aren't files; nil for those of ``rulePaths``.
  package var readRules: (@Sendable () -> (sources: [RuleSource], errors: [RuleError]))?
  /// Whether rules are loaded anew, while following, when their files have changed.
  package var reloadsChanges = true
  /// Nanoseconds that the tests of changed rules may take, which must pass before these go live; nil to do without.
  package var testGate: Int64?
  /// Rule id → parameter → value.
  package var parameters: [String: [String: FieldValue]] = [:]
  /// Events that rules shall not see, and alerts that nobody shall be told of.
  package var muting = WatchMuting()
  /// Reads ``muting`` anew when the rules are loaded anew; nil to stay with it.
  package var readMuting: (@Sendable () throws(RuleError) -> WatchMuting)?
  /// What keeps an alert back besides, at this moment; nil when nothing does.
  package var mute: (@Sendable (Alert) -> Mute?)?
  /// Nanoseconds that timers wait for events out of order.
  package var lateness: Int64 = 5_000_000_000
  /// Nanoseconds after which timers wait no more for a followed source that brings nothing; when none does, time goes on
  /// by the clock, so that alerts end and checks run without further events.
  package var silence: Int64 = 10_000_000_000
  /// Whether it is told when no line of a source has a time that Stella knows.
  package var tellsUntimed = true
  /// Whether an event over an hour past everything before it in its source waits until others confirm its time.
  package var holdsJumps = true
  /// Personal data that is taken out of lines before anything else sees them; nil for none.
  package var masking: Masking?
  package var lineLimit = LineSplitter.defaultLineLimit
  /// Files and streams that are read at most; a little below what events can tell apart.
  package var fileLimit = Pipeline.sourceLimit - 536
  /// Threads that rules are spread over, for who loads them; changes nothing but the speed.
  package var workers = 1
  /// Bytes that one read of a source asks for; changes nothing but the speed.
  package var readBytes = LineSplitter.defaultReadBytes
  /// Nanoseconds between two checkpoints, at least.
  package var checkpointInterval: Int64 = 1_000_000_000
  /// Sees what passes through detection as a whole; nil where nobody asks.
  package var traffic: TrafficGauge?
  /// Keeps what a restart goes on from.
  package var store: (any CheckpointStore)?

  package init() {}
}

/// What is written outside of rules about what they shall not see, and what nobody shall be told.
package struct WatchMuting: Sendable, Hashable {
  package var exceptions: [RuleException]
  package var alerts: AlertMuting

  package init(exceptions: [RuleException] = [], alerts: AlertMuting = AlertMuting()) {
    self.exceptions = exceptions
    self.alerts = alerts
  }
}

/// What a watch tells beside alerts.
package enum WatchNotice: Sendable, Hashable {
  /// A source's format was found out.
  case format(source: String, notice: String)
  /// A source can't be read at present, or reads again (`nil`).
  case trouble(source: String, message: String?)
  /// A source begins like no text.
  case binary(source: String)
  /// A source has a line that became another event than was written; told once of each kind.
  case damaged(source: String, message: String)
  /// Something about where reading began.
  case source(String)
  /// A rule rests after repeated failures.
  case quarantined(rule: String, error: String)
  /// A rule runs no more until it is corrected.
  case stopped(rule: String, error: String)
  /// A rule begins without the state it had.
  case stateReset(StateReset)
  /// Alerts of a rule were resolved because the rule was removed or begins anew.
  case alertsEnded(rule: String, count: Int)
  /// The rules were loaded anew.
  case reloaded(active: Int, carriedOver: Int, refused: [RuleError])
  /// The rules on disk are broken; those before stay. With how many files have changed, when that is known.
  case reloadRefused([RuleError], changed: Int?)
  /// What a restart would go on from could not be saved, told at most once a minute; nil when that works again.
  case notSaved(String?)

  /// The trouble of a pattern that matches no file so far. It waits for one, which is no failure.
  package static let awaited = "no file matches yet; waiting for one"
}

/// What became of a watch.
package struct WatchSummary: Sendable {
  package struct SourceFailures: Sendable {
    package var source: String
    package var count: Int
    package var samples: [DecodeFailures.Sample]
  }

  /// Lines of one source that became events all the same.
  package struct DamagedLines: Sendable {
    package enum Kind: Sendable { case repaired, plain, cut }
    package var source: String
    package var kind: Kind
    /// From 1.
    package var numbers: [Int]
  }

  /// A source whose first lines have no time that Stella knows.
  package struct UntimedSource: Sendable, Hashable {
    package var source: String
    package var lines: Int
    /// The time that they took, nanoseconds since the epoch.
    package var reference: Int64
    /// Whether that is when the file was last changed; otherwise it is when reading began.
    package var isFile: Bool

    package var text: String {
      let none = lines == 1 ? "its first line has no time" : "none of the first \(lines) lines has a time"
      let all = lines == 1 ? "it takes" : "they all take"
      return "\(source): \(none) that Stella knows; until one has, \(all) "
        + "\(isFile ? "that of the file's last change" : "that of the start"), \(Timestamp.text(reference))"
    }
  }

  /// Events of one source over an hour past the others.
  package struct SourceAhead: Sendable {
    package var source: String
    /// Still held at the end.
    package var held: Int
    /// Not used because too many were held.
    package var dropped: Int
  }

  package var events = 0
  /// Events that a tail printed.
  package var matchedEvents = 0
  /// Fields of the condition of a tail that no event has had, when it held for none.
  package var unseenFields: [UnseenFields.Hint] = []
  package var bytes: Int64 = 0
  package var lateEvents = 0
  package var linesCut = 0
  package var repairedLines = 0
  /// The first few lines of files that were damaged but of use, by what was done to them.
  package var damagedLines: [DamagedLines] = []
  /// Lines that did not fit their source's format and were read as plain text.
  package var fallbackLines = 0
  package var decodeFailures: [SourceFailures] = []
  /// Sources some of whose lines have a text for a time that is none: how many, and the first.
  package var unreadTimes: [SourceFailures] = []
  /// Sources none of whose first lines has a time.
  package var untimed: [UntimedSource] = []
  /// Sources that begin like no text.
  package var binarySources: [String] = []
  /// Sources with events that were not used because they lie far ahead.
  package var ahead: [SourceAhead] = []
  /// Alerts that fired, by rule, most first; those that the engine raises about rules are among them.
  package var firedByRule: [(rule: String, count: Int)] = []
  /// Conditions that held at the end but not yet for as long as their rule's `hold`.
  package var pending: [Alert] = []
  /// Alerts over a rule's limit of 1,000 a minute, which nobody was told of.
  package var heldBack: [(rule: String, count: Int)] = []
  package var evictions: [(rule: String, count: Int)] = []
  /// Alerts that fired and nobody was told of.
  package var muted = 0
  /// Events that exceptions took away, by rule.
  package var excepted: [(rule: String, exception: RuleException, count: Int)] = []
  /// How often rules began without the state they had, by rule.
  package var stateResets: [(rule: String, count: Int)] = []
  package var quarantined: [(rule: String, failures: Int, rests: Int, error: String)] = []
  package var refusals: [RuleRefusal] = []
  package var wallNanoseconds: Int64 = 0
  package var checkpoints = CheckpointTimes()
  package var wasInterrupted = false

  package var failedLines: Int { decodeFailures.reduce(0) { $0 + $1.count } }
  /// Whether a rule was sent to rest or stopped.
  package var isAnyRuleBroken: Bool { quarantined.contains { $0.rests > 0 } }
  package var fired: Int { firedByRule.reduce(0) { $0 + $1.count } }
}

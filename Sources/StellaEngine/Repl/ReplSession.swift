import StellaDetection
import StellaModel
import StellaScripting

/// Rules that a person tries lines on, with a clock that moves with the events and when it is told to. Nothing reaches outside.
///
/// Timers wait for no events out of order: what is due at a time happens when the clock reaches it. One thread uses it, with
/// a deep stack.
package final class ReplSession {
  /// What rules are loaded from.
  package struct Rules {
    package var sources: [RuleSource]
    package var unreadable: [RuleError]

    package init(sources: [RuleSource], unreadable: [RuleError]) {
      (self.sources, self.unreadable) = (sources, unreadable)
    }
  }

  package struct Settings {
    /// Rule id → parameter → value.
    package var parameters: [String: [String: FieldValue]] = [:]
    package var format = LogFormat.auto
    package var zone = ZoneRules.utc
    package var year: Int?
    package var lineLimit = LineSplitter.defaultLineLimit

    package init() {}
  }

  /// What became of lines.
  package struct Outcome {
    package var events = 0
    package var alerts: [Alert] = []
    /// Lines that are no event, and why the last of them is none.
    package var failedLines = 0
    package var failure: String?
    /// What the last event did to each rule; nil when the last line was none.
    package var last: RuleExplainer.Report?
    package var wasStopped = false
  }

  /// What became of loading the rules anew.
  package struct Reload {
    /// False when a file that was fine is broken now: the rules before stay.
    package var isLive: Bool
    package var active: Int
    package var resets: [StateReset] = []
    package var alerts: [Alert] = []
  }

  /// A source whose lines come bit by bit.
  private struct Input {
    let source: GrowingSource
    let reader: SourceReader
    /// Bytes of a file that were used.
    var used = 0
  }

  private let settings: Settings
  private let fields = FieldRegister()
  private let decoder: any Decoder
  private let pipeline: Pipeline
  private let number: UInt16
  private var typed: Input?
  private var files: [String: Input] = [:]
  private var lines = 0
  private var lastLine: [UInt8] = []
  /// Whether the clock is that of events.
  private var hasBegun = false
  /// What the last event did.
  package private(set) var last: RuleExplainer.Report?
  /// Where the clock stands, nanoseconds since the epoch.
  package private(set) var now: Int64
  /// Rules that are not active, also of a set that did not go live.
  package private(set) var refusals: [RuleRefusal]

  /// - Parameter start: where the clock stands before the first event; events without a time take it.
  package init(_ rules: Rules, _ settings: Settings, start: Int64) {
    self.settings = settings
    now = start
    let set = RuleSet(
      sources: rules.sources, parameters: settings.parameters, fields: fields, unreadable: rules.unreadable,
      tracesLines: true)
    ReplSession.trace(set)
    refusals = set.refusals
    let decoder = AutoDecoder.decoder(for: settings.format)
    self.decoder = decoder
    pipeline = Pipeline(rules: set, lateness: 0) { _, record, time in decoder.event(record, time: time) }
    number = pipeline.addSource("repl")
    pipeline.clear()
  }

  /// Has scripts tell what their lines read, as `rules explain` has. Before they run.
  private static func trace(_ rules: RuleSet) { for rule in rules.rules { rule.script.tracesValues = true } }

  package var rules: RuleSet { pipeline.rules }
  package var events: Int { pipeline.events }

  // MARK: - Lines

  /// One line, without its end.
  package func take(_ line: [UInt8]) -> Outcome {
    // Its lines are told apart one by one until a source's format is decided.
    if typed?.reader.formatNotice != nil || typed == nil { typed = input("line", reference: now) }
    guard let typed else { return Outcome() }
    typed.reader.clock.previous = now
    var outcome = Outcome()
    runLast(line, of: typed, &outcome)
    // Only the first failures of a source are kept.
    if outcome.failedLines > 0 { self.typed = nil }
    return outcome
  }

  /// The next lines of a file, from where the last call with this name has ended.
  ///
  /// - Parameters:
  ///   - bytes: of the whole file.
  ///   - changed: when it was last changed, nanoseconds since the epoch: the year of times without one.
  ///   - count: lines at most; nil for all that are left.
  ///   - isStopped: asked now and then whether to leave off.
  package func feed(
    _ bytes: [UInt8], of name: String, changed: Int64, lines count: Int? = nil, isStopped: () -> Bool = { false }
  ) -> Outcome {
    var input = files[name] ?? input(name, reference: changed)
    var outcome = Outcome()
    var starts: [Int] = []
    var end = min(input.used, bytes.count)
    while end < bytes.count, starts.count < count ?? .max {
      starts.append(end)
      end = bytes[end...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    }
    defer { files[name] = input }
    guard let last = starts.last, let first = starts.first else { return outcome }
    input.source.add(bytes[first..<last])
    run(input, &outcome, isStopped)
    if outcome.wasStopped {
      // What was added and not read is gone with its source.
      input = self.input(name, reference: changed)
      input.used = end
      return outcome
    }
    input.used = end
    lines += starts.count - 1
    runLast(Array(bytes[last..<end].prefix { $0 != UInt8(ascii: "\n") }), of: input, &outcome)
    return outcome
  }

  /// Lines of a file that are left for ``feed(_:of:changed:lines:isStopped:)``.
  package func hasMore(_ bytes: [UInt8], of name: String) -> Bool { (files[name]?.used ?? 0) < bytes.count }

  private func input(_ name: String, reference: Int64) -> Input {
    let source = GrowingSource(name: name)
    let reader = SourceReader(
      splitter: LineSplitter(source: source, index: number, lineLimit: settings.lineLimit), number: number,
      format: settings.format, clock: SourceClock(year: settings.year, reference: reference, zone: settings.zone),
      fields: fields, holdsJumps: false)
    return Input(source: source, reader: reader)
  }

  private func run(_ input: Input, _ outcome: inout Outcome, _ isStopped: () -> Bool) {
    let failed = input.reader.failures.count
    while fill(from: input) {
      outcome.events += pipeline.batch.count
      note(pipeline.batch)
      outcome.alerts += pipeline.process()
      if isStopped() {
        outcome.wasStopped = true
        break
      }
    }
    outcome.failedLines += input.reader.failures.count - failed
  }

  /// Runs one line and explains what it did.
  private func runLast(_ line: [UInt8], of input: Input, _ outcome: inout Outcome) {
    lines += 1
    let failed = input.reader.failures.count
    input.source.add(line + [UInt8(ascii: "\n")])
    for rule in rules.rules {
      _ = rule.script.takeLines()
      _ = rule.takeEventCall()
    }
    while pipeline.batch.count == 0, fill(from: input) {}
    if input.reader.failures.count > failed {
      outcome.failedLines += 1
      outcome.failure = input.reader.failures.samples.last?.reason
    }
    guard pipeline.batch.count == 1 else { return }
    let batch = pipeline.batch
    let event = input.reader.event(batch.record(0), time: batch.times[0])
    let watched = rules.rules.map { WatchedRule($0, pipeline, event) }
    let history = pipeline.events
    note(batch)
    let alerts = pipeline.process()
    outcome.events += 1
    outcome.alerts += alerts
    lastLine = line
    let report = RuleExplainer.Report(
      event: event, line: lines, history: history, damage: WatchSummary(),
      rules: watched.map { $0.explanation(pipeline, alerts: alerts) })
    outcome.last = report
    last = report
  }

  /// Whether there may be more. What has been added can always be read.
  private func fill(from input: Input) -> Bool {
    do throws(SourceError) {
      guard case .more = try input.reader.fill(pipeline.batch) else { return false }
      return true
    } catch {
      return false
    }
  }

  /// Moves the clock along.
  private func note(_ batch: EventBatch) {
    for index in 0..<batch.count {
      now = hasBegun ? max(now, batch.times[index]) : batch.times[index]
      hasBegun = true
    }
  }

  // MARK: - The clock

  /// Moves the clock, and does what is due until then. Before the first event it goes both ways, afterwards only forward.
  ///
  /// - Returns: nil when the clock is past that time.
  package func advance(to time: Int64) -> [Alert]? {
    guard hasBegun else {
      now = time
      return []
    }
    if time < now { return nil }
    now = time
    return pipeline.advance(to: time)
  }

  // MARK: - Rules

  /// Puts rules in the place of those there are, with their state where it fits, unless a file that was fine is broken now.
  package func reload(_ rules: Rules) -> Reload {
    let old = pipeline.rules
    let new = RuleSet(
      sources: rules.sources, parameters: settings.parameters, fields: fields, previous: old,
      unreadable: rules.unreadable, tracesLines: true)
    ReplSession.trace(new)
    refusals = new.refusals
    let before = Set(old.refusals.map(\.file))
    let isBroken = new.refusals.contains { !before.contains($0.file) } || new.rules.isEmpty && !old.rules.isEmpty
    if isBroken { return Reload(isLive: false, active: old.rules.count) }
    let (alerts, resets) = pipeline.replace(new)
    return Reload(isLive: true, active: new.rules.count, resets: resets, alerts: alerts)
  }

  /// The keys that a rule keeps something for, those used last first.
  package func keys(
    of rule: RuleSet.ActiveRule, limit: Int
  ) -> [(key: [FieldValue.Member], standing: KeyStanding)] {
    pipeline.standings(of: rule, limit: limit, at: now)
  }

  /// What a condition says of the last event; nil before one.
  package func explain(_ expression: Expression) -> Explanation? {
    guard let last else { return nil }
    let fields = FieldRegister()
    for name in expression.fields { _ = fields.table.column(of: name) }
    let clock = SourceClock(year: settings.year, reference: last.event.time, zone: settings.zone)
    let reader = SourceReader(
      splitter: LineSplitter(source: RecordedSource(name: "line", bytes: lastLine + [UInt8(ascii: "\n")]), index: 0),
      number: 0, format: settings.format, clock: clock, fields: fields, holdsJumps: false)
    let batch = EventBatch(columnCount: fields.table.count)
    batch.removeAll(columnCount: fields.table.count)
    do throws(SourceError) {
      while batch.count == 0, case .more = try reader.fill(batch) {}
    } catch {
      return nil
    }
    return batch.count > 0 ? expression.explain(batch, 0, fields: fields.table) : nil
  }
}

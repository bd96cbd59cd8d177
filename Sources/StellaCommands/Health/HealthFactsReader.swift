import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// Gathers what the score of a system and its analysis rest on.
struct HealthFactsReader: Sendable {
  /// Nanoseconds without a sign of life of detection, which gives one about once a second.
  private static let longestSilence: Int64 = 15_000_000_000
  /// How old an unsigned record may get; signing takes seconds.
  private static let unsignedAge: Int64 = 600_000_000_000
  private static let day: Int64 = 86_400_000_000_000
  private static let episodeLimit = 20_000

  /// What only the engine can say, and not at once.
  struct Rules: Sendable {
    var refused: [String] = []
    var resting: [String] = []
  }

  let desk: RemediationDesk
  let monitor: EngineMonitor
  let traffic: TrafficGauge
  /// The parts that are not well, beside the store.
  let parts: @Sendable () -> [HealthFacts.Part]

  // MARK: - The score

  /// - Parameters:
  ///   - lost: events that were lost lately.
  ///   - began: when detection was begun, in nanoseconds of the monotonic clock.
  func facts(_ rules: Rules, lost: Int, began: Int64) -> HealthFacts {
    var facts = HealthFacts()
    let steady = machineMonotonicTime()
    let figures = traffic.figures
    let silence = steady - max(figures?.time ?? began, began)
    if silence > Self.longestSilence {
      (facts.engineSilence, facts.engineSince) = (silence, SystemTime().now() - silence)
    }
    facts.judgedEvents = figures?.judgedEvents ?? 0
    facts.errors = figures?.errors ?? 0
    facts.refusedRules = rules.refused
    facts.restingRules = rules.resting
    facts.lostEvents = lost
    facts.parts = parts()
    let trouble = StoreStanding.trouble(desk)
    if let trouble { facts.parts.append(HealthFacts.Part(.store, name: "the store", detail: trouble)) }
    do {
      try add(to: &facts)
    } catch {
      // One reason is enough.
      if trouble == nil { facts.parts.append(HealthFacts.Part(.store, name: "the store", detail: "\(error)")) }
    }
    return facts
  }

  private func add(to facts: inout HealthFacts) throws {
    let now = SystemTime().now()
    let hold = desk.remediation.anchorHold
    try desk.store.readRuns { store in
      let muting = HoldingSilences(try store.silences(), at: now)
      for alerts in try store.firingAlerts(except: { muting.mute(rule: $0, key: $1) != nil }) {
        var sum = facts.alerts[alerts.severity] ?? HealthFacts.Alerts()
        if alerts.isAcknowledged { sum.acknowledged += alerts.count } else { sum.open += alerts.count }
        sum.since = min(sum.since ?? .max, alerts.since)
        facts.alerts[alerts.severity] = sum
      }
      if let freeze = try store.freeze() {
        facts.freeze = HealthFacts.Freeze(by: freeze.by, reason: freeze.reason, since: freeze.since)
      }
      let unknown = try store.runs(Self.query(.unknown))
      facts.unknownRuns = unknown.count
      facts.unknownSince = unknown.map { $0.checkedAt ?? $0.proposedAt }.min()
      if let lag = try Self.unsigned(store, now), lag.age >= Self.unsignedAge {
        facts.parts.append(
          HealthFacts.Part(
            .log, name: "the execution log",
            detail:
              "\(CountText.count(lag.records, "record is", "records are")) not signed since \(lag.age / 60_000_000_000) minutes",
            since: now - lag.age))
      }
      if let held = try hold?.reason(store, now: now) {
        facts.parts.append(HealthFacts.Part(.anchor, name: "the execution log", detail: held))
      } else if let lag = try anchorLag(store, now), lag.age >= HealthAnalysis.anchorLate {
        facts.parts.append(
          HealthFacts.Part(
            .anchor, name: "the execution log",
            detail: "\(CountText.count(lag.records, "record has", "records have")) reached no anchor since "
              + "\(lag.age / 60_000_000_000) minutes", since: now - lag.age))
      }
    }
  }

  private static func query(_ states: RunState...) -> RunQuery {
    var query = RunQuery()
    query.states = states
    query.limit = 1000
    return query
  }

  /// How many records no checkpoint covers, and how old the oldest is; nil when all are covered.
  private static func unsigned(_ store: SQLiteTransaction, _ now: Int64) throws -> HealthRecord.Lag? {
    let signed = try store.checkpoint(signedBefore: .max, upTo: store.head.size)?.size ?? 0
    return try lag(store, signed, now)
  }

  private func anchorLag(_ store: SQLiteTransaction, _ now: Int64) throws -> HealthRecord.Lag? {
    let names = AnchorAssembly.anchors(desk.configuration).map(\.name)
    guard !names.isEmpty, let outline = try store.outline() else { return nil }
    let covered =
      try store.receipts().filter { names.contains($0.anchor) && $0.checkpoint.log == outline.log }
      .map(\.checkpoint.size).max() ?? 0
    return try Self.lag(store, max(covered, outline.floor?.number ?? 0), now)
  }

  private static func lag(_ store: SQLiteTransaction, _ covered: Int64, _ now: Int64) throws -> HealthRecord.Lag? {
    guard covered < store.head.size, let oldest = try store.record(at: covered + 1) else { return nil }
    return HealthRecord.Lag(
      records: store.head.size - covered, age: max(0, now - (try LogRecord(bytes: oldest.bytes).time)))
  }

  // MARK: - The analysis

  /// - Parameters:
  ///   - reading: what rules cost; nil when the engine didn't say.
  ///   - before: counters of the rules at the analysis before.
  func record(_ reading: EngineMonitor.Reading?, since before: [String: RuleFigures], score: Int) throws -> HealthRecord
  {
    let now = SystemTime().now()
    var record = HealthRecord(now: now, score: score, uptime: monitor.uptime)
    if let reading {
      record.rules = rules(TopReport(reading, started: monitor.started, order: .rule), before)
      record.refusedRules = reading.to.refused.map(\.rule)
    }
    try desk.store.readRuns { store in
      record.episodes = try store.alertEpisodes(since: now - Self.day, limit: Self.episodeLimit)
      try addRuns(store, now, to: &record)
      try Self.addHistory(store, now, to: &record)
      record.anchorLag = try anchorLag(store, now)
    }
    record.hasTargets = !desk.configuration.targets.isEmpty
    record.anchors = desk.configuration.log.anchors.count
    record.storeBytes = try desk.store.usedBytes()
    record.storeQuota = desk.configuration.log.quota
    return record
  }

  private func rules(_ report: TopReport, _ before: [String: RuleFigures]) -> [HealthRecord.Rule] {
    report.rows.map { row in
      let former = before[row.now.rule]
      func grown(_ count: KeyPath<RuleFigures, Int>) -> Int {
        max(0, row.now[keyPath: count] - (former?[keyPath: count] ?? row.now[keyPath: count]))
      }
      return HealthRecord.Rule(
        id: row.now.rule, matched: row.now.matched, share: report.share(row), heldBack: grown(\.heldBackAlerts),
        evictions: grown(\.evictions),
        failure: row.isResting ? TextEscaping.oneLine(row.now.script?.lastError ?? "it failed", limit: 300) : nil)
    }
  }

  private func addRuns(_ store: SQLiteTransaction, _ now: Int64, to record: inout HealthRecord) throws {
    var week = Self.query(.succeeded, .ineffective, .failed, .partial, .rollbackFailed)
    week.since = now - 7 * Self.day
    week.limit = 5000
    var fixes: [String: HealthRecord.Fix] = [:]
    for run in try store.runs(week) {
      var fix = fixes[run.fix] ?? HealthRecord.Fix(id: run.fix)
      switch run.state {
      case .succeeded: fix.succeeded += 1
      case .ineffective: fix.ineffective += 1
      default: fix.failed += 1
      }
      fixes[run.fix] = fix
    }
    record.fixes = fixes.values.sorted { $0.id < $1.id }
    record.waiting = try store.runs(Self.query(.awaiting)).map {
      HealthRecord.Waiting(run: $0.id, fix: $0.fix, since: $0.plannedAt ?? $0.proposedAt, decideBy: $0.decideBy)
    }
    record.unknown = try store.runs(Self.query(.unknown)).map {
      HealthRecord.Waiting(run: $0.id, fix: $0.fix, since: $0.checkedAt ?? $0.proposedAt)
    }
  }

  static func addHistory(_ store: SQLiteTransaction, _ now: Int64, to record: inout HealthRecord) throws {
    var recent = HealthHistoryQuery()
    // A clock that was ahead for a while has left samples that lie ahead still.
    let until = now + 1
    recent.since = now - 6 * 3_600_000_000_000
    recent.until = until
    recent.limit = 360
    let samples = try store.samples(recent)
    record.space = samples.compactMap { sample in
      sample.freeBytes.map { HealthRecord.Space(time: sample.time, free: $0) }
    }
    record.diskBytes = samples.last?.diskBytes ?? 0
    record.errorRate = try store.meanErrorRate(since: now - day, until: until).map {
      HealthRecord.Rate(rate: $0.rate, samples: $0.samples)
    }
    record.formerErrorRate = try store.meanErrorRate(since: now - 8 * day, until: now - 7 * day).map {
      HealthRecord.Rate(rate: $0.rate, samples: $0.samples)
    }
    (record.samples, record.unhealthySamples) = try store.sampleCounts(since: now - day, until: until)
  }

  /// Bytes that this user may still use where the state is kept, and of how many.
  func space() -> (free: Int64, all: Int64)? { StoreStanding.space(desk.directory.path) }
}

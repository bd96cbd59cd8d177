import Glibc
import StellaDetection
import StellaEngine
import StellaModel
import StellaSQLite
import StellaServer
import Synchronization

/// Keeps how the system is: a sample a minute, and every five minutes what an analysis of the record finds.
///
/// On a thread of its own, because it waits for the engine and for the store. What can't be written is said, and left out.
final class HealthKeeper: @unchecked Sendable {
  // Sendable, because what changes is behind the lock, or belongs to the thread alone.

  private static let second: Int64 = 1_000_000_000
  private static let sampleInterval = 60 * second
  private static let analysisInterval = 300 * second
  private static let pruningInterval = 3600 * second
  /// The engine times its rules only while somebody asks; so long at each sample.
  private static let lease = 2 * second
  private static let patience = 5 * second
  /// Within which the thread notices that it shall end.
  private static let pause = second / 10

  private struct Known {
    var rules = HealthFactsReader.Rules()
    var losses = LossSpan()
    /// Since when reasons hold, by their code.
    var since: [String: Int64] = [:]
  }

  private let reader: HealthFactsReader
  private let retention: Int64
  private let lost: @Sendable () -> Int
  private let note: @Sendable (String) -> Void
  private let known = Mutex(Known())
  private let began = machineMonotonicTime()
  private let lock = ConditionLock()
  // Behind the lock.
  private var isEnding = false
  private var thread: pthread_t?
  // Of the thread alone.
  private var rulesBefore: [String: RuleFigures] = [:]
  private var isTroubled = false

  /// - Parameters:
  ///   - retention: nanoseconds for which samples and closed findings are kept.
  ///   - lost: events that were lost on their way in; only grows.
  ///   - note: told when nothing can be kept, and when it can be again.
  init(
    _ reader: HealthFactsReader, retention: Int64, lost: @escaping @Sendable () -> Int,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.reader = reader
    self.retention = retention
    self.lost = lost
    self.note = note
  }

  /// To be called when detection runs; once.
  func begin() {
    restore()
    lock.locked { thread = try? EngineThread.start { [self] in live() } }
  }

  func end() {
    let thread = lock.locked { () -> pthread_t? in
      isEnding = true
      lock.broadcast()
      defer { self.thread = nil }
      return self.thread
    }
    if let thread { pthread_join(thread, nil) }
  }

  // MARK: - How it is now

  /// Reads the store; doesn't wait for the engine.
  func current() -> HealthSample {
    let now = SystemTime().now()
    let rules = known.withLock { $0.rules }
    let result = HealthScore(reader.facts(rules, lost: losses(), began: began))
    let figures = reader.traffic.current(at: machineMonotonicTime())
    var sample = HealthSample(
      time: now, score: result.score, reasons: dated(result.reasons, now), uptime: reader.monitor.uptime,
      activeUsers: figures?.activeUsers ?? 0, errorRate: figures?.errorRate,
      eventsPerSecond: figures?.eventsPerSecond ?? 0)
    if let space = reader.space() { (sample.freeBytes, sample.diskBytes) = (space.free, space.all) }
    return sample
  }

  /// Events that were lost within the last minutes.
  private func losses() -> Int {
    let count = lost()
    return known.withLock { $0.losses.lately(count, at: machineMonotonicTime()) }
  }

  private func dated(_ reasons: [HealthReason], _ now: Int64) -> [HealthReason] {
    known.withLock { known in
      let codes = Set(reasons.map(\.code))
      known.since = known.since.filter { codes.contains($0.key) }
      return reasons.map { reason in
        var reason = reason
        reason.since = reason.since ?? known.since[reason.code] ?? now
        known.since[reason.code] = reason.since
        return reason
      }
    }
  }

  /// Reasons hold since before a restart that took no time.
  private func restore() {
    var query = HealthHistoryQuery()
    query.limit = 1
    let now = SystemTime().now()
    (query.since, query.until) = (now - Self.analysisInterval, now)
    guard let last = try? reader.desk.store.readRuns({ try $0.samples(query).last }) else { return }
    known.withLock { known in
      for reason in last.reasons where reason.since != nil { known.since[reason.code] = reason.since }
    }
  }

  // MARK: - The thread

  private func live() {
    var next = machineMonotonicTime()
    var (analysed, pruned) = (Int64.min / 2, Int64.min / 2)
    while wait(until: next) {
      let now = machineMonotonicTime()
      next = now + Self.sampleInterval
      attempt {
        lookAtRules()
        // What the engine says while it ends is no news of the system.
        if lock.locked({ isEnding }) { return }
        let sample = current()
        try reader.desk.store.write(as: .command) { try $0.insert(sample) }
        if now - analysed >= Self.analysisInterval {
          analysed = now
          try analyse(sample.score)
        }
        if now - pruned >= Self.pruningInterval {
          pruned = now
          _ = try reader.desk.store.write(as: .command) { try $0.pruneHealth(before: sample.time - retention) }
        }
      }
      FreeMemory.release()
    }
  }

  /// False when it ends.
  private func wait(until moment: Int64) -> Bool {
    lock.locked {
      while !isEnding, machineMonotonicTime() < moment { _ = lock.wait(until: moment) }
      return !isEnding
    }
  }

  /// Asks the engine again and again, for so long that it must have come round to an answer, and no longer than this runs.
  private func asked<Answer>(_ question: () -> Answer?) -> Answer? {
    let end = machineMonotonicTime() + Self.patience
    while machineMonotonicTime() < end, !lock.locked({ isEnding }) {
      if let answer = question() { return answer }
    }
    return nil
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
      if isTroubled { note("how the system is is kept again") }
      isTroubled = false
    } catch {
      if !isTroubled { note("how the system is can't be kept: \(error)") }
      isTroubled = true
    }
  }

  private func lookAtRules() {
    let monitor = reader.monitor
    guard let figures = asked({ monitor.latest(patience: Self.pause, lease: Self.lease) }) else { return }
    let resting = figures.rules.filter { rule in
      guard let until = rule.script?.restsUntil else { return false }
      return until == .max || figures.latestEvent.map { until > $0 } ?? true
    }
    known.withLock { known in
      known.rules = HealthFactsReader.Rules(refused: figures.refused.map(\.rule), resting: resting.map(\.rule))
      known.losses.note(failedLines: figures.failedLines)
    }
  }

  private func analyse(_ score: Int) throws {
    let monitor = reader.monitor
    let reading = asked { monitor.reading(patience: Self.pause) }
    if lock.locked({ isEnding }) { return }
    let record = try reader.record(reading, since: rulesBefore, score: score)
    if let reading {
      rulesBefore = Dictionary(reading.to.rules.map { ($0.rule, $0) }) { first, _ in first }
    }
    let found = HealthAnalysis.findings(record)
    try reader.desk.store.write(as: .command) {
      try Self.keep(found, in: $0, score: score, now: record.now, knowsRules: reading != nil)
    }
  }

  /// Brings the store's findings in line with what was found.
  ///
  /// - Parameter knowsRules: whether the engine said how its rules fare; else what is known of them stays.
  static func keep(
    _ found: [HealthFinding], in transaction: SQLiteTransaction, score: Int, now: Int64, knowsRules: Bool
  ) throws {
    var query = HealthFindingQuery()
    query.statuses = [.open, .acknowledged]
    query.limit = nil
    var known = try transaction.findings(query).filter { knowsRules || !$0.kind.hasPrefix("rules.") }
    let holding = Set(known.map(\.id))
    for finding in found where !holding.contains(finding.id) {
      if let former = try transaction.finding(finding.id) { known.append(former) }
    }
    for finding in HealthLedger.changes(known: known, found: found, score: score, now: now) {
      try transaction.put(finding)
    }
  }
}

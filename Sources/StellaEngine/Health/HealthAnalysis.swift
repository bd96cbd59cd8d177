import StellaModel

/// Finds in the record of a system what somebody should look after, and says what to do. A pure function of the record.
package struct HealthAnalysis: Sendable {
  // What follows is in nanoseconds, counts or shares.
  static let hour: Int64 = 3_600_000_000_000
  /// Alerts of one key within a day from which on it flaps.
  package static let flapping = 6
  /// Alerts of one rule within a day from which on it is noisy.
  package static let noisy = 100
  /// An engine that runs for less has nothing to say about rules that see no event.
  package static let patience = 24 * hour
  /// What a rule may take of one core.
  package static let costly = 0.1
  package static let waitingLong = hour
  package static let unknownLong = hour / 4
  /// How far ahead a full disk is told of.
  package static let diskAhead = 48 * hour
  static let diskTrend = 2 * hour
  package static let anchorLate = hour
  /// Samples of a day that a comparison of weeks needs on either side.
  package static let leastSamples = 360

  private let record: HealthRecord
  private var found: [HealthFinding] = []

  /// What holds now, the gravest first. O(record).
  package static func findings(_ record: HealthRecord) -> [HealthFinding] {
    var analysis = HealthAnalysis(record: record)
    analysis.lookAtAlerts()
    analysis.lookAtRules()
    analysis.lookAtFixes()
    analysis.lookAtSpace()
    analysis.lookAtLog()
    analysis.lookAtTrends()
    return analysis.found.sorted { ($1.severity, $0.kind, $0.subject) < ($0.severity, $1.kind, $1.subject) }
  }

  private init(record: HealthRecord) { self.record = record }

  private mutating func find(
    _ kind: String, _ subject: String = "", _ severity: Severity, _ title: String, _ detail: String, _ remedy: String
  ) {
    found.append(
      HealthFinding(
        kind: kind, subject: subject, severity: severity, title: title, detail: detail, recommendation: remedy,
        at: record.now, score: record.score))
  }

  // MARK: - Alerts and rules

  private mutating func lookAtAlerts() {
    var ofRule: [String: Int] = [:]
    var ofKey: [String: [String: Int]] = [:]
    for episode in record.episodes {
      ofRule[episode.rule, default: 0] += episode.count
      ofKey[episode.rule, default: [:]][episode.key, default: 0] += episode.count
    }
    for (rule, keys) in ofKey {
      let flapping = keys.filter { $0.value >= Self.flapping }
      guard let worst = flapping.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { continue }
      find(
        "alerts.flapping", rule, .medium, "Alerts of \(rule) come and go",
        "\(CountText.count(flapping.count, "key")) fired \(Self.flapping) times or more within a day, \(worst.key) "
          + "\(CountText.count(worst.value, "time"))",
        "Give the rule a longer hold or keep_firing, so that one trouble is one alert; or repair what makes it come back."
      )
    }
    for (rule, count) in ofRule where count >= Self.noisy {
      find(
        "alerts.noisy", rule, .medium, "The rule \(rule) raises many alerts",
        "\(count) alerts within a day, of \(CountText.count(ofKey[rule]?.count ?? 0, "key"))",
        "Raise its threshold, or write an exception for what is usual: stella rules explain \(rule)")
    }
  }

  private mutating func lookAtRules() {
    for rule in record.rules {
      if let failure = rule.failure {
        find(
          "rules.resting", rule.id, .high, "The rule \(rule.id) rests, because its script fails", failure,
          "Repair the script: while it rests, it sees nothing. stella rules test runs its tests.")
      }
      if let share = rule.share, share >= Self.costly {
        find(
          "rules.costly", rule.id, .medium, "The rule \(rule.id) costs much",
          "It takes \(HealthText.percent(share)) of one core", "See what in it costs: stella rules profile FILE…")
      }
      if rule.heldBack > 0 {
        find(
          "rules.held-back", rule.id, .medium, "The rule \(rule.id) raises more alerts than a rule may",
          "\(CountText.count(rule.heldBack, "alert was", "alerts were")) over its limit per minute, and nobody was told of them",
          "Give it fewer keys, or a threshold that is reached more seldom.")
      }
      if rule.evictions > 0 {
        find(
          "rules.evicting", rule.id, .low, "The rule \(rule.id) forgets keys",
          "\(CountText.count(rule.evictions, "key")) gave way, because there were more than it may keep",
          "Raise max_keys or state_memory, or take a name out of by.")
      }
    }
    if !record.refusedRules.isEmpty {
      find(
        "rules.refused", "", .high, "Rules are broken and not active", Self.names(record.refusedRules),
        "See what is wrong with them: stella rules lint")
    }
    let unmatched = record.rules.filter { $0.matched == 0 }
    if record.uptime >= Self.patience, !unmatched.isEmpty {
      find(
        "rules.unmatched", "", .informational, "Rules have seen no event they are about",
        "\(unmatched.count) of \(CountText.count(record.rules.count, "rule")) in "
          + "\(record.uptime / Self.hour) hours: \(Self.names(unmatched.map(\.id)))",
        "Check that the logs they are about are among the sources: stella rules explain tells what a rule misses.")
    }
  }

  private static func names(_ names: [String]) -> String {
    let sorted = names.sorted()
    return sorted.prefix(8).joined(separator: ", ") + (sorted.count > 8 ? ", …" : "")
  }

  // MARK: - Fixes

  private mutating func lookAtFixes() {
    for fix in record.fixes {
      let bad = fix.ineffective + fix.failed
      guard bad >= 2, bad > fix.succeeded else { continue }
      find(
        "fixes.ineffective", fix.id, .high, "The fix \(fix.id) seldom helps",
        "Of its runs of a week \(fix.ineffective) changed nothing for the better, \(fix.failed) failed and "
          + "\(fix.succeeded) succeeded",
        "Look at what they found: stella runs list --fix \(fix.id). Until it is repaired, take the rule out of handles."
      )
    }
    for run in record.waiting where record.now - run.since >= Self.waitingLong {
      let isUrgent = run.decideBy.map { $0 - record.now < Self.hour / 2 } ?? false
      find(
        "approvals.waiting", run.run, isUrgent ? .high : .medium, "A plan of \(run.fix) waits for approval",
        "It waits for \((record.now - run.since) / (Self.hour / 60)) minutes"
          + (run.decideBy.map { ", and expires in \(max(0, ($0 - record.now) / (Self.hour / 60))) minutes" } ?? ""),
        "Decide on it: stella approvals show \(run.run)")
    }
    for run in record.unknown where record.now - run.since >= Self.unknownLong {
      find(
        "runs.unknown", run.run, .high, "Nobody can tell what became of a run of \(run.fix)",
        "It stands like that for \((record.now - run.since) / (Self.hour / 60)) minutes",
        "Find out and say it: stella runs reconcile \(run.run)")
    }
  }

  // MARK: - Disk and log

  private mutating func lookAtSpace() {
    if let quota = record.storeQuota, record.storeBytes / 4 >= quota / 5 {
      find(
        "store.quota", "", .medium, "The store reaches its quota",
        "It has \(record.storeBytes >> 20) of \(quota >> 20) MiB",
        "Export the log and prune it: stella log export FILE && stella log prune")
    }
    guard let last = record.space.last, record.diskBytes > 0 else { return }
    let share = Double(last.free) / Double(record.diskBytes)
    let free = "\(HealthText.percent(share)) (\(last.free >> 20) MiB) are free where the state directory is"
    if share < 0.1 {
      find(
        "disk.full", "", share < 0.05 ? .critical : .high, "The disk is nearly full", free,
        "Free some: when it is full, nothing can be recorded, no effect runs, and nothing is taken in.")
    } else if let left = Self.timeLeft(record.space), left < Self.diskAhead {
      find(
        "disk.filling", "", left < Self.diskAhead / 4 ? .high : .medium, "The disk fills up",
        "\(free); at the pace of the last hours it is full in \(left / Self.hour) hours",
        "Find what grows there; older alerts, logs and history go with `retention:` in stella.yaml.")
    }
  }

  /// Nanoseconds until nothing is free, by the line of least squares through the last hours; nil when it doesn't fall, or there is
  /// too little to say.
  static func timeLeft(_ space: [HealthRecord.Space]) -> Int64? {
    guard let first = space.first, let last = space.last, space.count >= 12, last.time - first.time >= diskTrend else {
      return nil
    }
    let count = Double(space.count)
    // From the last one on, so that the numbers stay small.
    let times = space.map { Double($0.time - last.time) / 1e9 }
    let bytes = space.map { Double($0.free - last.free) }
    let (meanTime, meanBytes) = (times.reduce(0, +) / count, bytes.reduce(0, +) / count)
    var (covariance, variance) = (0.0, 0.0)
    for (time, byte) in zip(times, bytes) {
      covariance += (time - meanTime) * (byte - meanBytes)
      variance += (time - meanTime) * (time - meanTime)
    }
    guard variance > 0, covariance < 0 else { return nil }
    let seconds = Double(last.free) / (-covariance / variance)
    // What was freed lately is no trend towards a full disk, whatever was before.
    guard last.free <= first.free, seconds.isFinite, seconds < 1e9 else { return nil }
    return Int64(seconds * 1e9)
  }

  private mutating func lookAtLog() {
    if record.anchors == 0 {
      guard record.hasTargets else { return }
      find(
        "log.no-anchor", "", .medium, "The execution log has no anchor",
        "Who can write to the store could cut off its end unseen",
        "Name a place on another disk or host in stella.yaml: log: { anchors: [/mnt/elsewhere/stella.anchor] }")
    } else if let lag = record.anchorLag, lag.age >= Self.anchorLate {
      find(
        "log.anchor-late", "", .high, "The execution log reaches no anchor",
        "\(CountText.count(lag.records, "record is", "records are")) not anchored, the oldest for \(CountText.count(lag.age / Self.hour, "hour")) or more",
        "Bring an anchor back; stella doctor says what is wrong with each. Then: stella log checkpoint")
    }
  }

  // MARK: - Days and weeks

  private mutating func lookAtTrends() {
    if let now = record.errorRate, let before = record.formerErrorRate, now.samples >= Self.leastSamples,
      before.samples >= Self.leastSamples, now.rate >= 2 * before.rate, now.rate - before.rate >= 0.005
    {
      find(
        "errors.rising", "", now.rate >= 5 * before.rate ? .high : .medium, "The error rate has risen within a week",
        "\(HealthText.percent(now.rate)) of a day's events tell of an error, a week before \(HealthText.percent(before.rate))",
        "See which service and which errors are new: stella tail --where 'level >= error'")
    }
    if record.samples >= Self.leastSamples, 2 * record.unhealthySamples > record.samples {
      let hours = record.unhealthySamples / 60
      find(
        "system.unhealthy", "", .high, "The system was not healthy for most of a day",
        "For \(hours) of the last \(record.samples / 60) hours its score was below 80",
        "Work off the reasons of the score, those with most points first: stella health")
    }
  }
}

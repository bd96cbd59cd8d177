/// A transaction that keeps how a system was, and what its analysis found. Every call throws ``StoreError``.
package protocol HealthTransaction: LogTransaction {
  /// Takes the place of one of the same time.
  func insert(_ sample: HealthSample) throws(StoreError)
  /// In the order of their times.
  func samples(_ query: HealthHistoryQuery) throws(StoreError) -> [HealthSample]
  /// How many samples there are from `since` on and before `until`, and how many of them were not healthy.
  func sampleCounts(since: Int64, until: Int64) throws(StoreError) -> (all: Int, unhealthy: Int)
  /// The mean error rate of samples from `since` on and before `until`, each by how many events a second it is of, and of how many that
  /// have one; nil for none.
  func meanErrorRate(since: Int64, until: Int64) throws(StoreError) -> (rate: Double, samples: Int)?

  /// In the order in which they were seen last, those that still hold behind the others.
  func findings(_ query: HealthFindingQuery) throws(StoreError) -> [HealthFinding]
  func finding(_ id: String) throws(StoreError) -> HealthFinding?
  /// Findings whose id begins so; two at most.
  func findings(withPrefix prefix: String) throws(StoreError) -> [HealthFinding]
  /// Takes the place of the one with its id.
  func put(_ finding: HealthFinding) throws(StoreError)
  /// Removes samples from before `time`, and findings that were closed before it; how many.
  func pruneHealth(before time: Int64) throws(StoreError) -> Int

  /// Alerts that fire, that nobody has resolved by hand, and that were not muted when they fired, but by a silence.
  ///
  /// - Parameter isMuted: says of a rule and a key, as JSON, that their alerts don't count, as a silence of them holds.
  func firingAlerts(except isMuted: (_ rule: String, _ key: String) -> Bool) throws(StoreError) -> [FiringAlerts]
  /// Alerts of events at `since` or later, by rule and key; at most `limit` of these. Old logs that are read only now raise alerts of
  /// long ago, which say nothing about a day.
  func alertEpisodes(since: Int64, limit: Int) throws(StoreError) -> [AlertEpisodes]
}

/// Alerts of one severity that fire.
package struct FiringAlerts: Sendable, Hashable {
  package var severity: Severity
  /// Whether somebody looks after them.
  package var isAcknowledged: Bool
  package var count: Int
  /// When the first of them began.
  package var since: Int64

  package init(severity: Severity, isAcknowledged: Bool, count: Int, since: Int64) {
    (self.severity, self.isAcknowledged, self.count, self.since) = (severity, isAcknowledged, count, since)
  }
}

/// How often one key of a rule has raised an alert.
package struct AlertEpisodes: Sendable, Hashable {
  package var rule: String
  /// As JSON.
  package var key: String
  package var count: Int

  package init(rule: String, key: String, count: Int) { (self.rule, self.key, self.count) = (rule, key, count) }
}

import StellaModel

/// What the periodic analysis looks at: how things went over hours and days.
package struct HealthRecord: Sendable, Hashable {
  package struct Rule: Sendable, Hashable {
    package var id: String
    /// Events that its condition let through since the engine began.
    package var matched: Int
    /// What it takes of one core, from 0 on; nil when that wasn't measured.
    package var share: Double?
    /// Alerts over its limit, which nobody was told of.
    package var heldBack: Int
    package var evictions: Int
    /// Whether it rests after repeated failures, and the last one's message.
    package var failure: String?

    package init(
      id: String, matched: Int = 1, share: Double? = nil, heldBack: Int = 0, evictions: Int = 0, failure: String? = nil
    ) {
      self.id = id
      self.matched = matched
      self.share = share
      self.heldBack = heldBack
      self.evictions = evictions
      self.failure = failure
    }
  }

  /// How runs of one fix ended within a week.
  package struct Fix: Sendable, Hashable {
    package var id: String
    package var succeeded: Int
    /// It was carried out, and what it is for didn't come true.
    package var ineffective: Int
    package var failed: Int

    package init(id: String, succeeded: Int = 0, ineffective: Int = 0, failed: Int = 0) {
      self.id = id
      self.succeeded = succeeded
      self.ineffective = ineffective
      self.failed = failed
    }
  }

  package struct Waiting: Sendable, Hashable {
    package var run: String
    package var fix: String
    package var since: Int64
    package var decideBy: Int64?

    package init(run: String, fix: String, since: Int64, decideBy: Int64? = nil) {
      self.run = run
      self.fix = fix
      self.since = since
      self.decideBy = decideBy
    }
  }

  package struct Space: Sendable, Hashable {
    package var time: Int64
    package var free: Int64

    package init(time: Int64, free: Int64) { (self.time, self.free) = (time, free) }
  }

  package struct Lag: Sendable, Hashable {
    package var records: Int64
    /// Nanoseconds.
    package var age: Int64

    package init(records: Int64, age: Int64) { (self.records, self.age) = (records, age) }
  }

  package struct Rate: Sendable, Hashable {
    package var rate: Double
    package var samples: Int

    package init(rate: Double, samples: Int) { (self.rate, self.samples) = (rate, samples) }
  }

  /// Nanoseconds since the epoch.
  package var now: Int64
  /// Of the system at this moment.
  package var score: Int
  /// Nanoseconds since the engine began.
  package var uptime: Int64
  /// Alerts of a day that were not muted.
  package var episodes: [AlertEpisodes] = []
  /// Rules that are active.
  package var rules: [Rule] = []
  package var refusedRules: [String] = []
  package var fixes: [Fix] = []
  /// Plans that wait for people.
  package var waiting: [Waiting] = []
  /// Runs of which nobody can tell what became of them.
  package var unknown: [Waiting] = []
  /// Free bytes of some hours, the oldest first.
  package var space: [Space] = []
  package var diskBytes: Int64 = 0
  /// Whether fixes may change anything.
  package var hasTargets = false
  package var anchors = 0
  /// How far the best of them is behind the log; nil when it isn't.
  package var anchorLag: Lag?
  /// Of a day, and of the same day a week before.
  package var errorRate: Rate?
  package var formerErrorRate: Rate?
  /// Samples of a day, and how many of them were not healthy.
  package var samples = 0
  package var unhealthySamples = 0
  package var storeBytes = 0
  /// Nil for none.
  package var storeQuota: Int?

  package init(now: Int64, score: Int, uptime: Int64) {
    self.now = now
    self.score = score
    self.uptime = uptime
  }
}

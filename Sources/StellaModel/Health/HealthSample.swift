/// How a system was at one moment.
package struct HealthSample: Sendable, Hashable {
  /// Nanoseconds since the epoch.
  package var time: Int64
  /// 0 to 100.
  package var score: Int
  /// Those that take the most come first.
  package var reasons: [HealthReason]
  /// Nanoseconds since the engine began.
  package var uptime: Int64
  /// Different users that events of a quarter of an hour name.
  package var activeUsers: Int
  /// The share of events of five minutes that tell of an error; nil when none says how it went.
  package var errorRate: Double?
  package var eventsPerSecond: Double
  /// Bytes that are free where the state directory is, and of how many; nil when that can't be told.
  package var freeBytes: Int64?
  package var diskBytes: Int64?

  package init(
    time: Int64, score: Int, reasons: [HealthReason] = [], uptime: Int64 = 0, activeUsers: Int = 0,
    errorRate: Double? = nil, eventsPerSecond: Double = 0, freeBytes: Int64? = nil, diskBytes: Int64? = nil
  ) {
    self.time = time
    self.score = score
    self.reasons = reasons
    self.uptime = uptime
    self.activeUsers = activeUsers
    self.errorRate = errorRate
    self.eventsPerSecond = eventsPerSecond
    self.freeBytes = freeBytes
    self.diskBytes = diskBytes
  }

  package var status: HealthStatus { HealthStatus(score: score) }

  package var value: FieldValue {
    .object([
      .init("time", .string(Timestamp.text(time))), .init("score", .integer(Int64(score))),
      .init("status", .string(status.rawValue)), .init("reasons", .array(reasons.map(\.value))),
      .init("uptime_s", .integer(uptime / 1_000_000_000)), .init("active_users", .integer(Int64(activeUsers))),
      .init("error_rate", errorRate.map { .double(HealthSample.rounded($0, 1e6)) } ?? .null),
      .init("events_per_second", .double(HealthSample.rounded(eventsPerSecond, 1000))),
    ])
  }

  /// To so many parts, so that the text stays short.
  private static func rounded(_ value: Double, _ parts: Double) -> Double { (value * parts).rounded() / parts }
}

/// Which samples are wanted. What is nil doesn't restrict.
package struct HealthHistoryQuery: Sendable, Hashable {
  /// Nanoseconds since the epoch; from and including.
  package var since: Int64?
  /// Not including.
  package var until: Int64?
  package var status: HealthStatus?
  package var scoreBelow: Int?
  /// The most that are given; the newest of them.
  package var limit: Int? = 1500

  package init() {}
}

import StellaModel

/// How far an anchor is behind a log.
package struct LogLag: Sendable, Hashable {
  /// Records that it hasn't seen, at least 1.
  package let records: Int64
  /// Nanoseconds since what it has seen was signed.
  package let age: Int64

  /// Nil when it has seen all of it.
  package init?(of checkpoint: LogCheckpoint, behind size: Int64, now: Int64) {
    guard checkpoint.size < size else { return nil }
    records = size - checkpoint.size
    age = max(0, now - checkpoint.time)
  }

  /// `49 records and 3 minutes behind`.
  package var text: String {
    let minutes = age / 60_000_000_000
    let time =
      minutes < 120
      ? LogText.count(minutes, "minute")
      : minutes < 2880 ? LogText.count(minutes / 60, "hour") : LogText.count(minutes / 1440, "day")
    return "\(LogText.count(records, "record")) and \(time) behind"
  }
}

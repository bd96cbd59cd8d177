import StellaModel

extension Policy {
  /// When a plan that was recorded at `time` can no longer be decided.
  package func decideBy(plannedAt time: Int64) -> Int64 { Self.later(time, by: decideWithin) }

  /// When a run whose last vote was at `time` can no longer begin.
  package func executeBy(approvedAt time: Int64) -> Int64 { Self.later(time, by: executeWithin) }

  /// Whether less than a quarter of the time is left.
  package static func isUrgent(deadline: Int64, from start: Int64, now: Int64) -> Bool {
    let (whole, overflow) = deadline.subtractingReportingOverflow(start)
    let (left, more) = deadline.subtractingReportingOverflow(now)
    return !overflow && !more && left <= whole / 4
  }

  private static func later(_ time: Int64, by duration: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(duration)
    return overflow ? .max : sum
  }
}

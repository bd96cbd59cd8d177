import StellaModel

/// Points in time and how far away they are, as people read them. All times are UTC.
struct ScreenTime {
  let now: Int64

  /// `10:02:03Z` today, else `2026-11-20 10:02:03Z`.
  func clock(_ time: Int64) -> String {
    let text = Timestamp.text(time)
    let isToday = text.prefix(10) == Timestamp.text(now).prefix(10)
    return (isToday ? "" : text.prefix(10) + " ") + text.dropFirst(11).prefix(8) + "Z"
  }

  /// `in 11 min`, `3 h ago`.
  func distance(_ time: Int64) -> String {
    let (left, overflow) = time.subtractingReportingOverflow(now)
    if overflow { return time > now ? "far ahead" : "long ago" }
    let length = Self.length(left == .min ? .max : abs(left))
    return left >= 0 ? "in \(length)" : "\(length) ago"
  }

  /// A length in one unit, rounded down.
  static func length(_ nanoseconds: Int64) -> String {
    let seconds = nanoseconds / Timestamp.second
    return switch seconds {
    case ..<1: "\(nanoseconds / 1_000_000) ms"
    case ..<120: "\(seconds) s"
    case ..<7200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3600) h"
    default: "\(seconds / 86_400) d"
    }
  }
}

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

  /// `in 11 min`, `3 h ago`. What lies ahead is at least so far away: who relies on it is not too late.
  func distance(_ time: Int64) -> String {
    let (left, overflow) = time.subtractingReportingOverflow(now)
    if overflow { return time > now ? "far ahead" : "long ago" }
    if left >= 0 { return "in \(Self.length(left, roundsUp: false))" }
    return "\(Self.length(left == .min ? .max : -left)) ago"
  }

  /// A length in one unit, to the nearest whole: 3 h 59 min are `4 h`.
  ///
  /// - Parameter roundsUp: false for the whole units that are full: `3 h`.
  static func length(_ nanoseconds: Int64, roundsUp: Bool = true) -> String {
    func rounded(_ unit: Int64) -> Int64 {
      let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: unit)
      return roundsUp && rest >= unit - unit / 2 ? whole + 1 : whole
    }
    let second = Timestamp.second
    return switch nanoseconds / second {
    case ..<1: "\(nanoseconds / 1_000_000) ms"
    case ..<120: "\(rounded(second)) s"
    case ..<7200: "\(rounded(60 * second)) min"
    case ..<172_800: "\(rounded(3600 * second)) h"
    default: "\(rounded(86_400 * second)) d"
    }
  }
}

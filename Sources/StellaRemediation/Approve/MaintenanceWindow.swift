import StellaModel

/// Hours of some days of the week, in a fixed offset from UTC: what a time zone makes of summer is not known here.
package struct MaintenanceWindow: Sendable, Hashable {
  package enum Day: String, Sendable, Hashable, CaseIterable {
    case monday = "mon"
    case tuesday = "tue"
    case wednesday = "wed"
    case thursday = "thu"
    case friday = "fri"
    case saturday = "sat"
    case sunday = "sun"

    var index: Int { Day.allCases.firstIndex(of: self) ?? 0 }
  }

  /// Days on which it opens; empty: all.
  package var days: Set<Day>
  /// Minutes since midnight; the end is no longer part of it. An end that isn't after the start is on the next day, so that
  /// two equal ones make a whole day.
  package var start: Int
  package var end: Int
  /// Minutes to add to UTC, -1439 … 1439.
  package var offset: Int

  package init(days: Set<Day> = [], start: Int, end: Int, offset: Int = 0) {
    self.days = days
    self.start = start
    self.end = end
    self.offset = offset
  }

  private static let minute: Int64 = 60_000_000_000

  /// When the opening that `time` lies in ends; nil when it is closed then.
  package func closes(after time: Int64) -> Int64? {
    // One that opened yesterday may reach into today.
    openings(around: time).first { $0.start <= time && time < $0.end }?.end
  }

  /// When it opens next after `time`; nil when it never does within the range of times.
  package func opens(after time: Int64) -> Int64? { openings(around: time).first { $0.start > time }?.start }

  /// Openings from yesterday to a week ahead, ascending. 1970-01-01 was a Thursday.
  private func openings(around time: Int64) -> [(start: Int64, end: Int64)] {
    let shift = Int64(offset) * Self.minute
    let (local, overflow) = time.addingReportingOverflow(shift)
    if overflow { return [] }
    let today = local / Timestamp.day - (local % Timestamp.day < 0 ? 1 : 0)
    let length = Int64(end > start ? end - start : end - start + 1440) * Self.minute
    return (-1...8).compactMap { ahead -> (start: Int64, end: Int64)? in
      let day = today + Int64(ahead)
      let weekday = Int(((day + 3) % 7 + 7) % 7)
      guard days.isEmpty || days.contains(where: { $0.index == weekday }) else { return nil }
      let (midnight, over) = day.multipliedReportingOverflow(by: Timestamp.day)
      let (opens, more) = midnight.addingReportingOverflow(Int64(start) * Self.minute - shift)
      let (closes, most) = opens.addingReportingOverflow(length)
      return over || more || most ? nil : (opens, closes)
    }
  }
}

extension MaintenanceWindow: CustomStringConvertible {
  /// `mon, tue 09:00–17:00 UTC+01:00`
  package var description: String {
    let named = Day.allCases.filter { days.contains($0) }.map(\.rawValue)
    let zone = offset == 0 ? "" : (offset < 0 ? "-" : "+") + Self.clock(abs(offset))
    return (named.isEmpty || named.count == 7 ? "daily" : named.joined(separator: ", "))
      + " \(Self.clock(start))–\(Self.clock(end)) UTC\(zone)"
  }

  private static func clock(_ minutes: Int) -> String {
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return two(minutes / 60) + ":" + two(minutes % 60)
  }
}

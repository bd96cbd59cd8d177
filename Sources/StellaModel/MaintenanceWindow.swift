/// Hours of some days of the week by the clock of one place. Where that is put forward or back in between, a window is an hour
/// shorter or longer; one that lies within the hour that is skipped isn't there on that day.
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
  package var zone: ZoneRules
  /// What people call the zone; nil for a fixed offset.
  package var zoneName: String?

  /// - Parameter offset: minutes to add to UTC, -1439 … 1439.
  package init(days: Set<Day> = [], start: Int, end: Int, offset: Int = 0) {
    self.init(days: days, start: start, end: end, zone: .fixed(seconds: offset * 60), named: nil)
  }

  package init(days: Set<Day>, start: Int, end: Int, zone: ZoneRules, named name: String?) {
    self.days = days
    self.start = start
    self.end = end
    self.zone = zone
    zoneName = name
  }

  private static let second: Int64 = 1_000_000_000

  /// When the opening that `time` lies in ends; nil when it is closed then.
  package func closes(after time: Int64) -> Int64? {
    // One that opened yesterday may reach into today.
    openings(around: time).first { $0.start <= time && time < $0.end }?.end
  }

  /// When it opens next after `time`; nil when it never does within the range of times.
  package func opens(after time: Int64) -> Int64? { openings(around: time).first { $0.start > time }?.start }

  /// Openings from yesterday to a week ahead, ascending. 1970-01-01 was a Thursday.
  private func openings(around time: Int64) -> [(start: Int64, end: Int64)] {
    let now = Int((time / Self.second) - (time % Self.second < 0 ? 1 : 0))
    let local = now + zone.offset(atUTC: now)
    let today = local / 86_400 - (local % 86_400 < 0 ? 1 : 0)
    return (-1...8).compactMap { ahead -> (start: Int64, end: Int64)? in
      let day = today + ahead
      guard days.isEmpty || days.contains(where: { $0.index == ((day + 3) % 7 + 7) % 7 }) else { return nil }
      let last = end > start ? end : end + 1440
      guard let opens = instant(day, start), let closes = instant(day, last), opens < closes else { return nil }
      return (opens, closes)
    }
  }

  /// So many minutes after the midnight with which a day since 1970 begins; nil beyond the range of times.
  private func instant(_ day: Int, _ minutes: Int) -> Int64? {
    let local = day * 86_400 + minutes * 60
    let (time, overflow) = Int64(local - zone.offset(atLocal: local)).multipliedReportingOverflow(by: Self.second)
    return overflow ? nil : time
  }
}

extension MaintenanceWindow: CustomStringConvertible {
  /// `mon, tue 09:00–17:00 UTC+01:00`, `daily 22:00–06:00 Europe/Berlin`
  package var description: String {
    let named = Day.allCases.filter { days.contains($0) }.map(\.rawValue)
    let offset = zone.initialOffset / 60
    let zone = zoneName ?? "UTC" + (offset == 0 ? "" : (offset < 0 ? "-" : "+") + Self.clock(abs(offset)))
    return (named.isEmpty || named.count == 7 ? "daily" : named.joined(separator: ", "))
      + " \(Self.clock(start))–\(Self.clock(end)) \(zone)"
  }

  private static func clock(_ minutes: Int) -> String {
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return two(minutes / 60) + ":" + two(minutes % 60)
  }
}

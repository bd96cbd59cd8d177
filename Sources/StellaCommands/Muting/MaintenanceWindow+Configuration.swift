import StellaConfiguration
import StellaEngine
import StellaModel

extension MaintenanceWindow {
  /// - Parameter problems: gets what only this machine can tell to be wrong: a zone that it doesn't know.
  init(_ written: Configuration.Window, _ problems: inout [ConfigurationError.Problem]) {
    let days = Set(written.days.compactMap(MaintenanceWindow.Day.init(rawValue:)))
    guard let zone = written.zone else {
      self.init(days: days, start: written.start, end: written.end, offset: written.offset)
      return
    }
    self.init(days: days, start: written.start, end: written.end, zone: zone.rules(&problems), named: zone.name)
  }
}

extension Configuration.Span {
  /// Nanoseconds since the epoch.
  func range(_ problems: inout [ConfigurationError.Problem]) -> Range<Int64> {
    let rules = zone?.rules(&problems) ?? .fixed(seconds: offset * 60)
    func instant(_ local: Int64) -> Int64 { (local - Int64(rules.offset(atLocal: Int(local)))) * Timestamp.second }
    let (start, end) = (instant(start), instant(end))
    return start..<max(start, end)
  }
}

extension Configuration.Zone {
  fileprivate func rules(_ problems: inout [ConfigurationError.Problem]) -> ZoneRules {
    if let rules = TimeZones.rules(name) { return rules }
    problems.append(
      .init(
        .wrongValue, at: place,
        "`\(TextEscaping.oneLine(name))` is no time zone that this machine knows. Write an IANA name such as "
          + "`Europe/Berlin`."))
    return .utc
  }
}

import StellaModel

/// Which counts somebody wants over time.
package struct SeriesQuery: Sendable, Hashable {
  package enum Group: String, Sendable, CaseIterable {
    case level, service
  }

  package enum Field: String, Sendable, CaseIterable {
    case duration = "duration_ms"
  }

  /// Nanoseconds since the epoch, a whole number of steps.
  package var since: Int64
  package var until: Int64
  /// Whole minutes, in nanoseconds.
  package var step: Int64
  package var group: Group?
  /// Quantiles of it instead of counts.
  package var field: Field?
  package var level: LogLevel?
  package var services: [String] = []
  package var isPrivileged = false

  package static let names = ["since", "until", "step", "by", "field", "level", "service"]
  package static let stepLimit = 1500
  private static let minute = EventCounts.minute
  /// Steps that charts read well with, in minutes.
  private static let usual: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440]

  /// Reads the parameters of a request.
  ///
  /// - Throws: ``CommandFailure`` `usage` that says which makes no sense.
  package init(_ parameters: [(name: String, value: String)], now: Int64) throws(CommandFailure) {
    var since = now - 3600 * Timestamp.second
    var until = now
    var step: Int64?
    for (name, value) in parameters {
      switch name {
      case "since": since = try EventQuery.time(name, value, now: now)
      case "until": until = try EventQuery.time(name, value, now: now)
      case "step":
        guard let length = DurationText.nanoseconds(value), length > 0, length % Self.minute == 0 else {
          throw CommandFailure(
            .usage, TextEscaping.oneLine("step \(value): write whole minutes, such as 1m, 5m or 1h.", limit: 200))
        }
        step = length
      case "by":
        guard let group = Group(rawValue: value) else {
          throw EventQuery.unknown(name, value, Group.allCases.map(\.rawValue))
        }
        self.group = group
      case "field":
        guard let field = Field(rawValue: value) else {
          throw EventQuery.unknown(name, value, Field.allCases.map(\.rawValue))
        }
        self.field = field
      case "level": level = try EventQuery.level(value)
      case "service": services = try EventQuery.list(name, value)
      default: throw EventQuery.unknown(name, among: Self.names)
      }
    }
    try EventQuery.check(since, until)
    // Steps begin with the epoch.
    (since, until) = (max(since, 0), max(until, 1))
    if field != nil, group == .level || level != nil {
      throw CommandFailure(.usage, "durations are kept by service only: leave `level` out.")
    }
    let (length, isTooLong) = until.subtractingReportingOverflow(since)
    let wanted = step ?? Self.usual.map { $0 * Self.minute }.first { !isTooLong && length / $0 <= 120 } ?? Timestamp.day
    self.step = wanted
    self.since = since / wanted * wanted
    let (last, overflow) = ((until - 1) / wanted * wanted).addingReportingOverflow(wanted)
    self.until = last
    guard !isTooLong, !overflow, (last - self.since) / wanted <= Self.stepLimit else {
      throw CommandFailure(
        .usage, "there would be more than \(Self.stepLimit) steps of \(DurationText.text(wanted)). Take longer ones.")
    }
  }

  var steps: Int { Int((until - since) / step) }
}

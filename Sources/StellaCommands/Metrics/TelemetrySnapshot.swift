import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaServer

/// How everything stands at the moment, as JSON: the engine, what passes through it, what fires, what waits for people, who listens.
enum TelemetrySnapshot {
  /// The most alerts and runs that are told; their numbers count all.
  private static let limit = 200

  /// Waits for up to some seconds until the engine has come round to its figures; null without them.
  ///
  /// - Parameter masking: what is taken out of alerts and runs; nil for nothing.
  static func json(
    _ monitor: EngineMonitor, _ traffic: TrafficGauge, feed: LiveFeed, desk: RemediationDesk, masking: Masking?
  ) throws -> String {
    let figures = monitor.latest()
    let now = desk.remediation.journal.time.now()
    var firing = AlertQuery()
    firing.statuses = [.firing]
    firing.limit = limit
    let (alerts, firingCount, silences, freeze) = try desk.store.readRuns {
      (try $0.alerts(firing), try $0.firingAlertCount(), try $0.silences(), try $0.freeze())
    }
    let muting = HoldingSilences(silences, at: now)
    var waiting = RunQuery()
    waiting.states = [.awaiting]
    waiting.limit = limit
    let (runs, total, _) = try desk.remediation.reports(
      waiting, viewer: .nobody("nobody", reason: "a snapshot decides nothing"))
    let counts = feed.figures
    let text = FieldValue.object([
      .init("time", .string(Timestamp.text(now))), .init("version", .string(StellaVersion.current)),
      .init("uptime_seconds", .double(Double(monitor.uptime) / 1e9)),
      .init("engine", figures.map(engine) ?? .null),
      .init("traffic", traffic.current(at: machineMonotonicTime()).map(passing) ?? .null),
      .init("alerts_firing", number(firingCount)),
      .init("alerts", .array(alerts.map { parsed(StoredAlertJSON.text($0, mute: muting.mute($0))) })),
      .init("approvals_waiting", number(total)),
      .init("approvals", .array(RunTable.ordered(runs).map { parsed(RunJSON.line($0)) })),
      .init("frozen", .bool(freeze != nil)),
      .init(
        "stream",
        .object([
          .init("clients", number(counts.clients)), .init("dropped", number(counts.dropped)),
          .init("lost_events", number(counts.lostEvents)),
        ])),
    ]).json
    return masking.map { Masker($0).masked(text) } ?? text
  }

  private static func engine(_ figures: EngineFigures) -> FieldValue {
    .object([
      .init("events", number(figures.events)), .init("late_events", number(figures.lateEvents)),
      .init("undecoded_lines", number(figures.failedLines)), .init("sources", number(figures.sources)),
      .init("latest_event", figures.latestEvent.map { .string(Timestamp.text($0)) } ?? .null),
      .init("rules", number(figures.rules.count)), .init("refused", number(figures.refused.count)),
      .init("resting", number(figures.rules.count { $0.script?.restsUntil != nil })),
      .init("open_alerts", number(figures.rules.reduce(0) { $0 + $1.openAlerts })),
      .init("cpu_seconds", .double(Double(figures.cpuNanoseconds) / 1e9)),
      .init("resident_bytes", number(figures.residentBytes)),
    ])
  }

  private static func passing(_ figures: TrafficFigures) -> FieldValue {
    let levels = [("none", 0)] + LogLevel.allCases.map { ($0.name, Int($0.rawValue)) }
    return .object([
      .init("events_per_second", .double(figures.eventsPerSecond)),
      .init("error_rate", figures.errorRate.map { .double($0) } ?? .null),
      .init("active_users", number(figures.activeUsers)),
      .init(
        "events_by_level",
        .object(levels.map { FieldValue.Member($0, number(figures.eventsByLevel[$1])) })),
    ])
  }

  private static func parsed(_ json: String) -> FieldValue { (try? JSONParser().parse(json)) ?? .null }

  private static func number(_ value: some BinaryInteger) -> FieldValue { .integer(Int64(value)) }
}

import StellaDetection
import StellaModel

/// A ``TopReport`` as JSON: one object for the engine, then one for each rule. Names of members don't change between versions;
/// members may be added.
enum TopJSON {
  static func lines(_ report: TopReport, limit: Int?) -> String {
    let rows = report.rows.prefix(max(0, limit ?? .max))
    return engine(report) + "\n" + rows.map { rule($0, report) + "\n" }.joined()
  }

  private static func engine(_ report: TopReport) -> String {
    let (from, to) = (report.from, report.to)
    return FieldValue.object([
      .init("kind", .string("engine")), .init("seconds", .double(seconds(report.nanoseconds))),
      .init("uptime_seconds", .double(seconds(report.uptime))), .init("events", number(to.events)),
      .init("events_per_second", .double(report.perSecond(to.events - from.events))),
      .init("bytes", number(to.bytes)),
      .init("bytes_per_second", .double(report.perSecond(to.bytes - from.bytes))),
      .init("late_events", number(to.lateEvents)), .init("undecoded_lines", number(to.failedLines)),
      .init("sources", number(to.sources)),
      .init("latest_event", to.latestEvent.map { .string(Timestamp.text($0)) } ?? .null),
      .init("cpu_share", .double(Double(to.cpuNanoseconds - from.cpuNanoseconds) / Double(report.nanoseconds))),
      .init("resident_bytes", number(to.residentBytes)), .init("rules", number(to.rules.count)),
      .init("refused", .array(to.refused.map { .string($0.rule) })),
      .init(
        "refused_reasons",
        .array(to.refused.map { .object([.init("rule", .string($0.rule)), .init("reason", .string($0.reason))]) })),
      .init("not_live", .array(to.notLive.map { .string($0) })),
      .init("resting", number(report.rows.count(where: \.isResting))),
    ]).json
  }

  private static func rule(_ row: TopReport.Row, _ report: TopReport) -> String {
    let now = row.now
    return FieldValue.object([
      .init("kind", .string("rule")), .init("rule", .string(now.rule)), .init("share", .double(report.share(row))),
      .init("matched", number(now.matched)), .init("matched_per_second", .double(report.perSecond(row.matched))),
      .init("ns_per_event", row.eventNanoseconds.map { .integer($0) } ?? .null),
      .init("ns_per_event_max", .integer(now.cost.peak)), .init("alerts", number(now.alerts)),
      .init("alerts_new", number(row.alerts)), .init("alerts_open", number(now.openAlerts)),
      .init("alerts_held_back", number(now.heldBackAlerts)), .init("keys", number(now.keys)),
      .init("max_keys", number(now.maxKeys)), .init("evictions", number(now.evictions)),
      .init("evictions_new", number(row.evictions)), .init("state_bytes", number(now.stateBytes)),
      .init("lua_bytes", number(now.heapBytes)), .init("lua_calls", number(now.calls)),
      .init("lua_steps", row.steps.map { number($0) } ?? .null),
      .init("script_failures", number(now.script?.failures ?? 0)), .init("resting", .bool(row.isResting)),
      .init("last_error", now.script?.lastError.map { .string($0) } ?? .null),
    ]).json
  }

  private static func number(_ value: some BinaryInteger) -> FieldValue { .integer(Int64(value)) }

  private static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
}

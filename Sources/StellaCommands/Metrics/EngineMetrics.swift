import StellaArchive
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer

/// The figures of a running server under the names that Prometheus knows them by. Names don't change between versions.
enum EngineMetrics {
  /// Rules with figures of their own at most; how many have none is a figure too.
  private static let ruleLimit = 2000

  /// Waits for up to some seconds until the engine has come round to it; without its figures when it has not.
  static func text(
    _ monitor: EngineMonitor, feed: LiveFeed?, events: EventRecorder?, journal: IntakeJournal?, intake: IntakeFigures?,
    places: ConnectionPlaces?, sources: SourceFigures, desk: RemediationDesk
  ) -> MetricsText {
    var metrics = MetricsText()
    metrics.add(
      "stella_info", .gauge, "The version that runs.",
      [.init(labels: [.init("version", StellaVersion.current)], value: 1)])
    metrics.add("stella_uptime_seconds", .gauge, "Since the engine was started.", seconds: monitor.uptime)
    let figures = monitor.latest()
    metrics.add(
      "stella_engine_up", .gauge, "Whether the engine has told its figures within the last seconds.",
      figures == nil ? 0 : 1)
    if let figures {
      add(figures, to: &metrics)
      addRules(figures.rules, to: &metrics)
    }
    if let journal { add(journal.state, to: &metrics) }
    intake?.add(to: &metrics)
    places?.add(to: &metrics)
    sources.add(to: &metrics)
    if let feed { add(feed.figures, to: &metrics) }
    if let events { add(events.figures, to: &metrics) }
    addState(of: desk, to: &metrics)
    return metrics
  }

  /// What the store says. Where it can't be read it says nothing, and the other figures, which are asked for just then, stay.
  static func addState(of desk: RemediationDesk, to metrics: inout MetricsText) {
    var isWell = StoreStanding.trouble(desk) == nil
    do {
      try addStore(desk, to: &metrics)
      try NotificationFigures.add(desk.store, now: desk.remediation.journal.time.now(), to: &metrics)
    } catch {
      isWell = false
    }
    metrics.add("stella_store_up", .gauge, "Whether state can be read and written.", isWell ? 1 : 0)
  }

  private static func add(_ figures: EngineFigures, to metrics: inout MetricsText) {
    metrics.add("stella_events_total", .counter, "Events that rules have seen.", figures.events)
    metrics.add(
      "stella_late_events_total", .counter, "Events that came with a time before the watermark.", figures.lateEvents)
    metrics.add("stella_read_bytes_total", .counter, "Bytes that were read from sources.", figures.bytes)
    metrics.add("stella_undecoded_lines_total", .counter, "Lines that could not be decoded.", figures.failedLines)
    let damaged = figures.damagedLines.sorted { $0.key.rawValue < $1.key.rawValue }
    func each(_ name: String, _ meaning: String, _ value: (EngineFigures.DamagedLines) -> Int) {
      metrics.add(
        name, .counter, meaning,
        damaged.map { .init(labels: [.init("source", $0.key.rawValue)], value: Double(value($0.value))) })
    }
    each("stella_cut_lines_total", "Lines over limits.line_bytes, which were cut.") { $0.cut }
    each("stella_repaired_lines_total", "Lines with invalid UTF-8, which was replaced.") { $0.repaired }
    metrics.add("stella_sources", .gauge, "Sources that are read.", figures.sources)
    if let latest = figures.latestEvent {
      metrics.add("stella_latest_event_timestamp_seconds", .gauge, "Time of the latest event.", seconds: latest)
    }
    metrics.add("stella_rules", .gauge, "Rules that are active.", figures.rules.count)
    metrics.add(
      "stella_rules_refused", .gauge, "Rules that are not active, because they are broken.", figures.refused.count)
    metrics.add(
      "stella_rules_resting", .gauge, "Rules that rest after repeated failures.", figures.rules.count { isResting($0) })
    metrics.add("process_cpu_seconds_total", .counter, "CPU of all threads.", seconds: figures.cpuNanoseconds)
    metrics.add("process_resident_memory_bytes", .gauge, "Memory that is resident.", figures.residentBytes)
  }

  private static func isResting(_ rule: RuleFigures) -> Bool { rule.script?.restsUntil != nil }

  private static func addRules(_ rules: [RuleFigures], to metrics: inout MetricsText) {
    let shown = rules.prefix(ruleLimit)
    metrics.add("stella_rules_omitted", .gauge, "Rules without figures of their own here.", rules.count - shown.count)
    func each(
      _ name: String, _ kind: MetricsText.Kind, _ meaning: String, _ value: (RuleFigures) -> Double
    ) {
      metrics.add(
        name, kind, meaning, shown.map { .init(labels: [.init("rule", $0.rule)], value: value($0)) })
    }
    each("stella_rule_matched_events_total", .counter, "Events that the rule's condition let through.") {
      Double($0.matched)
    }
    each("stella_rule_timed_events_total", .counter, "Of these, events whose cost was measured.") {
      Double($0.cost.events)
    }
    each("stella_rule_timed_seconds_total", .counter, "What these took.") { Double($0.cost.nanoseconds) / 1e9 }
    each("stella_rule_alerts_total", .counter, "Alerts that the rule has raised.") { Double($0.alerts) }
    each("stella_rule_open_alerts", .gauge, "Alerts that are pending or firing.") { Double($0.openAlerts) }
    each("stella_rule_held_back_alerts_total", .counter, "Alerts over the rule's limit per minute.") {
      Double($0.heldBackAlerts)
    }
    each("stella_rule_keys", .gauge, "Keys that the rule keeps state for.") { Double($0.keys) }
    each("stella_rule_evicted_keys_total", .counter, "Keys that gave way at the rule's limit.") { Double($0.evictions) }
    each("stella_rule_state_bytes", .gauge, "Native state and Lua heap.") { Double($0.stateBytes + $0.heapBytes) }
    each("stella_rule_script_failures_total", .counter, "Calls of the rule's script that failed.") {
      Double($0.script?.failures ?? 0)
    }
    each("stella_rule_resting", .gauge, "Whether the rule rests after repeated failures.") { isResting($0) ? 1 : 0 }
  }

  private static func add(_ state: IntakeJournal.State, to metrics: inout MetricsText) {
    metrics.add("stella_intake_held_bytes", .gauge, "Bytes that were taken in and wait for detection.", state.heldBytes)
    metrics.add("stella_intake_up", .gauge, "Whether the last events were taken in.", state.trouble == nil ? 1 : 0)
    metrics.add(
      "stella_intake_ahead_events_total", .counter,
      "Events that lay over five minutes ahead of their arrival and took its time.", state.aheadEvents)
    metrics.add(
      "stella_intake_untimed_events_total", .counter,
      "Events that took the time of their arrival because their own could not be read.", state.untimedEvents)
  }

  private static func add(_ counts: LiveFeed.Counts, to metrics: inout MetricsText) {
    metrics.add("stella_stream_clients", .gauge, "Clients that listen.", counts.clients)
    metrics.add("stella_stream_clients_total", .counter, "Clients that have begun to listen.", counts.admitted)
    metrics.add(
      "stella_stream_dropped_clients_total", .counter, "Clients that took less than there was to tell.", counts.dropped)
    metrics.add("stella_stream_refused_clients_total", .counter, "Clients for whom there was no place.", counts.refused)
    metrics.add("stella_stream_messages_total", .counter, "Messages handed to clients.", counts.messages)
    metrics.add(
      "stella_stream_lost_events_total", .counter, "Events that no client was told of because they came too fast.",
      counts.lostEvents)
    metrics.add(
      "stella_stream_lost_news_total", .counter,
      "Alerts, runs and silences that no client was told of because too many waited.", counts.lostNews)
  }

  private static func add(_ figures: EventRecorder.Figures, to metrics: inout MetricsText) {
    metrics.add("stella_archive_events_total", .counter, "Events that were kept.", figures.events)
    metrics.add(
      "stella_archive_lost_events_total", .counter,
      "Events that were not kept, because they came too fast or could not be written.", figures.lost)
    metrics.add("stella_archive_bytes", .gauge, "Bytes that kept events take.", figures.bytes)
    metrics.add(
      "stella_archive_up", .gauge, "Whether the last events could be written.", figures.trouble == nil ? 1 : 0)
  }

  private static func addStore(_ desk: RemediationDesk, to metrics: inout MetricsText) throws {
    let (runs, size, frozen) = try desk.store.readRuns { store in
      let runs = try RunState.allCases.map { state in
        var query = RunQuery()
        query.states = [state]
        return MetricsText.Sample(
          labels: [.init("state", state.rawValue)], value: Double(try store.runCount(query)))
      }
      return (runs, store.head.size, try store.freeze() != nil)
    }
    metrics.add("stella_runs", .gauge, "Runs of fixes by where they are.", runs)
    metrics.add("stella_log_records_total", .counter, "Records of the execution log.", size)
    metrics.add("stella_frozen", .gauge, "Whether all effects are stopped.", frozen ? 1 : 0)
  }
}

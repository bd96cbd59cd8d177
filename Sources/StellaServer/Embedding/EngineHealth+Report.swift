import StellaEngine
import StellaModel

extension EngineHealth {
  /// All of it as one line of JSON.
  var json: String {
    func texts(_ texts: [String]) -> FieldValue { .array(texts.map(FieldValue.string)) }
    return FieldValue.object([
      .init("phase", .string(phase.rawValue)), .init("well", .bool(isWell)),
      .init("rules", .integer(Int64(activeRules))), .init("refusals", texts(refusals)),
      .init(
        "resting_rules", .object(restingRules.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
      .init("events", .integer(Int64(events))), .init("dropped_events", .integer(Int64(droppedEvents))),
      .init("nested_events", .integer(Int64(nestedEvents))), .init("dropped_alerts", .integer(Int64(droppedAlerts))),
      .init("troubles", texts(troubles)),
    ]).json
  }

  /// Its figures, under the names that `stella serve` has for the same.
  var metrics: MetricsText {
    var metrics = MetricsText()
    metrics.add("stella_engine_up", .gauge, "Whether the engine runs.", phase == .running ? 1 : 0)
    metrics.add("stella_events_total", .counter, "Events that rules have seen.", events)
    metrics.add(
      "stella_dropped_events_total", .counter, "Log calls and ingested events that found no room.", droppedEvents)
    metrics.add(
      "stella_nested_events_total", .counter, "Log calls that were made from within another and not kept.",
      nestedEvents)
    metrics.add("stella_dropped_alerts_total", .counter, "Alerts that could not be kept.", droppedAlerts)
    metrics.add("stella_rules", .gauge, "Rules that are active.", activeRules)
    metrics.add("stella_refusals", .gauge, "Files of rules and fixes that can't be used.", refusals.count)
    metrics.add("stella_rules_resting", .gauge, "Rules that rest after repeated failures.", restingRules.count)
    metrics.add("stella_troubles", .gauge, "What is wrong at present; 0 is what should be.", troubles.count)
    return metrics
  }
}

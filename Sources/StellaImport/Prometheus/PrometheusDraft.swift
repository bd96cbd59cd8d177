/// A native rule before it is written down. Times are nanoseconds.
struct PrometheusDraft {
  enum Shape {
    /// Readings of selectors, and a check that computes with them.
    case checked([MetricReading], lines: [String], value: String)
    /// A sample that stays away.
    case absence(every: Int64, grace: Int64)
  }

  var rule: PrometheusRule
  var id = ""
  var severity = "medium"
  var condition = ImportedCondition.constant(true)
  var shape: Shape
  /// Event fields.
  var by: [String] = []
  /// Event fields that tell the series of a key apart.
  var series: [String] = []
  var every: Int64
  var events: MetricEvents
  var summary = ""
  var description: String?
  var runbook: String?
  var labels: [(name: String, text: String)] = []
  var usesPercent = false
  /// Other annotations, for a comment.
  var comments: [String] = []
  var notes: [String] = []

  mutating func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }
}

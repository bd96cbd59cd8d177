import StellaModel

/// How samples of metrics stand in events: which field has the value, and which have the labels.
package struct MetricEvents: Sendable {
  /// The field that holds a sample's value, with `{}` for the name of the metric.
  package var value: String
  /// The field that holds the name of the metric; nil when the name of the value's field says it.
  package var name: String?
  /// The field that holds a label, with `{}` for its name.
  package var label: String
  /// Labels that tell the series of a metric apart.
  package var series: [String]
  /// How often a group that says nothing itself is evaluated, nanoseconds.
  package var interval: Int64

  /// Events such as `{"job":"node","instance":"a","node_load1":0.4}`.
  package static let fields = MetricEvents(
    value: "{}", name: nil, label: "{}", series: ["job", "instance"], interval: 60_000_000_000)

  /// ``problem`` says whether the names can be those of fields.
  package init(
    value: String, name: String?, label: String, series: [String], interval: Int64
  ) {
    self.value = value
    self.name = name
    self.label = label
    self.series = series
    self.interval = interval
  }

  /// What is wrong with the names, for whoever gave them; nil when nothing is.
  package var problem: String? {
    if name == nil, !value.contains("{}") {
      return "the field of the value is \(value) for every metric, and no field names the metric"
    }
    if !label.contains("{}") { return "the field of a label is \(label) for every label" }
    for field in [value, label, name ?? "metric"] {
      if !MetricEvents.isName(field.replacing("{}", with: "x")) { return "\(field) can't be the name of a field" }
    }
    for label in series where !MetricEvents.isName(label) { return "\(label) can't be the name of a label" }
    if interval < 1_000_000_000 { return "the interval is less than a second" }
    return nil
  }

  func valueField(_ metric: String) -> String { value.replacing("{}", with: metric) }
  func labelField(_ label: String) -> String { self.label.replacing("{}", with: label) }

  /// Whether `by` can name it.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || [45, 46, 95].contains(byte)
      }
  }
}

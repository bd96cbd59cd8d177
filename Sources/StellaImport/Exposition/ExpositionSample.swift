/// One sample of a metric, as an endpoint exposes it.
package struct ExpositionSample: Sendable, Hashable {
  package struct Label: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  package var name: String
  /// In the order in which they stand there; no name twice.
  package var labels: [Label]
  package var value: Double

  package init(name: String, labels: [Label] = [], value: Double) {
    (self.name, self.labels, self.value) = (name, labels, value)
  }
}

/// Which format a text of metrics is in.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
  /// Prometheus's text format, version 0.0.4.
  case text
  /// OpenMetrics, version 1.0.0.
  case openMetrics

  /// By a `Content-Type`; what isn't OpenMetrics counts as text, as Prometheus does it.
  package init(type: String) {
    self = type.lowercased().hasPrefix("application/openmetrics-text") ? .openMetrics : .text
  }
}

/// Why a text of metrics can't be used. None of it is.
package struct ExpositionRefusal: Error, Sendable, Hashable {
  /// From 1.
  package let line: Int
  package let reason: String
  /// Whether it is well formed and only too much of it.
  package let isLimit: Bool
}

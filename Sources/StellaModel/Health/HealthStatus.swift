/// How a system is, by its score.
package enum HealthStatus: String, Sendable, Hashable, CaseIterable {
  case healthy, degraded, down

  /// Scores from 80 on are healthy, those below 40 down.
  package init(score: Int) {
    self = score >= 80 ? .healthy : score >= 40 ? .degraded : .down
  }

  /// The scores that mean it.
  package var scores: ClosedRange<Int> {
    switch self {
    case .healthy: 80...100
    case .degraded: 40...79
    case .down: 0...39
    }
  }
}

/// Why a score is below 100, and by how much.
package struct HealthReason: Sendable, Hashable, Codable {
  /// What it is, short and stable, such as `alerts.critical`.
  package var code: String
  /// For people.
  package var text: String
  /// Taken off the score, at least 1.
  package var points: Int
  package var severity: Severity
  /// Since when it holds, nanoseconds since the epoch; nil when that can't be told.
  package var since: Int64?

  package init(code: String, text: String, points: Int, severity: Severity? = nil, since: Int64? = nil) {
    self.code = code
    self.text = text
    self.points = points
    self.severity = severity ?? HealthReason.severity(points: points)
    self.since = since
  }

  /// How grave it is to lose so many points.
  package static func severity(points: Int) -> Severity {
    switch points {
    case 25...: .critical
    case 15...: .high
    case 5...: .medium
    default: .low
    }
  }

  package var value: FieldValue {
    .object([
      .init("code", .string(code)), .init("text", .string(text)), .init("points", .integer(Int64(points))),
      .init("severity", .string(severity.rawValue)),
      .init("since", since.map { .string(Timestamp.text($0)) } ?? .null),
    ])
  }
}

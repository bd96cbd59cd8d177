/// How serious a rule or an alert is, in ascending order. Log lines have a ``LogLevel`` instead.
public enum Severity: String, Sendable, CaseIterable, Comparable, Codable {
  /// From the least to the worst.
  case informational, low, medium, high, critical

  private var rank: Int {
    switch self {
    case .informational: 0
    case .low: 1
    case .medium: 2
    case .high: 3
    case .critical: 4
    }
  }

  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

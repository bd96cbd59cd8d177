/// How serious a log line says it is, in ascending order. Alerts and rules have a ``Severity`` instead.
public enum LogLevel: UInt8, Sendable, CaseIterable, Comparable, Codable {
  /// The least serious one.
  case trace = 1
  /// What follows, each more serious than the one before.
  case debug, info, notice, warning, error, critical

  /// The canonical lower-case name, as rules and output write it.
  public var name: String {
    switch self {
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    case .critical: "critical"
    }
  }

  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

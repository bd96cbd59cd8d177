import Logging
import StellaModel

/// Log calls of a known shape, so that rules find the same fields in every program. They go to every handler that the logger has.
extension Logger {
  /// Something that somebody should look into: `event_type` `diagnostic`, with `category`, `severity`, and where they are given
  /// `affected_users` and `suggested_actions`. The level follows from the severity: `info`, `notice`, `warning`, `error`, `critical`.
  ///
  /// - Parameters:
  ///   - category: what kind of trouble, in a few words that don't change, such as `payments.timeout`.
  ///   - affectedUsers: better numbers or hashes than names and addresses.
  ///   - suggestedActions: what a person could do about it, each a sentence.
  public func diagnostic(
    category: String, severity: Severity, _ message: @autoclosure () -> Logger.Message,
    error: (any Error)? = nil, affectedUsers: [String] = [], suggestedActions: [String] = [],
    metadata: @autoclosure () -> Logger.Metadata? = nil, source: @autoclosure () -> String? = nil,
    file: String = #fileID, function: String = #function, line: UInt = #line
  ) {
    log(
      level: Self.level(severity), message(), error: error,
      metadata: Self.merged(metadata()) { fields in
        fields["event_type"] = "diagnostic"
        fields["category"] = .string(category)
        fields["severity"] = .string(severity.rawValue)
        if !affectedUsers.isEmpty { fields["affected_users"] = .array(affectedUsers.map { .string($0) }) }
        if !suggestedActions.isEmpty { fields["suggested_actions"] = .array(suggestedActions.map { .string($0) }) }
      }, source: source(), file: file, function: function, line: line)
  }

  /// What a user did: `event_type` `user_action`, with `action`, `user_id` and `outcome`; at `info`, or `notice` when it failed.
  ///
  /// - Parameters:
  ///   - action: in words that don't change, such as `login` or `order.cancel`.
  ///   - user: better a number or a hash than a name or an address.
  public func userAction(
    _ action: String, user: String?, succeeded: Bool = true, metadata: @autoclosure () -> Logger.Metadata? = nil,
    source: @autoclosure () -> String? = nil, file: String = #fileID, function: String = #function, line: UInt = #line
  ) {
    log(
      level: succeeded ? .info : .notice, "\(action) \(succeeded ? "succeeded" : "failed")",
      metadata: Self.merged(metadata()) { fields in
        fields["event_type"] = "user_action"
        fields["action"] = .string(action)
        fields["outcome"] = succeeded ? "success" : "failure"
        if let user { fields["user_id"] = .string(user) }
      }, source: source(), file: file, function: function, line: line)
  }

  /// How something fares that was looked at: `event_type` `health_check`, with `check`, `healthy`, and where they are given `duration_ms`
  /// and `detail`; at `debug`, or `error` when it isn't well.
  ///
  /// - Parameter check: what was looked at, such as `database`.
  public func healthCheck(
    _ check: String, isHealthy: Bool, duration: Duration? = nil, detail: String? = nil,
    metadata: @autoclosure () -> Logger.Metadata? = nil, source: @autoclosure () -> String? = nil,
    file: String = #fileID, function: String = #function, line: UInt = #line
  ) {
    log(
      level: isHealthy ? .debug : .error, "\(check) is \(isHealthy ? "well" : "not well")",
      metadata: Self.merged(metadata()) { fields in
        fields["event_type"] = "health_check"
        fields["check"] = .string(check)
        fields["healthy"] = .stringConvertible(isHealthy)
        if let duration { fields["duration_ms"] = .stringConvertible(Self.milliseconds(duration)) }
        if let detail { fields["detail"] = .string(detail) }
      }, source: source(), file: file, function: function, line: line)
  }

  /// Does something and tells how long it took: `event_type` `timer`, with `operation`, `duration_ms` and `outcome`; at `level`, or
  /// `warning` when it throws, which it goes on to do.
  ///
  /// - Parameter operation: in words that don't change, such as `search.query`.
  public func timed<Value>(
    _ operation: String, level: Logger.Level = .info, metadata: Logger.Metadata? = nil, file: String = #fileID,
    function: String = #function, line: UInt = #line, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let began = ContinuousClock.now
    func tell(_ outcome: String, _ level: Logger.Level, _ error: (any Error)?) {
      let duration = began.duration(to: .now)
      log(
        level: level, "\(operation): \(outcome)", error: error,
        metadata: Self.merged(metadata) { fields in
          fields["event_type"] = "timer"
          fields["operation"] = .string(operation)
          fields["outcome"] = .string(outcome)
          fields["duration_ms"] = .stringConvertible(Self.milliseconds(duration))
        }, file: file, function: function, line: line)
    }
    do {
      let value = try await body()
      tell("success", level, nil)
      return value
    } catch {
      tell("failure", max(level, .warning), error)
      throw error
    }
  }

  private static func level(_ severity: Severity) -> Logger.Level {
    switch severity {
    case .informational: .info
    case .low: .notice
    case .medium: .warning
    case .high: .error
    case .critical: .critical
    }
  }

  private static func merged(_ metadata: Logger.Metadata?, _ own: (inout Logger.Metadata) -> Void) -> Logger.Metadata {
    var fields = metadata ?? [:]
    own(&fields)
    return fields
  }

  /// To the microsecond.
  private static func milliseconds(_ duration: Duration) -> Double {
    Double(duration / .microseconds(1)).rounded() / 1000
  }
}

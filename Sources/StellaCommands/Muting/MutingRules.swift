import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel

/// What `exceptions:`, `shadow:` and `maintenance:` of a configuration come to on this machine.
enum MutingRules {
  /// - Throws: for time zones that this machine doesn't know.
  static func of(_ configuration: Configuration) throws(ConfigurationError) -> WatchMuting {
    var problems: [ConfigurationError.Problem] = []
    let written = configuration.muting
    let muting = WatchMuting(
      exceptions: written.exceptions.map(RuleException.init),
      alerts: AlertMuting(
        shadows: written.shadows.map {
          AlertMuting.Shadow(rules: $0.rules, by: $0.author, reason: $0.reason, until: $0.until)
        },
        maintenance: written.maintenance.map { entry in
          AlertMuting.Maintenance(
            name: entry.name, rules: entry.rules, key: entry.key,
            windows: entry.windows.map { MaintenanceWindow($0, &problems) },
            spans: entry.spans.map { $0.range(&problems) }, by: entry.author, reason: entry.reason)
        }))
    if !problems.isEmpty { throw ConfigurationError(problems) }
    return muting
  }

  /// Reads them anew, when rules are.
  ///
  /// - Throws: the first thing that is wrong with the file; what was read before stays in force then.
  static func read(_ file: String) throws(RuleError) -> WatchMuting {
    do throws(ConfigurationError) {
      return try of(Configuration.load(file))
    } catch {
      let problem = error.problems[0]
      throw RuleError(
        code: problem.code.rawValue, message: problem.message, remedy: "", file: problem.place.file,
        line: problem.place.line)
    }
  }
}

extension RuleException {
  init(_ entry: Configuration.Muting.Exception) {
    self.init(
      rules: entry.rules, condition: entry.condition, key: entry.key, author: entry.author, reason: entry.reason,
      expires: entry.expires, file: entry.place.file, line: entry.place.line)
  }

  /// What is wrong with it at `now` by the clock; nil while it holds.
  func expiry(at now: Int64) -> RuleError? {
    guard expires <= now else { return nil }
    return RuleError(
      code: "exception.expired",
      message:
        "the exception of \(author) for \(rules.joined(separator: ", ")) has expired at \(Timestamp.clock(expires)): "
        + reason, remedy: "Take it out, or give it a later expires after asking \(author).", file: file, line: line)
  }
}

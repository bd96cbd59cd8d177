/// Why a rule was refused, or what is doubtful in it.
///
/// A refused rule is not active and the others are untouched; loading it again without a change gives the same error.
public struct RuleError: Error, Sendable, Hashable {
  /// Stable, for machines: `rule.syntax`, `rule.unknown_key`, `rule.missing_key`, `rule.wrong_type`, `rule.condition`,
  /// `rule.duplicate_id`, `rule.api_level`, `rule.no_rule`, `rule.unreadable`, `rule.parameter`, `rule.budget`.
  public let code: String
  /// What was found.
  public let message: String
  /// What to do about it.
  public let remedy: String
  /// The file as it was named when loading.
  public let file: String
  /// From 1; 0 when the error is not at a line.
  public let line: Int

  /// An error of these parts.
  public init(code: String, message: String, remedy: String, file: String, line: Int) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.file = file
    self.line = line
  }
}

extension RuleError: CustomStringConvertible {
  /// The place, the message and the remedy.
  public var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    return remedy.isEmpty ? "\(place): \(message)" : "\(place): \(message)\n    \(remedy)"
  }
}

/// Why something is no effect. Nothing was done; the same declaration gives the same error again.
package struct EffectError: Error, Sendable, Hashable {
  package enum Code: String, Sendable {
    case unknownKind = "effect.unknown_kind"
    case unknownMember = "effect.unknown_member"
    case missingMember = "effect.missing_member"
    case wrongType = "effect.wrong_type"
    /// A selector without a column, which would mean every row.
    case emptySelector = "effect.empty_selector"
    case badValue = "effect.bad_value"
    /// A place that would hold a secret as plain text.
    case secretValue = "effect.secret_value"
    case limit = "effect.limit"
  }

  package let code: Code
  /// Where in the effect: `where.user_id`, `rows[2].name`; empty for the effect as a whole.
  package let place: String
  /// What is wrong. Holds names, never values.
  package let message: String
  /// What to do about it.
  package let remedy: String

  package init(_ code: Code, at place: String, _ message: String, _ remedy: String) {
    self.code = code
    self.place = place
    self.message = message
    self.remedy = remedy
  }

  /// The same error, of an effect that is part of something else.
  package func within(_ outer: String) -> EffectError {
    EffectError(code, at: place.isEmpty ? outer : "\(outer).\(place)", message, remedy)
  }
}

extension EffectError: CustomStringConvertible {
  package var description: String { (place.isEmpty ? "" : "\(place): ") + "\(message). \(remedy)." }
}

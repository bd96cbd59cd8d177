/// Why a target didn't do what was asked.
package struct TargetError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// It can't be reached. Nothing was changed; a retry may help.
    case unavailable = "target.unavailable"
    /// Others hold it too long, or a transaction lost against another one. Nothing was changed; a retry may help.
    case busy = "target.busy"
    /// Its configuration, schema or rights don't allow it: no such table, no primary key, no marker table, not on the list of
    /// what is allowed. Nothing was changed; a retry helps only after that was corrected.
    case refused = "target.refused"
    /// It no longer holds what the plan was made for. Nothing was changed.
    case drifted = "target.drifted"
    /// More rows than the effect may change. Nothing was changed.
    case overLimit = "target.over_limit"
    /// A later engine has written to it. Nothing was changed; this engine must end.
    case fenced = "target.fenced"
    /// It was asked to, and what became of it isn't known.
    case unclear = "target.unclear"
  }

  package let code: Code
  /// The name in the configuration.
  package let target: String
  /// What happened and what to do about it, one or two sentences, without values of rows and secrets.
  package let message: String

  package init(_ code: Code, target: String, _ message: String) {
    self.code = code
    self.target = target
    self.message = message
  }

  package var canRetry: Bool { code == .unavailable || code == .busy }

  package var description: String { "\(target): \(message)" }
}

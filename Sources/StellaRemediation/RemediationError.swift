/// Why a decision or a command about a run was not carried out. Nothing was changed, unless the code says otherwise.
package struct RemediationError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable {
    case notFound = "run.not_found"
    /// The run is in another state, or its plan is another one, than the caller thinks.
    case conflict = "run.conflict"
    /// This person may not do that.
    case notPermitted = "run.not_permitted"
    /// What was given makes no sense.
    case usage = "run.usage"
    /// All effects are stopped.
    case frozen = "run.frozen"
  }

  package let code: Code
  /// What happened and what to do about it. Text from data in it isn't escaped.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}

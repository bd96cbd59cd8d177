/// Why a fix was refused, or why one of its functions failed.
///
/// Nothing was changed: scripts of fixes can't change anything. The same script, alert and answers give the same error,
/// unless ``canRetry``.
package struct FixError: Error, Sendable, Hashable {
  package enum Code: String, Sendable, Hashable, CaseIterable {
    // When a file is loaded.
    case syntax = "fix.syntax"
    case noFix = "fix.no_fix"
    case apiLevel = "fix.api_level"
    case unknownKey = "fix.unknown_key"
    case missingKey = "fix.missing_key"
    case wrongType = "fix.wrong_type"
    case duplicateID = "fix.duplicate_id"
    case unreadable = "fix.unreadable"

    // When a function runs.
    /// The script raised an error.
    case script = "fix.script"
    /// Steps, memory or time are used up, or it asked or declared too much.
    case budget = "fix.budget"
    /// A declared effect is not one.
    case effect = "fix.effect"
    /// The function returned something else than it should.
    case result = "fix.result"
    /// A parameter has no value in the alert, or one of another type.
    case parameter = "fix.parameter"
    /// A question to a target was not allowed or makes no sense.
    case query = "fix.query"
    /// The target did not answer. A retry may help.
    case target = "fix.target"
    /// Planning twice with the same answers gave two plans.
    case nondeterministic = "fix.nondeterministic"
    /// The state was lost. A retry may help.
    case `internal` = "fix.internal"
  }

  package var code: Code
  /// What was found.
  package var message: String
  /// What to do about it.
  package var remedy: String
  /// The file as it was named when loading.
  package var file: String
  /// From 1; 0 when the error is not at a line.
  package var line: Int
  /// Frames of the script, innermost first.
  package var traceback: [String]
  package var canRetry: Bool

  package init(
    _ code: Code, _ message: String, remedy: String, file: String, line: Int, traceback: [String] = [],
    canRetry: Bool = false
  ) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.file = file
    self.line = line
    self.traceback = traceback
    self.canRetry = canRetry
  }
}

extension FixError: CustomStringConvertible {
  package var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    return remedy.isEmpty ? "\(place): \(message)" : "\(place): \(message)\n    \(remedy)"
  }
}

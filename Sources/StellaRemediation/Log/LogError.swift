/// Why the execution log can't do what was asked. Nothing was changed.
package struct LogError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// What should be logged has no canonical form: a name twice, a number that is none, too deep or too large. A mistake
    /// of the caller's; a retry doesn't help.
    case unfit = "log.unfit"
    /// Bytes that are no record, or no bundle. A retry doesn't help.
    case malformed = "log.malformed"
    /// Written by a newer version, which has to read it.
    case newer = "log.newer"
    /// No log was opened in this store.
    case empty = "log.empty"
    /// The store has fewer records, or other ones, than were signed before: it was rolled back or replaced. Effects have
    /// to stop. Restore it, or reseal.
    case rolledBack = "log.rolled_back"
    /// The key isn't the one that the log names.
    case wrongKey = "log.wrong_key"
    /// What was written isn't a bundle of this log. Export it again.
    case notExported = "log.not_exported"
    /// A part of the log may not be pruned yet; the message says what is missing.
    case notPrunable = "log.not_prunable"
  }

  package let code: Code
  /// What happened and what to do about it, one or two sentences.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}

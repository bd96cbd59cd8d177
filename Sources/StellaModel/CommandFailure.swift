/// Ends a verb with a message for the person and an exit status.
package struct CommandFailure: Error, Sendable, Hashable, CustomStringConvertible {
  package let status: CommandStatus
  /// What happened and what to do.
  package let message: String

  package init(_ status: CommandStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  package var description: String { message }
}

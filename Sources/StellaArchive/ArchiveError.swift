import StellaModel

/// The archive can't be used.
package struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: Sendable, Hashable {
    /// A file can't be made, read or written.
    case failed
    /// There is no room, on the disk or of what is left to others.
    case noSpace
  }

  package var code: Code
  /// What happened and what to do.
  package var message: String

  package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

  package var description: String { message }

  package var failure: CommandFailure { CommandFailure(.failure, TextEscaping.oneLine(message)) }
}

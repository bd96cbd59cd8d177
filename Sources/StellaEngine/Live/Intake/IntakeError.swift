/// Lines were not taken into the ``IntakeJournal``. None of them is there, and sending them again is right, unless one of them is
/// ``Code/malformed``.
package struct IntakeError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// More waits to be written than memory is set aside for; a moment later it will be less.
    case busy = "intake.busy"
    /// Detection is as far behind as it may be.
    case full = "intake.full"
    /// The disk didn't take them.
    case failed = "intake.failed"
    /// The journal takes nothing more.
    case ended = "intake.ended"
    /// A line is no JSON object, and never will be.
    case malformed = "intake.malformed"
  }

  package let code: Code
  package let message: String
  /// Of ``Code/malformed``: the place of the first such line among those that were to be taken, from 0.
  package var malformedLine: Int?

  /// The same for those who may not know what is on this machine.
  package var forSenders: String {
    code == .failed ? "the disk takes no events at present. Send them again later." : message
  }

  package var description: String { message }
}

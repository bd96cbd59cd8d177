/// A place outside the store that remembers checkpoints, so that a log that was cut or replaced is found out.
///
/// It must keep what it was given even from somebody who can write to the store. May be called from any thread.
package protocol LogAnchor: Sendable {
  /// What people call it, such as `file:/var/backups/stella.anchor`.
  var name: String { get }

  /// Remembers `checkpoint`, durably on return. Publishing the same one again is no error and changes nothing.
  ///
  /// - Throws: `conflict` when it has another checkpoint of that size, or a larger one of the same log.
  func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError)

  /// The checkpoint that was published last, or nil when there is none yet.
  ///
  /// - Throws: `unavailable`; `writeOnly` when it never tells.
  func newest() throws(LogAnchorError) -> LogCheckpoint?
}

/// Why an anchor can't take or give a checkpoint. What it had before it still has.
package struct LogAnchorError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// It can't be reached or written. A retry helps once it can.
    case unavailable = "log.anchor_unavailable"
    /// It holds something that contradicts the checkpoint: the log was rolled back or replaced. A retry doesn't help.
    case conflict = "log.anchor_conflict"
    /// It takes checkpoints and gives none back, so that it can't be compared here. A retry doesn't help.
    case writeOnly = "log.anchor_write_only"
  }

  package let code: Code
  /// What happened and what to do about it, one or two sentences.
  package let message: String
  package let anchor: String

  package init(_ code: Code, anchor: String, message: String) {
    self.code = code
    self.anchor = anchor
    self.message = message
  }

  package var description: String { "\(anchor): \(message)" }
}

/// What an anchor took last, as the store remembers it. No proof of anything: it only tells how far an anchor is behind
/// while that can't be asked.
package struct LogAnchorReceipt: Sendable, Hashable {
  package var anchor: String
  package var checkpoint: LogCheckpoint

  package init(anchor: String, checkpoint: LogCheckpoint) {
    self.anchor = anchor
    self.checkpoint = checkpoint
  }
}

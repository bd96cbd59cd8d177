/// Why a script failed. The state stays usable, with what the call had written before, except after ``Kind/internal``.
package struct LuaError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The source text is no program.
    case load
    /// The script raised an error.
    case runtime
    /// The steps of the call are used up. Repeats with the same input.
    case budget
    /// The memory limit was reached.
    case memory
    /// The call ran longer than the deadline. Need not repeat.
    case deadline
    /// The Lua state was lost or misused; load the script again in a new state.
    case `internal`
  }

  package var kind: Kind
  /// What happened, with the position cut off, at most 1,024 bytes.
  package var message: String
  /// The name the script was loaded under.
  package var file: String
  /// In the script, from 1; 0 when unknown.
  package var line: Int
  /// Frames of the script, innermost first: `12: in function 'check'`.
  package var traceback: [String]

  package init(kind: Kind, message: String, file: String, line: Int = 0, traceback: [String] = []) {
    self.kind = kind
    self.message = message
    self.file = file
    self.line = line
    self.traceback = traceback
  }

  /// `file:line: message`, without the traceback.
  package var description: String {
    line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)"
  }
}

/// A refusal by the host; the script sees an error with this message at the calling line.
package struct LuaHostError: Error, Sendable, Hashable {
  package var message: String

  package init(_ message: String) {
    self.message = message
  }
}

/// Why a source can't be read. The source stays where it was; whether a retry helps is said per code.
package struct SourceError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// No file at this path, or no file matches this pattern. A retry helps when the file appears.
    case notFound = "source.not_found"
    /// The operating system refuses access. A retry helps once rights changed.
    case notPermitted = "source.not_permitted"
    /// The path is a directory or another thing that has no log lines. A retry doesn't help.
    case notReadable = "source.not_readable"
    /// The operating system reported an I/O error. A retry may help.
    case inputOutput = "source.io"
  }

  package let code: Code
  /// What happened and what to do about it, one or two sentences.
  package let message: String
  /// The path or pattern as it was given.
  package let path: String

  package init(_ code: Code, path: String, message: String) {
    self.code = code
    self.path = path
    self.message = message
  }

  package var description: String { "\(path): \(message)" }
}

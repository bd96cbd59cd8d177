/// Why nothing was changed about who may come in.
package struct AccessError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// There is no such user or token.
    case notFound = "access.not_found"
    /// It is there already, or has changed meanwhile.
    case conflict = "access.conflict"
    case notPermitted = "access.not_permitted"
    /// A name, a role or a password that can't be one.
    case unfit = "access.unfit"
  }

  package let code: Code
  /// What happened and what to do.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}

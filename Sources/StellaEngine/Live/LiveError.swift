import Glibc

/// The operating system refused something that waiting and signals need. Nothing was changed; a retry may help once
/// descriptors are free.
package struct LiveError: Error, Sendable, CustomStringConvertible {
  package let code = "live.system"
  package let message: String

  init(_ what: String, errno code: Int32) { message = "\(what): \(String(cString: strerror(code)))" }

  package var description: String { message }
}

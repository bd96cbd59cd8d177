/// Why a store can't do what was asked. The failed call changed nothing in the store.
package struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// It can't be opened: no directory, no rights, a read-only file system. A retry helps once that changed.
    case unavailable = "store.unavailable"
    /// Another process is using it. A retry helps when that one has ended.
    case locked = "store.locked"
    /// Another engine has taken over this store, and this one may write no more. A retry doesn't help: stop.
    case fenced = "store.fenced"
    /// The file is damaged or no store at all. A retry doesn't help.
    case corrupt = "store.corrupt"
    /// A newer Stella wrote it. A retry doesn't help.
    case newer = "store.newer"
    /// No space is left. A retry helps once there is space.
    case full = "store.full"
    /// The operating system or the database reported another failure. A retry may help.
    case failed = "store.failed"
  }

  package let code: Code
  /// What happened and what to do about it, one or two sentences.
  package let message: String
  package let path: String

  package init(_ code: Code, path: String, message: String) {
    self.code = code
    self.path = path
    self.message = message
  }

  package var description: String { "\(path): \(message)" }
}

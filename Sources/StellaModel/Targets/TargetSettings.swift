/// What the configuration says about one target: a named thing that fixes may ask or change.
package enum TargetSettings: Sendable {
  case sqlite(SQLiteTargetSettings)
  case postgres(PostgresTargetSettings)
  case http(HTTPTargetSettings)
  case host(HostTargetSettings)

  package var name: String {
    switch self {
    case .sqlite(let settings): settings.name
    case .postgres(let settings): settings.name
    case .http(let settings): settings.name
    case .host(let settings): settings.name
    }
  }

  /// The names of the kinds, as the configuration writes them.
  package static let kinds = ["sqlite", "postgres", "http", "host"]
}

package struct SQLiteTargetSettings: Sendable {
  package var name: String
  package var path: String
  /// Whether `plan` and `verify` of fixes may ask it.
  package var isReadable = true
  /// The most rows that one effect may change, whatever its fix says.
  package var rowLimit = 10_000
  /// How long to wait for the write lock.
  package var lockTimeout: Duration = .seconds(10)

  package init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

package struct PostgresTargetSettings: Sendable {
  package var name: String
  /// A connection string or URI as libpq reads it; it may hold a password.
  package var address: ConcealedText
  package var isReadable = true
  package var rowLimit = 10_000
  package var connectTimeout: Duration = .seconds(5)
  package var lockTimeout: Duration = .seconds(10)

  package init(name: String, address: ConcealedText) {
    self.name = name
    self.address = address
  }
}

package struct HTTPTargetSettings: Sendable {
  package var name: String
  /// Where requests may go; not empty.
  package var origins: [HTTPOrigin]
  /// Nothing else is sent.
  package var allowed: [HTTPAllowedRequest]
  package var connectTimeout: Duration = .seconds(5)
  /// From the start of the connection to the last byte of the answer.
  package var timeout: Duration = .seconds(30)
  package var responseLimitBytes = 64 << 10
  /// Certificates in PEM of those whom to believe instead of the system's.
  package var caFile: String?

  package init(name: String, origins: [HTTPOrigin], allowed: [HTTPAllowedRequest]) {
    self.name = name
    self.origins = origins
    self.allowed = allowed
  }
}

package struct HostTargetSettings: Sendable {
  package struct Command: Sendable, Hashable {
    package var command: ExecCommand
    /// Whether it may run without asking anybody.
    package var isSafe: Bool

    package init(_ command: ExecCommand, isSafe: Bool = false) {
      self.command = command
      self.isSafe = isSafe
    }
  }

  package enum Sandbox: String, Sendable, CaseIterable {
    case none
    /// A view of the file system without rights to write, its own processes, and `/tmp` of its own.
    case bubblewrap
    /// No right to change any file, without a program that has to be installed: a feature of newer kernels.
    case landlock
  }

  package var name: String
  /// Nothing else is run.
  package var commands: [Command]
  package var directory = "/"
  package var timeout: Duration = .seconds(120)
  /// From SIGTERM to SIGKILL.
  package var grace: Duration = .seconds(5)
  package var outputLimitBytes = 64 << 10
  package var cpuTime: Duration = .seconds(60)
  package var memoryLimitBytes = 4 << 30
  package var fileLimitBytes = 256 << 20
  package var openFileLimit = 256
  package var sandbox = Sandbox.none

  package init(name: String, commands: [Command]) {
    self.name = name
    self.commands = commands
  }
}

import Foundation
import StellaModel
import StellaRemediation
import StellaSQLite
import Testing

/// A state directory with an execution log, an anchor beside it, and somebody at the terminal who is an admin.
final class LogScene {
  let directory: CommandDirectory
  private static let second: Int64 = 1_000_000_000
  private static let day: Int64 = 86_400 * second

  /// - Parameter extra: more lines of `stella.yaml`.
  init(roles: String = "[approver, admin]", log: String = "anchors: [anchor]", extra: String = "") throws {
    directory = try CommandDirectory()
    try configure(roles: roles, log: log, extra: extra)
  }

  func configure(roles: String = "[approver, admin]", log: String = "anchors: [anchor]", extra: String = "") throws {
    try directory.write(
      "stella.yaml", "users: { mara: { uids: [\(getuid())], roles: \(roles) } }\nlog: { \(log) }\n\(extra)\n")
  }

  struct Answer {
    let status: Int32
    let output: String
    let errors: String
  }

  func stella(_ arguments: String..., environment: [String: String] = [:]) throws -> Answer {
    let process = try directory.stella(arguments, environment: environment)
    let status = process.status()
    return Answer(status: status, output: process.output, errors: process.errors)
  }

  @discardableResult
  func expect(_ arguments: String..., status: Int32 = 0) throws -> Answer {
    let process = try directory.stella(arguments)
    let found = process.status()
    try #require(found == status, "\(arguments): \(found): \(process.output)\(process.errors)")
    return Answer(status: found, output: process.output, errors: process.errors)
  }

  /// Of `stella log verify`, which must end with 0.
  func verified() throws -> [String: Any] {
    let text = try expect("log", "verify", "--output", "json").output
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  func number(_ name: String) throws -> Int { try #require(try verified()[name] as? Int, "\(name)") }

  /// Records that were written and signed so many days ago.
  func age(_ days: Int64...) throws {
    let folder = try StateDirectory(path: directory(".stella"))
    let store = try SQLiteStore(folder)
    defer { try? store.close() }
    let key = try #require(LogSigningKey(seed: try LogKeyFile(folder).seed()))
    let sealer = try #require(
      LogSealer(
        engine: "test", key: key, own: FileAnchor(path: folder.logCheckpoints),
        others: [FileAnchor(path: directory("anchor"))]))
    let now = Int64(Date().timeIntervalSince1970) * Self.second
    try sealer.open(store, as: .command, time: now - 1000 * Self.day, actor: "engine", nonce: [1])
    for age in days {
      let time = now - age * Self.day
      try store.write(as: .command) { transaction in
        try transaction.append(LogEntry(.frozen, time: time, actor: "user:ivo"))
        try transaction.append(LogEntry(.thawed, time: time, actor: "user:ivo"))
      }
      _ = try sealer.seal(store, as: .command, time: time)
    }
  }

  /// A record that nothing has signed yet.
  func appendUnsigned() throws {
    let store = try SQLiteStore(try StateDirectory(path: directory(".stella")))
    defer { try? store.close() }
    try store.write(as: .command) { transaction in
      _ = try transaction.append(
        LogEntry(.thawed, time: Int64(Date().timeIntervalSince1970) * Self.second, actor: "user:ivo"))
    }
  }
}

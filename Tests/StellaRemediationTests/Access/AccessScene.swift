import Foundation
import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

/// A store with an execution log, people whom a configuration declares, and a clock that stands still.
final class AccessScene {
  static let hour: Int64 = 3_600_000_000_000
  static let times = SessionTimes(idle: hour, longest: 12 * hour)

  let path = NSTemporaryDirectory() + "stella-access-" + UUID().uuidString
  let time = ManualTime()
  let store: SQLiteStore
  let access: AccessBook<SQLiteStore>

  init(_ declared: [Person] = []) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    store = try SQLiteStore(StateDirectory(path: path + "/state"))
    let key = try #require(LogSigningKey(seed: Array(repeating: 1, count: 32)))
    let sealer = try #require(
      LogSealer(engine: "test", key: key, own: FileAnchor(path: path + "/state/log.checkpoints"), others: []))
    try sealer.open(store, as: .command, time: 0, actor: "engine", nonce: [1])
    access = AccessBook(store: store, roster: Roster(try People.checked(declared), store: store), time: time)
  }

  deinit {
    try? store.close()
    try? FileManager.default.removeItem(atPath: path)
  }

  static func secret(_ kind: AccessSecret.Kind, _ byte: UInt8) -> AccessSecret {
    AccessSecret(kind, random: Array(repeating: byte, count: 32))
  }

  func logIn(_ name: String, _ byte: UInt8 = 1, password: String = "hash") throws -> AccessSecret? {
    let secret = Self.secret(.session, byte)
    return try access.logIn(name, password: password, secret: secret, times: Self.times, address: "127.0.0.1")
      .map { _ in secret }
  }

  /// The last record.
  func last() throws -> LogRecord {
    try store.write(as: .command) { transaction in
      let stored = try #require(try transaction.record(at: transaction.head.size))
      return try LogRecord(bytes: stored.bytes)
    }
  }

  func size() throws -> Int64 { try store.readRuns { $0.head.size } }

  /// Every byte that the state directory has.
  func bytes() throws -> Data {
    try FileManager.default.contentsOfDirectory(atPath: path + "/state").reduce(into: Data()) { all, name in
      all += (try? Data(contentsOf: URL(fileURLWithPath: path + "/state/" + name))) ?? Data()
    }
  }
}

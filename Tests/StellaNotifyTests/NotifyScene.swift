import Foundation
import GRDB
import StellaModel
import StellaNotify
import StellaSQLite
import StellaTesting
import Synchronization
import Testing

/// A store with alerts, time that a test moves, and what the planner makes of them.
final class NotifyScene: Sendable {
  let path: String
  let store: SQLiteStore
  let time = ManualTime()
  let planner: NotificationPlanner<SQLiteStore>

  static let second: Int64 = 1_000_000_000
  static let minute: Int64 = 60 * second

  init(_ settings: NotificationSettings) throws {
    path = NSTemporaryDirectory() + "stella-notify-" + UUID().uuidString
    store = try SQLiteStore(StateDirectory(path: path))
    let numbers = Mutex(0)
    planner = NotificationPlanner(store, settings: settings, time: time) {
      numbers.withLock { number in
        number += 1
        return HexText.text(Array(repeating: UInt8(0), count: 14) + [UInt8(number >> 8), UInt8(number & 255)])
      }
    }
    try planner.begin()
  }

  deinit {
    try? store.close()
    try? FileManager.default.removeItem(atPath: path)
  }

  static func hook(_ name: String) -> NotificationSink {
    NotificationSink(
      name: name, kind: .webhook(url: ConcealedText("http://127.0.0.1:1/"), secret: nil, authorization: nil))
  }

  static func alert(
    _ id: String, rule: String = "errors.spike", service: String = "shop", severity: Severity = .high,
    status: Alert.Status = .firing, revision: Int = 1, mute: Mute? = nil
  ) -> Alert {
    var alert = Alert(
      id: id, rule: rule, type: "test", severity: severity, title: "Errors", summary: "\(service): many",
      key: [.init("service", .string(service))], status: status, revision: revision,
      firstSeen: 1_780_000_000_000_000_000, lastSeen: 1_780_000_001_000_000_000, count: 3)
    alert.mute = mute
    return alert
  }

  func keep(_ alerts: Alert...) throws {
    let now = time.now()
    try store.write(as: .command) { for alert in alerts { try $0.put(StoredAlert(alert, updatedAt: now)) } }
  }

  func resolve(_ id: String, rule: String = "errors.spike", service: String = "shop") throws {
    try keep(Self.alert(id, rule: rule, service: service, status: .resolved, revision: 2))
  }

  /// Silences alerts about a service.
  ///
  /// - Returns: the silence's number.
  @discardableResult
  func silence(_ service: String, for nanoseconds: Int64) throws -> Int64 {
    let now = time.now()
    return try store.write(as: .command) {
      try $0.insert(
        Silence(
          rule: "errors.spike", key: [.init("service", .string(service))], until: now + nanoseconds,
          set: .init(by: "mara", time: now, reason: "")))
    }
  }

  /// Changes the store behind its back.
  func tamper(_ sql: String) throws {
    let database = try DatabaseQueue(path: path + "/stella.db")
    try database.write { try $0.execute(sql: sql) }
    try database.close()
  }

  /// Everything that is due by now.
  func plan() throws { while try planner.turn() {} }

  func pass(_ nanoseconds: Int64) throws {
    time.advance(by: nanoseconds)
    try plan()
  }

  struct Told: Equatable {
    var sink: String
    var firing: [String]
    var resolved: [String]
  }

  /// What has been written since it was asked last.
  func told() throws -> [Told] {
    let now = time.now()
    return try store.write(as: .command) { transaction in
      try transaction.outbox(.waiting, limit: 1000).map { message in
        try transaction.update(
          RetryTimes.settled(message, .taken(remark: ""), now: now, chance: 0), attempted: true)
        let notices = message.message.notices
        return Told(
          sink: message.sink, firing: notices.filter { $0.state == .firing }.map(\.subject).sorted(),
          resolved: notices.filter { $0.state == .resolved }.map(\.subject).sorted())
      }
    }
  }
}

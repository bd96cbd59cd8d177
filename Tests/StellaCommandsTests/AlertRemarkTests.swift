import Foundation
import StellaConfiguration
import StellaModel
import StellaSQLite
import StellaServer
import Synchronization
import Testing

@testable import StellaCommands

@Suite("What people say about alerts")
struct AlertRemarkTests {
  /// What those who look on are told.
  private final class Told: Sendable {
    let lines = Mutex<[String]>([])
    let unsigned = Mutex(0)
  }

  @Test(
    "What is tried again for as long as stella.yaml says is left alone where that can't be read here",
    arguments: [true, false])
  func retry(isSet: Bool) throws {
    let directory = try CommandDirectory()
    try directory.write(
      "stella.yaml",
      """
      state: \(directory("state"))
      users: { me: { uids: [\(getuid())], roles: [admin, approver] } }
      notify:
        give_up_after: ${STELLA_TEST_TIME}
        sinks: { chat: { kind: slack, url: 'http://127.0.0.1:9/hook' } }
      """
    )
    let configuration = try Configuration.load(
      path: directory("stella.yaml"), environment: isSet ? ["STELLA_TEST_TIME": "2h"] : [:],
      sparing: Configuration.serverParts)
    #expect(configuration.leftOut.contains("notify") == !isSet)
    let desk = try RemediationDesk(configuration, fixes: [], hasTargets: false)
    defer { desk.close() }
    #expect {
      try desk.answer(NotificationRequest.retry("n-1"), for: desk.viewer, as: .json)
    } throws: { error in
      (error as? CommandFailure)?.status == (isSet ? .notFound : .usage)
    }
  }

  @Test(
    "What stella.yaml has no sink for is not tried again, where it can be read which there are",
    arguments: [true, false])
  func retryWithoutSink(isSet: Bool) throws {
    let directory = try CommandDirectory()
    try directory.write(
      "stella.yaml",
      """
      state: \(directory("state"))
      users: { me: { uids: [\(getuid())], roles: [admin, approver] } }
      notify: { sinks: { chat: { kind: slack, url: '${STELLA_TEST_URL}' } } }
      """
    )
    let configuration = try Configuration.load(
      path: directory("stella.yaml"), environment: isSet ? ["STELLA_TEST_URL": "http://127.0.0.1:9/hook"] : [:],
      sparing: Configuration.serverParts)
    #expect(configuration.leftOut.contains("notify.sinks") == !isSet && !configuration.leftOut.contains("notify"))
    let desk = try RemediationDesk(configuration, fixes: [], hasTargets: false)
    defer { desk.close() }
    try desk.store.write(as: .command) { transaction in
      for (id, sink) in [("0a", "chat"), ("0b", "gone")] {
        var message = OutboxMessage(
          number: 0, sink: sink, group: sink,
          message: NotificationMessage(id: id, kind: .engine, group: [], notices: [], time: 1), nextAt: 1, giveUpAt: 2)
        (message.state, message.endedAt) = (.failed, 2)
        try transaction.insert(message)
      }
    }
    func isTaken(_ id: String) throws -> Bool {
      do {
        _ = try desk.answer(NotificationRequest.retry(id), for: desk.viewer, as: .json)
        return true
      } catch let failure as CommandFailure where failure.status == .conflict {
        return false
      }
    }
    #expect(try isTaken("0a"))
    #expect(try isTaken("0b") == !isSet)
    let waiting = try desk.store.readNotifications { try $0.outbox(.waiting, limit: 10).map(\.sink) }
    #expect(waiting == (isSet ? ["chat"] : ["chat", "gone"]))
  }

  @Test("Those who look on are told before the log is signed, which may take a while")
  func beforeSigning() throws {
    let directory = try CommandDirectory()
    try directory.write(
      "stella.yaml",
      "state: \(directory("state"))\nusers: { me: { uids: [\(getuid())], roles: [admin, approver] } }\n")
    let configuration = try Configuration.load(path: directory("stella.yaml"), environment: [:])
    let desk = try RemediationDesk(configuration, fixes: [], hasTargets: false)
    defer { desk.close() }
    _ = desk.sealed()
    let (store, anchor) = (desk.store, FileAnchor(path: desk.directory.logCheckpoints))
    func isSigned() throws -> Bool { try anchor.newest()?.size == store.readRuns { $0.head.size } }
    #expect(try isSigned())
    try store.write(as: .command) { transaction in
      _ = try transaction.put(
        StoredAlert(
          Alert(
            id: "abcd", rule: "a.b", type: "test", severity: .high, title: "T", summary: "", key: [], status: .firing,
            revision: 1, firstSeen: 1, lastSeen: 2, count: 1), updatedAt: 2))
    }
    let told = Told()
    desk.onRemark.withLock { onRemark in
      onRemark = { alert, json in
        told.lines.withLock { $0.append("\(alert.isResolvedByHand) \(json)") }
        let size = try? anchor.newest()?.size
        if size != (try? store.readRuns { $0.head.size }) { told.unsigned.withLock { $0 += 1 } }
      }
    }
    _ = try desk.acknowledge("abcd", "looking", desk.viewer, .json)
    _ = try desk.resolve("abcd", "undone", desk.viewer, .json)
    #expect(throws: CommandFailure.self) { try desk.resolve("abcd", "again", desk.viewer, .json) }
    let lines = told.lines.withLock { $0 }
    #expect(lines.count == 2 && told.unsigned.withLock { $0 } == 2)
    #expect(
      lines.first?.hasPrefix(#"false {"event":"acknowledged""#) == true && lines.first?.contains("looking") == true)
    #expect(lines.last?.hasPrefix(#"true {"event":"resolved""#) == true && lines.last?.contains("undone") == true)
    #expect(try isSigned())
  }
}

import Foundation
import GRDB
import StellaDetection
import StellaModel
import StellaSQLite
import StellaTesting
import Synchronization
import Testing

@testable import StellaCommands
@testable import StellaEngine

@Suite("What those who look on are told of silences")
struct SilenceFeedTests {
  private final class Listener: FeedClient {
    private let text = Mutex("")
    private let changed = DispatchSemaphore(value: 0)

    func take(_ chunk: FeedChunk) -> Bool {
      text.withLock { $0 += String(decoding: chunk.bytes, as: UTF8.self) }
      changed.signal()
      return true
    }

    func hasRoom(for bytes: Int, orElse body: @escaping @Sendable () -> Void) -> Bool { true }
    func drop() {}
    func end(_ farewell: FeedChunk) { _ = take(farewell) }

    /// The messages once one holds this; those that there are after half a minute otherwise.
    func until(_ part: String) -> [String] {
      while !text.withLock({ $0.contains(part) }), changed.wait(timeout: .now() + 30) == .success {}
      return text.withLock { $0.split(separator: "\n").map(String.init) }
    }
  }

  private static let second = Timestamp.second
  private let directory: CommandDirectory
  private let store: SQLiteStore
  private let time = ManualTime()

  init() throws {
    directory = try CommandDirectory()
    store = try SQLiteStore(StateDirectory(path: directory(".stella")))
  }

  private func silence(_ rule: String, _ service: String?, seconds: Int64) throws -> Int64 {
    let now = time.now()
    return try store.write(as: .command) {
      try $0.insert(
        Silence(
          rule: rule, key: service.map { [.init("service", .string($0))] } ?? [], until: now + seconds * Self.second,
          set: .init(by: "user:mara", time: now, reason: "known")))
    }
  }

  private func put(_ id: String, _ rule: String, _ service: String, mute: Mute? = nil) throws {
    var alert = Alert(
      id: id, rule: rule, type: "test", severity: .high, title: "", summary: "",
      key: [.init("service", .string(service))],
      status: .firing, revision: 1, firstSeen: 1, lastSeen: 2, count: 1)
    alert.mute = mute
    let stored = StoredAlert(alert, updatedAt: time.now())
    try store.write(as: .command) { _ = try $0.put(stored) }
  }

  @Test(
    "A silence is told when it is set and when its time is over, once, with the alerts that it mutes and that are told again"
  )
  func clock() throws {
    // What held before anybody looked on is no news.
    _ = try silence("a.b", "s9", seconds: 1000)
    try put("one", "a.b", "s1")
    try put("two", "a.b", "s2")
    try put("held", "a.b", "s1", mute: Mute(.shadow, by: "ivo", reason: "new"))
    let feed = try LiveFeed(masking: Masking(), epoch: "t", limits: LiveFeed.Limits())
    defer { feed.end() }
    let listener = Listener()
    var filter = try FeedFilter([(name: "types", value: "alert,silences")])
    (filter.framing, filter.isPrivileged) = (.lines, true)
    try feed.join(listener, filter)
    let silences = try SilenceFeed(store, feed, time: time)
    silences.look()
    let number = try silence("a.b", "s1", seconds: 60)
    for _ in 1...2 { silences.look() }
    time.advance(by: 61 * Self.second)
    for _ in 1...2 { silences.look() }
    _ = try silence("c.d", nil, seconds: 60)
    silences.look()
    let told = listener.until("\"rule\":\"c.d\"")
    try #require(told.count == 5, "\(told)")
    #expect(
      told[0].contains(
        "\"type\":\"silence\",\"data\":{\"event\":\"set\",\"kind\":\"silence\",\"number\":\(number),\"rule\":\"a.b\"")
        && told[0].contains("\"by\":\"user:mara\",\"reason\":\"known\",\"alerts\":1}"), "\(told[0])")
    #expect(told[1].contains("{\"event\":\"muted\"") && told[1].contains("\"id\":\"one\""), "\(told[1])")
    #expect(told[1].contains("\"muted\":{\"cause\":\"silence\",\"name\":\"\(number)\""), "\(told[1])")
    #expect(told[2].contains("{\"event\":\"expired\"") && told[2].contains("\"alerts\":1}"), "\(told[2])")
    #expect(told[3].contains("{\"event\":\"unmuted\"") && told[3].contains("\"id\":\"one\""), "\(told[3])")
    #expect(!told[3].contains("\"muted\":{"), "\(told[3])")
    #expect(told[4].contains("{\"event\":\"set\"") && told[4].contains("\"alerts\":0}"), "\(told[4])")
  }

  @Test("Of many alerts that a silence mutes those that changed last are told one by one, and all are counted")
  func many() throws {
    for number in 0..<250 {
      try put("a\(number)", "a.b", "s\(number)")
      time.advance(by: Self.second)
    }
    let feed = try LiveFeed(masking: Masking(), epoch: "t", limits: LiveFeed.Limits())
    defer { feed.end() }
    let listener = Listener()
    var filter = FeedFilter()
    filter.framing = .lines
    try feed.join(listener, filter)
    let silences = try SilenceFeed(store, feed, time: time)
    _ = try silence("a.b", nil, seconds: 60)
    silences.look()
    let told = listener.until("\"id\":\"a249\"")
    #expect(told.count == 201 && told.first?.contains("\"alerts\":250}") == true, "\(told.count)")
    #expect(told[1].contains("\"id\":\"a50\""), "\(told[1])")
  }

  @Test("What a look couldn't read is told by the next one, which needs no other silence")
  func unread() throws {
    let feed = try LiveFeed(masking: Masking(), epoch: "t", limits: LiveFeed.Limits())
    defer { feed.end() }
    let listener = Listener()
    var filter = FeedFilter()
    filter.framing = .lines
    try feed.join(listener, filter)
    let silences = try SilenceFeed(store, feed, time: time)
    _ = try silence("a.b", nil, seconds: 60)
    let queue = try DatabaseQueue(path: directory(".stella/stella.db"))
    try queue.write { try $0.execute(sql: "ALTER TABLE silence RENAME TO gone") }
    #expect(!silences.look())
    try queue.write { try $0.execute(sql: "ALTER TABLE gone RENAME TO silence") }
    for _ in 1...2 { silences.lookAgain() }
    _ = try silence("c.d", nil, seconds: 60)
    #expect(silences.look())
    let told = listener.until("\"rule\":\"c.d\"")
    #expect(told.count == 2 && told.first?.contains("\"rule\":\"a.b\"") == true, "\(told)")
  }
}

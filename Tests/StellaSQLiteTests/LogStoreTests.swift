import Foundation
import GRDB
import StellaModel
import Testing

@testable import StellaRemediation
@testable import StellaSQLite

@Suite("The execution log in the store")
struct LogStoreTests {
  let log: TestLog

  init() throws { log = try TestLog() }

  /// Stands for the state that a record is about.
  func makeState() throws {
    try log.store.pool.write { try $0.execute(sql: "CREATE TABLE state (value INTEGER NOT NULL)") }
  }

  func state() throws -> [Int] { try log.store.pool.read { try Int.fetchAll($0, sql: "SELECT value FROM state") } }

  func change(_ value: Int, as writer: LogWriter, payload: LogPayload? = nil) throws {
    try log.store.write(as: writer) { transaction in
      try transaction.db.execute(sql: "INSERT INTO state VALUES (?)", arguments: [value])
      try transaction.append(LogEntry(.runChanged, time: 0, run: "r", actor: "engine", payload: payload))
    }
  }

  struct Stop: Error {}

  @Test("A change and its record are there together, or neither is")
  func together() throws {
    try makeState()
    try change(1, as: .command)
    #expect(throws: Stop.self) {
      try log.store.write(as: .command) { transaction in
        try transaction.db.execute(sql: "INSERT INTO state VALUES (2)")
        try transaction.append(LogEntry(.runChanged, time: 0, actor: "engine"))
        #expect(transaction.head.size == 3)
        throw Stop()
      }
    }
    let unfit = LogEntry(.runChanged, time: 0, actor: "engine", body: [.init("a", .double(.nan))])
    #expect(throws: LogError.self) {
      try log.store.write(as: .command) { transaction in
        try transaction.db.execute(sql: "INSERT INTO state VALUES (3)")
        try transaction.append(unfit)
      }
    }
    #expect(try state() == [1])
    #expect(try log.verify().head.size == 2)
  }

  @Test("On a full disk the record fails as a whole, and the change with it; with space everything goes on")
  func full() throws {
    try makeState()
    try change(1, as: .command)
    try log.store.pool.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let payload = LogPayload(salt: Array(repeating: 0, count: 32), bytes: Array(repeating: 1, count: 100_000))
    let error = #expect(throws: StoreError.self) { try change(2, as: .command, payload: payload) }
    #expect(error?.code == .full)
    #expect(try state() == [1])
    #expect(try log.verify().head.size == 2)

    try log.store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
    try change(2, as: .command, payload: payload)
    #expect(try state() == [1, 2])
    #expect(try log.verify().verdict == .intact)
  }

  @Test("At whatever record the disk fills up, the log verifies and holds what the state holds")
  func fullAnywhere() throws {
    try makeState()
    let payload = LogPayload(salt: Array(repeating: 0, count: 32), bytes: Array(repeating: 1, count: 900))
    var failures = 0
    for round in 0..<40 {
      try log.store.pool.writeWithoutTransaction { db in
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        try db.execute(sql: "PRAGMA max_page_count = \(pages + round % 3)")
      }
      for value in 0..<6 {
        do {
          try change(value, as: .command, payload: payload)
        } catch let error as StoreError {
          #expect(error.code == .full)
          failures += 1
        }
      }
      let result = try log.verify(anchors: [])
      #expect(try result.verdict == .intact && Int(result.head.size) == (try state().count) + 1)
    }
    #expect(failures > 40)
  }

  @Test("An engine whose place another took writes nothing more; a decision by a person still counts")
  func fenced() throws {
    try makeState()
    let first = try log.start()
    try change(1, as: .runner(epoch: first))
    // A second engine, through a connection of its own.
    let other = try SQLiteStore(path: log.database)
    let second = try other.write(as: .command) { transaction in
      let epoch = try transaction.takeEpoch(holder: "stella serve (pid 7)")
      try transaction.append(LogEntry(.engineStarted, time: 0, actor: "engine"))
      return epoch
    }
    #expect(second == first + 1)
    let error = #expect(throws: StoreError.self) { try change(2, as: .runner(epoch: first)) }
    #expect(error?.code == .fenced && error?.message.contains("stella serve (pid 7)") == true)
    #expect(try state() == [1])
    // A person's decision is no engine's: it goes under the epoch that is current.
    try change(3, as: .command)
    let items = try log.items()
    let epochs = try items.records.map { try LogRecord(bytes: $0.bytes).epoch }
    #expect(epochs == [0, 1, 1, 2, 2])
    #expect(try log.verify().verdict == .intact)
  }

  @Test("A second process that takes over fences the first, and both write one chain")
  func process() async throws {
    try makeState()
    let epoch = try log.start()
    let path = log.database
    await #expect(processExitsWith: .success) { [path = path as String] in
      let store = try SQLiteStore(path: path)
      let epoch = try store.write(as: .command) { transaction in
        let epoch = try transaction.takeEpoch(holder: "another process")
        try transaction.append(LogEntry(.engineStarted, time: 0, actor: "engine"))
        return epoch
      }
      for _ in 0..<20 {
        try store.write(as: .runner(epoch: epoch)) { transaction in
          _ = try transaction.append(LogEntry(.runChanged, time: 0, actor: "engine"))
        }
      }
    }
    let error = #expect(throws: StoreError.self) { try change(1, as: .runner(epoch: epoch)) }
    #expect(error?.code == .fenced)
    let result = try log.verify()
    #expect(result.verdict == .intact && result.head.size == 23)
    #expect(try state() == [])
  }

  @Test("A process that is killed within a transaction leaves the log as it was before it")
  func killed() async throws {
    try makeState()
    try change(1, as: .command)
    let path = log.database
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let store = try SQLiteStore(path: path)
      try store.write(as: .command) { transaction in
        try transaction.db.execute(sql: "INSERT INTO state VALUES (2)")
        for _ in 0..<100 { try transaction.append(LogEntry(.runChanged, time: 0, actor: "engine")) }
        kill(getpid(), SIGKILL)
      }
    }
    #expect(try state() == [1])
    let result = try log.verify()
    #expect(result.verdict == .intact && result.head.size == 2)
    try change(2, as: .command)
    #expect(try log.verify().head.size == 3)
  }

  @Test("Commits of the log are synchronous, as read back from the connection that writes")
  func synchronous() throws {
    let synchronous = try log.store.write(as: .command) { transaction in
      try Int.fetchOne(transaction.db, sql: "PRAGMA synchronous")
    }
    #expect(synchronous == 2)
  }

  @Test("A log can be verified while it is appended to; each verification sees one state of it")
  func concurrent() async throws {
    let store = log.store
    try log.seal()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for _ in 0..<200 {
          try store.write(as: .command) { transaction in
            for _ in 0..<3 { try transaction.append(LogEntry(.runChanged, time: 0, actor: "engine")) }
          }
        }
      }
      for _ in 0..<3 {
        group.addTask {
          var last: Int64 = 0
          while last < 601 {
            let result = try store.readLog { try LogVerifier.verify($0, trusted: [], anchors: []) }
            #expect(result.verdict == .intact && result.head.size % 3 == 1 && result.head.size >= last)
            last = result.head.size
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("Records and checkpoints can't be changed or removed by a mistake of ours")
  func guards() throws {
    try log.seal()
    for sql in [
      "UPDATE log_record SET bytes = x'00'", "DELETE FROM log_record", "UPDATE log_checkpoint SET text = ''",
      "INSERT INTO log_record SELECT log, number, hash, bytes FROM log_record",
    ] {
      #expect(throws: DatabaseError.self) { try log.store.pool.write { try $0.execute(sql: sql) } }
    }
    #expect(try log.verify().verdict == .intact)
  }

  @Test("Nothing is logged before a log was opened")
  func unopened() throws {
    let directory = try TestDirectory()
    let store = try SQLiteStore(StateDirectory(path: directory("state")))
    let error = #expect(throws: LogError.self) {
      try store.write(as: .command) { try $0.append(LogEntry(.frozen, time: 0, actor: "user:ivo")) }
    }
    #expect(error?.code == .empty)
  }

  @Test("An erased payload leaves a green log, a record of it, and not one of its bytes in the store")
  func erased() throws {
    let secret = Array("anna@example.org owes 4711".utf8)
    let payload = LogPayload(salt: Array(repeating: 0x5c, count: 32), bytes: secret)
    try log.append(LogEntry(.planRecorded, time: 0, run: "r", actor: "engine", payload: payload))
    try log.append(LogEntry(.planRecorded, time: 0, run: "s", actor: "engine", payload: payload))
    let count = try log.store.write(as: .command) { transaction in
      try transaction.erase(2...2, time: 1, actor: "user:mara", reason: "asked for")
    }
    #expect(count == 1)
    var result = try log.verify()
    #expect(result.verdict == .intact && result.payloads == 2 && result.erasedPayloads == 1)
    #expect(result.text.contains("1 as recorded, 1 erased, on record"))
    let none = try log.store.write(as: .command) { try $0.erase(2...2, time: 1, actor: "x", reason: "") }
    #expect(try none == 0 && (try log.verify().head.size) == 4)

    _ = try log.store.write(as: .command) { try $0.erase(1...9, time: 1, actor: "user:mara", reason: "asked for") }
    result = try log.verify()
    #expect(result.erasedPayloads == 2 && result.declaredErasures == 2)
    try log.store.close()
    let bytes = try Data(contentsOf: URL(filePath: log.database))
    #expect(bytes.range(of: Data(secret)) == nil && bytes.range(of: Data(payload.salt)) == nil)
  }

  @Test("A payload that is gone without a record of it is an open item")
  func silentlyErased() throws {
    try log.append(
      LogEntry(
        .planRecorded, time: 0, run: "r", actor: "engine",
        payload: LogPayload(salt: Array(repeating: 0, count: 32), bytes: [1])))
    try log.tamper("DELETE FROM log_payload")
    let result = try log.verify()
    #expect(result.verdict == .openItems && result.text.contains("1 of them WITHOUT a record of it"))
  }

  @Test("Memory for verifying does not grow with the number of records")
  func constantMemory() async {
    await #expect(processExitsWith: .success) {
      let source = try EndlessLog(count: 100_001)
      let result = try LogVerifier.verify(source, trusted: [], anchors: [])
      precondition(result.verdict == .intact && result.records == 100_001)
      // 100,000 records of 200 bytes and more would be over 20 MB.
      precondition(source.peakGrowth < 4 << 20, "grew by \(source.peakGrowth) bytes")
    }
  }
}

/// A valid log whose records are made when they are asked for.
private final class EndlessLog: LogSource {
  let outline: LogOutline?
  private var held: StoredLogRecord?
  private var root: LogHash
  private var number: Int64 = 1
  private let count: Int64
  private var start = 0
  private(set) var peakGrowth = 0

  init(count: Int64) throws {
    let key = TestLog.firstKey.publicKey
    let opening = try LogRecord(
      LogOpening.entry(engine: "prod-1", key: key, nonce: [], time: 0, actor: "engine"), number: 1, epoch: 0
    ).sealed(after: .zero)
    outline = LogOutline(log: opening.hash, opening: opening.bytes)
    held = opening
    root = opening.hash
    self.count = count
  }

  func next() throws -> LogItem? {
    if number == 1000 { start = residentBytes() }
    if number % 1000 == 0, number > 1000 { peakGrowth = max(peakGrowth, residentBytes() - start) }
    guard let record = held else { return nil }
    number += 1
    held = nil
    if number <= count {
      let kind: LogKind = number.isMultiple(of: 2) ? .effectIntended : .effectOutcome
      let entry = LogEntry(kind, effect: 1, time: number, run: "r-\(number / 2)", actor: "engine")
      let next = try LogRecord(entry, number: number, epoch: 1).sealed(after: root)
      root = next.hash
      held = next
    }
    return .record(record)
  }

  private func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst()
      .first
    return (pages.flatMap { Int($0) } ?? 0) * 4096
  }
}

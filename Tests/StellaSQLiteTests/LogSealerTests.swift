import Foundation
import StellaModel
import Synchronization
import Testing

@testable import StellaRemediation
@testable import StellaSQLite

@Suite("Sealing and pruning the execution log")
struct LogSealerTests {
  /// An anchor on a share that is away.
  struct Unreachable: LogAnchor {
    var name: String { "http:away" }
    func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError) { throw error }
    func newest() throws(LogAnchorError) -> LogCheckpoint? { throw error }
    private var error: LogAnchorError { LogAnchorError(.unavailable, anchor: name, message: "no route to host") }
  }

  func sealer(_ log: TestLog, key: LogSigningKey = TestLog.firstKey, own: FileAnchor? = nil, others: [any LogAnchor])
    throws -> LogSealer
  {
    try #require(LogSealer(engine: "prod-1", key: key, own: own ?? log.own, others: others))
  }

  @Test("Opening a log again is no error with its key, and refused with another")
  func open() throws {
    let log = try TestLog()
    let id = try log.sealer.open(log.store, as: .command, time: 9, actor: "engine", nonce: [9])
    #expect(try log.items().outline?.log == id && (try log.verify().head.size) == 1)
    let other = try sealer(log, key: TestLog.otherKey, others: [])
    for call in [
      { _ = try other.open(log.store, as: .command, time: 9, actor: "engine", nonce: []) },
      { _ = try other.seal(log.store, as: .command, time: 9) },
      { _ = try other.rotate(log.store, to: TestLog.nextKey, as: .command, time: 9, actor: "x") },
    ] {
      let error = #expect(throws: LogError.self) { try call() }
      #expect(error?.code == .wrongKey)
    }
    #expect(LogSealer(engine: "two words", key: TestLog.firstKey, own: log.own, others: []) == nil)
  }

  @Test("Two logs never have the same id")
  func ids() throws {
    let directory = try TestDirectory()
    let log = try TestLog()
    let store = try SQLiteStore(StateDirectory(path: directory("state")))
    let id = try log.sealer.open(store, as: .command, time: 0, actor: "engine", nonce: [2])
    #expect(try log.items().outline?.log != id)
  }

  @Test("A size is signed once: sealing again publishes the same checkpoint, whoever asks and whenever")
  func once() throws {
    let log = try TestLog()
    let first = try log.seal(time: 1)
    #expect(try log.seal(time: 2) == first)
    let second = try sealer(log, others: [])
    #expect(try second.seal(log.store, as: .command, time: 3).checkpoint == first)
    #expect(try log.anchor.newest() == first && (try log.own.newest()) == first)
    try log.append(LogEntry(.frozen, time: 0, actor: "user:ivo"))
    #expect(try log.seal(time: 4).size == 2)
    #expect(try log.verify().checkpoints == 2)
  }

  @Test("What was signed before a crash is published after it, the same")
  func publishedLate() throws {
    let log = try TestLog()
    let path = log.directory("gone/own")
    let early = try sealer(log, own: FileAnchor(path: path), others: [])
    #expect(throws: LogAnchorError.self) { try early.seal(log.store, as: .command, time: 1) }
    try FileManager.default.createDirectory(atPath: log.directory("gone"), withIntermediateDirectories: true)
    let checkpoint = try early.seal(log.store, as: .command, time: 2).checkpoint
    #expect(try checkpoint.time == 1 && (try FileAnchor(path: path).newest()) == checkpoint)
  }

  @Test(
    "A store restored from a backup is not signed again, neither shorter nor grown to the same size with other records")
  func restored() throws {
    let log = try TestLog()
    try log.seal()
    try log.store.close()
    let backup = try Data(contentsOf: URL(filePath: log.database))
    let later = try SQLiteStore(path: log.database)
    let entry = LogEntry(.frozen, time: 0, actor: "user:ivo")
    for _ in 0..<3 { try later.write(as: .command) { _ = try $0.append(entry) } }
    _ = try log.sealer.seal(later, as: .command, time: 5)
    try later.close()
    for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: log.database + ending) }
    try backup.write(to: URL(filePath: log.database))

    let restored = try SQLiteStore(path: log.database)
    for sealer in [
      log.sealer, try sealer(log, others: []),
      try sealer(log, own: FileAnchor(path: log.directory("new")), others: [log.anchor]),
    ] {
      let error = #expect(throws: LogError.self) { try sealer.seal(restored, as: .command, time: 6) }
      #expect(error?.code == .rolledBack)
    }
    let other = LogEntry(.thawed, time: 0, actor: "user:ivo")
    for _ in 0..<3 { try restored.write(as: .command) { _ = try $0.append(other) } }
    #expect(
      #expect(throws: LogError.self) { try log.sealer.seal(restored, as: .command, time: 6) }?.code == .rolledBack)
    try restored.write(as: .command) { _ = try $0.append(other) }
    #expect(
      #expect(throws: LogError.self) { try log.sealer.seal(restored, as: .command, time: 6) }?.code == .rolledBack)

    let reports = [LogAnchorReport(asking: log.anchor)]
    let result = try restored.readLog { try LogVerifier.verify($0, trusted: [], anchors: reports) }
    #expect(result.faults == [.anchor(name: log.anchor.name, size: 4, .root)])

    // The way out: another log that names this one. The anchor was away when it was begun.
    _ = try sealer(log, others: [Unreachable()])
      .reseal(restored, as: .command, time: 7, actor: "user:mara", reason: "restored", nonce: [7])
    func verify(_ trusted: [LogPublicKey]) throws -> LogVerification {
      try restored.readLog {
        try LogVerifier.verify($0, trusted: trusted, anchors: [LogAnchorReport(asking: log.anchor)])
      }
    }
    let former = try verify([TestLog.firstKey.publicKey])
    #expect(former.verdict == .intact && former.head.size == 1 && former.anchored == nil)
    #expect(former.text.contains("of the log before the reseal, nothing of this one"))
    // Without the key anybody could have begun it.
    #expect(try verify([]).faults == [.anchor(name: log.anchor.name, size: 4, .log)])
    _ = try log.sealer.seal(restored, as: .command, time: 8)
    #expect(try verify([]).anchored?.number == 1)
  }

  @Test("A log that only claims to follow another is neither signed nor taken for it")
  func forgedReseal() throws {
    let log = try TestLog()
    try log.seal()
    let old = try #require(try log.items().outline)
    // Somebody who can write to the store, and has no key, names the engine's own.
    try log.store.write(as: .command) { transaction in
      let former = LogOpening.Former(logs: [old.log], head: transaction.head, reason: "trust me")
      let entry = LogOpening.entry(
        engine: "prod-1", key: TestLog.firstKey.publicKey, nonce: [6], time: 0, actor: "user:eve", after: former)
      let record = try LogRecord(entry, number: 1, epoch: 0).sealed(after: .zero)
      try transaction.open(LogOutline(log: record.hash, opening: record.bytes))
      try transaction.append(record)
    }
    let result = try log.verify()
    #expect(result.faults == [.anchor(name: log.anchor.name, size: 1, .log)])
    let error = #expect(throws: LogError.self) { try log.seal() }
    #expect(error?.code == .rolledBack)
    #expect(try log.verify().checkpoints == 0)
  }

  @Test("An anchor that is away is told, and sealing goes on; verifying says what it could not ask")
  func away() throws {
    let log = try TestLog()
    let sealing = try sealer(log, others: [Unreachable(), log.anchor]).seal(log.store, as: .command, time: 1)
    #expect(sealing.failures.map(\.anchor) == ["http:away"])
    let result = try log.verify(anchors: [Unreachable(), log.anchor])
    #expect(result.verdict == .intact && result.anchored?.by == log.anchor.name)
    #expect(result.text.contains("http:away NOT ASKED: no route to host"))
    #expect(try log.verify(anchors: [Unreachable()]).anchored == nil)
  }

  @Test("Only what is sealed, exported, anchored and done is pruned, and that is on record")
  func pruned() throws {
    let log = try TestLog.whole()
    func prune(_ size: Int64, _ pruning: LogPruning) throws {
      try pruning.prune(log.store, to: size, as: .command, time: 20, actor: "policy:retention")
    }
    func expectRefusal(_ words: String, _ body: () throws -> Void) {
      let error = #expect(throws: LogError.self) { try body() }
      #expect(error?.code == .notPrunable && error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
    expectRefusal("no recorded export") { try prune(8, try log.pruning()) }
    let export = try log.export()
    #expect(export.from == 1 && export.to == 12)
    #expect(try log.verify().export == export && (try log.verify().text.contains("#1–#12 @")))
    let foreign = try TestLogAnchors.other(try TestLog.whole())
    expectRefusal("not sealed") { try prune(6, try log.pruning()) }
    expectRefusal("not sealed") { try prune(12, try log.pruning()) }
    expectRefusal("does not verify") { try prune(8, LogPruning(log: LogVerification(), anchors: [])) }
    expectRefusal("no recorded export") { try prune(8, foreignEnd(try log.pruning())) }
    expectRefusal("no anchor") { try prune(8, LogPruning(log: try log.verify(), anchors: [])) }
    let strangers: [any LogAnchor] = [Unreachable(), foreign]
    expectRefusal("no anchor") {
      try prune(8, LogPruning(log: try log.verify(), anchors: strangers.map { LogAnchorReport(asking: $0) }))
    }
    #expect(try log.verify().head.size == 13)

    try prune(8, try log.pruning())
    let result = try log.verify()
    #expect(result.verdict == .intact && result.first == 9 && result.head.size == 14 && result.records == 6)
    #expect(result.anchored?.number == 10 && result.signed == 10 && result.rotations == 1)
    #expect(result.text.contains("(#1–#8 pruned, on record in #14, which nobody has signed yet)"))
    #expect(try log.items().checkpoints.map(\.size) == [8, 10])
    let record = try LogRecord(bytes: try #require(try log.items().records.last).bytes)
    #expect(record.kind == .logPruned && record.integer("from") == 1 && record.integer("to") == 8)
    #expect(record.text("export") == export.digest.description)

    // Once more, from where it was pruned: the first export still holds it.
    try prune(10, try log.pruning())
    #expect(try log.verify().verdict == .intact && (try log.verify().first) == 11)
    try log.append(LogEntry(.thawed, time: 21, actor: "user:ivo"))
    try log.seal(time: 22)
    #expect(try log.verify().anchored?.number == 16)
    // What came after the export is in none.
    expectRefusal("no recorded export") { try prune(16, try log.pruning()) }
    try log.export(time: 23)
    try prune(16, try log.pruning())
    #expect(try log.verify().verdict == .intact && (try log.verify().first) == 17)
  }

  /// The same, whose export ends in a record that the store doesn't have.
  func foreignEnd(_ pruning: LogPruning) -> LogPruning {
    var pruning = pruning
    pruning.log.export?.root = .zero
    return pruning
  }

  @Test("What is old reaches as far as it is exported, anchored and settled, and says what keeps the rest")
  func reach() throws {
    let log = try TestLog.whole()
    func reach(before time: Int64) throws -> LogPruning.Reach { try log.pruning().reach(log.store, before: time) }
    // Signed at 5, 9 and 11, with 5, 8 and 10 records.
    #expect(try reach(before: 5) == LogPruning.Reach(floor: 0))
    let unexported = try reach(before: 12)
    #expect(unexported.size == nil && unexported.obstacle?.contains("stella log export") == true)
    try log.export()
    #expect(try reach(before: 10) == LogPruning.Reach(size: 8, floor: 0))
    #expect(try reach(before: 12) == LogPruning.Reach(size: 10, floor: 0))
    try log.append(LogEntry(.effectIntended, effect: 2, time: 15, run: "r-1", actor: "engine"))
    try log.seal(time: 16)
    try log.append(LogEntry(.thawed, time: 17, actor: "user:ivo"))
    try log.seal(time: 18)
    let later = try reach(before: 30)
    #expect(later.size == 10 && later.obstacle?.contains("no recorded export") == true)
    try log.export()
    let open = try reach(before: 30)
    #expect(open.size == 10 && open.obstacle?.contains("no known outcome") == true)
    let blind = try log.pruning(anchors: [Unreachable()]).reach(log.store, before: 30)
    #expect(blind.size == nil && blind.obstacle == "no anchor has seen all of it")
    try log.tamper("UPDATE log_record SET bytes = x'00' WHERE number = 4")
    #expect(throws: LogError.self) { try reach(before: 30) }
  }

  @Test("A bundle of another log, or one that was cut, is not recorded as an export")
  func foreignExport() throws {
    let log = try TestLog.whole()
    let digest = try #require(ContentDigest(bytes: Array(repeating: 0, count: 32)))
    let other = try TestLog.whole()
    try other.append(LogEntry(.thawed, time: 14, actor: "user:ivo"))
    for found in [try other.verify(), LogVerification()] {
      let error = #expect(throws: LogError.self) {
        try LogExport.record(found, digest: digest, file: "x", in: log.store, as: .command, time: 1, actor: "user:mara")
      }
      #expect(error?.code == .notExported)
    }
    #expect(try log.verify().head.size == 12)
  }

  @Test("An effect without outcome keeps its part of the log, and verifying names it")
  func openItems() throws {
    let log = try TestLog()
    try log.append(LogEntry(.runProposed, time: 0, run: "r-7f2e1", actor: "rule:x"))
    try log.append(LogEntry(.effectIntended, effect: 1, time: 0, run: "r-7f2e1", actor: "engine"))
    try log.seal()
    var result = try log.verify()
    #expect(result.verdict == .openItems && result.openItems.map(\.number) == [3])
    #expect(result.text.contains("except 1 → r-7f2e1 e1 at #3 (no outcome)"))
    try log.export()
    let error = #expect(throws: LogError.self) {
      try log.pruning().prune(log.store, to: 3, as: .command, time: 0, actor: "x")
    }
    #expect(error?.message.contains("r-7f2e1") == true)

    try log.append(LogEntry(.effectUnclear, effect: 1, time: 0, run: "r-7f2e1", actor: "engine"))
    result = try log.verify()
    #expect(result.openItems.first?.isDeclared == true)
    #expect(result.text.hasSuffix("No fault found, with 1 open item\n"))
    // Undoing is another step than doing.
    try log.append(LogEntry(.effectOutcome, effect: 1, undo: true, time: 0, run: "r-7f2e1", actor: "engine"))
    #expect(try log.verify().verdict == .openItems)
    try log.append(LogEntry(.effectReconciled, effect: 1, time: 0, run: "r-7f2e1", actor: "user:mara"))
    #expect(try log.verify().verdict == .intact)
  }

  @Test("An anchor that never tells gets every checkpoint, and counts for nothing when the log is verified")
  func writeOnly() throws {
    final class Deaf: LogAnchor {
      let taken = Mutex<[LogCheckpoint]>([])
      let name = "https:deaf"
      func publish(_ checkpoint: LogCheckpoint) { taken.withLock { $0.append(checkpoint) } }
      func newest() throws(LogAnchorError) -> LogCheckpoint? {
        throw LogAnchorError(.writeOnly, anchor: name, message: "gives none back")
      }
    }
    let log = try TestLog()
    let deaf = Deaf()
    let sealing = try sealer(log, others: [deaf]).seal(log.store, as: .command, time: 1)
    #expect(sealing.failures.isEmpty && sealing.taken == ["https:deaf"])
    #expect(deaf.taken.withLock { $0 } == [sealing.checkpoint])
    #expect(try log.verify(anchors: [deaf]).anchored == nil)
  }

  @Test("How far each anchor is behind is told, also of one that can't be asked any more")
  func lag() throws {
    let log = try TestLog()
    let minute: Int64 = 60_000_000_000
    try log.seal(time: 0)
    try log.append(LogEntry(.frozen, time: 2 * minute, actor: "user:ivo"))
    let receipts = try log.store.readRuns { try $0.receipts() }
    #expect(receipts == [LogAnchorReceipt(anchor: log.anchor.name, checkpoint: try #require(try log.anchor.newest()))])
    struct Gone: LogAnchor {
      let name: String
      func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError) { throw error }
      func newest() throws(LogAnchorError) -> LogCheckpoint? { throw error }
      private var error: LogAnchorError { LogAnchorError(.unavailable, anchor: name, message: "no route to host") }
    }
    for anchor in [log.anchor, Gone(name: log.anchor.name)] as [any LogAnchor] {
      let reports = [LogAnchorReport(asking: anchor, receipts: receipts)]
      var found = try log.store.readLog { try LogVerifier.verify($0, trusted: [], anchors: reports) }
      #expect(!found.text.contains("behind"))
      found.checkedAt = 3 * minute
      #expect(found.text.contains("1 record and 3 minutes behind"), "\(found.text)")
    }
    try log.seal(time: 3 * minute)
    var found = try log.verify()
    found.checkedAt = 90 * minute
    #expect(!found.text.contains("behind"))
  }

  @Test("Runs are held while no anchor has a record for too long, and only then")
  func hold() throws {
    let log = try TestLog()
    let hold = AnchorHold(after: 100, anchors: [log.anchor.name])
    func reason(_ now: Int64, _ hold: AnchorHold) throws -> String? {
      try log.store.readRuns { try hold.reason($0, now: now) }
    }
    #expect(try reason(99, hold) == nil)
    #expect(try reason(100, hold)?.contains("#1 ") == true)
    try log.seal(time: 100)
    #expect(try reason(10_000, hold) == nil)
    try log.append(LogEntry(.frozen, time: 10_000, actor: "user:ivo"))
    #expect(try reason(10_099, hold) == nil && (try reason(10_100, hold)) != nil)
    // An anchor that the configuration no longer names doesn't count.
    #expect(try reason(10_000, AnchorHold(after: 100, anchors: ["file:/other"])) != nil)
    log.sealer = try sealer(log, others: [Unreachable()])
    try log.seal(time: 10_100)
    #expect(try reason(10_100, hold) != nil)
    log.sealer = try sealer(log, others: [Unreachable(), log.anchor])
    try log.seal(time: 10_101)
    #expect(try reason(20_000, hold) == nil)
    // What is pruned needs no anchor.
    try log.export()
    try log.seal(time: 20_000)
    try log.pruning().prune(log.store, to: 2, as: .command, time: 20_000, actor: "x")
    #expect(try reason(20_050, hold) == nil)
  }

  @Test("Two processes that sign at once don't take each other's checkpoint for another log")
  func sideBySide() async throws {
    let log = try TestLog()
    let path = log.database
    let (own, anchor) = (log.own, log.anchor)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let store = try SQLiteStore(path: path)
          let sealer = try #require(LogSealer(engine: "prod-1", key: TestLog.firstKey, own: own, others: [anchor]))
          for _ in 0..<15 {
            try store.write(as: .command) { _ = try $0.append(LogEntry(.frozen, time: 0, actor: "user:\(worker)")) }
            let sealing = try sealer.seal(store, as: .command, time: 1)
            #expect(sealing.failures.isEmpty, "\(sealing.failures)")
          }
        }
      }
      try await group.waitForAll()
    }
    let result = try log.verify(anchors: [log.own, log.anchor])
    #expect(result.verdict == .intact && result.head.size == 61 && result.anchored?.number == 61)
  }

  @Test("Keys are rotated again and again, and the first one still vouches for the last")
  func rotatedOften() throws {
    let log = try TestLog()
    for index in UInt8(10)..<20 {
      let next = try #require(LogSigningKey(seed: Array(repeating: index, count: 32)))
      log.sealer = try log.sealer.rotate(log.store, to: next, as: .command, time: 0, actor: "user:mara")
      try log.seal()
    }
    let result = try log.verify()
    #expect(result.verdict == .intact && result.rotations == 10 && result.signed == 11)
    #expect(result.text.contains("(rotated 10×, chain of keys complete)"))
  }
}

enum TestLogAnchors {
  static func other(_ log: TestLog) throws -> FileAnchor {
    let sealer = try #require(
      LogSealer(engine: "prod-1", key: TestLog.otherKey, own: FileAnchor(path: log.directory("x")), others: []))
    let store = try SQLiteStore(StateDirectory(path: log.directory("another")))
    try sealer.open(store, as: .command, time: 0, actor: "engine", nonce: [1])
    _ = try sealer.seal(store, as: .command, time: 0)
    return FileAnchor(path: log.directory("x"))
  }
}

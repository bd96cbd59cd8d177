import Foundation
import GRDB
import StellaModel
import Testing

@testable import StellaRemediation
@testable import StellaSQLite

/// A store with an execution log in a directory of its own, an engine that signs it, and an anchor elsewhere.
final class TestLog {
  let directory: TestDirectory
  let store: SQLiteStore
  var sealer: LogSealer
  let own: FileAnchor
  let anchor: FileAnchor
  static let firstKey = LogSigningKey(seed: Array(repeating: 1, count: 32))!
  static let nextKey = LogSigningKey(seed: Array(repeating: 2, count: 32))!
  static let otherKey = LogSigningKey(seed: Array(repeating: 3, count: 32))!

  init() throws {
    directory = try TestDirectory()
    store = try SQLiteStore(StateDirectory(path: directory("state")))
    own = FileAnchor(path: directory("state/log.checkpoints"))
    anchor = FileAnchor(path: directory("elsewhere"))
    sealer = LogSealer(engine: "prod-1", key: Self.firstKey, own: own, others: [anchor])!
    try sealer.open(store, as: .command, time: 0, actor: "engine", nonce: [1])
  }

  var database: String { store.path }

  @discardableResult
  func append(_ entries: LogEntry..., as writer: LogWriter = .command) throws -> Int64 {
    try store.write(as: writer) { transaction in
      for entry in entries { try transaction.append(entry) }
      return transaction.head.size
    }
  }

  @discardableResult
  func seal(time: Int64 = 1_764_000_000_000_000_000) throws -> LogCheckpoint {
    try sealer.seal(store, as: .command, time: time).checkpoint
  }

  /// Twelve records: a run from proposal to outcome with payloads, two epochs, three checkpoints (sizes 5, 8 and 10) and a
  /// rotated key; the last two records are neither sealed nor anchored.
  static func whole() throws -> TestLog {
    let log = try TestLog()
    let payload = { (byte: UInt8) in LogPayload(salt: Array(repeating: byte, count: 32), bytes: [byte, byte]) }
    try log.start()
    try log.append(
      LogEntry(.runProposed, time: 2, run: "r-1", actor: "rule:x"),
      LogEntry(
        .planRecorded, time: 3, run: "r-1", actor: "engine", body: [.init("digest", .string("ab"))], payload: payload(7)
      ),
      LogEntry(.decision, time: 4, run: "r-1", actor: "user:mara", body: [.init("digest", .string("ab"))]))
    try log.seal(time: 5)
    try log.append(
      LogEntry(.effectIntended, effect: 1, time: 6, run: "r-1", actor: "engine", payload: payload(9)),
      LogEntry(.effectOutcome, effect: 1, time: 7, run: "r-1", actor: "engine"))
    log.sealer = try log.sealer.rotate(log.store, to: nextKey, as: .command, time: 8, actor: "user:mara")
    try log.seal(time: 9)
    try log.start()
    try log.append(LogEntry(.verified, time: 10, run: "r-1", actor: "engine"))
    try log.seal(time: 11)
    try log.append(
      LogEntry(.runClosed, time: 12, run: "r-1", actor: "engine"),
      LogEntry(.frozen, time: 13, actor: "user:ivo"))
    return log
  }

  @discardableResult
  func start() throws -> Int64 {
    try store.write(as: .command) { transaction in
      let epoch = try transaction.takeEpoch(holder: "engine of a test")
      try transaction.append(LogEntry(.engineStarted, time: 1, actor: "engine"))
      return epoch
    }
  }

  func verify(
    trusted: [LogPublicKey] = [TestLog.firstKey.publicKey], anchors: [any LogAnchor]? = nil
  ) throws -> LogVerification {
    let reports = (anchors ?? [anchor]).map { LogAnchorReport(asking: $0) }
    return try store.readLog { try LogVerifier.verify($0, trusted: trusted, anchors: reports) }
  }

  func items() throws -> LogItems {
    try store.readLog { source in
      var items: [LogItem] = []
      while let item = try source.next() { items.append(item) }
      return LogItems(outline: source.outline, items)
    }
  }

  func bundle(anchors: [LogAnchorReport] = []) throws -> [UInt8] {
    try store.readLog { source in
      let bytes = CollectedBytes()
      try LogBundleWriter.write(source, anchors: anchors) { bytes.all += $0 }
      return bytes.all
    }
  }

  /// Exports all that there is, as `stella log export` does, and puts that on record.
  @discardableResult
  func export(time: Int64 = 14) throws -> LogExport {
    let feed = LogBundleTests.Feed(try bundle())
    let reader = try LogBundleReader { feed.read($0) }
    let found = try LogVerifier.verify(reader, trusted: [Self.firstKey.publicKey, Self.nextKey.publicKey], anchors: [])
    return try LogExport.record(
      found, digest: try #require(reader.fileDigest), file: "a.stellalog", in: store, as: .command, time: time,
      actor: "user:mara")
  }

  /// As `stella log prune` has it: the log as it verifies now, and what the anchors say.
  func pruning(anchors: [any LogAnchor]? = nil) throws -> LogPruning {
    let reports = (anchors ?? [anchor]).map { LogAnchorReport(asking: $0) }
    return LogPruning(log: try verify(anchors: anchors ?? [anchor]), anchors: reports)
  }

  /// Changes the store behind its back, past the triggers that guard against mistakes.
  func tamper(_ sql: String, _ arguments: StatementArguments = []) throws {
    let database = try DatabaseQueue(path: database)
    try database.write { db in
      for trigger in ["log_record_stays", "log_record_is_kept", "log_checkpoint_stays"] {
        try db.execute(sql: "DROP TRIGGER IF EXISTS \(trigger)")
      }
      try db.execute(sql: sql, arguments: arguments)
    }
  }
}

final class CollectedBytes {
  var all: [UInt8] = []
}

/// A log as a list, to be cut and changed.
final class LogItems: LogSource {
  var outline: LogOutline?
  var items: [LogItem]
  private var place = 0

  init(outline: LogOutline?, _ items: [LogItem]) {
    self.outline = outline
    self.items = items
  }

  func next() -> LogItem? {
    guard place < items.count else { return nil }
    defer { place += 1 }
    return items[place]
  }

  var records: [StoredLogRecord] {
    items.compactMap { if case .record(let record) = $0 { record } else { nil } }
  }

  var checkpoints: [LogCheckpoint] {
    items.compactMap { if case .checkpoint(let checkpoint) = $0 { checkpoint } else { nil } }
  }

  func verify(
    _ items: [LogItem], trusted: [LogPublicKey] = [TestLog.firstKey.publicKey], anchors: [LogAnchorReport] = []
  ) throws -> LogVerification {
    try LogVerifier.verify(
      LogItems(outline: outline, items), trusted: trusted, anchors: anchors)
  }

  /// The same records with hashes that fit one another, as somebody without the key would make them.
  static func rechained(_ records: [StoredLogRecord]) -> [StoredLogRecord] {
    var root = LogHash.zero
    return records.map { record in
      var record = record
      record.hash = LogRecord.hash(of: record.bytes, after: root)
      root = record.hash
      return record
    }
  }
}

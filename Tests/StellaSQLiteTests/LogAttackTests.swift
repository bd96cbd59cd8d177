import Foundation
import StellaModel
import Testing

@testable import StellaRemediation
@testable import StellaSQLite

@Suite("Attacks on the execution log")
struct LogAttackTests {
  let log: TestLog
  let all: LogItems
  let report: LogAnchorReport

  init() throws {
    log = try TestLog.whole()
    all = try log.items()
    report = LogAnchorReport(asking: log.anchor)
  }

  @Test("An untouched log is intact; what is anchored, signed and neither is stated")
  func untouched() throws {
    let result = try log.verify()
    #expect(result.verdict == .intact && result.faults == [])
    #expect(result.records == 12 && result.head.size == 12 && result.first == 1 && result.gaps == 0)
    #expect(result.checkpoints == 3 && result.rotations == 1)
    #expect(result.anchored?.number == 10 && result.signed == 10)
    #expect(result.runs == 1 && result.intents == 1 && result.openItems == [])
    #expect(result.payloads == 2 && result.erasedPayloads == 0)
  }

  @Test("Any record deleted is found, or is newer than what anything covers")
  func deleted() throws {
    for index in all.items.indices {
      guard case .record(let record) = all.items[index] else { continue }
      var items = all.items
      items.remove(at: index)
      let result = try all.verify(items, anchors: [report])
      if record.number == 12 {
        #expect(result.verdict == .intact && result.anchored?.number == 10 && result.head.size == 11)
      } else {
        #expect(result.verdict == .failed && result.gaps == 1, "\(record.number)")
        #expect(result.faults.contains(.gap(after: record.number - 1, found: record.number + 1)))
      }
    }
  }

  @Test("Any record duplicated, swapped with another, or put in between is found")
  func moved() throws {
    let places = all.items.indices.filter { if case .record = all.items[$0] { true } else { false } }
    for first in places {
      var items = all.items
      items.insert(items[first], at: first)
      #expect(try all.verify(items).verdict == .failed)
      for second in places where second > first {
        items = all.items
        items.swapAt(first, second)
        #expect(try all.verify(items).verdict == .failed, "\(first), \(second)")
        guard case .record(var record) = all.items[first], case .record(let other) = all.items[second] else { continue }
        // As a table would show it: the other's bytes and hash under this one's number.
        record.bytes = other.bytes
        record.hash = other.hash
        items = all.items
        items[first] = .record(record)
        let result = try all.verify(items)
        #expect(result.verdict == .failed && result.faults.contains(.changed(number: record.number)))
      }
    }
  }

  @Test("One flipped bit in any byte of a record, its hash or its payload names the record")
  func flipped() throws {
    // Signatures are another test's, and slow without optimisation.
    all.items.removeAll { if case .checkpoint = $0 { true } else { false } }
    all.outline?.rotations = []
    for index in all.items.indices {
      guard case .record(let record) = all.items[index] else { continue }
      func expectFault(_ change: (inout StoredLogRecord) -> Void, _ place: String) throws {
        var changed = record
        change(&changed)
        var items = all.items
        items[index] = .record(changed)
        let result = try all.verify(items)
        let named =
          result.faults.contains(.changed(number: record.number))
          || result.faults.contains(.payload(number: record.number))
        #expect(named, "\(record.number) \(place)")
        #expect(!result.faults.contains(.changed(number: record.number + 1)), "the next record was blamed")
      }
      for byte in record.bytes.indices {
        try expectFault({ $0.bytes[byte] ^= 1 << (byte % 8) }, "byte \(byte)")
      }
      for byte in 0..<32 {
        try expectFault(
          {
            var hash = $0.hash.bytes
            hash[byte] ^= 1
            $0.hash = LogHash(hash)!
          }, "hash \(byte)")
      }
      guard let payload = record.payload else { continue }
      for byte in payload.bytes.indices {
        var bytes = payload.bytes
        bytes[byte] ^= 1
        try expectFault({ $0.payload = LogPayload(salt: payload.salt, bytes: bytes) }, "payload \(byte)")
      }
      for byte in payload.salt.indices {
        var salt = payload.salt
        salt[byte] ^= 1
        try expectFault({ $0.payload = LogPayload(salt: salt, bytes: payload.bytes) }, "salt \(byte)")
      }
    }
  }

  @Test("A payload put where none was recorded is found")
  func foreignPayload() throws {
    try log.tamper(
      "INSERT INTO log_payload (log, number, salt, bytes) VALUES (1, 1, ?, ?)",
      [Data(repeating: 0, count: 32), Data([1])])
    #expect(try log.verify().faults == [.payload(number: 1)])
  }

  @Test("A tail cut at any place is found by the log's own checkpoint, or by the anchor when that is cut as well")
  func cut() throws {
    for size in Int64(0)..<12 {
      let kept = all.items.filter { if case .record(let record) = $0 { record.number <= size } else { true } }
      let own = try all.verify(kept)
      if size >= 10 {
        #expect(own.verdict == .intact && own.head.size == size)
      } else {
        #expect(own.verdict == .failed && own.faults.contains(.truncated(size: 10)), "\(size)")
      }
      let clean = kept.filter { if case .checkpoint(let checkpoint) = $0 { checkpoint.size <= size } else { true } }
      let anchored = try all.verify(clean, anchors: [report])
      if size >= 10 {
        #expect(anchored.verdict == .intact && anchored.anchored?.number == 10)
      } else {
        #expect(anchored.faults.contains(.anchorAhead(name: log.anchor.name, report.checkpoint!)), "\(size)")
      }
    }
  }

  @Test("A store rolled back to exactly the anchored size is intact, and says that newer records were never covered")
  func rolledBackToAnchor() throws {
    try log.tamper("DELETE FROM log_record WHERE number > 10")
    let result = try log.verify()
    #expect(result.verdict == .intact && result.anchored?.number == 10)
    let without = try log.verify(anchors: [])
    #expect(without.text.contains("Truncation of the newest records cannot be excluded (no anchor configured)."))
  }

  @Test("An older copy of the whole store is found by what the engine signed last, and by the anchor")
  func olderCopy() throws {
    let log = try TestLog.whole()
    try log.store.close()
    let old = try Data(contentsOf: URL(filePath: log.database))
    let later = try SQLiteStore(path: log.database)
    try later.write(as: .command) { _ = try $0.append(LogEntry(.thawed, time: 14, actor: "user:ivo")) }
    _ = try log.sealer.seal(later, as: .command, time: 15)
    try later.close()
    for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: log.database + ending) }
    try old.write(to: URL(filePath: log.database))
    let copy = try SQLiteStore(path: log.database)
    for anchor in [log.own, log.anchor] {
      let reports = [LogAnchorReport(asking: anchor)]
      let result = try copy.readLog { try LogVerifier.verify($0, trusted: [], anchors: reports) }
      guard case .anchorAhead(anchor.name, let seen)? = result.faults.first else {
        Issue.record("\(result.faults)")
        continue
      }
      #expect(seen.size == 13)
    }
  }

  @Test("There is no checkpoint of size 0, whoever signs it")
  func emptyCheckpoint() throws {
    let id = try #require(all.outline?.log)
    #expect(try LogCheckpoint.signed(LogHead(size: 0, root: .zero), log: id, by: TestLog.firstKey) == nil)
    let text = try #require(all.checkpoints.first).text
    let empty = text.replacing(" 5 ", with: " 0 ")
    #expect(empty != text && LogCheckpoint(text: empty) == nil)
  }

  @Test("A pruning that nobody has signed yet is told from one that the engine stands for")
  func forgedPruning() throws {
    // Somebody who can write to the store, and has no key, takes the front away and says that it was pruned.
    let third = try #require(all.records.first { $0.number == 3 }).hash
    try log.append(
      LogEntry(
        .logPruned, time: 14, actor: "policy:retention",
        body: [.init("from", .integer(1)), .init("root", .string(third.hex)), .init("to", .integer(3))]))
    try log.tamper("UPDATE log_chain SET floor = 3, floor_root = (SELECT hash FROM log_record WHERE number = 3)")
    try log.tamper("DELETE FROM log_record WHERE number <= 3")
    let forged = try log.verify()
    #expect(forged.text.contains("(#1–#3 pruned, on record in #13, which nobody has signed yet)"), "\(forged.text)")
    try log.seal(time: 16)
    #expect(try log.verify().text.contains("(#1–#3 pruned, on record)"))
  }

  @Test("A chain computed anew after a change is found by the checkpoints, by the anchor, and by the key")
  func recomputed() throws {
    var records = all.records
    var record = try LogRecord(bytes: records[3].bytes)
    record.actor = "user:ivox"
    records[3].bytes = try record.bytes()
    let forged = LogItems.rechained(records).map { LogItem.record($0) }

    let byCheckpoints = try all.verify(forged + all.checkpoints.map { .checkpoint($0) })
    #expect(byCheckpoints.faults.contains(.checkpoint(size: 10, .root)))
    let byAnchor = try all.verify(forged, anchors: [report])
    #expect(byAnchor.faults.contains(.anchor(name: log.anchor.name, size: 10, .root)))
    // Nothing but the chain itself is left: that it can't know is what it says.
    let byNothing = try all.verify(forged)
    #expect(byNothing.verdict == .intact && byNothing.signed == nil && byNothing.anchored == nil)
    #expect(byNothing.text.contains("Whoever can write to the store could have computed the whole chain anew"))
  }

  @Test("A whole log signed by another key is found by the key and by the anchor, and without both it is stated")
  func otherKey() throws {
    let forged = try TestLog()
    forged.sealer = try #require(
      LogSealer(
        engine: "prod-1", key: TestLog.otherKey, own: FileAnchor(path: forged.directory("other")), others: []))
    try forged.store.close()
    let path = forged.directory("forged")
    let store = try SQLiteStore(StateDirectory(path: path))
    try forged.sealer.open(store, as: .command, time: 0, actor: "engine", nonce: [1])
    _ = try forged.sealer.seal(store, as: .command, time: 1)
    func verify(_ trusted: [LogPublicKey], _ anchors: [LogAnchorReport]) throws -> LogVerification {
      try store.readLog { try LogVerifier.verify($0, trusted: trusted, anchors: anchors) }
    }
    #expect(try verify([TestLog.firstKey.publicKey], []).faults == [.wrongKey])
    #expect(try verify([], [report]).faults == [.anchor(name: log.anchor.name, size: 10, .log)])
    let alone = try verify([], [])
    #expect(alone.verdict == .intact && alone.signed == nil && alone.text.contains("no public key was given"))
  }

  @Test("A checkpoint by a key that was rotated out, or isn't the log's, is found")
  func keys() throws {
    let head = LogHead(size: 12, root: all.records[11].hash)
    let id = try #require(all.outline?.log)
    for key in [TestLog.firstKey, TestLog.otherKey] {
      let late = try #require(try LogCheckpoint.signed(head, log: id, by: key))
      #expect(try all.verify(all.items + [.checkpoint(late)]).faults == [.checkpoint(size: 12, .key)])
    }
    let good = try #require(try LogCheckpoint.signed(head, log: id, by: TestLog.nextKey))
    #expect(try all.verify(all.items + [.checkpoint(good)]).signed == 12)
    let another = try #require(
      LogCheckpoint(
        size: 12, root: head.root, log: id, engine: "prod-1", key: good.key, time: 1, signature: good.signature))
    #expect(try all.verify(all.items + [.checkpoint(another)]).faults == [.checkpoint(size: 12, .signature)])
    #expect(
      try all.verify(all.items + [.checkpoint(good), .checkpoint(good)]).faults == [.checkpoint(size: 12, .second)])
  }

  @Test("A rotation that the old key didn't sign, or that no record states, is found")
  func rotations() throws {
    let outline = try #require(all.outline)
    var changed = outline
    changed.rotations[0].signature[5] ^= 1
    all.outline = changed
    #expect(try all.verify(all.items).faults.contains(.rotation(number: 8)))
    changed = outline
    changed.rotations = []
    all.outline = changed
    #expect(try all.verify(all.items).faults.contains(.rotation(number: 8)))
    changed = outline
    changed.rotations.append(
      try LogKeyRotation(number: 11, to: TestLog.otherKey.publicKey, log: outline.log, by: TestLog.nextKey))
    all.outline = changed
    #expect(try all.verify(all.items).faults.contains(.rotation(number: 11)))
  }

  @Test("Somebody without the key can't rotate it to a key of their own, whatever record says so")
  func forgedRotation() throws {
    var outline = try #require(all.outline)
    let eve = TestLog.otherKey
    let forged = try LogKeyRotation(number: 8, to: eve.publicKey, log: outline.log, by: eve)
    var records = Array(all.records.prefix(8))
    var record = try LogRecord(bytes: records[7].bytes)
    record.body = [
      .init("key", .string(eve.publicKey.text)), .init("signature", .string(HexText.text(forged.signature))),
    ]
    records[7].bytes = try record.bytes()
    records = LogItems.rechained(records)
    outline.rotations = [forged]
    all.outline = outline
    let checkpoint = try #require(
      try LogCheckpoint.signed(LogHead(size: 8, root: records[7].hash), log: outline.log, by: eve))
    let result = try all.verify(records.map { .record($0) } + [.checkpoint(checkpoint)])
    #expect(result.faults == [.rotation(number: 8), .checkpoint(size: 8, .key)])
    #expect(result.signed == nil)
  }

  @Test("The newest key vouches for what it signed, whatever was signed before it")
  func newestKey() throws {
    let result = try log.verify(trusted: [TestLog.nextKey.publicKey])
    #expect(result.verdict == .intact && result.signed == 10)
    #expect(try log.verify(trusted: [TestLog.otherKey.publicKey]).faults == [.wrongKey])
    #expect(try log.verify(trusted: []).signature != .none)
  }

  @Test("A record with a lower version, algorithm or epoch fails")
  func downgrade() throws {
    for (byte, value) in [(1, UInt8(0)), (2, 0), (1, 2), (2, 2)] {
      var items = all.items
      guard case .record(var record) = items[2] else { return }
      record.bytes[byte] = value
      items[2] = .record(record)
      let result = try all.verify(items)
      #expect(result.faults.contains(.changed(number: record.number)))
    }
    var records = all.records
    var late = try LogRecord(bytes: records[11].bytes)
    late.epoch = 1
    records[11].bytes = try late.bytes()
    let result = try all.verify(LogItems.rechained(records).map { .record($0) })
    #expect(result.faults == [.epoch(number: 12)])
  }

  @Test("A record that only a newer version understands is not passed over")
  func newer() throws {
    var records = all.records
    records[11].bytes[1] = 2
    let result = try all.verify(LogItems.rechained(records).map { .record($0) })
    guard case .newer(number: 12, _)? = result.faults.first else {
      Issue.record("\(result.faults)")
      return
    }
  }

  @Test("No log, an emptied one and one of a single record are told apart")
  func small() throws {
    let directory = try TestDirectory()
    let store = try SQLiteStore(StateDirectory(path: directory("state")))
    let none = try store.readLog { try LogVerifier.verify($0, trusted: [], anchors: []) }
    #expect(none.verdict == .intact && none.log == nil && none.text.contains("nothing is covered"))
    let missing = try store.readLog { try LogVerifier.verify($0, trusted: [], anchors: [report]) }
    #expect(missing.faults == [.missing(name: log.anchor.name)])

    #expect(try all.verify([]).faults.contains(.noRecords))

    let one = try TestLog()
    let unsigned = try one.verify()
    #expect(unsigned.verdict == .intact && unsigned.head.size == 1 && unsigned.signature == .none)
    try one.seal()
    #expect(try one.verify().anchored?.number == 1)
  }

  @Test("A log whose first record doesn't open it is found")
  func opening() throws {
    var records = all.records
    records.removeFirst()
    let moved = try records.map { stored in
      var record = try LogRecord(bytes: stored.bytes)
      record.number -= 1
      return StoredLogRecord(
        number: record.number, hash: stored.hash, bytes: try record.bytes(), payload: stored.payload)
    }
    let result = try all.verify(LogItems.rechained(moved).map { .record($0) })
    #expect(result.faults.contains(.opening))
  }

  @Test("Changes in the tables themselves are found, or refused as damage")
  func tables() throws {
    for statement in [
      "UPDATE log_record SET bytes = x'00' WHERE number = 4", "DELETE FROM log_record WHERE number = 4",
      "UPDATE log_record SET number = 40 WHERE number = 12",
      "UPDATE log_record SET hash = zeroblob(32) WHERE number = 9",
      "UPDATE log_chain SET opening = zeroblob(32)", "UPDATE log_chain SET id = zeroblob(32)",
      "UPDATE log_chain SET floor = 3, floor_root = (SELECT hash FROM log_record WHERE number = 3)",
      "DELETE FROM log_rotation", "UPDATE log_rotation SET number = 9", "DELETE FROM log_record",
      "DELETE FROM log_chain",
      "UPDATE log_record SET hash = x'00' WHERE number = 9", "UPDATE log_checkpoint SET text = 'x' WHERE size = 5",
      "UPDATE log_checkpoint SET size = 6 WHERE size = 5", "UPDATE log_payload SET salt = x'00'",
    ] {
      let log = try TestLog.whole()
      try log.tamper(statement)
      do {
        #expect(try log.verify().verdict == .failed, "\(statement)")
      } catch let error as StoreError {
        #expect(error.code == .corrupt, "\(statement)")
      }
    }
  }

  @Test("Records removed from the front are found, unless a record says that they were pruned")
  func front() throws {
    try log.tamper("UPDATE log_chain SET floor = 3, floor_root = (SELECT hash FROM log_record WHERE number = 3)")
    try log.tamper("DELETE FROM log_record WHERE number <= 3")
    #expect(try log.verify().faults == [.pruned(to: 3)])
  }
}

extension LogCheckpoint {
  static func signed(_ head: LogHead, log: LogHash, by key: LogSigningKey) throws -> LogCheckpoint? {
    // Through a store of its own, for the initialiser that signs is the sealer's alone.
    let statement = LogCheckpoint.statement(
      size: head.size, root: head.root, log: log, engine: "prod-1", key: key.publicKey.id, time: 0)
    return LogCheckpoint(
      size: head.size, root: head.root, log: log, engine: "prod-1", key: key.publicKey.id, time: 0,
      signature: try key.signature(of: statement))
  }
}

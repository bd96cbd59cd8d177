import Foundation
import GRDB
import StellaModel
import Testing

@testable import StellaSQLite

@Suite("The embedded store")
struct SQLiteStoreTests {
  let directory: TestDirectory

  init() throws { directory = try TestDirectory() }

  func state() throws -> StateDirectory { try StateDirectory(path: directory("state")) }

  @Test("Its directory is created for its owner only, and is used again")
  func directoryMode() throws {
    _ = try state()
    let mode = try FileManager.default.attributesOfItem(atPath: directory("state"))[.posixPermissions] as? Int
    #expect(mode == 0o700)
    _ = try state()
  }

  @Test("A state directory that can't be used is an error with a remedy")
  func unusableDirectory() throws {
    try Data().write(to: URL(fileURLWithPath: directory("file")))
    for path in ["file", "file/state", "missing/state"] {
      let error = #expect(throws: StoreError.self) { try StateDirectory(path: directory(path)) }
      #expect(error?.code == .unavailable && error?.message.contains("`state:`") == true)
    }
  }

  @Test("A state directory of somebody else is left alone, and it is said whose it is", .enabled(if: geteuid() == 0))
  func foreignDirectory() throws {
    _ = try state()
    try #require(chown(directory("state"), 65534, 65534) == 0)
    let error = #expect(throws: StoreError.self) { try state() }
    #expect(error?.message.contains("belongs to nobody") == true && error?.message.contains("sudo -u nobody") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory("state")).isEmpty)
  }

  @Test("What was saved survives closing and opening again")
  func reopened() throws {
    let position = SourcePosition(
      identity: SourceIdentity(device: 1, inode: 2, fingerprintBytes: 3, fingerprint: 4), offset: 5)
    let first = try SQLiteStore(state())
    try first.save(["a": position])
    try first.close()
    #expect(try SQLiteStore(state()).positions() == ["a": position])
  }

  @Test("Commits of the writer are really synchronous, in WAL mode")
  func synchronous() throws {
    let store = try SQLiteStore(state())
    let writer = try store.pool.writeWithoutTransaction { db in
      try (Int.fetchOne(db, sql: "PRAGMA synchronous"), String.fetchOne(db, sql: "PRAGMA journal_mode"))
    }
    #expect(writer.0 == 2 && writer.1 == "wal")
    try store.save(["a": .start])
    #expect(try store.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
  }

  @Test("A save that fails half-way has saved nothing")
  func allOrNothing() throws {
    let store = try SQLiteStore(state())
    try store.save(["a": .start])
    try store.pool.write { db in
      try db.execute(
        sql: """
          CREATE TRIGGER refuse BEFORE INSERT ON source_position WHEN NEW.source = 'z'
          BEGIN SELECT RAISE(ABORT, 'refused'); END
          """)
    }
    let changed = SourcePosition(identity: nil, offset: 9)
    let error = #expect(throws: StoreError.self) { try store.save(["a": changed, "m": changed, "z": changed]) }
    #expect(error?.code == .failed && error?.message.contains("refused") == true)
    #expect(try store.positions() == ["a": .start])
  }

  @Test("A full disk is told, and what was saved before stays")
  func full() throws {
    let store = try SQLiteStore(state())
    try store.save(["a": .start])
    try store.pool.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let many = Dictionary(uniqueKeysWithValues: (0..<5000).map { ("/var/log/number/\($0)", SourcePosition.start) })
    let error = #expect(throws: StoreError.self) { try store.save(many) }
    #expect(error?.code == .full)
    #expect(try store.positions() == ["a": .start])
    // It goes on being told until something was kept again.
    #expect(store.writeTrouble?.contains("no space is left") == true)
    try store.remove(["is not there"])
    #expect(store.writeTrouble != nil)
    try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
    try store.save(many)
    #expect(store.writeTrouble == nil)
  }

  @Test("A file that is no database, and a damaged one, are told and not touched")
  func corrupt() throws {
    let state = try state()
    let garbage = Data(repeating: 0x41, count: 5000)
    try garbage.write(to: URL(fileURLWithPath: state.database))
    let error = #expect(throws: StoreError.self) { try SQLiteStore(state) }
    #expect(error?.code == .corrupt && error?.message.contains("backup") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: state.database)) == garbage)

    try FileManager.default.removeItem(atPath: state.database)
    let store = try SQLiteStore(state)
    try store.save(["a": .start])
    try store.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: state.database))
    bytes.replaceSubrange(100..<bytes.count, with: repeatElement(0xee, count: bytes.count - 100))
    try bytes.write(to: URL(fileURLWithPath: state.database))
    #expect(throws: StoreError.self) { try SQLiteStore(state).positions() }
  }

  @Test("A store of a newer Stella is refused")
  func newer() throws {
    let store = try SQLiteStore(state())
    try store.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
    try store.close()
    let error = #expect(throws: StoreError.self) { try SQLiteStore(state()) }
    #expect(error?.code == .newer)
  }

  @Test("A writer in another connection that doesn't finish is told as locked, then everything works again")
  func busy() throws {
    let state = try state()
    let store = try SQLiteStore(path: state.database, busySeconds: 0.01)
    let other = try DatabaseQueue(path: state.database)
    try other.inDatabase { db in
      try db.inTransaction(.immediate) {
        let error = #expect(throws: StoreError.self) { try store.save(["a": .start]) }
        #expect(error?.code == .locked)
        return .rollback
      }
    }
    try store.save(["a": .start])
    #expect(try store.positions() == ["a": .start])
  }

  @Test("A second process on the same state directory learns who has it; it is free when that one has ended")
  func twoProcesses() throws {
    let state = try state()
    let other = Process()
    let input = Pipe()
    let output = Pipe()
    other.executableURL = URL(fileURLWithPath: "/bin/sh")
    other.arguments = [
      "-c", #"exec 9<>"$1" && flock 9 && printf 'stella watch (pid %s)' $$ >&9 && echo locked && read -r line"#, "sh",
      state.lock,
    ]
    other.standardInput = input
    other.standardOutput = output
    try other.run()
    #expect(output.fileHandleForReading.availableData == Data("locked\n".utf8))

    let error = #expect(throws: StoreError.self) { try StateLock(state, holder: "stella watch") }
    #expect(error?.code == .locked)
    #expect(error?.message.contains("stella watch (pid \(other.processIdentifier))") == true)

    kill(other.processIdentifier, SIGKILL)
    other.waitUntilExit()
    let lock = try StateLock(state, holder: "stella watch")
    #expect(throws: StoreError.self) { try StateLock(state, holder: "stella serve") }
    withExtendedLifetime(lock) {}
    withExtendedLifetime(input) {}
  }

  @Test("A lock ends with its holder, and other commands may still use the store")
  func lockLifetime() throws {
    let state = try state()
    var lock: StateLock? = try StateLock(state, holder: "stella watch")
    try SQLiteStore(state).save(["a": .start])
    #expect(lock != nil)
    lock = nil
    _ = try StateLock(state, holder: "stella watch")
  }

  @Test("The stamp of changes is another one after each commit, whoever made it, and the same as long as nobody did")
  func changeStamp() throws {
    let directory = try TestDirectory()
    let state = try StateDirectory(path: directory("state"))
    let store = try SQLiteStore(state)
    let other = try SQLiteStore(state)
    let first = try #require(try store.changeStamp())
    #expect(try store.changeStamp() == first && store.readRuns { try $0.silences().isEmpty })
    #expect(try store.changeStamp() == first)
    try store.save(["a": SourcePosition(identity: nil, offset: 1)])
    let second = try #require(try store.changeStamp())
    try other.save(["a": SourcePosition(identity: nil, offset: 2)])
    let third = try #require(try store.changeStamp())
    #expect(first != second && second != third)
    #expect(try store.changeStamp() == third)
    try store.close()
  }
}

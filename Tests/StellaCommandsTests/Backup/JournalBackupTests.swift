import Foundation
import StellaModel
import Testing

@testable import StellaCommands
@testable import StellaEngine

@Suite("The intake journal in a backup")
struct JournalBackupTests {
  private let directory: CommandDirectory
  private let identity = SourceIdentity(device: 0, inode: 0, fingerprintBytes: 0, fingerprint: 0xa1)
  private var backup: JournalBackup { JournalBackup(source: directory("state"), target: directory("copy")) }

  init() throws {
    directory = try CommandDirectory()
    for path in ["state", "state/intake", "copy"] {
      try FileManager.default.createDirectory(atPath: directory(path), withIntermediateDirectories: false)
    }
    try directory.write("state/intake/identity", "00000000000000a1\n")
  }

  private func name(_ base: Int64) -> String { "intake/" + JournalSegment.name(base) }

  /// A file of the journal with lines of four bytes from this number on.
  private func put(_ number: Int64, lines: Int64 = 1) throws {
    let text = (number..<number + lines).map { "\(100 + $0)\n" }.joined()
    try directory.write("state/" + name(4 * number), text)
  }

  /// A checkpoint lies behind it.
  private func release(_ number: Int64) throws {
    try FileManager.default.removeItem(atPath: directory("state/" + name(4 * number)))
  }

  private func saved(_ line: Int64) -> SourcePosition { SourcePosition(identity: identity, offset: 4 * line) }

  /// What is in the copy from a line on, up to what is missing.
  private func rest(from line: Int64) throws -> [String] {
    var lines: [String] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: directory("copy/intake")).sorted() {
      guard let base = JournalSegment.base(ofName: file) else { continue }
      let text = try String(contentsOfFile: directory("copy/" + name(base)), encoding: .utf8)
      for (place, part) in text.split(separator: "\n").enumerated() where base / 4 + Int64(place) >= line {
        lines.append(String(part))
      }
    }
    return lines
  }

  @Test("What comes while the store is copied is in the backup, and what was used before may be gone")
  func whole() throws {
    try put(0)
    try put(1)
    var copies = 0
    try backup.take {
      copies += 1
      try put(1, lines: 2)
      try put(3)
      try release(0)
      return saved(1)
    }
    let found = try rest(from: 1)
    #expect(copies == 1 && found == ["101", "102", "103"])
    #expect(try String(contentsOfFile: directory("copy/intake/identity"), encoding: .utf8) == "00000000000000a1\n")
  }

  @Test("The journal keeps what the copied store needs until it is copied")
  func leased() async throws {
    let path = directory("state/intake")
    var limits = IntakeJournal.Limits()
    limits.segmentBytes = 4
    let journal = try IntakeJournal(path: path, name: "http", saved: nil, limits: limits)
    defer { journal.finish() }
    func used(_ lines: Int64) { journal.release(SourcePosition(identity: identity, offset: 4 * lines)) }
    for number in 100...102 { try await journal.append(Array("\(number)\n".utf8)) }
    try backup.take {
      used(3)
      return saved(0)
    }
    let found = try rest(from: 0)
    #expect(found == ["100", "101", "102"])
    // A child that another test is about to begin has the lock, too, until it runs its own program.
    func isThere() -> Bool { FileManager.default.fileExists(atPath: directory("state/" + name(4))) }
    for _ in 0..<1000 where isThere() {
      used(3)
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(!isThere())
  }

  @Test("A file that is made again under its name meanwhile is copied anew", arguments: ["9\n", "900\n", "900\n901\n"])
  func remade(_ text: String) throws {
    try put(0)
    try directory.write("state/journald.cursor", "1")
    var backup = backup
    backup.copy = { path, source, target in
      let file = try StateBackup.copy(path, from: source, to: target)
      if path == self.name(0) {
        try self.directory.write("state/" + path, text)
        // So that there is another round.
        try self.directory.write("state/journald.cursor", "2")
      }
      return file
    }
    try backup.take { saved(0) }
    #expect(try String(contentsOfFile: directory("copy/" + name(0)), encoding: .utf8) == text)
  }

  @Test("What was gone before is nobody's to copy; what goes away meanwhile in spite of the lease fails the backup")
  func gone() throws {
    try put(2)
    try put(3)
    try backup.take { saved(0) }
    let found = try rest(from: 0)
    #expect(found == ["102", "103"])
    let other = SourceIdentity(device: 0, inode: 0, fingerprintBytes: 0, fingerprint: 7)
    try FileManager.default.removeItem(atPath: directory("copy/intake"))
    for saved in [nil, SourcePosition(identity: other, offset: 400), saved(2)] {
      try put(2)
      let error = #expect(throws: CommandFailure.self) {
        try backup.take {
          try release(2)
          return saved
        }
      }
      #expect(error?.status == .failure && error?.message.contains("Try again when less comes in") == true)
      try FileManager.default.removeItem(atPath: directory("copy/intake"))
    }
  }

  @Test("Where nothing comes over the network there is nothing to copy but the store")
  func none() throws {
    try FileManager.default.removeItem(atPath: directory("state/intake"))
    var copies = 0
    try backup.take {
      copies += 1
      return nil
    }
    #expect(copies == 1 && !FileManager.default.fileExists(atPath: directory("copy/intake")))
  }

  private func place(in tree: String) -> JournaldPlace? {
    JournaldPlace.read(directory(tree + "/journald.cursor"))?.settled(inSegmentsOf: directory(tree + "/intake"))
  }

  private func entries(in tree: String) throws -> String {
    try String(contentsOfFile: directory(tree + "/" + name(0)), encoding: .utf8)
  }

  /// An entry of systemd's journal becomes durable, as the feed has it: noted before and after.
  private func feed(_ number: Int) throws {
    let path = directory("state/journald.cursor")
    var place = JournaldPlace.read(path) ?? JournaldPlace()
    place.pending = ["s=\(number)"]
    #expect(place.write(to: path) == nil)
    let before = try number > 1 ? entries(in: "state") : ""
    try directory.write("state/" + name(0), before + "{\"__CURSOR\":\"s=\(number)\"}\n")
    #expect(JournaldPlace(cursor: "s=\(number)").write(to: path) == nil)
  }

  @Test("Systemd's journal is read on behind the last entry that the copy has, whenever entries came meanwhile")
  func journald() throws {
    try feed(1)
    var copies = 0
    var backup = backup
    backup.copy = { path, source, target in
      copies += 1
      let file = try StateBackup.copy(path, from: source, to: target)
      // Behind the place, behind the entries, and behind the place of the next round.
      if [1, 2, 4].contains(copies) { try self.feed(2 + copies) }
      return file
    }
    try backup.take {
      try feed(2)
      return saved(0)
    }
    #expect(copies == 5 && place(in: "copy")?.cursor == "s=6")
    #expect(try entries(in: "copy") == [1, 2, 3, 4, 6].map { "{\"__CURSOR\":\"s=\($0)\"}\n" }.joined())
  }

  @Test("While entries come all the time, a copy rather has one twice than not at all")
  func restless() throws {
    try feed(1)
    var number = 1
    var backup = backup
    backup.copy = { path, source, target in
      let file = try StateBackup.copy(path, from: source, to: target)
      number += 1
      try self.feed(number)
      return file
    }
    try backup.take { saved(0) }
    let kept = try #require(place(in: "copy")?.cursor)
    #expect(number > JournalBackup.rounds)
    #expect(try entries(in: "copy").contains("\"\(kept)\""))
  }
}

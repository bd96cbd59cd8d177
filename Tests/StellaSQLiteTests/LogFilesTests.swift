import Foundation
import StellaModel
import Testing

@testable import StellaRemediation
@testable import StellaSQLite

@Suite("The files of the execution log")
struct LogFilesTests {
  let directory: TestDirectory

  init() throws { directory = try TestDirectory() }

  func checkpoints() throws -> [LogCheckpoint] { try TestLog.whole().items().checkpoints }

  func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(filePath: directory(name)))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: directory(name))
  }

  @Test("An anchor file keeps every checkpoint, one a line, and gives the newest")
  func kept() throws {
    let anchor = FileAnchor(path: directory("anchor"))
    #expect(try anchor.newest() == nil)
    let checkpoints = try checkpoints()
    for checkpoint in checkpoints {
      try anchor.publish(checkpoint)
      try anchor.publish(checkpoint)
      #expect(try anchor.newest() == checkpoint)
    }
    let text = try String(contentsOfFile: directory("anchor"), encoding: .utf8)
    #expect(text == checkpoints.map { $0.text + "\n" }.joined())
    let mode = try FileManager.default.attributesOfItem(atPath: directory("anchor"))[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("An anchor file takes no smaller checkpoint of the same log, nor another of the same size")
  func conflicts() throws {
    let anchor = FileAnchor(path: directory("anchor"))
    let checkpoints = try checkpoints()
    try anchor.publish(checkpoints[1])
    let same = try #require(
      try LogCheckpoint.signed(
        LogHead(size: checkpoints[1].size, root: .zero), log: checkpoints[1].log, by: TestLog.otherKey))
    for checkpoint in [checkpoints[0], same] {
      let error = #expect(throws: LogAnchorError.self) { try anchor.publish(checkpoint) }
      #expect(error?.code == .conflict)
    }
    #expect(try anchor.newest() == checkpoints[1])
  }

  @Test("What a crash left half-written, or somebody wrote in between, doesn't hide what was anchored")
  func torn() throws {
    let checkpoints = try checkpoints()
    let anchor = FileAnchor(path: directory("anchor"))
    for count in [0, 1, 40, checkpoints[1].text.utf8.count - 1] {
      try write(checkpoints[0].text + "\n" + String(checkpoints[1].text.prefix(count)), "anchor")
      #expect(try anchor.newest() == checkpoints[0])
      try anchor.publish(checkpoints[1])
      #expect(try anchor.newest() == checkpoints[1])
    }
    try write(checkpoints[0].text + "\n" + String(repeating: "noise\n", count: 20_000), "anchor")
    #expect(try anchor.newest() == checkpoints[0])
  }

  @Test("An anchor file that can't be used is an error with a remedy")
  func unusable() throws {
    let checkpoint = try checkpoints()[0]
    try FileManager.default.createSymbolicLink(atPath: directory("link"), withDestinationPath: directory("elsewhere"))
    for path in [directory("missing/anchor"), directory.path, directory("link")] {
      let error = #expect(throws: LogAnchorError.self) { try FileAnchor(path: path).publish(checkpoint) }
      #expect(error?.code == .unavailable && error?.anchor == "file:" + path)
    }
    #expect(!FileManager.default.fileExists(atPath: directory("elsewhere")))
  }

  @Test("The key is made once, for its owner only, and read again")
  func key() throws {
    let file = LogKeyFile(try StateDirectory(path: directory("state")))
    let seed = try file.seed()
    #expect(seed.count == 32 && LogSigningKey(seed: seed) != nil)
    #expect(try file.seed() == seed)
    #expect(try LogKeyFile(path: directory("other")).seed() != seed)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory("state")) == ["log.key"])
  }

  @Test(
    "A key that others may read is refused, and so are a link and what is no key",
    arguments: [0o640, 0o604, 0o620, 0o660])
  func openKey(mode: Int) throws {
    let file = LogKeyFile(path: directory("key"))
    _ = try file.seed()
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: directory("key"))
    let error = #expect(throws: StoreError.self) { try file.seed() }
    #expect(error?.code == .unavailable && error?.message.contains("chmod 600") == true)

    try FileManager.default.createSymbolicLink(atPath: directory("link"), withDestinationPath: directory("key"))
    #expect(throws: StoreError.self) { try LogKeyFile(path: directory("link")).seed() }
    for text in ["", "00\n", String(repeating: "g", count: 64) + "\n", String(repeating: "0", count: 66) + "\n"] {
      try write(text, "bad")
      #expect(#expect(throws: StoreError.self) { try LogKeyFile(path: directory("bad")).seed() }?.code == .corrupt)
    }
  }

  @Test("Many who need the key at once get the same one")
  func race() async throws {
    let file = LogKeyFile(path: directory("key"))
    let seeds = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<8 { group.addTask { try file.seed() } }
      return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
    }
    #expect(seeds.count == 1)
  }

  @Test("The next key waits beside the present one, and takes its place at once")
  func next() throws {
    let file = LogKeyFile(path: directory("key"))
    let seed = try file.seed()
    let next = try file.nextSeed()
    #expect(try next != seed && (try file.nextSeed()) == next && (try file.seed()) == seed)
    try file.promoteNext()
    #expect(try file.seed() == next && (try file.nextSeed()) != next)
  }

  @Test("Space for outcomes is really allocated, again after it was given up, and free in between")
  func reserve() throws {
    let reserve = StateReserve(try StateDirectory(path: directory("state")))
    try reserve.giveUp()
    for _ in 0..<2 {
      try reserve.take()
      try reserve.take()
      #expect(try allocated(reserve.path) >= StateReserve.byteCount)
      try reserve.giveUp()
      #expect(try allocated(reserve.path) == 0)
    }
  }

  @Test("Space for emergencies is given by halves until there is none, and set aside again")
  func spare() throws {
    let spare = StateSpare(try StateDirectory(path: directory("state")))
    #expect(!spare.giveUp())
    spare.take()
    spare.take()
    #expect(try allocated(spare.path) >= StateSpare.byteCount)
    var left = StateSpare.byteCount
    while spare.giveUp() {
      let now = try allocated(spare.path)
      #expect(now <= left / 2)
      left = now
    }
    #expect(left == 0)
    spare.take()
    #expect(try allocated(spare.path) >= StateSpare.byteCount)
  }

  func allocated(_ path: String) throws -> Int {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return Int(status.st_blocks) * 512
  }
}

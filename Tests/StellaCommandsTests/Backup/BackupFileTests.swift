import Foundation
import StellaModel
import Testing

@testable import StellaCommands

@Suite("Backups in one file", .timeLimit(.minutes(5)))
struct BackupFileTests {
  private let scene: ServeScene
  private var directory: CommandDirectory { scene.directory }

  init() throws { scene = try ServeScene() }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasPrefix(".stella") }.sorted()
  }

  private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  private func refused(_ file: String, _ status: Int32, _ words: String) throws {
    let said = try scene.stella(["restore", file, "--force"])
    #expect(said.status == status && said.errors.contains(words), "\(said)")
    #expect(try names() == [".stella"])
  }

  @Test("The system's own tar lists and unpacks it, and what it packs the same way can be restored")
  func systemsOwn() throws {
    _ = try scene.propose("pair", "s1")
    try scene.expect(["backup", "copy.tar"], 0)
    let listed = try run("tar", ["-tf", "copy.tar"]).output.split(separator: "\n").map(String.init)
    #expect(listed.first == "manifest.json" && listed.contains("stella.db") && listed.contains("log.key"), "\(listed)")
    try FileManager.default.createDirectory(atPath: directory("unpacked"), withIntermediateDirectories: false)
    #expect(try run("tar", ["-xf", "copy.tar", "-C", "unpacked"]).status == 0)
    #expect(try run("tar", ["--format=ustar", "-cf", "again.tar", "-C", "unpacked"] + listed).status == 0)
    for path in ["unpacked", "again.tar"] {
      try scene.expect(["restore", path, "--force"], 0)
      try scene.expect(["log", "verify"], 0)
    }
  }

  @Test("One that was changed, cut off or added to is refused with what to do, and the state stays")
  func damaged() throws {
    _ = try scene.propose("pair", "s1")
    try scene.expect(["backup", "copy.tar"], 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: directory("copy.tar")))
    let remedy = "Take another copy of it"
    var places = Array(stride(from: 700, to: whole.count - 1024, by: whole.count / 9))
    // In a head, and in the manifest.
    places += [0, 512]
    for place in places where whole[place] != 0 {
      var bytes = whole
      bytes[place] ^= 1
      try bytes.write(to: URL(fileURLWithPath: directory("bad.tar")))
      try refused("bad.tar", 7, place == 0 ? "is no backup" : remedy)
    }
    for end in [513, whole.count / 2, whole.count - 1025] {
      try whole.prefix(end).write(to: URL(fileURLWithPath: directory("bad.tar")))
      try refused("bad.tar", 7, remedy)
    }
    var head = try #require(TarHeader(path: "events/more", bytes: 0).encoded(time: 0))
    try (whole.dropLast(1024) + Data(head) + Data(count: 1024)).write(to: URL(fileURLWithPath: directory("bad.tar")))
    try refused("bad.tar", 7, "something else than its manifest says")
    // A link in the place of a file.
    head[156] = UInt8(ascii: "2")
    try (whole.dropLast(1024) + Data(head) + Data(count: 1024)).write(to: URL(fileURLWithPath: directory("bad.tar")))
    try refused("bad.tar", 7, remedy)
  }

  @Test("What is in the file takes no space beside it any more, and a disk that is too full is told before")
  func space() throws {
    let copy = directory("copy")
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    for name in ["a", "b"] { try directory.write("copy/" + name, String(repeating: name, count: 5000)) }
    let files = try ["a", "b"].compactMap { try StateFiles.examine($0, in: copy) }
    let manifest = BackupManifest(version: "1", time: 0, log: .zero, head: .empty, epoch: 1, files: files)
    try StateFiles.write(manifest.json, to: copy + "/" + BackupManifest.name)
    try BackupFile(path: directory("copy.tar")).write(manifest, from: copy)
    #expect(try FileManager.default.contentsOfDirectory(atPath: copy) == [])
    let listed = try run("tar", ["-tf", "copy.tar"]).output
    #expect(listed == "manifest.json\na\nb\n")

    let sizes: [Int64] = [3 << 20, 1 << 20]
    let (directories, one) = (BackupSpace(files: sizes, isOneFile: false), BackupSpace(files: sizes, isOneFile: true))
    #expect(directories.needed == 4 << 20 && one.needed == 7 << 20)
    #expect(one.refusal(free: 7 << 20, in: "/backups") == nil && BackupSpace(files: [], isOneFile: true).needed == 0)
    let refusal = one.refusal(free: 6 << 20, in: "/backups")
    #expect(refusal?.message.contains("about 8 MiB while it is made, and 6 MiB are free in /backups") == true)
  }

  @Test("What killed backups left beside the place goes with the next one; what is in the making or no backup stays")
  func leftovers() throws {
    // No process has this id; one has the other at all times.
    let (gone, there) = (2_147_483_646, 1)
    _ = try scene.propose("pair", "s1")
    try scene.expect(["backup", "first.tar"], 0)
    try FileManager.default.moveItem(atPath: directory("first.tar"), toPath: directory("first.tar.new-\(gone)"))
    try directory.write("notes.new-\(gone)", "mine")
    chmod(directory("notes.new-\(gone)"), 0o600)
    for (name, file) in [
      ("old.partial-\(gone)", "log.key"), ("held.partial-\(gone)", "log.key"), ("live.partial-\(there)", "log.key"),
      ("notes.partial-\(gone)", "mine"),
    ] {
      try FileManager.default.createDirectory(atPath: directory(name), withIntermediateDirectories: false)
      chmod(directory(name), 0o700)
      try directory.write(name + "/" + file, "")
    }
    let held = open(directory("held.partial-\(gone)"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(held) }
    BackupLeftovers.hold(held)
    try scene.expect(["backup", "copy"], 0)
    let found = try FileManager.default.contentsOfDirectory(atPath: directory.path)
      .filter { $0.contains(BackupLeftovers.directoryMark) || $0.contains(BackupLeftovers.fileMark) }
    #expect(
      Set(found) == [
        "notes.new-\(gone)", "notes.partial-\(gone)", "held.partial-\(gone)", "live.partial-\(there)",
      ])
  }

  @Test("What is no backup at all is refused with what to name")
  func foreign() throws {
    _ = try scene.propose("pair", "s1")
    try directory.write("notes.txt", "nothing")
    try refused("notes.txt", 7, "Name what `stella backup` made")
    #expect(try run("tar", ["-cf", "other.tar", "notes.txt"]).status == 0)
    try refused("other.tar", 7, "Name what `stella backup` made")
    try refused("nowhere.tar", 11, "is no backup")
    try directory.write("taken.tar", "")
    #expect(try scene.stella(["backup", "taken.tar"]).status == 4)
  }

  @Test("Heads of files survive their coding, also with long paths and of 100 GB")
  func heads() throws {
    let long = "d23456789/".replicated(12)
    let all: [(String, Int64)] = [("a", 0), ("intake/0001", 1 << 33), ("b", 100_000_000_000), (long + "name", 7)]
    for (path, bytes) in all {
      let head = try #require(TarHeader(path: path, bytes: bytes).encoded(time: 1_700_000_000))
      #expect(TarHeader(head) == TarHeader(path: path, bytes: bytes))
      for place in [0, 130, 150, 260] {
        var other = head
        other[place] ^= 0x21
        #expect(TarHeader(other) == nil)
      }
    }
    #expect(TarHeader(path: "x".replicated(101), bytes: 0).encoded(time: 0) == nil)
  }
}

extension String {
  fileprivate func replicated(_ count: Int) -> String { String(repeating: self, count: count) }
}

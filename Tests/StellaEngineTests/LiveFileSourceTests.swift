import Foundation
import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

/// Steps through a followed file; `lines` are what a splitter made of it, "|" marks a boundary.
final class FileStepper {
  let source: FileSource
  let splitter: LineSplitter

  init(_ source: FileSource) {
    self.source = source
    splitter = LineSplitter(source: source, index: 0)
  }

  /// Everything there is until the source is idle or ends.
  func lines() throws -> [String] {
    var lines: [String] = []
    while true {
      switch try splitter.next() {
      case .block(let block):
        for index in 0..<block.count { lines.append(String(decoding: block.line(index), as: UTF8.self)) }
      case .boundary: lines.append("|")
      case .idle, .end: return lines
      }
    }
  }
}

@Suite("Following a file")
struct LiveFileSourceTests {
  let directory: TemporaryDirectory
  let time = ManualMonotonicTime()

  init() throws { directory = try TemporaryDirectory() }

  func follow(_ name: String = "app.log", start: FileSource.Start = .start) throws -> FileStepper {
    FileStepper(try FileSource(path: directory(name), follow: true, start: start, now: time.read))
  }

  func read(_ name: String = "app.log", start: FileSource.Start = .start) throws -> FileStepper {
    FileStepper(try FileSource(path: directory(name), follow: false, start: start, now: time.read))
  }

  @Test("What is there is read, then what is appended")
  func appended() throws {
    try directory.write("app.log", "one\ntwo\n")
    let file = try follow()
    #expect(try file.lines() == ["one", "two"])
    #expect(try file.lines() == [])
    try directory.append("app.log", "three\nfo")
    #expect(try file.lines() == ["three"])
    try directory.append("app.log", "ur\n")
    #expect(try file.lines() == ["four"])
  }

  @Test("Without following, the end is the end, and a last line needs no line ending")
  func notFollowed() throws {
    try directory.write("app.log", "one\ntwo")
    let file = try read()
    #expect(try file.lines() == ["one", "two"])
    guard case .end = try file.splitter.next() else { return #expect(Bool(false), "not at the end") }
  }

  @Test("After a rename the old file is read to its end, also what comes shortly after, then the new one")
  func renamed() throws {
    try directory.write("app.log", "one\n")
    let file = try follow()
    #expect(try file.lines() == ["one"])
    try directory.append("app.log", "two\n")
    try directory.rename("app.log", to: "app.log.1")
    try directory.write("app.log", "new\n")
    #expect(try file.lines() == ["two"])
    try directory.append("app.log.1", "late\n")
    time.advance(seconds: 0.5)
    #expect(try file.lines() == ["late"])
    time.advance(seconds: 0.9)
    #expect(try file.lines() == [])
    time.advance(seconds: 0.2)
    #expect(try file.lines() == ["|", "new"])
    #expect(file.source.rotations == 1)
  }

  @Test("A partial line at the end of a rotated file is delivered, not joined to the new file's first line")
  func partialLineAtRotation() throws {
    try directory.write("app.log", "one\npart")
    let file = try follow()
    #expect(try file.lines() == ["one"])
    try directory.rename("app.log", to: "app.log.1")
    try directory.write("app.log", "new\n")
    _ = try file.lines()
    time.advance(seconds: 2)
    #expect(try file.lines() == ["part", "|", "new"])
  }

  @Test("An empty new file does not end the old one: the program has not reopened its log yet")
  func emptyNewFile() throws {
    try directory.write("app.log", "one\n")
    let file = try follow()
    _ = try file.lines()
    try directory.rename("app.log", to: "app.log.1")
    try directory.write("app.log", "")
    #expect(try file.lines() == [])
    time.advance(seconds: 3600)
    try directory.append("app.log.1", "still here\n")
    #expect(try file.lines() == ["still here"])
    try directory.append("app.log", "new\n")
    time.advance(seconds: 2)
    #expect(try file.lines() == ["|", "new"])
  }

  @Test("A program that never leaves the old file does not keep the new one unread for ever")
  func oldFileNeverSilent() throws {
    try directory.write("app.log", "one\n")
    let file = try follow()
    _ = try file.lines()
    try directory.rename("app.log", to: "app.log.1")
    try directory.write("app.log", "new\n")
    var seen: [String] = []
    for _ in 0..<80 where !seen.contains("new") {
      try directory.append("app.log.1", "more\n")
      time.advance(seconds: 0.5)
      seen += try file.lines()
    }
    #expect(seen.contains("new"))
  }

  @Test("A truncated file is read from its start, and a partial line before it ends there")
  func truncated() throws {
    try directory.write("app.log", "one\ntwo\npart")
    let file = try follow()
    #expect(try file.lines() == ["one", "two"])
    try directory.truncate("app.log")
    try directory.append("app.log", "new\n")
    #expect(try file.lines() == ["part", "|", "new"])
    #expect(file.source.truncations == 1)
  }

  @Test("A truncated file that begins as before is noticed by its size")
  func truncatedWithSameHeader() throws {
    let header = String(repeating: "#", count: 300) + "\n"
    try directory.write("app.log", header + "one\ntwo\n")
    let file = try follow()
    #expect(try file.lines().count == 3)
    try directory.write("app.log", header + "new\n")
    #expect(try file.lines().suffix(1) == ["new"])
    #expect(file.source.truncations == 1)
  }

  @Test("A file that was truncated and has grown beyond the old size is noticed by how it begins")
  func truncatedAndRegrown() throws {
    try directory.write("app.log", "one\n")
    let file = try follow()
    #expect(try file.lines() == ["one"])
    try directory.write("app.log", "first of the new\nsecond of the new\n")
    #expect(try file.lines() == ["|", "first of the new", "second of the new"])
  }

  @Test("What a copying rotation copied but was not read yet is read from the copy")
  func copiedAndTruncated() throws {
    try directory.write("app.log", "one\n")
    let file = try follow()
    try directory.append("app.log", "tw")
    #expect(try file.lines() == ["one"])
    try directory.append("app.log", "o\n")
    try directory.copy("app.log", to: "app.log.1")
    try directory.truncate("app.log")
    try directory.append("app.log", "three\n")
    #expect(try file.lines() == ["two", "|", "three"])
    try directory.copy("app.log", to: "app.log.1.new")
    try directory.truncate("app.log")
    #expect(try file.lines() == ["|"])
  }

  @Test("A program that goes on at its old offset after a truncation leaves a hole, which is no line")
  func holeAfterTruncation() throws {
    try directory.write("app.log", "one\n")
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: directory("app.log")))
    try writer.seek(toOffset: 4)
    let file = try follow()
    #expect(try file.lines() == ["one"])
    try directory.truncate("app.log")
    try writer.write(contentsOf: Data("two\n".utf8))
    #expect(try file.lines().filter { $0 != "|" } == ["two"])
    #expect(file.splitter.position.offset == 8)
    try writer.write(contentsOf: Data("three\n".utf8))
    #expect(try file.lines() == ["three"])
  }

  @Test("A symbolic link is followed, and when it points elsewhere that file is read")
  func symbolicLink() throws {
    try directory.write("app-1.log", "one\n")
    try directory.link("current.log", to: "app-1.log")
    let file = try follow("current.log")
    #expect(try file.lines() == ["one"])
    try directory.append("app-1.log", "two\n")
    try directory.write("app-2.log", "three\n")
    try directory.remove("current.log")
    try directory.link("current.log", to: "app-2.log")
    #expect(try file.lines() == ["two"])
    time.advance(seconds: 2)
    #expect(try file.lines() == ["|", "three"])
  }

  @Test("A deleted file is read on while it is open, and the returning one from its start")
  func deletedAndReturning() throws {
    try directory.write("app.log", "one\n")
    let file = try follow()
    _ = try file.lines()
    try directory.append("app.log", "two\n")
    try directory.remove("app.log")
    #expect(try file.lines() == ["two"])
    #expect(file.source.trouble?.code == .notFound)
    time.advance(seconds: 2)
    #expect(try file.lines() == [])
    try directory.write("app.log", "three\n")
    #expect(try file.lines() == ["|", "three"])
    #expect(file.source.trouble == nil)
  }

  @Test("A missing file is waited for when following")
  func missingFile() throws {
    let file = try follow(start: .end)
    #expect(try file.lines() == [])
    #expect(file.source.trouble?.code == .notFound)
    try directory.write("app.log", "one\n")
    #expect(try file.lines() == ["|", "one"])
  }

  @Test("A missing file, a directory and an unreadable file are errors with a remedy")
  func errors() throws {
    let missing = #expect(throws: SourceError.self) { try read() }
    #expect(missing?.code == .notFound && missing?.message.contains("Check the path") == true)
    let folder = #expect(throws: SourceError.self) {
      try FileSource(path: directory.path, follow: true, start: .start)
    }
    #expect(folder?.code == .notReadable && folder?.message.contains("*.log") == true)
    if getuid() != 0 {
      try directory.write("secret.log", "x\n")
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: directory("secret.log"))
      let secret = #expect(throws: SourceError.self) { try read("secret.log") }
      #expect(secret?.code == .notPermitted)
    }
  }

  @Test("From the end means behind what is there, but a last partial line is not torn")
  func fromTheEnd() throws {
    try directory.write("app.log", "old\npart")
    let file = try follow(start: .end)
    #expect(try file.lines() == [])
    try directory.append("app.log", "ial\nnew\n")
    #expect(try file.lines() == ["partial", "new"])
  }
}

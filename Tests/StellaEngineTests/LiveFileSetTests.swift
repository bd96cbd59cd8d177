import Foundation
import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Sources from paths and patterns")
struct LiveFileSetTests {
  let directory: TemporaryDirectory
  let time = ManualMonotonicTime()

  init() throws { directory = try TemporaryDirectory() }

  func open(_ names: [String], follow: Bool = true, from: FileSet.From = .start, saved: [String: SourcePosition] = [:])
    throws -> FileSet
  {
    try FileSet(
      names.map { $0 == "-" ? $0 : directory($0) }, follow: follow, from: from, saved: saved, now: time.read)
  }

  func names(_ set: FileSet) -> [String] { set.sources.map { String($0.name.split(separator: "/").last ?? "") } }

  /// One splitter per source for as long as the set lives.
  final class Reader {
    let set: FileSet
    var splitters: [LineSplitter] = []

    init(_ set: FileSet) { self.set = set }

    /// All lines of all sources until each is idle.
    func lines() throws -> [String] {
      while splitters.count < set.sources.count {
        splitters.append(LineSplitter(source: set.sources[splitters.count], index: UInt16(splitters.count)))
      }
      var lines: [String] = []
      for splitter in splitters {
        reading: while true {
          switch try splitter.next() {
          case .block(let block):
            for index in 0..<block.count { lines.append(String(decoding: block.line(index), as: UTF8.self)) }
          case .boundary: continue
          case .idle, .end: break reading
          }
        }
      }
      return lines
    }

    var positions: [String: SourcePosition] {
      Dictionary(uniqueKeysWithValues: splitters.map { ($0.source.key, $0.position) })
    }
  }

  @Test("Sources come in the order of the arguments, those of a pattern in the order of their paths")
  func order() throws {
    for name in ["b.log", "a.log", "c.log", "z.txt"] { try directory.write(name, name + "\n") }
    try FileManager.default.createDirectory(atPath: directory("dir.log"), withIntermediateDirectories: true)
    try directory.write("old.log.gz", "\u{1f}\u{8b}")
    #expect(
      names(try open(["z.txt", "*.log*", "a.log", "-"], follow: false)) == ["z.txt", "a.log", "b.log", "c.log", "-"])
    #expect(names(try open(["{c,a}.log"])) == ["a.log", "c.log"])
  }

  @Test("A file whose name looks like a pattern is meant literally")
  func literal() throws {
    try directory.write("a[1].log", "x\n")
    #expect(names(try open(["a[1].log"], follow: false)) == ["a[1].log"])
  }

  @Test("A pattern without a match is an error, when following it waits")
  func noMatch() throws {
    let error = #expect(throws: SourceError.self) { try open(["*.log"], follow: false) }
    #expect(error?.code == .notFound)
    let set = try open(["*.log"])
    #expect(set.unmatched == [directory("*.log")] && set.sources.isEmpty)
    try directory.write("a.log", "one\n")
    #expect(set.rescan().map(\.name) == [directory("a.log")] && set.unmatched.isEmpty)
    #expect(set.rescan().isEmpty)
    #expect(try Reader(set).lines() == ["one"])
  }

  @Test("A new file is read from its start though the set began at the end")
  func newFileFromStart() throws {
    try directory.write("a.log", "old\n")
    let set = try open(["*.log"], from: .end)
    let reader = Reader(set)
    #expect(try reader.lines() == [])
    try directory.write("b.log", "new\n")
    _ = set.rescan()
    #expect(try reader.lines() == ["new"])
  }

  @Test("A link beside its target, and a file given under two names, are read once")
  func sameFileOnce() throws {
    try directory.write("app-1.log", "one\n")
    try directory.link("current.log", to: "app-1.log")
    #expect(names(try open(["*.log"], follow: false)) == ["app-1.log"])
    let both = try open(["current.log", "app-1.log"], follow: false)
    #expect(try Reader(both).lines() == ["one"])
  }

  @Test(
    "A renaming rotation within the pattern reads no line twice and none never", arguments: ["app.log*", "app.log"])
  func renamingRotation(pattern: String) throws {
    try directory.write("app.log", "1\n2\n")
    let set = try open([pattern])
    let reader = Reader(set)
    var seen = try reader.lines()
    for round in 1...4 {
      try directory.append("app.log", "late \(round)\n")
      for number in (1..<round).reversed() { try directory.rename("app.log.\(number)", to: "app.log.\(number + 1)") }
      try directory.rename("app.log", to: "app.log.1")
      _ = set.rescan()
      try directory.write("app.log", "new \(round)\n")
      for _ in 0..<3 {
        _ = set.rescan()
        seen += try reader.lines()
        time.advance(seconds: 2)
      }
    }
    #expect(seen == ["1", "2", "late 1", "new 1", "late 2", "new 2", "late 3", "new 3", "late 4", "new 4"])
  }

  /// When a look at the pattern falls into a copying rotation.
  enum Look: CaseIterable {
    case copyEmpty, copyComplete, truncationRead
  }

  @Test("A copying rotation within the pattern reads no line twice and none never", arguments: Look.allCases)
  func copyingRotation(look: Look) throws {
    try directory.write("app.log", "1\n2\n")
    let set = try open(["app.log*"])
    let reader = Reader(set)
    var seen = try reader.lines()
    for round in 1...4 {
      try directory.append("app.log", "late \(round)\n")
      for number in (1..<round).reversed() { try directory.rename("app.log.\(number)", to: "app.log.\(number + 1)") }
      if look == .copyEmpty {
        try directory.write("app.log.1", "")
        _ = set.rescan()
        try directory.remove("app.log.1")
      }
      if look == .truncationRead { seen += try reader.lines() }
      try directory.copy("app.log", to: "app.log.1")
      if look == .copyComplete { _ = set.rescan() }
      try directory.truncate("app.log")
      try directory.append("app.log", "new \(round)\n")
      for _ in 0..<3 {
        seen += try reader.lines()
        _ = set.rescan()
        time.advance(seconds: 2)
      }
    }
    #expect(seen == ["1", "2", "late 1", "new 1", "late 2", "new 2", "late 3", "new 3", "late 4", "new 4"])
  }

  @Test("A copy that takes over the path of an older rotated file, which is read too, is not read again")
  func copyUnderKnownName() throws {
    try directory.write("app.log", "b1\nb2\n")
    try directory.write("app.log.1", "a1\n")
    let set = try open(["app.log*"])
    let reader = Reader(set)
    #expect(try reader.lines() == ["b1", "b2", "a1"])
    try directory.rename("app.log.1", to: "app.log.2")
    try directory.copy("app.log", to: "app.log.1")
    try directory.truncate("app.log")
    try directory.append("app.log", "c1\n")
    var seen: [String] = []
    for _ in 0..<4 {
      _ = set.rescan()
      seen += try reader.lines()
      time.advance(seconds: 2)
    }
    #expect(seen == ["c1"])
  }

  @Test("Two programs whose logs are only named like rotated ones are both read")
  func namedLikeRotated() throws {
    try directory.write("worker", "a\n")
    let set = try open(["worker*"])
    let reader = Reader(set)
    #expect(try reader.lines() == ["a"])
    try directory.write("worker-2", "b\n")
    _ = set.rescan()
    #expect(try reader.lines() == ["b"])
  }

  @Test("After a rotation while Stella was down, a pattern that matches all names reads no line twice and none never")
  func rotationWhileDown() throws {
    try directory.write("app.log", "one\n")
    try directory.write("app.log.1", "zero\n")
    try directory.setModificationTime("app.log.1", secondsAgo: 100)
    let before = try open(["app.log*"], from: .start)
    let reader = Reader(before)
    #expect(try reader.lines() == ["one", "zero"])
    let saved = reader.positions
    before.close()
    try directory.append("app.log", "two\n")
    try directory.rename("app.log.1", to: "app.log.2")
    try directory.rename("app.log", to: "app.log.1")
    try directory.write("app.log", "three\n")
    #expect(
      try Reader(try open(["app.log*"], follow: false, from: .checkpoint, saved: saved)).lines() == ["two", "three"])
  }

  @Test("Without a saved position following starts at the end, a finite run at the start")
  func checkpointWithoutPosition() throws {
    try directory.write("a.log", "old\n")
    #expect(try Reader(try open(["a.log"], from: .checkpoint)).lines() == [])
    #expect(try Reader(try open(["a.log"], follow: false, from: .checkpoint)).lines() == ["old"])
  }

  @Test("A file that came while Stella was down is read from its start when its siblings are known")
  func newSiblingWhileDown() throws {
    try directory.write("a.log", "a\n")
    let reader = Reader(try open(["*.log"]))
    _ = try reader.lines()
    try directory.write("b.log", "b\n")
    #expect(try Reader(try open(["*.log"], from: .checkpoint, saved: reader.positions)).lines() == ["b"])
  }

  @Test("Compressed files are refused with what to do instead")
  func compressed() throws {
    try directory.write("a.log.gz", "x")
    let error = #expect(throws: SourceError.self) { try open(["a.log.gz"]) }
    #expect(error?.message.contains("zcat") == true)
  }

  @Test("A named pipe is a stream: read as it comes, ended by its writer")
  func namedPipe() throws {
    #expect(mkfifo(directory("pipe"), 0o600) == 0)
    let set = try open(["pipe"])
    let reader = Reader(set)
    #expect(try reader.lines() == [])
    let writer = Glibc.open(directory("pipe"), O_WRONLY)
    #expect(write(writer, "one\ntwo", 7) == 7)
    #expect(try reader.lines() == ["one"])
    close(writer)
    #expect(try reader.lines() == ["two"])
    guard case .end = try reader.splitters[0].next() else { return #expect(Bool(false), "not ended") }
  }
}

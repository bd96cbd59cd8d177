import StellaModel
import Testing

@testable import StellaEngine

@Suite("Restarting from a saved position")
struct LiveRestartTests {
  let directory: TemporaryDirectory
  let time = ManualMonotonicTime()

  init() throws { directory = try TemporaryDirectory() }

  func open(_ name: String = "app.log", follow: Bool = true, at position: SourcePosition) throws -> FileStepper {
    FileStepper(
      try FileSource(path: directory(name), follow: follow, start: .position(position), now: time.read))
  }

  /// Reads `app.log` to its end and says where that was.
  func positionAfterReading(_ name: String = "app.log") throws -> SourcePosition {
    let file = FileStepper(try FileSource(path: directory(name), follow: true, start: .start, now: time.read))
    _ = try file.lines()
    defer { file.source.close() }
    return file.splitter.position
  }

  @Test("Reading goes on behind the last delivered line; a partial line is read again")
  func sameFile() throws {
    try directory.write("app.log", "one\ntwo\npart")
    let position = try positionAfterReading()
    #expect(position.offset == 8)
    try directory.append("app.log", "ial\nthree\n")
    #expect(try open(at: position).lines() == ["partial", "three"])
    #expect(try open(follow: false, at: position).lines() == ["partial", "three"])
  }

  @Test("A file that has grown since is still the same, however short it was")
  func shortFileGrew() throws {
    try directory.write("app.log", "1\n")
    let position = try positionAfterReading()
    #expect(position.identity?.fingerprintBytes == 2)
    try directory.append("app.log", String(repeating: "2\n", count: 500))
    #expect(try open(at: position).lines().count == 500)
  }

  @Test("A position of another file is not used, and that is said")
  func otherFile() throws {
    try directory.write("app.log", "one\ntwo\n")
    let position = try positionAfterReading()
    try directory.remove("app.log")
    try directory.write("app.log", "new\nlines\nhere\n")
    let file = try open(at: position)
    #expect(try file.lines() == ["new", "lines", "here"])
    #expect(file.source.notice?.contains("another file") == true)
  }

  @Test("Same inode, other content: the inode alone proves nothing")
  func rewrittenFile() throws {
    try directory.write("app.log", "one\ntwo\n")
    let position = try positionAfterReading()
    try directory.write("app.log", "three\nfour\nfive\n")
    #expect(try open(at: position).lines() == ["three", "four", "five"])
  }

  @Test("A file shorter than its saved position was truncated and is read from its start")
  func shorterFile() throws {
    try directory.write("app.log", "one\ntwo\nthree\n")
    let position = try positionAfterReading()
    try directory.write("app.log", "one\n")
    #expect(try open(at: position).lines() == ["one"])
  }

  @Test("A file that was rotated twice while Stella was down is finished under its new name, then the next ones")
  func rotatedWhileDown() throws {
    try directory.write("app.log", "one\n")
    let position = try positionAfterReading()
    try directory.append("app.log", "two\n")
    try directory.rename("app.log", to: "app.log.2")
    try directory.write("app.log.1", "three\n")
    try directory.write("app.log", "four\n")
    try directory.setModificationTime("app.log.2", secondsAgo: 20)
    try directory.setModificationTime("app.log.1", secondsAgo: 10)
    #expect(try open(follow: false, at: position).lines() == ["two", "|", "three", "|", "four"])
    let followed = try open(at: position)
    #expect(try followed.lines() == ["two", "|", "three"])
    time.advance(seconds: 2)
    // The first look notices the file under the path, the second finds that the rotated one stays silent.
    var rest = try followed.lines()
    time.advance(seconds: 2)
    rest += try followed.lines()
    #expect(rest == ["|", "four"])
  }

  @Test("A file that was copied and truncated while Stella was down is finished in the copy")
  func copiedWhileDown() throws {
    let header = String(repeating: "h", count: 300) + "\n"
    try directory.write("app.log", header + "one\n")
    let position = try positionAfterReading()
    try directory.append("app.log", "two\n")
    try directory.copy("app.log", to: "app.log.1")
    try directory.truncate("app.log")
    try directory.append("app.log", "three\n")
    #expect(try open(follow: false, at: position).lines() == ["two", "|", "three"])
  }

  @Test("A saved position waits for its file when the file is missing at the start")
  func missingAtStart() throws {
    try directory.write("app.log", "one\n")
    let position = try positionAfterReading()
    try directory.rename("app.log", to: "elsewhere")
    let file = try open(at: position)
    #expect(try file.lines() == [])
    try directory.append("elsewhere", "two\n")
    try directory.rename("elsewhere", to: "app.log")
    #expect(try file.lines() == ["|", "two"])
  }

  @Test("A stream's position, which has no identity, fits no file")
  func withoutIdentity() throws {
    try directory.write("app.log", "one\n")
    #expect(try open(at: SourcePosition(identity: nil, offset: 2)).lines() == ["one"])
  }
}

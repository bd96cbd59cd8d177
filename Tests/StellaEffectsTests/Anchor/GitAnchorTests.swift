import Foundation
import StellaEffects
import StellaModel
import Testing

@Suite("An anchor in a Git repository", .timeLimit(.minutes(3)))
struct GitAnchorTests {
  private let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  private func anchor(_ name: String = "audit", timeout: Duration = .seconds(30)) -> GitAnchor {
    GitAnchor(directory: directory(name), timeout: timeout)
  }

  @discardableResult
  private func git(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/git")
    process.arguments = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw POSIXError(.EIO) }
    return String(decoding: data, as: UTF8.self)
  }

  private func checkpoint(_ size: Int64) throws -> LogCheckpoint { try HTTPAnchorTests.checkpoint(size) }

  @Test("Each checkpoint is a commit; the newest is what it gives back, and the history has them all")
  func commits() throws {
    try git("init", "audit")
    let anchor = anchor()
    #expect(try anchor.newest() == nil)
    for size in [Int64(3), 5, 8] {
      try anchor.publish(try checkpoint(size))
      try anchor.publish(try checkpoint(size))
      #expect(try anchor.newest() == (try checkpoint(size)))
    }
    #expect(
      try git("-C", "audit", "log", "--format=%s")
        == "Checkpoint of size 8\nCheckpoint of size 5\nCheckpoint of size 3\n")
    let old = try git("-C", "audit", "show", "HEAD~1:stella.checkpoint")
    #expect(old == (try checkpoint(5)).text + "\n")
    #expect(try git("-C", "audit", "status", "--porcelain").isEmpty)
    for size in [Int64(5), 8] {
      let other = try #require(
        LogCheckpoint(
          size: size, root: .zero, log: try checkpoint(5).log, engine: "prod-1", key: .zero, time: 9,
          signature: Array(repeating: 1, count: 64)))
      #expect(#expect(throws: LogAnchorError.self) { try anchor.publish(other) }?.code == .conflict)
    }
  }

  @Test("What is not committed doesn't count, nor does what somebody else has staged")
  func workTree() throws {
    try git("init", "audit")
    let anchor = anchor()
    try anchor.publish(try checkpoint(3))
    try Data((checkpoint(9).text + "\n").utf8).write(to: URL(fileURLWithPath: directory("audit/stella.checkpoint")))
    #expect(try anchor.newest() == (try checkpoint(3)))
    try Data("x".utf8).write(to: URL(fileURLWithPath: directory("audit/other")))
    try git("-C", "audit", "add", "other")
    try anchor.publish(try checkpoint(5))
    #expect(try git("-C", "audit", "show", "--format=", "--name-only", "HEAD") == "stella.checkpoint\n")
    #expect(try anchor.newest() == (try checkpoint(5)))
  }

  @Test("With an upstream only what is there counts: it is pushed, fetched, and pushed later when it was away")
  func upstream() throws {
    try git("init", "--bare", "elsewhere.git")
    try git("clone", directory("elsewhere.git"), "audit")
    try git("-C", "audit", "commit", "--allow-empty", "-m", "begin")
    try git("-C", "audit", "push", "--quiet", "--set-upstream", "origin", "HEAD")
    let anchor = anchor()
    #expect(try anchor.newest() == nil)
    try anchor.publish(try checkpoint(3))
    #expect(try git("-C", "elsewhere.git", "show", "HEAD:stella.checkpoint") == (try checkpoint(3)).text + "\n")

    try FileManager.default.moveItem(atPath: directory("elsewhere.git"), toPath: directory("away.git"))
    #expect(#expect(throws: LogAnchorError.self) { try anchor.publish(try checkpoint(5)) }?.code == .unavailable)
    #expect(#expect(throws: LogAnchorError.self) { try anchor.newest() }?.code == .unavailable)
    try FileManager.default.moveItem(atPath: directory("away.git"), toPath: directory("elsewhere.git"))
    #expect(try anchor.newest() == (try checkpoint(3)))
    try anchor.publish(try checkpoint(5))

    // Committed here and not yet there, as after a crash before the push.
    try Data((checkpoint(8).text + "\n").utf8).write(to: URL(fileURLWithPath: directory("audit/stella.checkpoint")))
    try git("-C", "audit", "commit", "--quiet", "-a", "-m", "not pushed")
    #expect(try anchor.newest() == (try checkpoint(5)))
    try anchor.publish(try checkpoint(8))
    #expect(try git("-C", "elsewhere.git", "show", "HEAD:stella.checkpoint") == (try checkpoint(8)).text + "\n")

    // Somebody who can write here makes the copy forget; the upstream doesn't.
    try git("-C", "audit", "reset", "--quiet", "--hard", "HEAD~2")
    #expect(try anchor.newest() == (try checkpoint(8)))
  }

  @Test("No directory, no repository and a Git that hangs are anchors that can't be reached")
  func unavailable() throws {
    func expectUnavailable(_ anchor: GitAnchor, _ comment: Comment) throws {
      #expect(
        #expect(throws: LogAnchorError.self) { try anchor.publish(try checkpoint(3)) }?.code == .unavailable, comment)
    }
    try expectUnavailable(anchor("missing"), "missing")
    try FileManager.default.createDirectory(atPath: directory("plain"), withIntermediateDirectories: false)
    try expectUnavailable(anchor("plain"), "plain")
    #expect(#expect(throws: LogAnchorError.self) { try anchor("plain").newest() }?.code == .unavailable)
    try git("init", "audit")
    _ = try directory.script("audit/.git/hooks/pre-commit", "exec sleep 600\n")
    let error = #expect(throws: LogAnchorError.self) {
      try anchor(timeout: .seconds(2)).publish(try checkpoint(3))
    }
    #expect(
      error?.code == .unavailable && error?.message.contains("didn't end within 2s") == true, "\(error?.message ?? "")")
    try FileManager.default.removeItem(atPath: directory("audit/.git/hooks/pre-commit"))
    #expect(try anchor().newest() == nil)
  }
}

import Foundation
import Testing

@Suite("Following with the real program", .serialized)
struct WatchFollowTests {
  let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  private func follow(_ arguments: [String] = ["app.log"]) throws -> StellaProcess {
    let run = try directory.stella(["watch", "--output", "json"] + arguments)
    #expect(run.until { $0.errors.contains("watching ") }, "\(run.errors)")
    return run
  }

  @Test("Lines that are appended raise their alerts; what was there before is not read")
  func append() throws {
    try directory.write("app.log", CommandDirectory.lines(1...2))
    let run = try follow()
    try directory.append("app.log", CommandDirectory.lines(3...4))
    #expect(run.until { $0.sequence == [3, 4] })
    // A line in two halves is one line.
    try directory.append("app.log", "{\"ts\":1700000009,\"se")
    try directory.append("app.log", "q\":5}\n")
    #expect(run.until { $0.sequence == [3, 4, 5] })
    run.send(SIGINT)
    #expect(run.status() == 130 && run.sequence == [3, 4, 5])
  }

  @Test("Across rotations by renaming and by truncating no line is lost or read twice")
  func rotation() throws {
    try directory.write("app.log", "")
    let run = try follow()
    try directory.append("app.log", CommandDirectory.lines(1...2))
    #expect(run.until { $0.sequence.count == 2 })
    try directory.append("app.log", CommandDirectory.lines(3...3))
    try directory.rename("app.log", to: "app.log.1")
    try directory.append("app.log.1", CommandDirectory.lines(4...4))
    try directory.write("app.log", CommandDirectory.lines(5...6))
    #expect(run.until { $0.sequence.count == 6 })
    try FileManager.default.copyItem(atPath: directory("app.log"), toPath: directory("app.log.2"))
    try directory.truncate("app.log")
    try directory.append("app.log", CommandDirectory.lines(7...7))
    #expect(run.until { $0.sequence.count == 7 })
    run.send(SIGINT)
    #expect(run.status() == 130 && run.sequence == Array(1...7))
  }

  @Test("After kill -9 the next start goes on from the checkpoint: no line is lost")
  func killed() throws {
    try directory.write("app.log", "")
    var seen: Set<Int> = []
    let count = 60
    for round in 0..<4 {
      let run = try follow(["--from", "checkpoint", "app.log"])
      let last = (round + 1) * count
      try directory.append("app.log", CommandDirectory.lines(round * count + 1...last))
      #expect(run.until { $0.sequence.contains(last - count / 2) })
      run.send(SIGKILL)
      #expect(run.status() == 128 + SIGKILL)
      seen.formUnion(run.sequence)
      if round == 1 {
        try directory.rename("app.log", to: "app.log.1")
        try directory.write("app.log", "")
      }
    }
    let last = try follow(["--from", "checkpoint", "app.log"])
    try directory.append("app.log", CommandDirectory.lines(4 * count + 1...4 * count + 1))
    #expect(last.until { $0.sequence.contains(4 * count + 1) })
    seen.formUnion(last.sequence)
    #expect(seen == Set(1...4 * count + 1))
    last.send(SIGINT)
    #expect(last.status() == 130)
  }

  @Test("SIGHUP loads the rules anew; a broken set is refused and the old one goes on")
  func hangup() throws {
    try directory.write("app.log", "")
    let run = try follow()
    try directory.write("Rules/broken.lua", "return rule { api = 1, id = \"test.broken\", titel = \"x\" }")
    run.send(SIGHUP)
    #expect(run.until { $0.errors.contains("not live") && $0.errors.contains("broken.lua:1") })
    try directory.append("app.log", CommandDirectory.lines(1...1))
    #expect(run.until { $0.sequence == [1] })
    try FileManager.default.removeItem(atPath: directory("Rules/broken.lua"))
    run.send(SIGHUP)
    #expect(run.until { $0.errors.contains("loaded anew: 1 active, 1 with their state") })
    try directory.append("app.log", CommandDirectory.lines(2...2))
    #expect(run.until { $0.sequence == [1, 2] })
    run.send(SIGINT)
    #expect(run.status() == 130)
  }

  @Test("Changed rules go live by themselves; broken ones don't, and that is said with the number of files")
  func changedRules() throws {
    try directory.write("app.log", "")
    let run = try follow()
    try directory.write("Rules/broken.lua", "return rule { api = 1, id = \"test.broken\", titel = \"x\" }")
    #expect(run.until { $0.errors.contains("1 file changed, not live") && $0.errors.contains("broken.lua:1") })
    try directory.append("app.log", CommandDirectory.lines(1...1))
    #expect(run.until { $0.sequence == [1] })
    try FileManager.default.removeItem(atPath: directory("Rules/broken.lua"))
    #expect(run.until { $0.errors.contains("loaded anew: 1 active, 1 with their state") })
    try directory.append("app.log", CommandDirectory.lines(2...2))
    #expect(run.until { $0.sequence == [1, 2] })
    run.send(SIGINT)
    #expect(run.status() == 130)
  }

  @Test("A file that is missing at the start, and one that comes to match a pattern, are read when they appear")
  func appearing() throws {
    try directory.write("a.log", "")
    let run = try follow(["later.txt", "*.log"])
    try directory.write("later.txt", CommandDirectory.lines(1...1))
    #expect(run.until { $0.sequence == [1] })
    try directory.write("b.log", CommandDirectory.lines(2...2))
    #expect(run.until { $0.sequence == [1, 2] })
    run.send(SIGINT)
    #expect(run.status() == 130)
  }
}

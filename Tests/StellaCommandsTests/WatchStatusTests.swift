import Foundation
import Testing

@Suite("The exit status of watch and tail")
struct WatchStatusTests {
  let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  @Test("Reading to the end is 0; nothing reaches standard output with --quiet but alerts, and nothing standard error")
  func done() throws {
    try directory.write("app.log", CommandDirectory.lines(1...2))
    let run = try directory.stella(["watch", "--no-follow", "--quiet", "app.log"])
    #expect(run.status() == 0)
    #expect(run.errors.isEmpty && run.output.contains("A number"))
    #expect(!FileManager.default.fileExists(atPath: directory(".stella")), "nothing is remembered of such a run")
  }

  @Test("A refused rule is 2 at the end while the others run; with --strict nothing runs")
  func refusedRule() throws {
    try directory.write("app.log", CommandDirectory.lines(1...2))
    try directory.write("Rules/broken.lua", "return rule {\n  api = 1, id = \"test.broken\",\n  titel = \"x\",\n}\n")
    let run = try directory.stella(["watch", "--no-follow", "--output", "json", "app.log"])
    #expect(run.status() == 2)
    #expect(run.sequence == [1, 2])
    #expect(run.errors.contains("broken.lua:3") && run.errors.contains("title"))
    let strict = try directory.stella(["watch", "--no-follow", "--strict", "app.log"])
    #expect(strict.status() == 2 && strict.output.isEmpty && strict.errors.contains("broken.lua:3"))
  }

  @Test("Usage and configuration are 3, with the place")
  func usage() throws {
    #expect(try directory.stella(["watch", "--no-such"]).status() == 3)
    #expect(try directory.stella(["tail", "--output", "xml", "app.log"]).status() == 3)
    try directory.write("stella.yaml", "rules: [Rules]\nsorces:\n  - path: app.log\n")
    let run = try directory.stella(["watch", "--no-follow"])
    #expect(run.status() == 3)
    #expect(run.errors.contains("stella.yaml:2:1") && run.errors.contains("sources"))
    try directory.write("empty.yaml", "")
    let condition = try directory.stella([
      "tail", "--config", "empty.yaml", "--no-follow", "--where", "level >=", "app.log",
    ])
    #expect(condition.status() == 3)
    #expect(condition.errors.hasPrefix("stella: --where, column"))
  }

  @Test("No FILE and a terminal on standard input is 3 and says what to do")
  func terminal() throws {
    var main: Int32 = 0
    var side: Int32 = 0
    try #require(openpty(&main, &side, nil, nil, nil) == 0)
    defer { close(main) }
    let terminal = FileHandle(fileDescriptor: side, closeOnDealloc: true)
    let run = try directory.stella(["watch"], input: .handle(terminal))
    #expect(run.status() == 3)
    #expect(run.errors.contains("nothing to read"))
  }

  @Test("A missing file or pattern is 11, a directory 3")
  func notFound() throws {
    for name in ["missing.log", "missing*.log"] {
      let run = try directory.stella(["watch", "--no-follow", name])
      #expect(run.status() == 11 && run.errors.contains(name))
    }
    let run = try directory.stella(["tail", "Rules"])
    #expect(run.status() == 3 && run.errors.contains("directory"))
  }

  @Test("A full disk under standard output is 10, said once")
  func fullDisk() throws {
    try directory.write("app.log", CommandDirectory.lines(1...2))
    for verb in ["watch", "tail"] {
      let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      let run = try directory.stella([verb, "--no-follow", "app.log"], output: full)
      #expect(run.status() == 10)
      #expect(run.errors.components(separatedBy: "No space left").count == 2, "\(run.errors)")
    }
  }

  @Test("An interrupt while following is 130, after a summary")
  func interrupt() throws {
    try directory.write("app.log", "")
    for signal in [SIGINT, SIGTERM] {
      let run = try directory.stella(["watch", "app.log"])
      #expect(run.until { $0.errors.contains("watching app.log") })
      run.send(signal)
      #expect(run.status() == 130)
      #expect(run.errors.contains("0 events"))
    }
  }

  @Test("A second watch on one state directory is told who has it")
  func locked() throws {
    try directory.write("app.log", "")
    let first = try directory.stella(["watch", "app.log"])
    #expect(first.until { $0.errors.contains("watching app.log") })
    let second = try directory.stella(["watch", "app.log"])
    #expect(second.status() == 10)
    #expect(second.errors.contains("in use by stella watch (pid "))
    first.send(SIGINT)
    #expect(first.status() == 130)
  }

  @Test("Rules that can't be read as files are refused and hold nothing up")
  func oddRuleFiles() throws {
    try directory.write("app.log", CommandDirectory.lines(1...1))
    try #require(mkfifo(directory("Rules/pipe.lua"), 0o644) == 0)
    try FileManager.default.createSymbolicLink(atPath: directory("Rules/loop"), withDestinationPath: directory("Rules"))
    try FileManager.default.createSymbolicLink(atPath: directory("Rules/gone.lua"), withDestinationPath: "/nowhere")
    let run = try directory.stella(["watch", "--no-follow", "--output", "json", "app.log"])
    #expect(run.status() == 2)
    #expect(run.sequence == [1])
    #expect(run.errors.contains("pipe.lua") && run.errors.contains("gone.lua"))
    #expect(!run.errors.contains("loop/loop"), "a link back into the rules is followed once at most: \(run.errors)")
  }

  @Test("A rule whose script keeps failing is 2 at the end, with the engine's alert among those that are counted")
  func restingRule() throws {
    try directory.write("app.log", CommandDirectory.lines(1...20))
    try directory.write(
      "Rules/each.lua",
      """
      return rule {
        api = 1, id = "test.each", title = "Each", severity = "low", where = [[seq ~= nil]],
        state = { c = window.count("5m") },
        on = function(e, s) s.cc:add(e) end,
      }

      """)
    let run = try directory.stella(["watch", "--no-follow", "app.log"])
    #expect(run.status() == 2, "\(run.errors)")
    #expect(run.errors.contains("1 alert\n") && run.errors.contains("1  stella.rule-quarantined"), "\(run.errors)")
    #expect(run.errors.contains("state has no cc; did you mean c?"), "\(run.errors)")
  }
}

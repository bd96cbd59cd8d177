import Foundation
import Testing

@Suite("Reloading rules of the real program", .serialized)
struct RuleReloadTests {
  let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  private func follow(_ arguments: [String] = []) throws -> StellaProcess {
    let run = try directory.stella(["watch", "--output", "json"] + arguments + ["app.log"])
    #expect(run.until { $0.errors.contains("watching ") }, "\(run.errors)")
    return run
  }

  // MARK: - Tests before going live

  private func write(_ count: Int) throws {
    try directory.write(
      "Rules/burst.lua",
      """
      return rule {
        api = 1, id = "test.burst", title = "Burst", severity = "low", where = [[burst ~= nil]],
        threshold = { count = \(count), within = "1m" },
      }

      """)
  }

  private func writeTest(_ count: Int) throws {
    try directory.write(
      "Rules/burst_test.lua",
      """
      test("\(count) are a burst", function(t)
        t:feed { burst = true }:times(\(count)):every("1s")
        t:expect { fires = 1 }
      end)

      """)
  }

  @Test("A changed rule goes live when its tests pass, and not before; why not is said")
  func gate() throws {
    try directory.write("app.log", "")
    try write(3)
    try writeTest(3)
    let run = try follow()
    try write(4)
    #expect(run.until { $0.errors.contains("1 file changed, not live") }, "\(run.errors)")
    #expect(run.until { $0.errors.contains("3 are a burst: expected fires = 1, got 0") }, "\(run.errors)")
    try directory.append("app.log", CommandDirectory.lines(1...1))
    #expect(run.until { $0.sequence == [1] } && !run.errors.contains("loaded anew"))
    try writeTest(4)
    #expect(run.until { $0.errors.contains("loaded anew: 2 active, 2 with their state") }, "\(run.errors)")
    try directory.append("app.log", CommandDirectory.lines(2...2))
    #expect(run.until { $0.sequence == [1, 2] })
    run.send(SIGINT)
    #expect(run.status() == 130)
  }

  @Test("A rule that can't be read is told with its line, not as a fault of its test, and so is that none is left")
  func halfWritten() throws {
    try directory.write("app.log", "")
    try write(3)
    try writeTest(3)
    let run = try follow()
    try directory.write("Rules/burst.lua", "return rule { id = \"unfin")
    #expect(run.until { $0.errors.contains("1 file changed, not live") }, "\(run.errors)")
    #expect(run.until { $0.errors.contains("burst.lua:1: unfinished string") }, "\(run.errors)")
    #expect(!run.errors.contains("under test") && !run.errors.contains("burst_test.lua"))
    for name in ["burst", "burst_test", "each"] {
      try FileManager.default.removeItem(atPath: directory("Rules/\(name).lua"))
    }
    #expect(run.until { $0.errors.contains("no rule would be left") }, "\(run.errors)")
    run.send(SIGINT)
    #expect(run.status() == 130)
  }

  @Test("Without the gate a changed rule goes live whatever its tests say")
  func noGate() throws {
    try directory.write("app.log", "")
    try write(3)
    try writeTest(3)
    let run = try follow(["--no-test-gate"])
    try write(4)
    #expect(run.until { $0.errors.contains("loaded anew: 2 active") }, "\(run.errors)")
    run.send(SIGINT)
    #expect(run.status() == 130)
  }

  @Test("Tests without an end hold up neither the stream nor the end of the watch, and their rules don't go live")
  func endlessTest() throws {
    try directory.write("stella.yaml", "reload: { test_time: 1s }\n")
    try directory.write("app.log", "")
    try write(3)
    let run = try follow()
    try directory.write(
      "Rules/burst_test.lua",
      "for i = 1, 100 do test(\"endless\" .. i, function(t) t:expect_quiet() while true do end end) end\n")
    try write(4)
    run.send(SIGHUP)
    var number = 0
    while !run.errors.contains("did not end within 1s"), number < 10_000 {
      number += 1
      try directory.append("app.log", CommandDirectory.lines(number...number))
      #expect(run.until { $0.sequence.last == number }, "the stream stood still")
    }
    #expect(run.errors.contains("2 files changed, not live") && !run.errors.contains("loaded anew"), "\(run.errors)")
    #expect(run.sequence == Array(1...number))
    try writeTest(4)
    #expect(run.until { $0.errors.contains("loaded anew: 2 active") }, "\(run.errors)")
    run.send(SIGINT)
    #expect(run.status() == 130)
  }

  // MARK: - Under load

  /// Rules of all kinds of state, whose text changes from round to round and whose meaning doesn't.
  private func writeStateful(_ name: String, round: Int) throws {
    let body =
      switch name {
      case "sliding": "where = [[kind == \"a\"]], threshold = { count = 12, within = \"20s\" },"
      case "script":
        """
        where = [[kind == "b"]], state = { now = window.count("30s") }, suppress_for = "0s",
          on = function(e, s)
            s.n = (s.n or 0) + 1
            s.now:add(e)
            if s.n % 7 == 0 then
              return alert { value = s.now:count(), total = s.n, summary = "{user_id}: {total}" }
            end
          end,
        """
      default:
        """
        sequence = {
            { name = "one", match = [[kind == "a"]] }, { name = "two", match = [[kind == "b"]] },
            { name = "three", match = [[kind == "c"]] }, within = "10s",
          },
        """
      }
    try directory.write(
      "Rules/\(name).lua",
      """
      -- Round \(round)
      return rule {
        api = 1, id = "test.\(name)", title = "Kept", severity = "low", by = { "user_id" }, max_keys = 1000,
        \(body)
      }

      """)
  }

  /// What fired, in order, without the alerts that only keep time.
  private func fired(_ lines: [String]) -> [String] {
    lines.compactMap { line in
      guard let alert = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        alert["event"] as? String == "firing", let rule = alert["rule"] as? String, let id = alert["id"] as? String
      else { return nil }
      return "\(rule) \(id) \(alert["count"] ?? "") \(alert["value"] ?? "") \(alert["summary"] ?? "")"
    }
  }

  @Test("However often rules are loaded anew while lines stream in, the alerts are those of one run without that")
  func underLoad() throws {
    // STELLA_RELOADS=500 makes it a soak.
    let rounds = ProcessInfo.processInfo.environment["STELLA_RELOADS"].flatMap { Int($0) } ?? 40
    let seed: UInt64 = 20_261_122
    var random = SplitMix64(state: seed)
    let names = ["sliding", "script", "sequence"]
    for name in names { try writeStateful(name, round: 0) }
    try directory.write("app.log", "")
    let run = try follow()
    let place = FileHandle(forWritingAtPath: directory("app.log"))
    let log = try #require(place)
    defer { try? log.close() }
    var number = 0
    func stream(_ count: Int) throws {
      var text = ""
      for _ in 0..<count {
        number += 1
        let kind = ["a", "b", "c", "x"][random.below(4)]
        let time = 1_700_000_000 + Double(number) / 50
        text += "{\"ts\":\(time),\"kind\":\"\(kind)\",\"user_id\":\"u\(random.below(20))\","
        text += "\"message\":\"m\"" + (number % 100 == 0 ? ",\"seq\":\(number)" : "") + "}\n"
      }
      // A line in two halves, between which anything may happen.
      let bytes = Data(text.utf8)
      try log.write(contentsOf: bytes.prefix(bytes.count - 9))
      try log.write(contentsOf: bytes.suffix(9))
    }
    var loads = 0
    func count(_ text: String, _ run: StellaProcess) -> Int { run.errors.ranges(of: text).count }
    for round in 1...rounds {
      try stream(200)
      let name = names[round % names.count]
      if round % 5 == 0 {
        // What is broken, or half written, is never taken.
        let broken = count("not live", run)
        try directory.write("Rules/\(name).lua", "-- Round \(round)\nreturn rule {\n  api = 1, id = \"test.\(name)\",")
        run.send(SIGHUP)
        try stream(200)
        #expect(run.until { count("not live", $0) > broken }, "seed \(seed), round \(round): \(run.errors)")
      }
      try writeStateful(name, round: round)
      // Every eighth is left for the watch of the files to find.
      if round % 8 != 0 { run.send(SIGHUP) }
      try stream(200)
      #expect(
        run.until { count("loaded anew: 4 active, 4 with their state", $0) > loads }, "round \(round): \(run.errors)")
      loads = count("loaded anew", run)
    }
    try stream(100 - number % 100)
    #expect(
      run.until { $0.sequence.last == number }, "seed \(seed): lines were lost, \(run.sequence.last ?? 0) of \(number)")
    run.send(SIGINT)
    #expect(run.status() == 130 && loads >= rounds && !run.errors.contains("state reset"))
    #expect(run.errors.contains("\(number) events"), "\(run.errors.suffix(400))")
    let whole = try directory.stella(["watch", "--no-follow", "--output", "json", "app.log"])
    #expect(whole.status() == 0)
    let (reloaded, once) = (fired(run.lines), fired(whole.lines))
    #expect(Set(reloaded).count == reloaded.count, "an alert was raised twice")
    #expect(reloaded == once && once.count > 10 * rounds, "seed \(seed)")
  }
}

import Foundation
import Testing

/// Processes that are killed in a counted call to the operating system, at every one of a watch's life, and started again.
///
/// `Tests/CrashPoints/crash_points.c` counts what changes the files of the state directory. All that happens in between is
/// told by the process itself, so that the n-th call is the same one in each run.
@Suite("A watch killed while it saves")
struct WatchCrashPointTests {
  private static let rules = [
    "held":
      "by = { \"k\" }, threshold = { count = 2, within = \"9s\" }, evidence = 2, hold = \"3s\", keep_firing = \"4s\"",
    "plain":
      """
    by = { "k" }, suppress_for = "0s", on = function(e, s)
      s.seen = (s.seen or "") .. e.v .. ","
      if #s.seen >= 12 then
        local text = s.seen
        s.seen = nil
        return alert { summary = text }
      end
    end
    """,
  ]
  private static let logs = ["a.log", "b.log"]
  private static let seed: UInt64 = 2026
  /// The points are shared out, so that two processes may run at a time.
  static let shares = 2

  private let directory: CommandDirectory
  private let library: String
  /// What the logs get one after the other; the last line of each raises an alert of its own.
  private let pieces: [String]

  init() throws {
    directory = try CommandDirectory()
    library = directory("crash_points.so")
    for (name, body) in WatchCrashPointTests.rules {
      try directory.write(
        "Rules/\(name).lua",
        "return rule { api = 1, id = \"\(name)\", title = \"\(name)\", severity = \"low\", where = \"k ~= nil\", \(body) }"
      )
    }
    // Nothing is saved because of the time: only at the start, at a SIGHUP and at the end.
    try directory.write("stella.yaml", "limits: { checkpoint: 1h }\n")
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("CrashPoints/crash_points.c")
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source.path]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "the C compiler could not make \(source.path)")
    var random = SplitMix64(state: WatchCrashPointTests.seed)
    var now = 1_750_000_000.0
    pieces = (1...3).map { piece in
      var text = ""
      for _ in 0..<20 {
        now += Double(random.below(1500)) / 1000
        let (key, value) = (random.below(3), random.below(10))
        text += String(format: "{\"ts\":%.3f,\"k\":\"k%d\",\"v\":%d}\n", now, key, value)
      }
      return text + String(format: "{\"ts\":%.3f,\"seq\":%d}\n", now, piece)
    }
  }

  /// One life of a watch, over as many processes as it takes.
  private struct Life {
    /// How many pieces the logs have got.
    var fed = 0
    /// The whole lines on standard output of all processes; one that a kill has cut is none.
    var told: Set<String> = []
    var errors = ""
  }

  private func begin() throws -> Life {
    try? FileManager.default.removeItem(atPath: directory(".stella"))
    for log in WatchCrashPointTests.logs { try directory.write(log, "") }
    return Life()
  }

  /// Runs one process until it has told all or is killed; returns whether it came to its end.
  private func live(_ life: inout Life, _ environment: [String: String] = [:]) throws -> Bool {
    let run = try directory.stella(
      ["watch", "--output", "json", "--from", "checkpoint"] + WatchCrashPointTests.logs, environment: environment)
    try feed(run, &life)
    run.send(SIGINT)
    let status = run.status()
    #expect(status == 130 || status == 128 + SIGKILL, "\(run.errors)")
    life.told.formUnion(run.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init))
    life.errors = run.errors
    return status == 130
  }

  /// Gives the logs what they have not got yet, each piece when the one before was used. The first is used before any other
  /// state is saved, the second before the last but one. Returns early when the process ends.
  private func feed(_ run: StellaProcess, _ life: inout Life) throws {
    guard run.until({ $0.errors.contains("watching ") }) else { return }
    var saves = 0
    func saved() -> Bool {
      saves += 1
      run.send(SIGHUP)
      return run.until { $0.errors.components(separatedBy: "loaded anew").count > saves }
    }
    func used() -> Bool {
      let marker = "\"key\":{\"seq\":\(life.fed)}"
      return life.told.contains { $0.contains(marker) } || run.until { $0.output.contains(marker) }
    }
    // A process that was killed may have left a piece to this one.
    guard saved(), life.fed == 0 || used() else { return }
    while life.fed < pieces.count {
      if life.fed == 2 && !saved() { return }
      try directory.append(WatchCrashPointTests.logs[life.fed % 2], pieces[life.fed])
      life.fed += 1
      guard used() else { return }
    }
  }

  /// About so many points are tried, evenly spread; all of them where `STELLA_EVERY_CRASH_POINT` is set.
  private static let points = 200

  /// Killed before a call, which is after the one before it. Writes are torn, too: all that complete something, because
  /// a sync follows, and a seeded third of the others. A quarter of the restarts is killed as well, anywhere.
  @Test(
    "Killed in any call that changes a saved state, it loses no alert and tells none twice", arguments: 0..<shares)
  func kills(share: Int) throws {
    print("seed \(WatchCrashPointTests.seed)")
    var random = SplitMix64(state: WatchCrashPointTests.seed)
    var whole = try begin()
    #expect(try live(&whole))
    #expect(whole.told.count > 20)
    var counted = try begin()
    #expect(try live(&counted, crash(at: 0, trace: directory("trace"))))
    #expect(counted.told == whole.told)
    let calls = try trace()
    #expect(Set("wstu").isSubset(of: calls))
    var points: [(call: Int, isTorn: Bool, again: Int)] = []
    for (index, call) in calls.enumerated() {
      func again() -> Int { random.below(4) == 0 ? 1 + random.below(calls.count / 2) : 0 }
      points.append((index + 1, false, again()))
      let completes = index + 1 < calls.count && calls[index + 1] == "s"
      if call == "w" && (completes || random.below(3) == 0) { points.append((index + 1, true, again())) }
    }
    var killed = 0
    let isWhole = ProcessInfo.processInfo.environment["STELLA_EVERY_CRASH_POINT"] != nil
    let step = isWhole ? 1 : max(1, points.count / WatchCrashPointTests.points)
    let own = points.indices.filter { $0 % (step * WatchCrashPointTests.shares) == step * share }.map { points[$0] }
    print("killed at \(own.count) of \(points.count) points")
    for point in own {
      var life = try begin()
      if try !live(&life, crash(at: point.call, isTorn: point.isTorn)) {
        killed += 1
        if point.again > 0 { _ = try live(&life, crash(at: point.again)) }
        #expect(try live(&life), "\(point): \(life.errors)")
      }
      #expect(whole.told.subtracting(life.told) == [], "lost: \(point): \(life.errors)")
      #expect(life.told.subtracting(whole.told) == [], "told otherwise: \(point): \(life.errors)")
    }
    // A call more or less is the operating system's matter; that the number of a call means something is ours.
    #expect(killed * 10 > own.count * 9)
  }

  /// One letter for each call that the library counted.
  private func trace() throws -> [Character] { Array(try String(contentsOfFile: directory("trace"), encoding: .utf8)) }

  private func crash(at call: Int, isTorn: Bool = false, trace: String? = nil) -> [String: String] {
    var environment = ["LD_PRELOAD": library, "CRASH_DIRECTORY": "/.stella/", "CRASH_AT": "\(call)"]
    if isTorn { environment["CRASH_TORN"] = "1" }
    environment["CRASH_TRACE"] = trace
    return environment
  }
}

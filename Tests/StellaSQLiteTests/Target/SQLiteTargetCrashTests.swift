import Foundation
import StellaModel
import StellaRemediation
import Testing

@testable import StellaSQLite

/// Processes that apply effects and are killed in a counted call to the operating system, at every one of them.
///
/// `Tests/CrashPoints/crash_points.c` counts what changes files; see there. The process is this one's own program again,
/// which runs the test ``child()`` alone.
@Suite("A process killed while it applies effects to a SQLite target")
struct SQLiteTargetCrashTests {
  private static let variable = "STELLA_TEST_CRASH_TARGET"
  private static let schema = """
    CREATE TABLE jobs (id INTEGER PRIMARY KEY, status TEXT, body TEXT);
    INSERT INTO jobs SELECT value, 'stuck', hex(zeroblob(800)) FROM (
      WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 20) SELECT value FROM n);
    """

  private static func target(_ path: String) -> SQLiteTarget {
    SQLiteTarget(name: "db", path: path, lockTimeout: .seconds(5))
  }

  private static func marker() throws -> EffectMarker {
    let digest = try #require(PlanDigest("sha256:" + String(repeating: "0", count: 64)))
    return EffectMarker(store: "s", run: "r", group: 1, digest: digest, epoch: 1)
  }

  private static func prepare(_ target: SQLiteTarget) throws -> [PreparedEffect] {
    let view = try target.view()
    defer { view.close() }
    return try view.prepare([
      NumberedEffect(
        1,
        .sqlInsert(Effect.SQLInsert(target: "db", table: "jobs", rows: [["status": "new"]], returning: ["id"])),
        rowLimit: 1),
      NumberedEffect(
        2,
        .sqlUpdate(
          Effect.SQLUpdate(target: "db", table: "jobs", selector: ["status": "stuck"], set: ["status": "queued"])),
        rowLimit: 100),
      NumberedEffect(3, .sqlDelete(Effect.SQLDelete(target: "db", table: "jobs", selector: ["id": 7])), rowLimit: 1),
    ])
  }

  @Test(
    "What the killed process does",
    .enabled(if: ProcessInfo.processInfo.environment[SQLiteTargetCrashTests.variable] != nil, "only in that process"))
  func child() throws {
    let target = Self.target(try #require(ProcessInfo.processInfo.environment[Self.variable]))
    let prepared = try Self.prepare(target)
    _ = try target.lock().apply(prepared, from: 1, marker: try Self.marker())
  }

  /// Whether it came to its end, and how many calls it made.
  private func run(_ path: String, _ library: String, at point: Int, _ environment: [String: String]) throws -> (
    hasEnded: Bool, calls: Int
  ) {
    let trace = path + ".trace"
    try? FileManager.default.removeItem(atPath: trace)
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    child.arguments = ["--testing-library", "swift-testing", "--filter", "SQLiteTargetCrashTests/child"]
    child.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }.merging([
      Self.variable: path, "LD_PRELOAD": library, "CRASH_DIRECTORY": path, "CRASH_AT": String(point),
      "CRASH_TRACE": trace,
    ]) { $1 }
    // Its path contains the file's, but the library writes it by calls that it doesn't count.
    let output = Pipe()
    child.standardOutput = output
    child.standardError = output
    try child.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    let wasKilled = child.terminationReason == .uncaughtSignal && child.terminationStatus == SIGKILL
    #expect(wasKilled || child.terminationStatus == 0, "\(String(decoding: text, as: UTF8.self))")
    return (!wasKilled, (try? Data(contentsOf: URL(fileURLWithPath: trace)).count) ?? 0)
  }

  @Test(
    "At each point all of it has happened or nothing, the marker says which, and what is given up never comes later",
    arguments: ["WAL", "DELETE"])
  func killed(journal: String) throws {
    let tools = try TestDirectory()
    let library = tools("crash_points.so")
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("CrashPoints/crash_points.c")
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source.path]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "the C compiler could not make \(source.path)")

    var states: Set<String> = []
    var point = 0
    while true {
      point += 1
      let bench = try SQLiteBench(journal: journal, schema: Self.schema)
      let before = try bench.dump()
      let target = Self.target(bench.sqlite.path)
      let prepared = try Self.prepare(target)
      let run = try run(bench.sqlite.path, library, at: point, point % 2 == 0 ? ["CRASH_TORN": "1"] : [:])
      let after = try bench.dump()
      switch try target.resolve(try Self.marker()) {
      case .applied(let results):
        #expect(results == [[["id": 21]], [], []])
        #expect(after.count == before.count && after != before, "killed at call \(point)")
        states.insert("applied")
      case .notApplied:
        #expect(after == before, "killed at call \(point)")
        let late = #expect(throws: TargetError.self) {
          try target.lock().apply(prepared, from: 1, marker: try Self.marker())
        }
        #expect(late?.code == .refused)
        #expect(try bench.dump() == before)
        states.insert("not applied")
      }
      if run.hasEnded {
        #expect(run.calls == point - 1, "calls that change files weren't counted")
        break
      }
      try #require(point < 500)
    }
    #expect(states == ["applied", "not applied"] && point > 5, "there were \(point) points: \(states)")
  }
}

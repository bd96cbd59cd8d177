import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands

@Suite("The list of runs")
struct RunTableTests {
  static func report(_ id: String, _ state: RunState, decideBy: Int64? = nil, proposedAt: Int64 = 0) throws -> RunReport
  {
    var report = try SampleReport().report(rows: 2, state: state)
    report.run.id = id
    report.run.decideBy = decideBy.map { SampleReport.time + $0 }
    report.run.proposedAt = SampleReport.time - SampleReport.minute + proposedAt
    report.run.plannedAt = report.run.proposedAt
    return report
  }

  @Test("Runs that want a person come first, then the nearest deadline, and what is over last, the newest first")
  func order() throws {
    let reports = [
      try Self.report("r-old", .succeeded, proposedAt: 1), try Self.report("r-late", .awaiting, decideBy: 200),
      try Self.report("r-run", .applying), try Self.report("r-new", .failed, proposedAt: 2),
      try Self.report("r-soon", .awaiting, decideBy: 100), try Self.report("r-what", .unknown),
      try Self.report("r-same", .awaiting, decideBy: 100),
    ]
    let wanted = ["r-what", "r-same", "r-soon", "r-late", "r-run", "r-new", "r-old"]
    #expect(RunTable.ordered(reports).map(\.run.id) == wanted)
    #expect(RunTable.ordered(reports.reversed()).map(\.run.id) == wanted)
  }

  @Test("A line says what, where, how much, the votes, the deadline, who asked and the state")
  func text() throws {
    var safe = try Self.report("r-3", .succeeded)
    safe.quorum = Quorum(
      policy: .standard, people: .none, votes: [],
      facts: VotingFacts(requestedBy: "rule:x", digest: safe.run.digest, isSafe: true))
    let reports = [
      try Self.report("r-1", .unknown), try Self.report("r-2", .awaiting, decideBy: 11 * SampleReport.minute), safe,
      try Self.report("r-4", .awaiting, decideBy: SampleReport.minute / 10),
    ]
    let text = RunTable(terminal: SampleReport.terminal(nil)).text(
      reports, total: 7, freeze: nil, now: SampleReport.time)
    #expect(
      text == """
        ID   FIX                     TARGET      EFFECTS     VOTES  DECIDE BY  REQUESTED BY    STATE
        r-1  requeue-stuck-payments  billing +2  3 (2 rows)  1/2    –          rule:pay.stuck  UNKNOWN
        r-4  requeue-stuck-payments  billing +2  3 (2 rows)  1/2    in 6 s!    rule:pay.stuck  awaiting
        r-2  requeue-stuck-payments  billing +2  3 (2 rows)  1/2    in 11 min  rule:pay.stuck  awaiting
        r-3  requeue-stuck-payments  billing +2  3 (2 rows)  auto   –          rule:pay.stuck  succeeded
        … 3 more runs

        r-1 needs you: what became of group 1 is unknown → stella runs show r-1
        freeze: none

        """)
  }

  @Test("What is to be done is never cut: on a narrow terminal it has a line of its own")
  func narrow() throws {
    let text = RunTable(terminal: SampleReport.terminal(50)).text(
      [try Self.report("r-1", .rollbackConflict)], freeze: nil,
      breakers: [OpenBreaker(target: "app-db", policy: "data", sentence: "it is open", closesAt: nil)],
      now: SampleReport.time)
    let lines = text.split(separator: "\n")
    let demand = try #require(lines.firstIndex { $0.hasPrefix("r-1 needs you: the target no longer holds ") })
    #expect(lines[demand + 1] == "  → stella runs show r-1" && lines.contains("  → stella doctor"), "\(text)")
    #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= 50 }, "\(text)")
  }

  @Test("Nothing to list is said")
  func none() {
    let text = RunTable(terminal: SampleReport.terminal(80)).text([], freeze: nil, now: SampleReport.time)
    #expect(text == "No runs.\nfreeze: none\n")
  }

  @Test("A target on which nothing begins is named, with when it does again and where to read more")
  func breakers() {
    let breakers = [SampleReport.time + 5 * SampleReport.minute, nil].map {
      OpenBreaker(target: "app-db", policy: "data", sentence: "it is open", closesAt: $0)
    }
    let text = RunTable(terminal: SampleReport.terminal(nil)).text(
      [], freeze: nil, breakers: breakers, now: SampleReport.time)
    let clock = ScreenTime(now: SampleReport.time).clock(SampleReport.time + 5 * SampleReport.minute)
    #expect(
      text == """
        No runs.
        breaker: OPEN on app-db, nothing begins there until \(clock) → stella doctor
        breaker: OPEN on app-db, nothing begins there before the runs that wait are dealt with → stella doctor
        freeze: none

        """)
  }

  @Test("A thousand waiting runs are all listed, each within the terminal")
  func thousand() throws {
    let one = try Self.report("r-0", .awaiting, decideBy: 1)
    let reports = (0..<1000).map { index in
      var report = one
      report.run.id = "r-\(10_000_000 + index)"
      report.run.decideBy = SampleReport.time + Int64(index * 7919 % 1000) * SampleReport.minute
      return report
    }
    let lines = RunTable(terminal: SampleReport.terminal(100)).text(reports, freeze: nil, now: SampleReport.time)
      .split(separator: "\n")
    #expect(lines.count == 1002 && lines.allSatisfy { DisplayWidth.of(String($0)) <= 100 })
    #expect(Set(lines.dropFirst().dropLast().map { $0.prefix(10) }).count == 1000)
    #expect(lines[1].hasPrefix("r-10000000 "))
  }

  @Test(
    "Lengths and distances are told in one unit, to the nearest whole",
    arguments: [
      (999, "999 ms", "999 ms"), (1499, "1 s", "1 s"), (1500, "2 s", "1 s"), (119_400, "119 s", "119 s"),
      (120_000, "2 min", "2 min"), (11 * 60_000, "11 min", "11 min"), (3 * 3_600_000 + 59 * 60_000, "4 h", "3 h"),
      (3 * 3_600_000 + 29 * 60_000, "3 h", "3 h"), (86_400_000 * 5 / 2, "3 d", "2 d"),
    ] as [(Int64, String, String)])
  func lengths(milliseconds: Int64, text: String, ahead: String) {
    #expect(ScreenTime.length(milliseconds * 1_000_000) == text)
    let time = ScreenTime(now: SampleReport.time)
    // A deadline is no later than it is said to be.
    #expect(time.distance(SampleReport.time + milliseconds * 1_000_000) == "in \(ahead)")
    #expect(time.distance(SampleReport.time - milliseconds * 1_000_000) == "\(text) ago")
  }
}

import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands

@Suite("The screen of a run")
struct RunScreenTests {
  @Test("One screen says what will change, where, why, who asked, what stays, the votes, the deadlines and the command")
  func everything() throws {
    let report = try SampleReport().report()
    let digest = try #require(report.plan?.digest)
    let grouped = digest.grouped.split(separator: " ").map(String.init)
    let wanted = """
      Run       r-7f3a2c01  requeue-stuck-payments @ 9c9c9c9c, API 1, file Fixes/payments.lua
      Title     "Requeue stuck payments"
      State     awaiting, 1 of 2 votes; needs 1 × group sre AND 1 × group payments
                "waits for votes"
      Why       alert 0a91b2c3d4e5 pay.stuck, high, 42 events 09:58:10Z – 10:01:44Z
                "42 payments are stuck"
                key queue="payments"
                event 09:58:10Z error payq "job is stuck"
                event 09:58:10Z error payq "job is stuck"
                event 09:58:10Z error payq "job is stuck"
                … 2 more events
                0 earlier runs for the same subject within 1d, limit 3
      Asked by  rule:pay.stuck at 10:00:00Z "handles the rule; 3 of 3 earlier runs helped"
      Edited by tomas
      Note      "3 jobs are older than a day"
      Target    billing  http  no physical id: bound by name only
      Target    orders  postgres  physical id 7390412255830117
      Target    q-03  host  physical id machine-1
      Plan      sha256 \(grouped.prefix(8).joined(separator: " "))
                       \(grouped.dropFirst(8).joined(separator: " "))
                fixplan/v1, made 10:02:00Z, re-checked 10:13:00Z: unchanged
      With      queue = "payments"
      Reads     2 queries, 214 rows, 38 ms (planning could change nothing)

        e1   sql.update orders jobs, 42 rows exactly, class tx
          where   state = "stuck"
          set     state = "queued", tries = 0
          row     id=81204: state "stuck" → "queued", tries 3 → 0
          row     id=81205: state "stuck" → "queued", tries 3 → 0
          row     id=81206: state "stuck" → "queued", tries 3 → 0
                  … 39 more rows: --output json shows all
          undo    restore 42 before-images, each row only if it still holds what was written
        e2   http.request billing, class keyed
          send    POST "https://billing.example/requeue?all=1"
          header  authorization: ["Bearer ", secret:billing@v7]
          body    {ids: [1, 2, 3, 4, 5, … 2 more], why: "stuck jobs"}
          key     in header idempotency-key
          done    at status 200, 202
          undo    NONE, irreversible: "mails were sent"
        e3   exec q-03, class probe
          run     "/usr/bin/systemctl" "restart" "payq.service"
          check   run "is-active": applied at 0, not applied at 3
          if      observed not to be applied yet
          undo    run "/usr/bin/systemctl" "stop"

      Risk      changes data · 3 targets, 42 rows · allowed 5 targets, 1000 rows
                IRREVERSIBLE: e2
      Votes     approve by mara (sre) 10:06:00Z counts "matches runbook 12"
                approve by token:ci 10:07:00Z doesn't count: token:ci is no user of stella.yaml "automatic"
      Policy    prod-data: 1 × group sre AND 1 × group payments
      You       ivo may approve
      Deadline  decide by 10:25:00Z (in 11 min)
                execute within 30m of the last vote
      Window    open until 18:00:00Z
                daily 06:00–18:00 UTC
      Freeze    ALL EFFECTS ARE STOPPED by mara since 10:13:00Z: "incident 7"

      Approve exactly this plan:
        stella approvals approve r-7f3a2c01 --digest \(digest.short) --reason "…"
      Reject it, for good:
        stella approvals reject r-7f3a2c01 --digest \(digest.short) --reason "…"

      """
    #expect(SampleReport.show(report) == wanted)
  }

  @Test("Of a row with no room for all its changes the shortest come first, and what stays the same last")
  func wideRow() throws {
    let long = String(repeating: "long ", count: 40)
    let change = RowChange(
      key: ["id": 26], before: ["log": .text(long), "note": .text(long), "owner": "mara", "state": "waiting"],
      after: ["log": .text(long + "x"), "note": "valve stuck", "owner": "mara", "state": "cancelled"])
    let update = Effect.SQLUpdate(
      target: "app-db", table: "commands", selector: ["id": 26],
      set: ["log": .text(long + "x"), "note": "valve stuck", "owner": "mara", "state": "cancelled"])
    let prepared = PreparedEffect(
      .sqlUpdate(update), class: .tx, precondition: .rows(exactly: 1), rowLimit: 10, rows: [change], undo: .restore)
    let row = EffectText(width: 66).lines(prepared).first { $0.label == "row" }?.value ?? ""
    #expect(row.hasPrefix(#"id=26: state "waiting" → "cancelled", note "long "#), "\(row)")
    #expect(row.hasSuffix(#"→ "valve stuck", … 2 more"#), "\(row)")
  }

  @Test("Whoever may not approve is told why and who may")
  func viewers() throws {
    func you(_ viewer: RunReport.Viewer) throws -> String {
      let text = SampleReport.show(try SampleReport().report(viewer: viewer))
      return text.split(separator: "\n").first { $0.hasPrefix("You ") }.map { String($0.dropFirst(10)) } ?? "none"
    }
    #expect(try you(.person("ivo")) == "ivo may approve")
    #expect(
      try you(.person("mara"))
        == "may not approve: mara has approved it already; one person is one vote. Eligible now: ivo (group payments)")
    #expect(try you(.person("tomas")).hasPrefix("may not approve: tomas edited its parameters"))
    #expect(try you(.person("ada")).hasPrefix("may not approve: ada doesn't have the role approver"))
    #expect(
      try you(.nobody("uid 1000", reason: "no user of stella.yaml"))
        == "\"uid 1000\" may not approve: \"no user of stella.yaml\". Eligible now: ivo (group payments)")
  }

  @Test("An approval that nobody can complete carries a warning")
  func unreachable() throws {
    var report = try SampleReport().report()
    report.quorum = Quorum(policy: SampleReport.policy, people: .none, votes: [], facts: VotingFacts(report.run))
    let text = SampleReport.show(report)
    #expect(
      text.contains("\nWarning   nobody can complete this approval: group sre has 0 of 1, group payments has 0 of 1."))
  }

  @Test("Each state that wants a person says so and offers its command, and nothing offers approval but waiting")
  func states() throws {
    for state in RunState.allCases {
      let text = SampleReport.show(try SampleReport().report(state: state))
      #expect(text.contains("stella approvals approve ") == (state == .awaiting), "\(state)")
      #expect(text.contains("needs a person: ") == (state.turn == .operators), "\(state)")
      if state.turn == .operators { #expect(text.contains(state.shown.uppercased()), "\(state)") }
    }
    let unknown = SampleReport.show(try SampleReport().report(state: .unknown))
    #expect(unknown.contains("needs a person: what became of group 1 is unknown"))
    #expect(unknown.contains("\nSteps     e1 begun 10:14:00Z, OUTCOME NOT KNOWN \"server closed the connection\"\n"))
    #expect(
      unknown.hasSuffix(
        "  stella runs reconcile r-7f3a2c01 --applied --reason \"…\"\n"
          + "  stella runs reconcile r-7f3a2c01 --not-applied --reason \"…\"\n"))
    #expect(
      SampleReport.show(try SampleReport().report(state: .succeeded)).hasSuffix("  stella runs rollback r-7f3a2c01\n"))
  }

  @Test("After the deadline nothing is offered but to ask anew, whether or not that is on record")
  func late() throws {
    let command = "  stella fixes plan requeue-stuck-payments --param queue=payments --propose\n"
    var report = try SampleReport().report()
    report.now = try #require(report.run.decideBy)
    let late = SampleReport.show(report)
    #expect(late.contains("\nState     awaiting, and the time to decide is over\n") && late.contains(" — OVER"))
    #expect(!late.contains("may approve") && !late.contains("stella approvals approve") && late.hasSuffix(command))
    let expired = SampleReport.show(try SampleReport().report(state: .expired))
    #expect(!late.contains("\nYou ") && expired.hasSuffix(command))
    report.run.state = .approved
    report.run.executeBy = report.now
    #expect(!SampleReport.show(report).contains("runs execute"))
    report.run.rollsBack = "r-00000001"
    #expect(SampleReport.show(report).hasSuffix("  stella runs rollback r-00000001\n"))
    report.run.rollsBack = nil
    report.run.parameters = ["queue": .text("a; rm -rf /"), "--digest": .text("x"), "count": .integer(3)]
    #expect(SampleReport.show(report).contains(" --param count=3 --param queue=… "))
    #expect(!SampleReport.show(report).contains("rm -rf /\n"))
    let list = RunTable(terminal: SampleReport.terminal(nil)).text([report], freeze: nil, now: report.now)
    #expect(list.contains("approved, too late"))
  }

  @Test("A reason is shown to its end, with its remedy, on lines of its own")
  func reasons() throws {
    var report = try SampleReport().report(state: .planFailed)
    let remedy =
      "Name the columns that the rows must hold. A fix never means all rows of a table, and says so where it does."
    report.run.detail = "Fixes/a.lua:5: effect 1: where is empty, which would mean every row\n    \(remedy)\n"
    report.steps[0].detail = String(repeating: "the row holds another value, ", count: 6) + "look there"
    for columns in [60, 80, 120] {
      let text = SampleReport.show(report, columns: columns)
      let said = text.split(separator: "\n").compactMap { line -> Substring? in
        guard let start = line.firstIndex(of: "\""), line.hasPrefix("          "), line.hasSuffix("\"") else {
          return nil
        }
        return line[line.index(after: start)...].dropLast()
      }.joined(separator: " ")
      #expect(said.contains("which would mean every row \(remedy)"), "\(text)")
      #expect(said.contains("another value, look there") && !text.contains(#"\n"#), "\(text)")
    }
  }

  @Test("A plan of many effects fits the screen and leaves none uncounted")
  func manyEffects() throws {
    var report = try SampleReport().report()
    var content = try #require(report.plan?.content)
    content.effects = Array(repeating: content.effects[1], count: 100) + [content.effects[0]]
    content.targets.removeAll { $0.name == "q-03" }
    report.plan = try Plan(content, knownSecrets: .none)
    let text = SampleReport.show(report)
    #expect(text.split(separator: "\n").count < 60)
    #expect(text.contains("    and 99 more http.request billing\n"))
    #expect(text.contains("  e1   http.request billing, class keyed\n") && !text.contains("  e2 "))
    #expect(text.contains("  e101 sql.update orders jobs, 42 rows exactly, class tx\n"))
    let all = RunScreen(report: report, terminal: SampleReport.terminal(120), showsAllEffects: true).text()
    #expect(all.contains("  e101 sql.update orders jobs, 42 rows exactly, class tx\n"))
  }

  @Test("Without a plan the screen says so, and why")
  func noPlan() throws {
    var report = try SampleReport().report(state: .planFailed)
    report.plan = nil
    report.alert = nil
    report.run.digest = nil
    let text = SampleReport.show(report)
    #expect(text.contains("\nPlan      none\n") && text.contains("State     plan failed\n"))
    #expect(text.contains("Why       rule pay.stuck, alert 0a91b2c3d4e5\n"))
  }

  @Test("Colours carry no meaning: without them the screen is the same text")
  func colours() throws {
    let report = try SampleReport().report(state: .unknown)
    let terminal = Terminal(descriptor: -1, isTerminal: true, environment: ["COLUMNS": "120"])
    let coloured = RunScreen(report: report, terminal: terminal).text()
    #expect(coloured.contains("\u{1b}["))
    var plain = ""
    var isEscape = false
    for scalar in coloured.unicodeScalars {
      if scalar == "\u{1b}" { isEscape = true }
      if !isEscape { plain.unicodeScalars.append(scalar) }
      if isEscape, scalar == "m" { isEscape = false }
    }
    #expect(plain == SampleReport.show(report))
  }
}

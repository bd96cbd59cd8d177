import StellaModel
import StellaRemediation

@testable import StellaCommands

/// A run that waits for votes, with everything that a screen can show. Every text that a script, a database, a log or a person
/// could have written is `text`'s.
struct SampleReport {
  static let time = Timestamp.parse("2026-11-21T10:14:00Z")!
  static let minute: Int64 = 60_000_000_000

  /// Gives a text for a plain one: the same, or a hostile one.
  var text: (String) -> String = { $0 }

  static func digest(_ byte: UInt8) -> ContentDigest { ContentDigest(bytes: [UInt8](repeating: byte, count: 32))! }

  static let people = try! People.checked([
    Person(name: "mara", groups: ["sre"], roles: [.approver]),
    Person(name: "tomas", groups: ["sre"], roles: [.approver]),
    Person(name: "ivo", groups: ["payments"], roles: [.approver]), Person(name: "ada", roles: [.admin]),
  ])

  static let policy: Policy = {
    var policy = Policy(name: "prod-data")
    policy.needs = [Policy.Need(group: "sre", count: 1), Policy.Need(group: "payments", count: 1)]
    policy.windows = [[MaintenanceWindow(start: 6 * 60, end: 18 * 60)]]
    return policy
  }()

  func names(_ values: NamedValues) -> NamedValues {
    (try? NamedValues(values.map { NamedValues.Member(text($0.name), value($0.value)) }))
      ?? values.mapValues { value($0.value) }
  }

  func value(_ value: EffectValue) -> EffectValue {
    switch value {
    case .text(let text): .text(self.text(text))
    case .array(let elements): .array(elements.map(self.value))
    case .object(let members): .object(names(members))
    default: value
    }
  }

  /// - Parameter rows: of the update.
  func plan(rows: Int = 42) throws -> Plan {
    let update = Effect.SQLUpdate(
      target: text("orders"), table: text("jobs"), selector: ["state": value("stuck")],
      set: ["state": value("queued"), "tries": 0])
    let changes = (0..<rows).map { index in
      RowChange(
        key: ["id": .integer(Int64(81_204 + index))], before: ["state": value("stuck"), "tries": 3],
        after: ["state": value("queued"), "tries": 0])
    }
    let request = Effect.HTTPRequest(
      target: text("billing"), method: "POST", url: "https://billing.example/requeue?all=1",
      headers: ["authorization": .array(["Bearer ", .secret(SecretReference("billing@v7")!)])],
      body: .object(["ids": .array([1, 2, 3, 4, 5, 6, 7]), "why": value("stuck jobs")]),
      idempotencyHeader: "idempotency-key",
      expectedStatuses: [200, 202])
    let exec = Effect.Exec(
      target: text("q-03"), argv: ["/usr/bin/systemctl", value("restart"), value("payq.service")],
      observation: Observation(.run(argv: [text("is-active")]), applied: [0], notApplied: [3]))
    let targets = [("orders", "postgres", "7390412255830117"), ("billing", "http", nil), ("q-03", "host", "machine-1")]
    return try Plan(
      PlanContent(
        fixID: text("requeue-stuck-payments"), fixDigest: Self.digest(0x9C), apiLevel: 1,
        parameters: ["queue": value("payments")],
        targets: targets.map { TargetIdentity(name: text($0.0), kind: $0.1, physicalID: $0.2.map(text)) },
        bounds: PlanBounds(rows: 1000, targets: 5),
        effects: [
          PreparedEffect(
            .sqlUpdate(update), class: .tx, precondition: .rows(exactly: rows), rowLimit: 1000, rows: changes,
            undo: .restore),
          PreparedEffect(.httpRequest(request), class: .keyed, undo: .irreversible(reason: text("mails were sent"))),
          PreparedEffect(
            .exec(exec), class: .probe, precondition: .observedNotApplied,
            undo: .effect(.exec(Effect.Exec(target: text("q-03"), argv: ["/usr/bin/systemctl", value("stop")])))),
        ]), knownSecrets: .none)
  }

  func run(_ plan: Plan?, state: RunState = .awaiting) -> Run {
    var run = Run(
      id: "r-7f3a2c01", fix: text("requeue-stuck-payments"), fixTitle: text("Requeue stuck payments"),
      fixFile: text("Fixes/payments.lua"), subject: "s", parameters: ["queue": value("payments")],
      requestedBy: text("rule:pay.stuck"), policy: "prod-data", proposedAt: Self.time - 14 * Self.minute)
    run.state = state
    run.rule = text("pay.stuck")
    run.alert = "0a91b2c3d4e5f60718293a4b5c6d7e8f"
    run.reason = text("handles the rule; 3 of 3 earlier runs helped")
    run.editors = [text("tomas")]
    run.digest = plan?.digest
    run.targets = plan?.content.targets.map(\.name) ?? []
    run.effectCount = plan?.content.effects.count ?? 0
    run.rowCount = plan?.rowCount ?? 0
    run.plannedAt = Self.time - 12 * Self.minute
    run.checkedAt = Self.time - Self.minute
    run.decideBy = Self.time + 11 * Self.minute
    run.detail = text("waits for votes")
    return run
  }

  func report(rows: Int = 42, state: RunState = .awaiting, viewer: RunReport.Viewer = .person("ivo")) throws
    -> RunReport
  {
    let plan = try plan(rows: rows)
    let run = run(plan, state: state)
    let votes = [
      RunVote(
        run: run.id, voter: "mara", decision: .approve, digest: plan.digest, reason: text("matches runbook 12"),
        time: Self.time - 8 * Self.minute),
      RunVote(
        run: run.id, voter: text("token:ci"), decision: .approve, digest: plan.digest, reason: text("automatic"),
        time: Self.time - 7 * Self.minute),
    ]
    let quorum = Quorum(policy: Self.policy, people: Self.people, votes: votes, facts: VotingFacts(run))
    var report = RunReport(
      run: run, policy: Self.policy, quorum: quorum, viewer: viewer,
      freeze: Freeze(by: "mara", reason: text("incident 7"), since: Self.time - Self.minute), now: Self.time)
    report.plan = plan
    report.notes = [text("3 jobs are older than a day")]
    report.reads = RunReport.Reads(queries: 2, rows: 214, duration: 38_000_000)
    report.earlierAttempts = 0
    var step = RunStep(run: run.id, group: 1, epoch: 4, intendedAt: Self.time)
    step.detail = text("server closed the connection")
    report.steps = state == .awaiting ? [] : [step]
    report.alert = .object([
      .init("id", .string(run.alert)), .init("rule", .string(text("pay.stuck"))),
      .init("severity", .string(text("high"))),
      .init("summary", .string(text("42 payments are stuck"))),
      .init("key", .object([.init(text("queue"), .string(text("payments")))])),
      .init("first_seen", .string("2026-11-21T09:58:10.000000000Z")),
      .init("last_seen", .string("2026-11-21T10:01:44.000000000Z")), .init("count", .integer(42)),
      .init(
        "evidence",
        .array(
          (0..<5).map { _ in
            .object([
              .init("time", .string("2026-11-21T09:58:10.000000000Z")), .init("level", .string("error")),
              .init("service", .string(text("payq"))), .init("message", .string(text("job is stuck"))),
              .init("fields", .object([])),
            ])
          })),
    ])
    return report
  }

  static func terminal(_ columns: Int?) -> Terminal {
    Terminal(
      descriptor: -1, isTerminal: columns != nil,
      environment: columns.map { ["COLUMNS": String($0), "NO_COLOR": "1"] } ?? [:])
  }

  static func show(_ report: RunReport, columns: Int? = 120) -> String {
    RunScreen(report: report, terminal: terminal(columns)).text()
  }
}

import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("Runs")
struct RunTests {
  let harness: RunHarness

  init() throws { harness = try RunHarness() }

  private func proposed(
    _ target: LedgerTarget = LedgerTarget("hook"), class effectClass: EffectClass = .keyed, effects: Int = 1
  ) throws -> Run {
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request(class: effectClass, count: effects))
    return try #require(try harness.remediation.propose(RunHarness.alert()))
  }

  @Test("A safe fix runs at once, decided by the policy, and every step of it is on record")
  func safe() throws {
    let target = LedgerTarget("hook", isSafe: true)
    let run = try proposed(target)
    #expect(run.state == .approved)
    #expect(try harness.store.readRuns { try $0.votes(on: run.id) }.map(\.voter) == ["policy:safe"])
    let ran = try harness.runner().turn()
    #expect(ran.map(\.state) == [.succeeded])
    #expect(target.ledger == ["\(run.id)-e1"])
    #expect(
      try harness.records(of: run.id) == [
        "run.proposed", "run.changed planning_started", "script.executed plan", "plan.recorded plan_recorded",
        "run.decision approved", "run.changed claimed", "run.changed digest_confirmed",
        "effect.intended effect_intended", "effect.outcome effect_applied", "run.changed all_applied",
        "run.verified verified_good",
      ])
    try harness.checkLog()
  }

  @Test("A safe fix that a token asks for waits for a person; one that a person asks for runs at once")
  func safeOfToken() throws {
    let target = LedgerTarget("hook", isSafe: true)
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
    let parameters = [FieldValue.Member("service", .string("shop"))]
    let run = try harness.remediation.request(
      "restart", parameters: parameters, by: Caller.tokenActor("ci", owner: "root"))
    #expect(run.state == .awaiting && run.isSafe)
    #expect(try harness.store.readRuns { try $0.votes(on: run.id) }.isEmpty)
    let runner = try harness.runner()
    #expect(try runner.turn().isEmpty)
    #expect(target.ledger.isEmpty)
    #expect(try harness.vote(run, by: "mara").run.state == .approved)
    #expect(try runner.turn().map(\.state) == [.succeeded])
    let own = try harness.remediation.request("restart", parameters: parameters, by: "user:mara")
    #expect(own.state == .approved)
  }

  @Test(
    "Who has asked for a fix with the same parameters can't ask again before that is decided",
    arguments: ["user:mara", Caller.tokenActor("ci", owner: "root")])
  func same(actor: String) throws {
    harness.targets.executors = ["hook": LedgerTarget("hook")]
    harness.load(RunHarness.request(), RunHarness.request(id: "other"))
    func ask(_ fix: String = "restart", service: String = "shop", by asker: String? = nil) throws -> Run {
      try harness.remediation.request(fix, parameters: [.init("service", .string(service))], by: asker ?? actor)
    }
    let first = try ask()
    #expect(first.state == .awaiting)
    let failure = #expect(throws: RemediationError.self) { try ask() }
    #expect(failure?.code == .conflict && failure?.message.contains(first.id) == true, "\(failure as Any)")
    #expect(try harness.runs(.awaiting).map(\.id) == [first.id])
    let others = try [ask("other"), ask(service: "mail"), ask(by: "user:ivo")]
    #expect(others.allSatisfy { $0.state == .awaiting })
    #expect(try harness.vote(first, by: "ivo", .reject).run.state == .rejected)
    // One that is being planned counts, too, as long as somebody may be at it.
    try harness.store.write(as: .command) { transaction in
      let journal = harness.remediation.journal
      var run = Run(
        id: "planned", fix: first.fix, fixTitle: first.fixTitle, fixFile: first.fixFile, subject: first.subject,
        parameters: first.parameters, requestedBy: actor, policy: first.policy, proposedAt: harness.time.now())
      try journal.propose(run, transaction)
      try journal.record(.planningStarted, on: &run, actor: actor, transaction)
    }
    let second = #expect(throws: RemediationError.self) { try ask() }
    #expect(second?.code == .conflict && second?.message.contains("planned is being planned") == true)
    harness.time.advance(by: Policy.hour / 6)
    #expect(try ask().state == .awaiting)
    // Nobody can decide on one that is late, whether or not a runner has said so.
    harness.time.advance(by: 5 * Policy.hour)
    #expect(try ask().state == .awaiting)
    try harness.checkLog()
  }

  @Test("What a token has planned anew waits for a person, whoever asked for it, and though it is safe now")
  func replannedByToken() throws {
    let run = try proposed(LedgerTarget("hook"))
    #expect(run.state == .awaiting)
    let target = LedgerTarget("hook", isSafe: true)
    target.move(to: "ledger-2")
    harness.targets.executors = ["hook": target]
    let token = Caller.tokenActor("ci", owner: "root")
    let next = try harness.remediation.replan(run.id, by: token)
    #expect(next.supersedes == run.id && next.isSafe && next.editors == [token])
    #expect(next.state == .awaiting && next.requestedBy == run.requestedBy)
    #expect(try harness.runner().turn().isEmpty)
    #expect(target.ledger.isEmpty)
    #expect(try harness.vote(next, by: "mara").run.state == .approved)
  }

  @Test("Any other fix waits until somebody who may approves exactly its plan")
  func waits() throws {
    let target = LedgerTarget("hook")
    let run = try proposed(target)
    #expect(run.state == .awaiting)
    let runner = try harness.runner()
    #expect(try runner.turn().isEmpty)
    #expect(target.ledger.isEmpty)
    #expect(throws: RemediationError.self) { try runner.execute(run.id) }

    let error = #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "root") }
    #expect(error?.refusal.isPermission == true)
    let wrong = #expect(throws: RefusedBallot.self) {
      try harness.remediation.vote(.approve, on: run.id, by: "mara", digest: "000000000000", reason: "x")
    }
    #expect(wrong?.refusal == .otherPlan(now: try #require(run.digest)))
    #expect(try harness.run(run.id).state == .awaiting)

    #expect(try harness.vote(run, by: "mara").run.state == .approved)
    #expect(try harness.vote(run, by: "mara").isRepeated)
    #expect(try runner.turn().map(\.state) == [.succeeded])
    #expect(try runner.turn().isEmpty)
    #expect(target.ledger == ["\(run.id)-e1"])
    try harness.checkLog()
  }

  @Test("A quorum needs several people, and one rejection is final")
  func quorum() throws {
    var policy = Policy(name: "two")
    policy.needs = [.init(group: "sre", count: 1), .init(group: "payments", count: 1)]
    harness.policies = PolicySet([policy])
    let run = try proposed()
    #expect(try harness.vote(run, by: "mara").run.state == .awaiting)
    #expect(try harness.vote(run, by: "mara").isRepeated)
    #expect(try harness.vote(run, by: "ivo", .reject).run.state == .rejected)
    let late = #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "ivo") }
    #expect(late?.refusal == .notAwaiting(.rejected))
    #expect(try harness.runner().turn().isEmpty)
  }

  @Test("A role that was taken away after the vote no longer counts when the run would begin")
  func removedRole() throws {
    let target = LedgerTarget("hook")
    let run = try proposed(target)
    _ = try harness.vote(run, by: "mara")
    harness.people = try People.checked(
      [Person(name: "mara", uids: [1001], groups: ["sre"], roles: [.viewer])], groups: ["sre"])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    #expect(target.ledger.isEmpty)
    #expect(try harness.run(run.id).detail.contains("no longer holds"))
  }

  @Test("A decision comes too late after its deadline, and an approval runs out, whatever the clock does later")
  func deadlines() throws {
    let run = try proposed()
    harness.time.advance(by: 4 * 3600 * 1_000_000_000)
    let late = #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "mara") }
    #expect(late?.refusal.isPermission == false)
    #expect(try harness.run(run.id).state == .expired)
    harness.time.set(by: -4 * 3600 * 1_000_000_000)
    #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "mara") }

    harness.time.advance(by: 86_400 * 1_000_000_000)
    let second = try #require(try harness.remediation.propose(RunHarness.alert("a2")))
    _ = try harness.vote(second, by: "mara")
    harness.time.advance(by: 31 * 60 * 1_000_000_000)
    #expect(try harness.runner().turn().isEmpty)
    #expect(try harness.run(second.id).state == .expired)
  }

  @Test("A freeze stops the next effect, durably, and what was approved goes on when it ends")
  func freeze() throws {
    let target = LedgerTarget("hook")
    let run = try proposed(target, effects: 2)
    _ = try harness.vote(run, by: "mara")
    _ = try harness.remediation.setFreeze(true, by: "mara", reason: "incident")
    let runner = try harness.runner()
    #expect(try runner.turn().isEmpty)
    let frozen = #expect(throws: RemediationError.self) { try runner.execute(run.id) }
    #expect(frozen?.code == .frozen)
    #expect(try harness.run(run.id).state == .frozen)
    _ = try harness.remediation.setFreeze(false, by: "mara", reason: "over")
    // It comes again while the first of two effects is under way.
    let remediation = harness.remediation
    target.before { _ = try? remediation.setFreeze(true, by: "ivo", reason: "again") }
    #expect(try runner.turn().map(\.state) == [.partial])
    #expect(target.ledger == ["\(run.id)-e1"])
    try harness.checkLog()
  }

  @Test("Another plan under the lock supersedes the run: nothing happens, and the votes stay behind")
  func superseded() throws {
    let target = LedgerTarget("hook")
    let run = try proposed(target)
    _ = try harness.vote(run, by: "mara")
    harness.targets.executors = ["hook": LedgerTarget("hook", physicalID: "ledger-2")]
    let ran = try harness.runner().turn()
    #expect(ran.map(\.state) == [.superseded])
    let next = try harness.run(try #require(try harness.run(run.id).supersededBy))
    #expect(next.state == .awaiting && next.supersedes == run.id && next.digest != run.digest)
    #expect(try harness.store.readRuns { try $0.votes(on: next.id) }.isEmpty)
    #expect(target.ledger.isEmpty)
    let old = #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "ivo") }
    #expect(old?.refusal == .notAwaiting(.superseded))
  }

  @Test("A target that changes faster than people decide ends with a person, not in a circle")
  func liveness() throws {
    var run = try proposed()
    for number in 2...6 {
      harness.targets.executors = ["hook": LedgerTarget("hook", physicalID: "ledger-\(number)")]
      run = try harness.remediation.replan(run.id, by: "user:mara")
      if run.state != .awaiting { break }
    }
    #expect(run.state == .superseded && run.supersededBy == nil)
    #expect(run.supersessions == Remediation<SQLiteStore>.supersessionLimit)
    #expect(try harness.runs(.awaiting).isEmpty)
  }

  @Test("A request whose answer is lost is sent again with its key, and takes effect once")
  func keyed() throws {
    let target = LedgerTarget("hook", [.silent, .deaf, .obedient])
    let run = try proposed(target)
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(target.ledger == ["\(run.id)-e1"] && target.calls == 3)
  }

  @Test(
    "An effect with an observation is looked at before it, and after an answer that was lost",
    arguments: [(LedgerTarget.Manner.silent, RunState.succeeded), (.deaf, .failed), (.refusing, .failed)])
  func probed(manner: LedgerTarget.Manner, end: RunState) throws {
    let target = LedgerTarget("hook", [manner])
    let run = try proposed(target, class: .probe)
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [end])
    #expect(target.calls == 1)
  }

  @Test("An effect that nothing tells about is never tried twice: a person says what became of it")
  func blind() throws {
    let target = LedgerTarget("hook", [.silent])
    let run = try proposed(target, class: .blind, effects: 2)
    _ = try harness.vote(run, by: "mara")
    let runner = try harness.runner()
    #expect(try runner.turn().map(\.state) == [.unknown])
    #expect(try runner.turn().isEmpty)
    #expect(try harness.runner().recover().isEmpty)
    #expect(target.calls == 1)

    #expect(throws: RemediationError.self) {
      try harness.remediation.reconcile(run.id, isApplied: true, by: "root", reason: "x")
    }
    target.become([.obedient])
    #expect(try harness.remediation.reconcile(run.id, isApplied: true, by: "ivo", reason: "seen").state == .applying)
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(target.ledger == ["\(run.id)-e1", "\(run.id)-e2"])
    try harness.checkLog()
  }

  @Test("What a person says didn't happen isn't tried again")
  func reconciledAsNotApplied() throws {
    let target = LedgerTarget("hook", [.deaf])
    let run = try proposed(target, class: .blind, effects: 2)
    _ = try harness.vote(run, by: "mara")
    _ = try harness.runner().turn()
    #expect(try harness.remediation.reconcile(run.id, isApplied: false, by: "ivo", reason: "seen").state == .stopped)
    #expect(try harness.runner().turn().map(\.state) == [.failed])
    #expect(target.calls == 1)
  }

  @Test("Half a run is for a person to decide, or is taken back by policy in reverse order")
  func half() throws {
    let target = LedgerTarget("hook", [.obedient, .obedient, .refusing])
    let run = try proposed(target, effects: 3)
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.partial])
    #expect(try harness.steps(run.id).map(\.state) == [.applied, .applied, .notApplied])

    target.become([.obedient])
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    #expect(undoing.state == .awaiting)
    #expect(try harness.remediation.requestRollback(of: run.id, by: "user:ivo").id == undoing.id)
    let own = #expect(throws: RefusedBallot.self) { try harness.vote(undoing, by: "mara") }
    #expect(own?.refusal.isPermission == true)
    _ = try harness.vote(undoing, by: "ivo")
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(try harness.run(run.id).state == .rolledBack)
    #expect(target.ledger.suffix(2) == ["\(undoing.id)-e1", "\(undoing.id)-e2"])
    try harness.checkLog()
  }

  @Test("A run that was taken back has neither helped nor failed to, and its rollback is no run of the fix")
  func history() throws {
    func suggestion() throws -> Suggestion {
      try #require(try harness.remediation.suggestions(for: RunHarness.alert("a2")).first)
    }
    let target = LedgerTarget("hook", isSafe: true)
    let run = try proposed(target)
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    let helped = try suggestion()
    #expect(helped.succeeded == 1 && helped.unsuccessful == 0 && helped.takenBack == 0)
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    if undoing.state == .awaiting { _ = try harness.vote(undoing, by: "ivo") }
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(try harness.run(run.id).state == .rolledBack)
    let after = try suggestion()
    #expect(after.succeeded == 0 && after.unsuccessful == 0 && after.takenBack == 1)
  }

  @Test("A policy that rolls back by itself asks nobody")
  func automaticRollback() throws {
    var policy = Policy(name: "auto")
    policy.rollsBackByItself = true
    harness.policies = PolicySet([policy])
    let target = LedgerTarget("hook", [.obedient, .refusing, .obedient])
    let run = try proposed(target, effects: 2)
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.rolledBack])
    #expect(target.ledger.count == 2)
    _ = run
  }

  @Test("One alert is proposed for once; attempts at one thing wait for the cooldown, and a breaker opens")
  func repetition() throws {
    let target = LedgerTarget("hook", isSafe: true, [.refusing])
    let run = try proposed(target)
    #expect(try harness.remediation.propose(RunHarness.alert()) == nil)
    let runner = try harness.runner()
    #expect(try runner.turn().map(\.state) == [.failed])
    // The same trouble as a new alert within the cooldown.
    #expect(try harness.remediation.propose(RunHarness.alert("a2")) == nil)
    for number in 3...50 { #expect(try harness.remediation.propose(RunHarness.alert("a\(number)")) == nil) }
    #expect(try harness.runs(.suppressed).count == 1)
    // Other subjects on the same target, until its breaker opens.
    for (number, service) in ["b", "c"].enumerated() {
      #expect(try harness.remediation.propose(RunHarness.alert("s\(number)", service: service)) != nil)
      #expect(try runner.turn().map(\.state) == [.failed])
    }
    #expect(try harness.remediation.propose(RunHarness.alert("s9", service: "d")) == nil)
    let last = try #require(try harness.runs(.suppressed).last)
    #expect(last.detail.contains("breaker"))
    #expect(run.state == .approved)
  }

  @Test("A fix that applies and isn't asked for is told with the reason, also when that is on record already")
  func notAsked() throws {
    let target = LedgerTarget("hook")
    func why(_ alert: Alert) throws -> NotAsked? {
      var told: [NotAsked] = []
      #expect(try harness.remediation.propose(alert) { told.append($0) } == nil)
      #expect(told.count <= 1)
      return told.last
    }
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
    #expect(try harness.remediation.missedFix(for: RunHarness.alert()) == "restart")
    let run = try proposed(target)
    #expect(try harness.remediation.missedFix(for: RunHarness.alert()) == nil)
    let again = try #require(try why(RunHarness.alert()))
    #expect(again.run == run.id && again.why == "the same alert was asked for before, and that is awaiting")
    let held = try #require(try why(RunHarness.alert("a2")))
    let record = try #require(try harness.runs(.suppressed).first)
    #expect(held == NotAsked(fix: "restart", why: record.detail, run: record.id))
    #expect(try why(RunHarness.alert("a3"))?.run == record.id)

    harness.load(
      """
      return fix {
        api = 1, id = "idle", title = "Nothing", handles_type = { "service_down" }, targets = { "hook" },
        plan = function(ctx, p) return {} end,
      }
      """)
    let idle = try #require(try why(RunHarness.alert("a4")))
    let empty = try #require(try harness.runs(.noChange).first)
    #expect(idle == NotAsked(fix: "idle", why: "there is nothing to change", run: empty.id))
    #expect(try why(RunHarness.alert("a5")) == idle)
  }

  @Test("One person decides alone where the policy says so, and not again before somebody else has reviewed it")
  func breakGlass() throws {
    var policy = Policy(name: "two")
    policy.total = 2
    policy.cooldown = 0
    policy.breakGlass = .init(users: ["mara"])
    harness.policies = PolicySet([policy])
    let run = try proposed()
    let digest = try #require(run.digest).short
    for (voter, reason) in [("ivo", "fire"), ("mara", " ")] {
      let refused = #expect(throws: RemediationError.self) {
        try harness.remediation.breakGlass(on: run.id, by: voter, digest: digest, reason: reason)
      }
      #expect(refused?.code == .notPermitted)
    }
    #expect(throws: RefusedBallot.self) {
      try harness.remediation.breakGlass(on: run.id, by: "mara", digest: "000000000000", reason: "fire")
    }
    _ = try harness.remediation.breakGlass(on: run.id, by: "mara", digest: digest, reason: "fire")
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])

    let next = try #require(try harness.remediation.propose(RunHarness.alert("a2", service: "other")))
    let again = {
      try harness.remediation.breakGlass(on: next.id, by: "mara", digest: next.digest!.short, reason: "fire")
    }
    #expect(throws: RemediationError.self) { try again() }
    #expect(throws: RemediationError.self) { try harness.remediation.review(run.id, by: "mara", reason: "mine") }
    #expect(try harness.remediation.review(run.id, by: "ivo", reason: "was right").reviewedBy == "ivo")
    #expect(try again().state == .approved)
    try harness.checkLog()
  }

  @Test("An older engine can write nothing once another has taken over")
  func fenced() throws {
    let target = LedgerTarget("hook")
    let run = try proposed(target)
    _ = try harness.vote(run, by: "mara")
    let old = try harness.runner()
    let new = try harness.runner()
    let error = #expect(throws: StoreError.self) { try old.turn() }
    #expect(error?.code == .fenced)
    #expect(target.calls == 0)
    #expect(try new.turn().map(\.state) == [.succeeded])
  }
}

import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

/// People and engines that want something of one run at the same instant, each through connections of its own to one file.
@Suite("Races about one run")
struct RaceTests {
  static let rounds: ClosedRange<UInt64> = 1...12

  let harness: RunHarness
  let target = LedgerTarget("hook")
  let other: SQLiteStore

  init() throws {
    harness = try RunHarness()
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
    other = try harness.connection()
  }

  private func proposed(_ round: UInt64) throws -> Run {
    try #require(try harness.remediation.propose(RunHarness.alert("a\(round)", service: "s\(round)")))
  }

  private var mine: Remediation<SQLiteStore> { harness.remediation }
  private var theirs: Remediation<SQLiteStore> { harness.remediation(on: other) }

  /// The states that the run was led to, in the order of the log.
  private func course(of run: Run) throws -> [RunState] {
    try harness.records().filter { $0.run == run.id }.compactMap { $0.text("to").flatMap { RunState(rawValue: $0) } }
  }

  /// Who wasn't served was told a state that the run really was in.
  private func checkTruth(_ answers: [Answer], of run: Run, _ seed: UInt64) throws {
    let course = try course(of: run)
    for answer in answers {
      switch answer {
      case .done(let state), .repeated(let state), .refused(.notAwaiting(let state)):
        #expect(course.contains(state), "seed \(seed): told \(state), course \(course)")
      case .refused(.late): #expect(course.contains(.expired), "seed \(seed)")
      case .conflict, .fenced: break
      case .refused, .other: Issue.record("seed \(seed): \(answer)")
      }
    }
  }

  @Test("Of two approvers at one instant, where one is enough, one decides, and it is carried out once")
  func twoApprovers() throws {
    let runner = try harness.runner()
    for seed in Self.rounds {
      let run = try proposed(seed)
      let (mine, theirs) = (mine, theirs)
      let answers = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: run, by: "mara", in: mine) }, { .vote(.approve, on: run, by: "ivo", in: theirs) },
        ])
      #expect(answers.filter(\.isDone) == [.done(.approved)], "seed \(seed): \(answers)")
      #expect(answers.contains(.refused(.notAwaiting(.approved))), "seed \(seed): \(answers)")
      #expect(try course(of: run) == [.planning, .awaiting, .approved])
      #expect(try runner.turn().map(\.state) == [.succeeded])
      #expect(target.ledger.filter { $0.hasPrefix(run.id) } == ["\(run.id)-e1"])
      try checkTruth(answers, of: run, seed)
    }
    try harness.checkLog()
  }

  @Test("Where two are needed both votes count, the second decides, and one person in two sessions is one of them")
  func quorumOfTwo() throws {
    var policy = Policy(name: "two")
    policy.total = 2
    harness.policies = PolicySet([policy])
    for seed in Self.rounds {
      let run = try proposed(seed)
      let (mine, theirs) = (mine, theirs)
      let twice = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: run, by: "mara", in: mine) }, { .vote(.approve, on: run, by: "mara", in: theirs) },
        ])
      #expect(twice.contains(.done(.awaiting)) && twice.contains(.repeated(.awaiting)), "seed \(seed): \(twice)")
      #expect(try harness.store.readRuns { try $0.votes(on: run.id) }.count == 1)
      let second = try proposed(seed + 1000)
      let both = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: second, by: "mara", in: mine) },
          { .vote(.approve, on: second, by: "ivo", in: theirs) },
        ])
      #expect(both.contains(.done(.awaiting)) && both.contains(.done(.approved)), "seed \(seed): \(both)")
      #expect(try course(of: second) == [.planning, .awaiting, .awaiting, .approved])
    }
    try harness.checkLog()
  }

  @Test("Of an approval and a rejection the first in the log holds, and the other is told so")
  func approveReject() throws {
    let runner = try harness.runner()
    for seed in Self.rounds {
      let run = try proposed(seed)
      let (mine, theirs) = (mine, theirs)
      let answers = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: run, by: "mara", in: mine) }, { .vote(.reject, on: run, by: "ivo", in: theirs) },
        ])
      let end = try harness.run(run.id).state
      #expect(answers.filter(\.isDone) == [.done(end)] && [.approved, .rejected].contains(end), "seed \(seed)")
      #expect(answers.contains(.refused(.notAwaiting(end))), "seed \(seed): \(answers)")
      _ = try runner.turn()
      #expect(target.ledger.filter { $0.hasPrefix(run.id) }.count == (end == .approved ? 1 : 0))
    }
    try harness.checkLog()
  }

  @Test("A vote at the moment when the time to decide ends counts or is too late, and the run knows which")
  func approveExpiry() throws {
    let runner = try Runner(theirs, holder: "a test")
    for seed in Self.rounds {
      let run = try proposed(seed)
      let (mine, time) = (mine, harness.time)
      time.advance(by: 4 * Policy.hour - 1)
      let answers = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: run, by: "mara", in: mine) },
          {
            Answer {
              time.advance(by: 1)
              _ = try runner.turn()
              return .expired
            }
          },
        ])
      _ = try runner.turn()
      let end = try harness.run(run.id).state
      switch answers[0] {
      case .done(.approved): #expect(end == .succeeded, "seed \(seed)")
      case .refused(.late), .refused(.notAwaiting(.expired)): #expect(end == .expired, "seed \(seed)")
      default: Issue.record("seed \(seed): \(answers)")
      }
      #expect(target.ledger.filter { $0.hasPrefix(run.id) }.count == (end == .succeeded ? 1 : 0))
    }
    try harness.checkLog()
  }

  @Test("A plan that is replaced at the instant of its approval is never carried out, and takes no vote with it")
  func approveSupersede() throws {
    for seed in Self.rounds {
      let run = try proposed(seed)
      target.move(to: "moved \(seed)")
      let (mine, theirs) = (mine, theirs)
      let answers = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: run, by: "mara", in: mine) },
          { Answer { try theirs.replan(run.id, by: "user:ivo").state } },
        ])
      let former = try harness.run(run.id)
      #expect(former.state == .superseded && answers[1] == .done(.awaiting), "seed \(seed): \(answers)")
      #expect([.done(.approved), .refused(.notAwaiting(.superseded))].contains(answers[0]), "seed \(seed)")
      let next = try harness.run(try #require(former.supersededBy))
      #expect(next.state == .awaiting && next.digest != run.digest)
      #expect(try harness.store.readRuns { try $0.votes(on: next.id) }.isEmpty)
      #expect(try harness.runner().turn().isEmpty)
      try checkTruth([answers[0]], of: run, seed)
    }
    #expect(target.ledger.isEmpty)
    try harness.checkLog()
  }

  @Test("What is withdrawn at the instant of its approval or of its beginning is withdrawn, or has begun")
  func approveWithdraw() throws {
    let runner = try Runner(harness.remediation(on: harness.connection()), holder: "a test")
    for seed in Self.rounds {
      let run = try proposed(seed)
      let (mine, theirs) = (mine, theirs)
      let answers = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: run, by: "mara", in: mine) },
          { Answer { try theirs.withdraw(run.id, by: "ivo", reason: "no").state } },
          { Answer { try runner.turn().last?.state ?? .awaiting } },
        ])
      _ = try runner.turn()
      let end = try harness.run(run.id).state
      #expect([.withdrawn, .succeeded].contains(end), "seed \(seed): \(answers)")
      #expect((answers[1] == .done(.withdrawn)) == (end == .withdrawn), "seed \(seed): \(answers)")
      #expect(answers[1] == .done(.withdrawn) || answers[1] == .conflict, "seed \(seed): \(answers)")
      #expect(target.ledger.filter { $0.hasPrefix(run.id) }.count == (end == .succeeded ? 1 : 0))
      // Who was to begin it was told that it no longer can be; anything else would be a fault.
      #expect([.done(.withdrawn), .done(.succeeded), .done(.awaiting), .conflict].contains(answers[2]), "\(answers)")
      try checkTruth([answers[0]], of: run, seed)
    }
    try harness.checkLog()
  }

  @Test("No effect is intended after a freeze that came at the instant of an approval or of a beginning")
  func approveFreeze() throws {
    let runner = try Runner(harness.remediation(on: harness.connection()), holder: "a test")
    for seed in Self.rounds {
      let run = try proposed(seed)
      let (mine, theirs) = (mine, theirs)
      let answers = Contest.hold(
        seed: seed,
        [
          { .vote(.approve, on: run, by: "mara", in: mine) },
          { Answer { try theirs.setFreeze(true, by: "ivo", reason: "stop") == nil ? .awaiting : .frozen } },
          { Answer { try runner.turn().last?.state ?? .awaiting } },
        ])
      #expect(answers[0] == .done(.approved) && answers[1] == .done(.frozen), "seed \(seed): \(answers)")
      let records = try harness.records()
      let stop = try #require(records.lastIndex { $0.kind == .frozen })
      #expect(!records[stop...].contains { $0.kind == .effectIntended }, "seed \(seed)")
      #expect(try runner.turn().isEmpty, "seed \(seed)")
      _ = try theirs.setFreeze(false, by: "ivo", reason: "go")
      _ = try runner.turn()
      // A freeze between the check and the first intent ends the run with nothing changed.
      let end = try harness.run(run.id).state
      #expect([.succeeded, .failed].contains(end), "seed \(seed): \(end)")
      #expect(target.ledger.filter { $0.hasPrefix(run.id) }.count == (end == .succeeded ? 1 : 0))
      // It isn't for the breaker to say what the next round does.
      harness.time.advance(by: 2 * Policy.hour)
    }
    try harness.checkLog()
  }

  @Test("Of two engines on one store the later one carries out, once; the earlier one does nothing more")
  func twoEngines() throws {
    for seed in Self.rounds {
      let run = try proposed(seed)
      _ = try harness.vote(run, by: "mara")
      let (mine, theirs) = (mine, theirs)
      let answers = Contest.hold(
        seed: seed,
        [mine, theirs].map { remediation in
          {
            Answer {
              let runner = try Runner(remediation, holder: "a test")
              try runner.recover()
              return try runner.turn().last?.state ?? .awaiting
            }
          }
        })
      _ = try {
        let last = try harness.runner()
        try last.recover()
        return try last.turn()
      }()
      #expect(try harness.run(run.id).state == .succeeded, "seed \(seed): \(answers)")
      #expect(target.ledger.filter { $0.hasPrefix(run.id) } == ["\(run.id)-e1"], "seed \(seed)")
      for answer in answers where answer != .fenced && !answer.isDone { Issue.record("seed \(seed): \(answer)") }
    }
    try harness.checkLog()
  }

  @Test("An engine whose place is taken while it performs an effect records nothing of it, and begins no other")
  func takenOver() throws {
    harness.load(RunHarness.request(count: 3))
    let run = try proposed(1)
    _ = try harness.vote(run, by: "mara")
    let first = try Runner(mine, holder: "the first")
    let (theirs, target) = (theirs, target)
    target.before {
      target.before(nil)
      _ = Answer {
        let second = try Runner(theirs, holder: "the second")
        return try second.recover().last?.state ?? .awaiting
      }
    }
    #expect(Answer { try first.turn().last?.state ?? .awaiting } == .fenced)
    #expect(try harness.run(run.id).state == .succeeded)
    #expect(target.ledger == ["\(run.id)-e1", "\(run.id)-e2", "\(run.id)-e3"])
    let epochs = try harness.records().filter { $0.kind == .effectOutcome }.map(\.epoch)
    #expect(Set(epochs) == [2], "\(epochs)")
    #expect(Answer { try first.execute(run.id).state } == .fenced)
    try harness.checkLog()
  }
}

import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("The breaker")
struct BreakerTests {
  let harness: RunHarness
  let target = LedgerTarget("hook", [.refusing])

  init() throws {
    harness = try RunHarness()
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request(count: 2))
  }

  private func proposed(_ service: String) throws -> Run? {
    try harness.remediation.propose(RunHarness.alert("alert of \(service)", service: service))
  }

  private func fail(_ service: String) throws {
    _ = try harness.vote(try #require(try proposed(service)), by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.failed])
  }

  @Test("It says that it is open and until when, in the run that it holds back and to whoever asks")
  func told() throws {
    for service in ["a", "b"] { try fail(service) }
    #expect(try harness.remediation.openBreakers().isEmpty)
    let first = harness.time.now()
    harness.time.advance(by: 10 * Policy.minute)
    try fail("c")
    let closes = first + Policy.hour
    let open = try harness.remediation.openBreakers()
    #expect(open.map(\.target) == ["hook"] && open.map(\.closesAt) == [closes])
    #expect(open.first?.sentence.contains("it closes at \(Timestamp.text(closes))") == true)
    #expect(try proposed("d") == nil)
    let held = try #require(try harness.runs(.suppressed).last)
    #expect(held.detail == open.first?.sentence)
    // An engine that starts anew has counted nothing itself.
    #expect(try harness.remediation(on: harness.connection()).openBreakers() == open)
    harness.time.advance(by: closes - harness.time.now() - 1)
    #expect(try proposed("e") == nil)
    harness.time.advance(by: 2)
    #expect(try harness.remediation.openBreakers().isEmpty)
    #expect(try proposed("f") != nil)
  }

  @Test("What was approved before it opened waits for it, with the reason")
  func approved() throws {
    let run = try #require(try proposed("late"))
    for service in ["a", "b", "c"] { try fail(service) }
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.approved])
    #expect(try harness.run(run.id).detail.contains("the breaker of hook is open"))
    #expect(target.calls == 3)
  }

  @Test("Three days later it is closed, and no alert of those days is acted on")
  func notReplayed() throws {
    for service in ["a", "b", "c"] { try fail(service) }
    for number in 1...300 { #expect(try proposed("storm\(number)") == nil) }
    // A storm is told by some of its alerts, not by each.
    #expect(try harness.runs(.suppressed).count == Remediation<SQLiteStore>.suppressionLimit)
    let calls = target.calls
    harness.time.advance(by: 72 * Policy.hour)
    let runner = try harness.runner()
    #expect(try runner.recover().isEmpty && runner.turn().isEmpty)
    #expect(try harness.remediation.resumePlanning().isEmpty)
    #expect(try proposed("storm1") == nil)
    #expect(target.calls == calls)
    #expect(try harness.runs(.awaiting, .approved).isEmpty)
    #expect(try harness.remediation.propose(RunHarness.alert("new", service: "storm1")) != nil)
  }

  @Test("A run that waited for hours counts from when it failed")
  func longWait() throws {
    let runs = try ["a", "b", "c"].map { try #require(try proposed($0)) }
    harness.time.advance(by: 3 * Policy.hour)
    for run in runs {
      _ = try harness.vote(run, by: "mara")
      #expect(try harness.runner().turn().map(\.state) == [.failed])
    }
    #expect(try harness.remediation.openBreakers().count == 1)
  }

  @Test("Half a run that nobody has dealt with counts as long as it waits, and a failed rollback isn't another one")
  func unresolved() throws {
    target.become([.obedient, .refusing, .obedient, .refusing, .obedient, .refusing])
    var last: Run?
    for service in ["a", "b", "c"] {
      let run = try #require(try proposed(service))
      _ = try harness.vote(run, by: "mara")
      #expect(try harness.runner().turn().map(\.state) == [.partial])
      last = run
    }
    harness.time.advance(by: 24 * Policy.hour)
    let open = try harness.remediation.openBreakers()
    #expect(open.count == 1 && open[0].closesAt == nil)
    #expect(open.first?.sentence.contains("when somebody has dealt with those that wait") == true)
    // Undoing isn't held back, and its failure leaves the count where it is.
    let undoing = try harness.remediation.requestRollback(of: last!.id, by: "user:mara")
    _ = try harness.vote(undoing, by: "ivo")
    target.become([.refusing])
    #expect(try harness.runner().turn().map(\.state) == [.failed])
    #expect(try harness.run(last!.id).state == .rollbackFailed)
    #expect(try harness.remediation.openBreakers().first?.sentence.contains("3 failed") == true)
    _ = try harness.remediation.accept(last!.id, by: "ivo", reason: "seen")
    #expect(try harness.remediation.openBreakers().isEmpty)
  }

  @Test("A plan that failed lately isn't tried at each alert")
  func bounded() throws {
    for number in 1...12 { _ = try proposed("s\(number)") }
    #expect(try harness.runs(.awaiting).count == 12)
    harness.targets.executors = [:]
    for number in 1...20 {
      #expect(try harness.remediation.propose(RunHarness.alert("x\(number)", service: "gone")) == nil)
    }
    #expect(try harness.runs(.planFailed, .refused).count == 1)
    harness.time.advance(by: 15 * Policy.minute + 1)
    #expect(try harness.remediation.propose(RunHarness.alert("again", service: "gone")) == nil)
    #expect(try harness.runs(.planFailed, .refused).count == 2)
  }
}

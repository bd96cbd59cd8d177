import ArgumentParser
import Glibc
import StellaEngine
import StellaModel
import StellaRemediation

/// `stella approvals approve`
struct ApprovalsApproveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Approve exactly one plan.",
    discussion: """
      The digest says which plan you have seen: `approvals show` prints it with the command to type. When the plan has changed
      since, nothing is recorded and the exit status is 4.

      Exit status: 0 approved, 6 your vote is recorded and more are needed, 4 another plan or already decided, 5 you can't vote
      on it.
      """)

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "The first 12 or more digits of the plan's digest.") var digest: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @Flag(
    name: .long,
    help: "Decide alone in an emergency, where the policy lets you. Somebody else has to review it afterwards.")
  var breakGlass = false
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    guard breakGlass else { return try DecisionRun.vote(.approve, id, digest, reason, options, result) }
    try DecisionRun.change(options, result) { desk, voter in
      try desk.remediation.breakGlass(on: id, by: voter, digest: digest, reason: reason)
    } then: { desk, run in
      if result.output == .table { try DecisionRun.followExecution(of: run.id, desk) }
    }
  }
}

/// `stella approvals review`
struct ApprovalsReviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review", abstract: "Say that you have looked at what somebody decided alone in an emergency.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "What you found; it goes on record.") var reason: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    try DecisionRun.change(options, result) { desk, voter in
      try desk.remediation.review(id, by: voter, reason: reason)
    }
  }
}

/// `stella approvals reject`
struct ApprovalsRejectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "Reject a plan, for good.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "The first 12 or more digits of the plan's digest.") var digest: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try DecisionRun.vote(.reject, id, digest, reason, options, result) }
}

/// `stella approvals withdraw`
struct ApprovalsWithdrawCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Take a request back before anything was applied.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    try DecisionRun.change(options, result) { desk, voter in
      try desk.remediation.withdraw(id, by: voter, reason: reason)
    }
  }
}

/// `stella approvals replan`
struct ApprovalsReplanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replan",
    abstract: "Plan a waiting run once more. The same plan keeps its votes; another one is another run.")

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let former = id
    try DecisionRun.change(options, result) { desk, voter in
      try EngineThread.run { try desk.remediation.replan(former, by: "user:\(voter)") }
    } then: { _, run in
      if run.id != former { throw CommandStatus.conflict }
    }
  }
}

enum DecisionRun {
  /// How long to watch a running engine take up what was just approved.
  private static let patienceSeconds = 10

  static func vote(
    _ decision: RunVote.Decision, _ id: String, _ digest: String, _ reason: String, _ options: RemediationOptions,
    _ result: OutputOptions
  ) throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let outcome = try desk.remediation.vote(
      decision, on: id, by: try desk.viewer.voter(), digest: digest, reason: reason)
    desk.seal(.standard)
    let isPending = outcome.run.state == .awaiting
    if result.output == .json {
      try printState(id, desk, result)
    } else {
      say(outcome, decision, desk)
      if outcome.run.state == .approved { try followExecution(of: id, desk) }
    }
    if isPending { throw CommandStatus.quorumOpen }
  }

  private static func say(_ outcome: DecisionOutcome, _ decision: RunVote.Decision, _ desk: RemediationDesk) {
    let console = Console.standard
    let run = outcome.run
    let time = ScreenTime(now: desk.remediation.journal.time.now())
    let plan = run.digest.map { "plan \($0.short)" } ?? ""
    console.line(
      "\(outcome.isRepeated ? "Recorded before" : "Recorded as #\(outcome.record)"): you \(decision.rawValue) \(plan) of "
        + ScreenText.name(run.id))
    switch run.state {
    case .awaiting:
      console.line(
        "Votes     \(outcome.quorum.approvals) of \(outcome.quorum.approvalCount). \(outcome.quorum.eligibleSentence).")
    case .approved:
      console.line("Approved" + (run.executeBy.map { ", to be executed by \(time.clock($0))" } ?? ""))
    default: console.line("State     \(run.state.shown)")
    }
  }

  /// Watches the engine that is running carry it out, or says how to do it without one.
  static func followExecution(of id: String, _ desk: RemediationDesk) throws {
    let console = Console.standard
    guard try RunnerLease.isHeld(desk.directory) else {
      console.line("No engine is running that carries out runs here. Do it now: stella runs execute \(id)")
      return
    }
    var shown: RunState?
    for _ in 0..<(patienceSeconds * 10) {
      guard let run = try desk.store.readRuns({ try $0.run(id) }) else { return }
      if run.state != shown {
        console.line("State     \(run.state.shown)")
        try console.flush()
        shown = run.state
      }
      if run.state.turn != .runner { return }
      usleep(100_000)
    }
    console.line("It goes on. Look at it again: stella runs show \(id)")
  }

  /// Does something to a run in the name of who is at the terminal, signs the log, and says where the run is then.
  static func change(
    _ options: RemediationOptions, _ result: OutputOptions,
    _ body: (RemediationDesk, _ voter: String) throws -> Run,
    then: (RemediationDesk, Run) throws -> Void = { _, _ in }
  ) throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let run = try body(desk, try desk.viewer.voter())
    desk.seal(.standard)
    try printState(run.id, desk, result)
    try then(desk, run)
  }

  private static func printState(_ id: String, _ desk: RemediationDesk, _ result: OutputOptions) throws {
    let report = try desk.report(on: id)
    switch result.output {
    case .json: Console.standard.line(RunJSON.full(report))
    case .table:
      let run = report.run
      Console.standard.line(
        TextEscaping.oneLine("\(run.id)  \(run.state.shown)" + (run.detail.isEmpty ? "" : "  \(run.detail)")))
    }
  }
}

import ArgumentParser
import StellaServer

/// `stella approvals approve`
struct ApprovalsApproveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Approve exactly one plan.",
    discussion: """
      The digest says which plan you have seen: `approvals show` prints it with the command to type. When the plan has changed \
      since, nothing is recorded and the exit status is 4.

      Exit status: 0 approved, 6 your vote is recorded and more are needed, 4 another plan or already decided, 5 you can't vote \
      on it.
      """)

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "The first 12 or more digits of the plan's digest.") var digest: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @Flag(
    name: .long,
    help: "Decide alone in an emergency, where the policy lets you. Somebody else has to review it afterwards.")
  var breakGlass = false
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    try RequestVerb.run(.approve(id, digest: digest, reason: reason, isAlone: breakGlass), options, result)
  }
}

/// `stella approvals review`
struct ApprovalsReviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review", abstract: "Say that you have looked at what somebody decided alone in an emergency.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "What you found; it goes on record.") var reason: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.review(id, reason: reason), options, result) }
}

/// `stella approvals reject`
struct ApprovalsRejectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "Reject a plan, for good.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "The first 12 or more digits of the plan's digest.") var digest: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.reject(id, digest: digest, reason: reason), options, result) }
}

/// `stella approvals withdraw`
struct ApprovalsWithdrawCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Take a request back before anything was applied.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.withdraw(id, reason: reason), options, result) }
}

/// `stella approvals replan`
struct ApprovalsReplanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replan",
    abstract: "Plan a waiting run once more. The same plan keeps its votes; another one is another run.")

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.replan(id), options, result) }
}

import ArgumentParser

/// `stella approvals`: what waits for people, and their decisions.
struct ApprovalsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approvals", abstract: "See what waits for a decision, and decide.",
    subcommands: [
      ApprovalsListCommand.self, ApprovalsShowCommand.self, ApprovalsApproveCommand.self, ApprovalsRejectCommand.self,
      ApprovalsWithdrawCommand.self, ApprovalsReplanCommand.self, ApprovalsReviewCommand.self,
    ], defaultSubcommand: ApprovalsListCommand.self)
}

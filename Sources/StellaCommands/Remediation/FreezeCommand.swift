import ArgumentParser
import StellaModel
import StellaRemediation

/// `stella freeze`: stops all effects, or lets them go on.
struct FreezeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freeze", abstract: "Stop all effects at their next boundary, durably.",
    subcommands: [FreezeSetCommand.self, FreezeClearCommand.self, FreezeStatusCommand.self],
    defaultSubcommand: FreezeStatusCommand.self)
}

struct FreezeSetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Stop all effects. What is half done stops before its next effect.",
    discussion: "Example: stella freeze set --reason \"incident 4711\"")

  @OptionGroup var options: RemediationOptions
  @Option(name: .long, help: "Why; everybody who is held up sees it.") var reason: String

  func run() throws { try FreezeChange.run(options, isFrozen: true, reason: reason) }
}

struct FreezeClearCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear", abstract: "Let effects go on. Approved runs whose time isn't over begin.")

  @OptionGroup var options: RemediationOptions
  @Option(name: .long, help: "Why it is over.") var reason: String

  func run() throws { try FreezeChange.run(options, isFrozen: false, reason: reason) }
}

struct FreezeStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show whether effects are stopped. Exit status 8 when they are.")

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let freeze = try desk.store.readRuns { try $0.freeze() }
    switch result.output {
    case .json:
      var members: [FieldValue.Member] = [.init("frozen", .bool(freeze != nil))]
      if let freeze {
        members += [
          .init("by", .string(freeze.by)), .init("reason", .string(freeze.reason)),
          .init("since", .string(Timestamp.text(freeze.since))),
        ]
      }
      Console.standard.line(FieldValue.object(members).json)
    case .table:
      Console.standard.write(
        FreezeText.line(
          freeze, time: ScreenTime(now: desk.remediation.journal.time.now()),
          width: Console.standard.output.columns ?? 120))
    }
    if freeze != nil { throw CommandStatus.frozen }
  }
}

private enum FreezeChange {
  /// Anybody who is known may stop effects; letting them go on needs an approver or admin.
  static func run(_ options: RemediationOptions, isFrozen: Bool, reason: String) throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let voter = try desk.viewer.voter()
    let roles = desk.viewer.person?.roles ?? []
    guard isFrozen || roles.contains(.approver) || roles.contains(.admin) else {
      throw CommandFailure(.notPermitted, "only an approver or admin can let effects go on")
    }
    _ = try desk.remediation.setFreeze(isFrozen, by: voter, reason: reason)
    desk.seal(.standard)
    Console.standard.line(
      isFrozen ? "All effects are stopped. End it with: stella freeze clear --reason …" : "Effects go on.")
  }
}

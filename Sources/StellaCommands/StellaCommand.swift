import ArgumentParser

/// `stella`: the root of all verbs.
package struct StellaCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "stella",
    abstract: "Watches logs, says what is going wrong, and repairs what it may repair.",
    discussion: """
      Rules are Lua scripts; configuration is stella.yaml. Without either, everything has a working default.

      Exit codes: 0 done, 1 findings, 2 a rule or fix is broken, 3 usage or configuration, 4 conflict, 5 not permitted, \
      6 recorded but quorum not reached, 7 integrity failure, 8 frozen, 9 outcome unknown, 10 runtime or I/O failure, \
      11 not found, 130 interrupted.
      """,
    version: StellaVersion.current,
    subcommands: [
      WatchCommand.self, ServeCommand.self, TailCommand.self, EventsCommand.self, TopCommand.self, HealthCommand.self,
      ReplCommand.self,
      RulesCommand.self, FixesCommand.self, AlertsCommand.self,
      ApprovalsCommand.self, NotificationsCommand.self, NotifyCommand.self, RunsCommand.self, LogCommand.self,
      FreezeCommand.self, WhoamiCommand.self,
      LoginCommand.self, LogoutCommand.self, UsersCommand.self, TokensCommand.self,
      DoctorCommand.self, BackupCommand.self, RestoreCommand.self, TemplatesCommand.self, AnomalyCommand.self,
    ])

  package init() {}
}

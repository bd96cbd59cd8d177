import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel

/// `stella doctor`: whether all that Stella needs is there, and what to do where it isn't.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check the configuration and all that it names, and say what to do.",
    discussion: """
      Looks at the configuration, rules, fixes, secrets, targets, users, policies, sources, addresses and certificates of the server \
      and of syslog, probes, scrapes, the store, its log, the free space and notifications. Databases, the log's anchors, the OpenID \
      provider and sinks of notifications are asked; HTTP targets, hosts, probes and scrapes are not.

      Changes nothing but a store that is there, which it opens as every command does: one of an older version is brought up to \
      date, and that version refuses it from then on. Make a backup with the older one first. Space that is spared for a full disk \
      is set aside again.

      Exit status: 0 all is well, 1 there are warnings or problems, 3 the configuration can't be used.
      """)

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?
  @OptionGroup var result: OutputOptions

  func run() throws {
    let console = Console.standard
    let configuration = try Configuration.whole(config)
    let rules = try ApprovalRules(configuration)
    let checkups = try EngineThread.run { Doctor(configuration, rules).checkups() }
    for checkup in checkups {
      switch result.output {
      case .json: console.line(checkup.json)
      case .table:
        if checkup.level == .ok, result.quiet { continue }
        print(checkup, console)
      }
    }
    let findings = checkups.count { $0.level != .ok }
    if result.output == .table, !result.quiet {
      let problems = checkups.count { $0.level == .problem }
      console.line(findings == 0 ? "All is well." : "problems: \(problems), warnings: \(findings - problems)")
    }
    if findings > 0 { throw CommandStatus.findings }
  }

  private func print(_ checkup: Checkup, _ console: Console) {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
    let level = padded(checkup.level.rawValue, 9)
    let mark =
      switch checkup.level {
      case .ok: console.output.styled(level, .green)
      case .warning: console.output.styled(level, .yellow)
      case .problem: console.output.styled(level, .red, .bold)
      }
    console.line(mark + padded(checkup.subject, 15) + TextEscaping.oneLine(checkup.message, limit: 500))
    if !checkup.remedy.isEmpty {
      console.line(padded("", 24) + TextEscaping.oneLine(checkup.remedy, limit: 500))
    }
  }
}

import ArgumentParser
import StellaConfiguration
import StellaModel
import StellaRemediation
import StellaScripting

/// `stella fixes`: everything about fix files.
struct FixesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fixes", abstract: "List, show, check, test and plan fixes; prepare the targets that they change.",
    subcommands: [
      FixesListCommand.self, FixesShowCommand.self, FixesNewCommand.self, FixesLintCommand.self, FixesTestCommand.self,
      FixesPlanCommand.self, FixesTargetCommand.self,
    ])
}

/// `stella fixes list`
struct FixesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the fixes that can be loaded, with what they are for, and those that are refused.")

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.fixes(.list), options, result) }
}

/// `stella fixes show`
struct FixesShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one fix: what it is for, what it may change, and its text.")

  @Argument(help: "The fix's id.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.fixes(.show(id)), options, result) }
}

/// `stella fixes lint`
struct FixesLintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "Check fixes without running them: form, targets, approval, verification.",
    discussion: """
      Examples:
        stella fixes lint
        stella fixes lint Fixes/data/migrate-user-id.lua

      Exit status: 0 clean, 1 findings with --strict, 2 when a fix is broken.
      """)

  @Argument(help: "Fix files or directories of them. Default: stella.yaml, else ./Fixes.", completion: .file())
  var paths: [String] = []
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Fail on findings.") var strict = false

  func run() throws {
    let desk = try RemediationDesk(try Configuration.load(options.config), fixes: paths + options.fixes)
    defer { desk.close() }
    let console = Console.standard
    var count = 0
    for fix in desk.remediation.fixes.fixes {
      for finding in FixLint.findings(fix.manifest, desk.remediation) {
        count += 1
        switch result.output {
        case .json:
          console.line(
            FieldValue.object([
              .init("kind", .string("finding")), .init("fix", .string(fix.manifest.id)),
              .init("file", .string(fix.manifest.file)), .init("check", .string(finding.check)),
              .init("message", .string(finding.message)),
            ]).json)
        case .table:
          console.line(TextEscaping.oneLine("\(fix.manifest.file): \(finding.message) [\(finding.check)]", limit: 500))
        }
      }
    }
    if result.output == .table, !result.quiet {
      console.line(
        CountText.count(desk.remediation.fixes.fixes.count, "fix", "fixes") + ", " + CountText.count(count, "finding"))
    }
    try FixesLintCommand.report(desk.remediation.fixes.refusals, console, result)
    if strict, count > 0 { throw CommandStatus.findings }
  }

  /// Says which fixes were refused, and why.
  static func report(_ refusals: [FixRefusal], _ console: Console, _ result: OutputOptions) throws {
    for error in refusals.flatMap(\.errors) {
      switch result.output {
      case .json:
        console.line(
          FieldValue.object([
            .init("kind", .string("error")), .init("code", .string(error.code.rawValue)),
            .init("file", .string(error.file)), .init("line", .integer(Int64(error.line))),
            .init("message", .string(error.message)), .init("remedy", .string(error.remedy)),
          ]).json)
      case .table: console.note(TextEscaping.block("stella: \(error)"))
      }
    }
    if !refusals.isEmpty { throw CommandStatus.broken }
  }
}

/// What can be said about a fix by its manifest and the configuration.
enum FixLint {
  struct Finding {
    let check: String
    let message: String
  }

  static func findings<Store>(_ fix: FixManifest, _ remediation: Remediation<Store>) -> [Finding] {
    var findings: [Finding] = []
    func note(_ check: String, _ message: String) { findings.append(Finding(check: check, message: message)) }
    for target in fix.targets where !remediation.targets.names.contains(target) {
      let hint = NearestName.of(target, in: remediation.targets.names).map { " Did you mean \($0)?" } ?? ""
      note("unknown-target", "the target \(target) isn't in stella.yaml, so that no plan can be made.\(hint)")
    }
    if fix.handles.isEmpty, fix.handlesType.isEmpty {
      note("never-proposed", "it handles no rule and no type: only a rule that names it, or a person, can ask for it")
    }
    if !fix.hasVerify {
      note("no-verify", "it has no verify: nobody will know whether it helped. Let it ask what the alert was about")
    }
    if fix.description == nil { note("no-description", "it has no description for the one who decides") }
    if let problem = remediation.policy(of: fix).satisfiability(remediation.people) {
      note("nobody-can-approve", problem.message)
    }
    return findings
  }
}

/// `stella fixes plan`
struct FixesPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a fix would change now; with --propose, ask for it.",
    discussion: """
      Examples:
        stella fixes plan migrate-user-id --param user_id=ana@example.org
        stella fixes plan migrate-user-id --param user_id=ana@example.org --propose
        stella fixes plan migrate-user-id --param user_id=ana@example.org --propose --server https://stella.example.org:7480

      Nothing is changed. Without --propose nothing is recorded either. A server that runs plans with the fixes that it has \
      loaded; --local, or --fixes, takes the files as they are now.

      Exit status: 0 there is a plan, or nothing to change; 2 the fix is broken or its script fails, 3 a parameter makes no \
      sense, 5 a target, a limit or who you are forbids it, 10 a target can't be asked now, 11 there is no such fix.
      """)

  @Argument(help: "The fix's id.") var id: String
  @Option(name: .long, help: ArgumentHelp("A parameter; may be given several times.", valueName: "name=value"))
  var param: [String] = []
  @Flag(name: .long, help: "Put it into the queue, in your name.") var propose = false
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    try RequestVerb.run(
      .fixes(.plan(id, parameters: try parameters(), isProposal: propose)), options, result)
  }

  /// As texts: which types they are of, only the fix knows.
  private func parameters() throws(CommandFailure) -> [FieldValue.Member] {
    var values: [String: String] = [:]
    for text in param {
      guard let equals = text.firstIndex(of: "=") else {
        throw CommandFailure(.usage, "--param \(text): write name=value.")
      }
      let name = String(text[..<equals])
      guard values.updateValue(String(text[text.index(after: equals)...]), forKey: name) == nil else {
        throw CommandFailure(.usage, "--param \(text): \(name) is given twice.")
      }
    }
    return values.sorted { $0.key < $1.key }.map { FieldValue.Member($0.key, .string($0.value)) }
  }
}

/// `stella fixes target`
struct FixesTargetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "target", abstract: "Prepare and check the targets of stella.yaml.",
    subcommands: [FixesTargetInitCommand.self, FixesTargetCheckCommand.self])
}

struct FixesTargetInitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Create the table stella_effects in a database that fixes shall change.",
    discussion: """
      Each change leaves a row there in the same transaction: after a crash it tells whether the change was made. A database \
      without it is never changed.
      """)

  @Argument(help: "The target's name in stella.yaml.") var name: String
  @OptionGroup var options: RemediationOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    guard let database = desk.remediation.targets.databases[name] else {
      let names = desk.remediation.targets.databases.keys.sorted()
      let hint = NearestName.of(name, in: names).map { " Did you mean \($0)?" } ?? ""
      throw CommandFailure(.notFound, "there is no database \(name) under `targets:` in stella.yaml.\(hint)")
    }
    try database.prepareMarkers()
    Console.standard.line("\(ScreenText.name(name)) is ready: changes leave their marks in stella_effects.")
  }
}

struct FixesTargetCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say what would keep fixes from working on their targets.")

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    var count = 0
    for (name, database) in desk.remediation.targets.databases.sorted(by: { $0.key < $1.key }) {
      for problem in database.problems() {
        count += 1
        switch result.output {
        case .json:
          Console.standard.line(
            FieldValue.object([.init("target", .string(name)), .init("problem", .string(problem))]).json)
        case .table: Console.standard.line(TextEscaping.oneLine("\(name): \(problem)", limit: 500))
        }
      }
    }
    if count > 0 { throw CommandStatus.findings }
    if result.output == .table, !result.quiet { Console.standard.line("All targets are ready.") }
  }
}

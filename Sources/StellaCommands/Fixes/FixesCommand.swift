import ArgumentParser
import StellaConfiguration
import StellaEngine
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

      Nothing is changed. Without --propose nothing is recorded either.

      Exit status: 0 there is a plan, or nothing to change; 2 the fix's script fails, 5 a target or a limit forbids it, \
      10 a target can't be asked now.
      """)

  @Argument(help: "The fix's id.") var id: String
  @Option(name: .long, help: ArgumentHelp("A parameter; may be given several times.", valueName: "name=value"))
  var param: [String] = []
  @Flag(name: .long, help: "Put it into the queue, in your name.") var propose = false
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let id = id
    guard let fix = desk.remediation.fixes.fix(id) else {
      try FixesLintCommand.report(desk.remediation.fixes.refusals, .standard, result)
      let hint = NearestName.of(id, in: desk.remediation.fixes.fixes.map(\.manifest.id)).map { " Did you mean \($0)?" }
      throw CommandFailure(.notFound, "there is no fix \(id).\(hint ?? "")")
    }
    let given = try parameters(of: fix.manifest)
    if propose {
      let actor = "user:\(try desk.viewer.voter())"
      let (run, canRetry) = try EngineThread.run {
        var canRetry = false
        let run = try desk.remediation.request(id, parameters: given, by: actor) { canRetry = $0 }
        return (run, canRetry)
      }
      desk.seal(.standard)
      try show(try desk.report(on: run.id), desk)
      if ![.awaiting, .approved, .noChange].contains(run.state) { throw status(run.state, canRetry: canRetry) }
      return
    }
    let planned = try EngineThread.run { try desk.remediation.preview(id, parameters: given) }
    var report = RunReport(
      run: planned.run, policy: desk.remediation.policy(of: fix.manifest), quorum: planned.quorum,
      viewer: desk.viewer.report, freeze: nil, now: desk.remediation.journal.time.now())
    report.plan = planned.plan
    report.notes = planned.notes
    try show(report, desk)
    if planned.plan == nil, planned.run.state != .noChange {
      throw status(planned.run.state, canRetry: planned.canRetry)
    }
  }

  /// How the command ends where there is no plan.
  private func status(_ state: RunState, canRetry: Bool) -> CommandStatus {
    switch state {
    case .planFailed where !canRetry: .broken
    case .refused: .notPermitted
    default: .failure
    }
  }

  private func show(_ report: RunReport, _ desk: RemediationDesk) throws {
    switch result.output {
    case .json: Console.standard.line(RunJSON.full(report))
    case .table:
      Console.standard.write(RunScreen(report: report, terminal: Console.standard.output).text())
    }
  }

  private func parameters(of manifest: FixManifest) throws -> [FieldValue.Member] {
    try param.map { text in
      guard let equals = text.firstIndex(of: "=") else {
        throw CommandFailure(.usage, "--param \(text): write name=value.")
      }
      let name = String(text[..<equals])
      let value = String(text[text.index(after: equals)...])
      guard let parameter = manifest.parameters.first(where: { $0.name == name }) else {
        return .init(name, .string(value))
      }
      switch parameter.type {
      case .string: return .init(name, .string(value))
      case .integer:
        if let number = Int64(value) { return .init(name, .integer(number)) }
      case .number:
        if let number = Double(value), number.isFinite { return .init(name, .double(number)) }
      case .boolean:
        if let flag = Bool(value) { return .init(name, .bool(flag)) }
      }
      let article = parameter.type == .integer ? "an" : "a"
      throw CommandFailure(.usage, "--param \(text): \(name) is \(article) \(parameter.type.rawValue).")
    }
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

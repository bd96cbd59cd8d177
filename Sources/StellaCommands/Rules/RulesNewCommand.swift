import ArgumentParser
import Glibc
import StellaEngine
import StellaModel

/// `stella rules new`: the beginning of a rule that works.
struct RulesNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Begin a rule, with tests that pass.",
    discussion: """
      Examples:
        stella rules new errors.checkout
        stella rules new errors.checkout --from sample.log
        stella rules new pool.empty --from sample.log --where 'contains(message, "no connection")'

      With a sample, the rule looks for what is wrong in it: errors among other lines, statuses of 500 and more, one user or \
      client that fails again and again, requests that take far longer than the others. It counts them per service, route, \
      client or user, as the log has them; its tests replay the sample, which fires, and its other lines, which don't. A \
      sample that tells of no trouble is refused with what was looked for. What stands before the last dot of the id is the \
      folder. Nothing that is there is overwritten.
      """)

  @Argument(help: "The rule's id, such as errors.checkout.") var id: String

  @Option(
    name: .long, help: ArgumentHelp("Log lines that show the trouble; - is standard input.", valueName: "file"),
    completion: .file())
  var from: String?

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Which lines of the sample are the trouble, as a rule's where says it.", valueName: "condition"))
  var condition: String?

  @Option(name: .long, help: "The directory of rules to put it into.", completion: .directory)
  var directory = "Rules"

  @OptionGroup var result: OutputOptions

  func validate() throws {
    if condition != nil, from == nil {
      throw ValidationError("--where says which lines of a sample are the trouble; give one with --from.")
    }
  }

  func run() throws {
    let sample = try from.map { path throws(CommandFailure) in try SampleFile.read(path) }
    let (id, condition) = (id, condition)
    if let file = try taken() {
      throw CommandFailure(
        .conflict,
        TextEscaping.oneLine(
          "the rule \(id) is in \(file) already, and of two with one id only the first is active. Choose another id, or take "
            + "that file away."))
    }
    let made = try EngineThread.run { () -> Result<RuleScaffold, RuleScaffold.Failure> in
      do throws(RuleScaffold.Failure) {
        return .success(try RuleScaffold(id: id, sample: sample, condition: condition))
      } catch {
        return .failure(error)
      }
    }
    guard case .success(let scaffold) = made else {
      if case .failure(let failure) = made {
        throw CommandFailure(.usage, TextEscaping.oneLine((from.map { "\($0): " } ?? "") + failure.message))
      }
      return
    }
    let paths = scaffold.files.map { directory + "/" + $0.path }
    for (file, path) in zip(scaffold.files, paths) { try NewFile.write(file.text, to: path) }
    let report = try RuleTester.run(paths: [paths[0]])
    switch result.output {
    case .json:
      Console.standard.line(
        FieldValue.object([
          .init("kind", .string("rule")), .init("id", .string(id)), .init("where", .string(scaffold.condition)),
          .init("by", .array(scaffold.key.map(FieldValue.string))),
          .init("count", .integer(Int64(scaffold.threshold.count))),
          .init("within", .string(scaffold.threshold.within)),
          .init("finding", scaffold.finding.map(FieldValue.string) ?? .null),
          .init("files", .array(paths.map(FieldValue.string))),
          .init("tests", .integer(Int64(report.cases.count))), .init("failed", .integer(Int64(report.failures))),
        ]).json)
    case .table:
      if !result.quiet { tell(scaffold, paths, report) }
    }
    for error in report.errors { Console.standard.note(TextEscaping.block("stella: \(error)")) }
    if !report.errors.isEmpty || report.failures > 0 { throw CommandStatus.broken }
  }

  /// The file below the directory whose rule has this id.
  private func taken() throws -> String? {
    let (directory, id) = (directory, id)
    guard access(directory, F_OK) == 0 else { return nil }
    return try EngineThread.run { RuleIdentities.files(in: directory)[id] }
  }

  private func tell(_ scaffold: RuleScaffold, _ paths: [String], _ report: RuleTestReport) {
    let console = Console.standard
    if let finding = scaffold.finding { console.line(TextEscaping.oneLine("In the sample \(finding).") + "\n") }
    let passed = "\(report.cases.count - report.failures) of \(report.cases.count) pass"
    var table = TextTable([.init("FILE"), .init("WHAT", isFlexible: true)])
    for (path, file) in zip(paths, scaffold.files) {
      let what = path.hasSuffix("_test.lua") ? "\(file.what); \(passed)" : file.what
      table.add([TextEscaping.oneLine(path), TextEscaping.oneLine(what)])
    }
    console.write(table.text(for: console.output))
    console.line("\nSay in it what it is for, then: stella rules test \(TextEscaping.oneLine(paths[0]))")
  }
}

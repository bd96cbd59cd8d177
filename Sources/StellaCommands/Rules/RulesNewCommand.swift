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

      With a sample, the rule looks for what its lines show most plainly, per service, route, client or user, and a test
      replays them. What stands before the last dot of the id is the folder. Nothing that is there is overwritten.
      """)

  @Argument(help: "The rule's id, such as errors.checkout.") var id: String

  @Option(
    name: .long, help: ArgumentHelp("Log lines that show the trouble; - is standard input.", valueName: "file"),
    completion: .file())
  var from: String?

  @Option(name: .long, help: "The directory of rules to put it into.", completion: .directory)
  var directory = "Rules"

  @OptionGroup var result: OutputOptions

  func run() throws {
    let sample = try from.map { path throws(CommandFailure) in try SampleFile.read(path) }
    let id = id
    if let file = try taken() {
      throw CommandFailure(
        .conflict, TextEscaping.oneLine("the rule \(id) is in \(file) already. Two of one id would both be refused."))
    }
    let made = try EngineThread.run { () -> Result<RuleScaffold, RuleScaffold.Failure> in
      do throws(RuleScaffold.Failure) { return .success(try RuleScaffold(id: id, sample: sample)) } catch {
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
          .init("by", scaffold.key.map(FieldValue.string) ?? .null),
          .init("count", .integer(Int64(scaffold.threshold.count))),
          .init("within", .string(scaffold.threshold.within)),
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
    let by = scaffold.key.map { " of one \($0)" } ?? ""
    let what = [
      "\(scaffold.threshold.count) within \(scaffold.threshold.within)\(by): \(scaffold.condition)",
      "\(report.cases.count - report.failures) of \(report.cases.count) tests pass", "what the tests replay",
    ]
    var table = TextTable([.init("FILE"), .init("WHAT", isFlexible: true)])
    for (path, what) in zip(paths, what) { table.add([TextEscaping.oneLine(path), what]) }
    console.write(table.text(for: console.output))
    console.line("\nSay in it what it is for, then: stella rules test \(TextEscaping.oneLine(paths[0]))")
  }
}

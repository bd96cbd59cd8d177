import ArgumentParser
import StellaConfiguration
import StellaModel
import StellaRemediation

/// `stella whoami`: who the person at the terminal is to Stella.
struct WhoamiCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami", abstract: "Show who you are to Stella, and what you may do.",
    discussion: """
      You are the user that the kernel says this process runs as, mapped by `users:` in stella.yaml. There is no flag to be
      somebody else.
      """)

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?
  @OptionGroup var result: OutputOptions

  func run() throws {
    let rules = try ApprovalRules(try Configuration.load(config))
    let viewer = Viewer(rules.people)
    let person = viewer.person
    let roles = Person.Role.allCases.filter { person?.roles.contains($0) == true }.map(\.rawValue)
    switch result.output {
    case .json:
      var members: [FieldValue.Member] = [
        .init("uid", .integer(Int64(viewer.uid))), .init("account", viewer.account.map { .string($0) } ?? .null),
        .init("user", person.map { .string($0.name) } ?? .null), .init("roles", .array(roles.map { .string($0) })),
        .init("groups", .array((person?.groups ?? []).map { .string($0) })),
      ]
      if let problem = viewer.problem { members.append(.init("problem", .string(problem))) }
      Console.standard.line(FieldValue.object(members).json)
    case .table:
      Console.standard.line(TextEscaping.oneLine(viewer.text))
      if let person {
        Console.standard.line("user    \(ScreenText.name(person.name))")
        Console.standard.line("roles   \(roles.isEmpty ? "none" : roles.joined(separator: ", "))")
        Console.standard.line("groups  \(person.groups.isEmpty ? "none" : person.groups.joined(separator: ", "))")
      }
      if let problem = viewer.problem {
        Console.standard.line(TextEscaping.block("You can't vote: \(problem)."))
      } else if person?.roles.contains(.approver) != true {
        Console.standard.line("You can't vote: that needs the role approver.")
      }
    }
    if person == nil { throw CommandStatus.notPermitted }
  }
}

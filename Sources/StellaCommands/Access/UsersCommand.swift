import ArgumentParser
import StellaServer

/// `stella users`: who may log in, and what they may do.
struct UsersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "users", abstract: "People who may log in, and what they may do.",
    discussion: """
      Examples:
        stella users add tomas --role approver --group sre
        stella users set-password tomas < password.txt
        stella users roles tomas --role viewer

      What stella.yaml says of a name under `users:` holds; here it gets a password. Nobody changes their own roles. Passwords \
      are asked for without being shown, or read from standard input.
      """,
    subcommands: [
      UsersListCommand.self, UsersAddCommand.self, UsersSetPasswordCommand.self, UsersRolesCommand.self,
      UsersDisableCommand.self, UsersEnableCommand.self,
    ], defaultSubcommand: UsersListCommand.self)
}

struct UsersListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List everybody who is known.")

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.access(.users), options, result) }
}

struct UsersAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add somebody; their password is read as well.",
    discussion: "Example: stella users add tomas --role approver --group sre")

  @Argument(help: "A name: lower-case ASCII letters, digits, `.`, `_` and `-`.") var name: String
  @Option(name: .long, help: "viewer, editor, approver or admin; may be given several times. None implies another.")
  var role: [String] = ["viewer"]
  @Option(name: .long, help: "A group that policies ask for; may be given several times.") var group: [String] = []
  @Flag(name: .long, help: "Without a password; they can't log in before they have one.") var withoutPassword = false
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let password = withoutPassword ? nil : try PasswordInput.read("Password of \(name): ", isNew: true)
    try RequestVerb.run(.access(.addUser(name, roles: role, groups: group, password: password)), options, result)
  }
}

struct UsersSetPasswordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set-password", abstract: "Set a password. Other sessions of the user end.",
    discussion: """
      One's own over the network takes the password that there is: it is asked for first, or on the first of two lines of \
      standard input.
      """)

  @Argument(help: "Whose.") var name: String
  @Flag(name: .long, help: "It is your own, at a server where you are logged in.") var own = false
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let former = own ? try PasswordInput.read("Your password now: ") : nil
    let password = try PasswordInput.read("New password of \(name): ", isNew: true)
    try RequestVerb.run(.access(.setPassword(name, password: password, former: former)), options, result)
  }
}

struct UsersRolesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roles", abstract: "Say what somebody may do, in the place of what was said before.",
    discussion: "Example: stella users roles tomas --role viewer --role approver")

  @Argument(help: "Whose.") var name: String
  @Option(name: .long, help: "viewer, editor, approver or admin; may be given several times. None: nothing at all.")
  var role: [String] = []
  @Option(name: .long, help: "Groups in the place of those there are; may be given several times.")
  var group: [String] = []
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let groups = group.isEmpty ? nil : group
    try RequestVerb.run(.access(.setRoles(name, roles: role, groups: groups)), options, result)
  }
}

struct UsersDisableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable",
    abstract: "Keep somebody from logging in and acting. Sessions of theirs end; tokens rest until `users enable`.")

  @Argument(help: "Whom.") var name: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.access(.setDisabled(name, true)), options, result) }
}

struct UsersEnableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Let somebody in again who was disabled.")

  @Argument(help: "Whom.") var name: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.access(.setDisabled(name, false)), options, result) }
}

import ArgumentParser
import Glibc
import StellaEffects
import StellaModel

/// `stella login`: begins a session at a server.
struct LoginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Log in to a server, as yourself and for a limited time.",
    discussion: """
      Examples:
        stella login https://stella.example.org:7480
        stella login https://stella.example.org:7480 --enrol CODE
        oidc-token | stella login https://stella.example.org:7480 --oidc-token-file -

      The password is asked for without being shown, or read from standard input; there is no option for it. The session is \
      kept in stella/sessions.json of your configuration directory, for you alone, and used by every command with --server or \
      STELLA_SERVER. With the code that `stella serve` prints when nobody is known, you become its first admin.
      With the ID token of an OpenID provider that the server believes, you need no password.
      """)

  @Argument(help: "The server. Default: STELLA_SERVER.") var url: String?
  @Option(name: .long, help: "Who you are there. Default: your login name.") var user: String?
  @Option(name: .long, help: "The code for the first admin.") var enrol: String?
  @Option(
    name: .long, help: "File with the ID token of your OpenID provider; - for standard input.", completion: .file())
  var oidcTokenFile: String?
  @Option(
    name: .long,
    help: "PEM file of the certificate that the server's own is signed with. Default: those of the system.",
    completion: .file())
  var caFile: String?

  func run() throws {
    var options = RemoteOptions()
    options.server = url
    guard var server = try RemoteServer(options) else {
      throw CommandFailure(.usage, "name the server: stella login https://stella.example.org:7480")
    }
    if let caFile {
      let file = try Self.resolved(caFile)
      try BelievedCertificates.check(file)
      server.caFile = file
    }
    if let oidcTokenFile {
      guard user == nil, enrol == nil else {
        throw CommandFailure(.usage, "a token says who you are: leave --user and --enrol away.")
      }
      return try begin(server, "/api/v1/session", [.init("id_token", .string(try TokenInput.read(oidcTokenFile)))])
    }
    guard let name = user ?? getenv("USER").map({ String(cString: $0) }) else {
      throw CommandFailure(.usage, "say who you are there: --user NAME")
    }
    let password = try PasswordInput.read("Password of \(TextEscaping.oneLine(name)): ", isNew: enrol != nil)
    var body: [FieldValue.Member] = [.init("user", .string(name)), .init("password", .string(password))]
    if let enrol { body.append(.init("code", .string(enrol))) }
    try begin(server, enrol == nil ? "/api/v1/session" : "/api/v1/enrolment", body)
  }

  private func begin(_ server: RemoteServer, _ path: String, _ body: [FieldValue.Member]) throws {
    let answer = try ServerClient(server, secret: nil).members("POST", path, body)
    func text(_ name: String) -> String? {
      if case .string(let text)? = answer.first(where: { $0.name == name })?.value { text } else { nil }
    }
    guard let secret = text("session") else {
      throw CommandFailure(.failure, "the server gave no session; it may be another version than this.")
    }
    let until = text("until") ?? ""
    let login = SessionFile.Login(
      server: server.origin.description, user: text("user") ?? "", secret: secret, until: until, caFile: server.caFile
    )
    try SessionFile.standard().keep(login)
    Console.standard.line(
      TextEscaping.oneLine(
        "Logged in at \(server.origin) as \(login.user), until \(until.prefix(16))Z at the latest."))
  }
}

extension LoginCommand {
  /// An absolute path: later commands run elsewhere.
  private static func resolved(_ path: String) throws(CommandFailure) -> String {
    guard let resolved = realpath(path, nil) else {
      throw CommandFailure(.usage, TextEscaping.oneLine("\(path): \(String(cString: strerror(errno)))"))
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// `stella logout`: ends a session.
struct LogoutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout", abstract: "End the session that stella login began.")

  @Argument(help: "The server. Default: STELLA_SERVER.") var url: String?
  @OptionGroup var remote: RemoteOptions

  func validate() throws {
    if url != nil, remote.server != nil { throw ValidationError("The server is given twice. Leave --server out.") }
  }

  func run() throws {
    var options = remote
    options.server = url ?? remote.server
    guard let server = try RemoteServer(options) else {
      throw CommandFailure(.usage, "name the server: stella logout https://stella.example.org:7480")
    }
    let file = try SessionFile.standard()
    guard let login = try file.login(at: server.origin) else {
      throw CommandFailure(.notFound, "you are not logged in at \(server.origin).")
    }
    let result = Result { () throws(CommandFailure) in
      try ServerClient(server, secret: login.secret).members("DELETE", "/api/v1/session", nil)
    }
    // One that isn't let in any more is over already.
    if case .failure(let failure) = result, failure.status != .notPermitted { throw failure }
    try file.forget(server.origin)
    Console.standard.line("Logged out at \(server.origin).")
  }
}

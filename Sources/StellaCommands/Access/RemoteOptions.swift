import ArgumentParser
import Glibc
import StellaModel

/// A server elsewhere that a verb is for.
struct RemoteOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "Ask this server, such as https://stella.example.org:7480, as who is logged in there. Default: STELLA_SERVER."
  )
  var server: String?
}

/// A server elsewhere.
struct RemoteServer: Sendable {
  let origin: HTTPOrigin
  /// PEM file of the certificates that are believed; nil for those of the system.
  var caFile: String?

  /// Nil when neither the option nor `STELLA_SERVER` names one.
  ///
  /// - Throws: ``CommandFailure`` `usage` for what is no address, or sends passwords in the open.
  init?(_ options: RemoteOptions) throws(CommandFailure) {
    let given = options.server ?? getenv("STELLA_SERVER").map { String(cString: $0) }
    guard let given, !given.isEmpty else { return nil }
    try self.init(given)
  }

  init(_ text: String) throws(CommandFailure) {
    guard let origin = HTTPOrigin(text) else {
      throw CommandFailure(.usage, "\(text) is no address of a server, such as https://stella.example.org:7480.")
    }
    guard origin.isTLS || ["127.0.0.1", "::1", "localhost"].contains(origin.host) else {
      throw CommandFailure(.usage, "\(text) would send passwords in the open. Use https.")
    }
    self.origin = origin
    caFile = try SessionFile.standard().login(at: origin)?.caFile
  }

  /// What shows who asks: `STELLA_TOKEN`, else the session that `stella login` began.
  ///
  /// - Throws: ``CommandFailure`` `notPermitted` when there is neither.
  func secret() throws(CommandFailure) -> String {
    if let token = getenv("STELLA_TOKEN"), token.pointee != 0 { return String(cString: token) }
    guard let login = try SessionFile.standard().login(at: origin) else {
      throw CommandFailure(.notPermitted, "you are not logged in at \(origin): stella login \(origin)")
    }
    return login.secret
  }
}

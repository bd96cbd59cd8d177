import Glibc
import StellaDetection
import StellaModel

/// Where `stella login` keeps sessions: one file of the user's own, `stella/sessions.json` in the configuration directory.
struct SessionFile {
  /// One login.
  struct Login: Sendable, Hashable {
    var server: String
    var user: String
    var secret: String
    var until: String
    var caFile: String?
  }

  private static let limit = 1 << 20

  let directory: String
  var path: String { directory + "/sessions.json" }

  /// `$XDG_CONFIG_HOME/stella`, else `~/.config/stella`.
  static func standard() throws(CommandFailure) -> SessionFile {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if let home = variable("XDG_CONFIG_HOME") { return SessionFile(directory: home + "/stella") }
    guard let home = variable("HOME") else {
      throw CommandFailure(.usage, "there is no HOME to keep a login in. Set HOME or XDG_CONFIG_HOME.")
    }
    return SessionFile(directory: home + "/.config/stella")
  }

  func login(at origin: HTTPOrigin) throws(CommandFailure) -> Login? {
    try logins().first { $0.server == origin.description }
  }

  /// In the place of one at the same server.
  func keep(_ login: Login) throws(CommandFailure) {
    try write(try logins().filter { $0.server != login.server } + [login])
  }

  func forget(_ origin: HTTPOrigin) throws(CommandFailure) {
    let all = try logins()
    let left = all.filter { $0.server != origin.description }
    if left.count < all.count { try write(left) }
  }

  private func logins() throws(CommandFailure) -> [Login] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ENOENT { return [] }
      throw failure
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure }
    guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
      throw CommandFailure(
        .notPermitted,
        TextEscaping.oneLine(
          "\(path): others may read or own it. Remove it, and log in again where you were logged in."))
    }
    var bytes = [UInt8](repeating: 0, count: min(Self.limit, Int(status.st_size)))
    let count = read(file, &bytes, bytes.count)
    guard count >= 0 else { throw failure }
    guard case .array(let entries)? = try? JSONParser().parse(String(decoding: bytes[..<count], as: UTF8.self)) else {
      throw CommandFailure(.usage, TextEscaping.oneLine("\(path): can't be understood. Remove it, and log in again."))
    }
    return entries.compactMap(Self.login)
  }

  private static func login(_ entry: FieldValue) -> Login? {
    guard case .object(let members) = entry else { return nil }
    func text(_ name: String) -> String? {
      if case .string(let text)? = members.first(where: { $0.name == name })?.value { text } else { nil }
    }
    guard let server = text("server"), let secret = text("session") else { return nil }
    return Login(
      server: server, user: text("user") ?? "", secret: secret, until: text("until") ?? "", caFile: text("ca_file"))
  }

  /// Beside its place first, so that nobody ever finds half of it, and never readable for others.
  private func write(_ logins: [Login]) throws(CommandFailure) {
    let entries = logins.map { login in
      var members: [FieldValue.Member] = [
        .init("server", .string(login.server)), .init("user", .string(login.user)),
        .init("session", .string(login.secret)), .init("until", .string(login.until)),
      ]
      if let caFile = login.caFile { members.append(.init("ca_file", .string(caFile))) }
      return FieldValue.object(members)
    }
    let bytes = Array((FieldValue.array(entries).json + "\n").utf8)
    var parent = ""
    for part in directory.split(separator: "/") {
      parent += "/" + part
      if mkdir(parent, 0o700) != 0, errno != EEXIST { throw failure }
    }
    let temporary = "\(path).\(getpid())"
    unlink(temporary)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw failure }
    let written = Glibc.write(file, bytes, bytes.count)
    let isWhole = written == bytes.count && fsync(file) == 0
    close(file)
    guard isWhole, rename(temporary, path) == 0 else {
      let error = failure
      unlink(temporary)
      throw error
    }
  }

  private var failure: CommandFailure {
    CommandFailure(.failure, TextEscaping.oneLine("\(path): \(String(cString: strerror(errno)))"))
  }
}

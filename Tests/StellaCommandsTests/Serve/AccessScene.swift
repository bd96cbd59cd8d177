import Foundation
import Testing

/// A `stella serve` where people log in, with an approver, an editor, a viewer and an admin besides the admin by uid who runs it.
final class AccessScene {
  static let password = "correct horse battery staple"

  let scene: ServeScene
  private(set) var server: StellaProcess?
  private(set) var port = 0

  /// - Parameters:
  ///   - login: whether anybody has to log in.
  ///   - tls: further keys of `server:`.
  ///   - users: further entries of `users:`.
  init(login: Bool = true, tls: String = "", users: String = "") throws {
    scene = try ServeScene()
    var text = try String(contentsOfFile: directory("stella.yaml"), encoding: .utf8)
    text = text.replacing("users:\n", with: "users:\n\(users)")
    try directory.write(
      "stella.yaml", text + "server: { listen: '127.0.0.1:0'\(login ? ", login: true" : "")\(tls) }\n")
  }

  deinit { stop() }

  var directory: CommandDirectory { scene.directory }
  var url: String { "http://127.0.0.1:\(port)" }
  var environment: [String: String] { ["XDG_CONFIG_HOME": directory("home"), "USER": "mara"] }

  func start() throws {
    let server = try directory.stella(["serve", "app.jsonl"], environment: environment)
    try #require(server.until { $0.errors.contains("watching") }, "\(server.errors)")
    self.server = server
    let place = try #require(server.errors.firstMatch(of: /taking events at https?:\/\/127\.0\.0\.1:(\d+)/))
    port = try #require(Int(place.1))
  }

  func stop() {
    server?.send(SIGTERM)
    _ = server?.status()
    server = nil
  }

  /// Makes tls.crt and tls.key for this machine; false, told in a line, where there is no openssl.
  func makeCertificate() throws -> Bool {
    let program = "/usr/bin/openssl"
    guard FileManager.default.isExecutableFile(atPath: program) else {
      print("left out: TLS, which takes openssl to make a certificate")
      return false
    }
    let made = Process()
    made.executableURL = URL(fileURLWithPath: program)
    made.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    made.standardError = FileHandle.nullDevice
    made.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "tls.key",
      "-out", "tls.crt", "-days", "2", "-subj", "/CN=localhost", "-addext",
      "subjectAltName=IP:127.0.0.1,DNS:localhost",
    ]
    try made.run()
    made.waitUntilExit()
    try #require(made.terminationStatus == 0)
    chmod(directory("tls.key"), 0o600)
    return true
  }

  @discardableResult
  func stella(
    _ arguments: [String], input: String? = nil, _ more: [String: String] = [:]
  ) throws -> ServeScene.Said {
    let process = try directory.stella(
      arguments, input: input.map { .text($0) } ?? .nothing, environment: environment.merging(more) { $1 })
    return ServeScene.Said(status: process.status(), output: process.output, errors: process.errors)
  }

  @discardableResult
  func expect(_ arguments: [String], input: String? = nil, _ status: Int32 = 0) throws -> ServeScene.Said {
    let said = try stella(arguments, input: input)
    try #require(said.status == status, "\(arguments): \(said)")
    return said
  }

  /// Adds somebody, as the admin by uid.
  func add(_ name: String, roles: [String]) throws {
    try expect(["users", "add", name] + roles.flatMap { ["--role", $0] }, input: Self.password + "\n")
  }

  /// The secret of a new session.
  func logIn(_ name: String, password: String = AccessScene.password) throws -> String {
    let answer = try post("/api/v1/session", #"{"user":"\#(name)","password":"\#(password)"}"#)
    try #require(answer.status == 201, "\(answer)")
    return try #require(answer.json["session"] as? String)
  }

  func token(_ name: String, _ scope: String) throws -> String {
    try expect(["tokens", "new", name, "--scope", scope]).output.trimmingCharacters(in: .newlines)
  }

  // MARK: - HTTP

  struct Answer {
    var status: Int
    /// Names in lower case.
    var headers: [(name: String, value: String)]
    var body: String

    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
    }

    func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
  }

  func post(_ path: String, _ body: String, _ headers: [(String, String)] = []) throws -> Answer {
    try send("POST", path, [("content-type", "application/json")] + headers, body)
  }

  func send(
    _ method: String, _ path: String, _ headers: [(String, String)] = [], _ body: String = ""
  ) throws -> Answer {
    let fields = [("host", "127.0.0.1:\(port)"), ("connection", "close"), ("content-length", "\(body.utf8.count)")]
    let head = (fields + headers).map { "\($0.0): \($0.1)\r\n" }.joined()
    let text = try exchange(Array("\(method) \(path) HTTP/1.1\r\n\(head)\r\n\(body)".utf8))
    let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    let lines = (parts.first ?? "").split(separator: "\r\n")
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return Answer(
      status: try #require(status, "\(text)"),
      headers: lines.dropFirst().compactMap { line in
        let pair = line.split(separator: ":", maxSplits: 1)
        guard pair.count == 2 else { return nil }
        return (pair[0].lowercased(), pair[1].trimmingCharacters(in: .whitespaces))
      }, body: parts.count > 1 ? String(parts[1]) : "")
  }

  /// What the server says to these bytes until it closes the connection.
  func exchange(_ request: [UInt8]) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    try #require(Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

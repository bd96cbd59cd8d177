import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("What the server offers, in stella.yaml")
struct ServerConfigurationTests {
  func server(_ text: String) throws -> Configuration.Server {
    try Configuration.parse("server: { \(text) }\n", file: "/etc/stella/stella.yaml").server
  }

  @Test("Every key reaches its place, and paths count from the file")
  func everything() throws {
    let server = try server(
      "listen: '0.0.0.0:7480', login: true, tls: { certificate: tls.crt, key: /keys/tls.key }, session: { idle: 10m, longest: 8h }"
    )
    #expect(server.listen == .init(host: "0.0.0.0", port: 7480))
    let login = try #require(server.login)
    #expect(login.certificate == "/etc/stella/tls.crt" && login.key == "/keys/tls.key" && !login.isBehindProxy)
    #expect(login.idle == 600_000_000_000 && login.longest == 8 * 3_600_000_000_000)
    #expect(try self.server("listen: '[::]:1', login: true, behind_proxy: true").login?.isBehindProxy == true)
    #expect(try self.server("listen: '127.0.0.1:0'").login == nil)
    #expect(try self.server("listen: 'localhost:0', login: true").login?.certificate == nil)
    #expect(server.connectionsPerAddress == 1024)
    let shared = "listen: '127.0.0.1:0', login: true, connections_per_address: 4000"
    #expect(try self.server(shared).connectionsPerAddress == 4000)
  }

  @Test(
    "What others can reach needs a login and TLS, and each refusal says what to write",
    arguments: [
      ("listen: '0.0.0.0:7480'", "login: true"), ("listen: '[::]:7480'", "login: true"),
      ("listen: '192.0.2.1:7480', login: false", "login: true"),
      ("listen: '0.0.0.0:7480', login: true", "behind_proxy: true"),
      ("listen: '0.0.0.0:7480', login: true, behind_proxy: false", "certificate:"),
      ("login: true", "without `listen`"), ("listen: 'stella.example.org:7480', login: true", "no `host:port`"),
      ("listen: '127.0.0.1:0', tls: { certificate: a, key: b }", "login: true"),
      ("listen: '127.0.0.1:0', behind_proxy: true", "login: true"),
      ("listen: '127.0.0.1:0', connections_per_address: 9", "login: true"),
      ("listen: '127.0.0.1:0', login: true, connections_per_address: 0", "connections_per_address"),
      ("listen: '127.0.0.1:0', login: true, tls: { certificate: a }", "key"),
      ("listen: '127.0.0.1:0', login: true, session: { idle: 1s }", "idle"),
      ("listen: '256.0.0.1:1', login: true", "no `host:port`"), ("listen: ':7480', login: true", "no `host:port`"),
    ])
  func refused(text: String, remedy: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try server(text) }
    #expect(error?.description.contains(remedy) == true, "\(error?.description ?? "")")
  }
}

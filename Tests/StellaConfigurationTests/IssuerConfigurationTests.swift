import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("An OpenID provider in stella.yaml")
struct IssuerConfigurationTests {
  private func issuer(_ text: String) throws -> Configuration.Issuer? {
    try Configuration.parse(
      "server: { listen: '127.0.0.1:0', login: true, oidc: { audience: [stella], user: name, \(text) } }\n",
      file: "/etc/stella/stella.yaml"
    ).server.login?.issuer
  }

  @Test("Its keys are at a URL, in a file, or where its own document says")
  func keys() throws {
    #expect(try issuer("issuer: x, jwks: 'https://id.example.org/keys'")?.keys == .url("https://id.example.org/keys"))
    #expect(try issuer("issuer: x, jwks: keys.json")?.keys == .file("/etc/stella/keys.json"))
    for name in [
      "https://id.example.org/realms/ops", "https://id.example.org/", "http://127.0.0.1:8080", "http://[::1]:1/a",
    ] {
      let found = try issuer("issuer: '\(name)'")
      #expect(found?.keys == .discovered && found?.name == name)
    }
  }

  @Test(
    "Where its document can't be found safely, the place of its keys has to be written",
    arguments: [
      "accounts.example.org", "http://id.example.org", "https://id.example.org/?a=b", "https://id.example.org/#a",
      "https://u:p@id.example.org", "ftp://id.example.org", "HTTPS://id.example.org",
    ])
  func refused(name: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try issuer("issuer: '\(name)'") }
    #expect(error?.description.contains("Say with `jwks` where they are") == true, "\(error?.description ?? "")")
    #expect(try issuer("issuer: '\(name)', jwks: keys.json")?.name == name)
  }
}

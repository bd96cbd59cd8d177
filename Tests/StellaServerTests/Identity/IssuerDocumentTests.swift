import Testing

@testable import StellaServer

@Suite("What an OpenID provider says of itself")
struct IssuerDocumentTests {
  private static let issuer = "https://id.example.org/realms/ops"

  private func keys(_ json: String, of issuer: String = issuer) throws -> String {
    try IssuerDocument.keys(in: Array(json.utf8), of: issuer)
  }

  @Test("Its document is behind its name, without a second slash")
  func place() {
    for issuer in [Self.issuer, Self.issuer + "/"] {
      #expect(IssuerDocument.url(of: issuer) == Self.issuer + "/.well-known/openid-configuration")
    }
    #expect(IssuerDocument.url(of: "https://id") == "https://id/.well-known/openid-configuration")
  }

  @Test("Keys are where the issuer's own document says")
  func found() throws {
    #expect(
      try keys(#"{"issuer":"\#(Self.issuer)","jwks_uri":"https://keys.example.org/a?b","more":[1]}"#).hasSuffix("/a?b"))
    let here = "http://127.0.0.1:8080"
    for place in ["http://localhost:1/keys", "https://keys.example.org/"] {
      #expect(try keys(#"{"issuer":"\#(here)","jwks_uri":"\#(place)"}"#, of: here) == place)
    }
  }

  @Test(
    "Another issuer's document, and one that names no place that can be trusted, is refused with the reason",
    arguments: [
      (#"{"issuer":"https://id.example.org/realms/ops/","jwks_uri":"https://k/"}"#, "that of https://id.example.org"),
      (#"{"issuer":"https://id.example.org/realms/OPS","jwks_uri":"https://k/"}"#, "has to be written exactly"),
      (#"{"jwks_uri":"https://k/"}"#, "that of nobody"),
      (#"{"issuer":["https://id.example.org/realms/ops"]}"#, "nobody"),
      (#"{"issuer":"https://id.example.org/realms/ops"}"#, "no https URL"),
      (#"{"issuer":"https://id.example.org/realms/ops","jwks_uri":"http://k/"}"#, "no https URL"),
      (#"{"issuer":"https://id.example.org/realms/ops","jwks_uri":"http://127.0.0.1/"}"#, "no https URL"),
      (#"{"issuer":"https://id.example.org/realms/ops","jwks_uri":"file:///etc/passwd"}"#, "no https URL"),
      (#"{"issuer":"https://id.example.org/realms/ops","jwks_uri":"https://u@k/"}"#, "no https URL"),
      (#"["https://id.example.org/realms/ops"]"#, "no JSON object"), ("<html>", "no JSON object"),
      ("", "no JSON object"),
    ])
  func refused(json: String, reason: String) {
    let trouble = #expect(throws: IssuerDocument.Trouble.self) { try keys(json) }
    #expect(trouble?.text.contains(reason) == true, "\(trouble?.text ?? "")")
  }
}

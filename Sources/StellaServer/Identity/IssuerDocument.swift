import StellaModel

/// What an OpenID provider says of itself (OpenID Connect Discovery 1.0, sections 3 and 4), as far as it is needed: where its keys are.
package enum IssuerDocument {
  /// Why it can't be used, for people.
  package struct Trouble: Error, Sendable {
    package let text: String
  }

  /// Bytes at most.
  package static let limit = 256 << 10

  /// Where it is.
  package static func url(of issuer: String) -> String {
    (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
  }

  /// The URL of the keys. A document that is another issuer's says nothing, and who is asked over TLS names no place without.
  package static func keys(in json: [UInt8], of issuer: String) throws(Trouble) -> String {
    guard let members = TokenValue.object(json) else { throw Trouble(text: "its document is no JSON object") }
    guard let name = members["issuer"]?.text, name == issuer else {
      let other = members["issuer"]?.text.map { TextEscaping.oneLine($0, limit: 200) } ?? "nobody"
      throw Trouble(
        text: "its document is that of \(other). `issuer` in stella.yaml has to be written exactly as the provider does"
      )
    }
    guard let place = members["jwks_uri"]?.text, let address = HTTPAddress(place),
      address.origin.isTLS || address.origin.isLoopback && !issuer.hasPrefix("https:")
    else { throw Trouble(text: "its document names no https URL as `jwks_uri`") }
    return place
  }
}

import StellaModel

extension Configuration {
  /// An OpenID provider that vouches for people.
  package struct Issuer: Sendable, Hashable {
    /// Where its public keys are.
    package enum Keys: Sendable, Hashable {
      case file(String)
      case url(String)
      /// The issuer's own document names the place: `/.well-known/openid-configuration` behind its name.
      case discovered
    }

    /// As its tokens name it.
    package var name: String
    package var audiences: [String]
    package var keys: Keys
    /// PEM file of the certificates that are believed when keys are fetched; nil for those of the system.
    package var caFile: String?
    /// Nanoseconds.
    package var refresh: Int64 = 900_000_000_000
    package var leeway: Int64 = 60_000_000_000
    /// The claim with the name of a user.
    package var userClaim: String?
    /// The claim with groups, and those of them that let in who is no user.
    package var groupsClaim: String?
    package var viewers: [String] = []
    package var editors: [String] = []
  }

  static func issuer(
    _ value: ConfigurationValue, _ resolved: (String) -> String, _ problems: inout [ConfigurationError.Problem]
  ) -> Issuer? {
    func problem(_ place: ConfigurationValue, _ message: String) {
      problems.append(.init(.wrongValue, at: place.place, message))
    }
    let audiences = (value["audience"]?.elements ?? []).compactMap(\.text)
    if let entry = value["audience"], audiences.isEmpty {
      problem(entry, "without an audience a token for anybody else would do here. Name the one of this server.")
    }
    // A problem of its own says so already when one is missing.
    guard let entry = value["jwks"] ?? value["issuer"], let place = entry.text, let name = value["issuer"]?.text else {
      return nil
    }
    let keys: Issuer.Keys
    if value["jwks"] == nil {
      guard let address = HTTPAddress(name), address.query == nil, address.origin.isTLS || address.origin.isLoopback
      else {
        problem(
          entry,
          "the keys of this issuer can't be found by its name, which is no https URL; http only leads to this machine. Say with "
            + "`jwks` where they are.")
        return nil
      }
      keys = .discovered
    } else if place.hasPrefix("http:") || place.hasPrefix("https:") {
      guard let address = HTTPAddress(place), address.origin.isTLS || address.origin.isLoopback else {
        problem(entry, "`jwks` takes an https URL, or a file; http only leads to this machine.")
        return nil
      }
      keys = .url(place)
    } else {
      keys = .file(resolved(place))
    }
    var issuer = Issuer(name: name, audiences: audiences, keys: keys)
    issuer.caFile = value["ca_file"]?.text.map(resolved)
    issuer.refresh = value["refresh"]?.nanoseconds ?? issuer.refresh
    issuer.leeway = value["leeway"]?.nanoseconds ?? issuer.leeway
    issuer.userClaim = value["user"]?.text
    issuer.groupsClaim = value["roles"]?["claim"]?.text
    issuer.viewers = (value["roles"]?["viewer"]?.elements ?? []).compactMap(\.text)
    issuer.editors = (value["roles"]?["editor"]?.elements ?? []).compactMap(\.text)
    if issuer.userClaim == nil, issuer.groupsClaim == nil {
      problem(value, "nobody would be let in: say with `user` or `roles` who somebody is here.")
    }
    return issuer
  }
}

extension ConfigurationSchema {
  private static let second: Int64 = 1_000_000_000

  static let issuer: [ConfigurationKey] = [
    ConfigurationKey(
      "issuer", .text, isRequired: true, example: "https://id.example.org/realms/ops",
      "Exactly as the claim `iss` of its tokens has it."),
    ConfigurationKey(
      "audience", .list(.text), isRequired: true, example: "[stella]",
      "For whom tokens must be, by their claim `aud`: any of these."),
    ConfigurationKey(
      "jwks", .text, example: "https://id.example.org/realms/ops/protocol/openid-connect/certs",
      "Where the issuer tells its public keys: an https URL; http only to this machine; or a file, which is read anew as often. "
        + "Without it, the issuer's own document says so, at `issuer` and `/.well-known/openid-configuration`."),
    ConfigurationKey(
      "ca_file", .path, example: "/etc/stella/ca.pem",
      "PEM file of the certificate that the one of the issuer is signed with. Without it, those of the system are believed."
    ),
    ConfigurationKey(
      "refresh", .duration((10 * second)...(86_400 * second)), standard: "15m", example: "1h",
      "Keys are read anew after so long, and earlier when a token names one that isn't known, but not twice within ten seconds."
    ),
    ConfigurationKey(
      "leeway", .duration(0...(300 * second)), standard: "1m", example: "10s",
      "How far the issuer's clock may be from this one."),
    ConfigurationKey(
      "user", .text, example: "preferred_username",
      "The claim with the name or alias of a user of Stella: who has it is that user. It must be one that people can't change "
        + "themselves. `email` counts only when `email_verified` is true."),
    ConfigurationKey(
      "roles", .object(issuerRoles), "What people may do who are no users of Stella, by their groups at the issuer."),
  ]

  private static let issuerRoles: [ConfigurationKey] = [
    ConfigurationKey(
      "claim", .text, isRequired: true, example: "groups",
      "The claim with groups or roles: a list of texts; with dots for one within others, such as `realm_access.roles`."),
    ConfigurationKey("viewer", .list(.text), example: "[staff]", "Groups whose members may look."),
    ConfigurationKey(
      "editor", .list(.text), example: "[sre]",
      "Groups whose members may look, and acknowledge, resolve, silence and stop all effects. Only users of Stella ask for "
        + "plans, decide and administer."),
  ]
}

/// Which header fields an effect may set, and which of them only as secrets.
enum HTTPHeaderRules {
  /// Set by the client for every request; setting them otherwise smuggles requests (RFC 9112, section 11.2).
  static let setByClient: Set<String> = [
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
  ]

  /// Their values are credentials.
  static let credentials: Set<String> = [
    "api-key", "authorization", "cookie", "private-token", "proxy-authorization", "x-access-token", "x-api-key",
    "x-auth-key", "x-auth-token", "x-vault-token",
  ]

  /// Checks what is special about headers; the value's form is checked as of any text.
  static func check(name: String, value: EffectValue, at place: String) throws(EffectError) {
    let isToken = name.utf8.allSatisfy {
      ($0.isASCIILetter && $0 & 0x20 != 0) || $0.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains($0)
    }
    guard !name.isEmpty, name.utf8.count <= EffectCheck.nameLimitBytes, isToken else {
      throw EffectError(
        .badValue, at: place, "this is no name of a header in lower case", "Use letters, digits and - (RFC 9110, 5.1)")
    }
    guard !setByClient.contains(name) else {
      throw EffectError(.badValue, at: place, "the HTTP client sets this header itself", "Leave it out")
    }
    var hasSecret = false
    try value.visit { (part) throws(EffectError) in
      switch part {
      case .secret: hasSecret = true
      case .text(let text):
        guard text.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
          throw EffectError(
            .badValue, at: place, "the header's value has a control character, which could begin another header",
            "Remove it in plan")
        }
      default: break
      }
    }
    if case .null = value { return }
    guard hasSecret || !credentials.contains(name) else {
      throw EffectError(
        .secretValue, at: place, "this header carries credentials, and the plan would show them",
        "Move it to secret_headers as \"name@version\" of a configured secret")
    }
  }
}

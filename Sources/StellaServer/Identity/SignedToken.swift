/// A JSON Web Token in its compact form (RFC 7515, section 7.1), taken apart and not verified.
struct SignedToken: Sendable {
  /// Bytes at most.
  static let limit = 16 << 10

  let algorithm: TokenAlgorithm
  /// Of the key; nil when it names none.
  let keyID: String?
  let claims: [String: TokenValue]
  /// What the signature is over.
  let signed: [UInt8]
  let signature: [UInt8]

  /// Whether a text is meant as one: three parts, of which the first is a JSON object.
  static func isLike(_ text: String) -> Bool {
    text.utf8.starts(with: "eyJ".utf8) && text.utf8.count { $0 == UInt8(ascii: ".") } == 2
  }

  init(_ text: String) throws(TokenRefusal) {
    let bytes = Array(text.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard bytes.count <= Self.limit, parts.count == 3, let head = Base64URL.bytes(parts[0]),
      let body = Base64URL.bytes(parts[1]), let signature = Base64URL.bytes(parts[2]),
      let header = TokenValue.object(head), let claims = TokenValue.object(body)
    else { throw .malformed }
    guard let algorithm = header["alg"]?.text.flatMap(TokenAlgorithm.init) else { throw .algorithm }
    // What an extension would change isn't known here (RFC 7515, section 4.1.11).
    guard header["crit"] == nil, header["b64"] == nil else { throw .malformed }
    // A kind of its own, such as a logout token, says something else (RFC 8725, section 3.11).
    if let type = header["typ"] {
      guard let name = type.text?.lowercased(), ["jwt", "at+jwt", "application/at+jwt"].contains(name) else {
        throw .malformed
      }
    }
    if let id = header["kid"], id.text == nil { throw .malformed }
    self.algorithm = algorithm
    keyID = header["kid"]?.text
    self.claims = claims
    signed = Array(bytes[..<parts[1].endIndex])
    self.signature = signature
  }
}

/// How a token may be signed (RFC 7518, 8037 and 9864): with a private key, whose public one the issuer tells. `none` and those with a
/// shared secret (`HS256` …) are not among them, and so can't be taken for one of these.
enum TokenAlgorithm: String, Sendable, CaseIterable {
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case edDSA = "EdDSA"
  case ed25519 = "Ed25519"
}

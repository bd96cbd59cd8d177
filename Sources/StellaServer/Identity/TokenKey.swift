import Crypto
import CryptoExtras
import FoundationEssentials

/// One public key of an issuer (RFC 7517), for those algorithms alone that its kind is made for.
struct TokenKey: Sendable {
  private enum Material: Sendable {
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
  }

  /// Bytes of an RSA modulus: what is shorter can be broken, what is longer costs too much.
  private static let modulusBytes = 256...1024

  let id: String?
  private let material: Material
  /// The only one that it says it is for.
  private let only: TokenAlgorithm?

  /// Nil for what is no key that signs, or of a kind that isn't taken.
  init?(_ members: [String: TokenValue]) {
    id = members["kid"]?.text
    if let use = members["use"], use.text != "sig" { return nil }
    if let operations = members["key_ops"], operations.texts?.contains("verify") != true { return nil }
    if let name = members["alg"] {
      guard let algorithm = name.text.flatMap(TokenAlgorithm.init) else { return nil }
      only = algorithm
    } else {
      only = nil
    }
    guard let material = Self.material(members) else { return nil }
    self.material = material
  }

  private static func material(_ members: [String: TokenValue]) -> Material? {
    func part(_ name: String) -> [UInt8]? { members[name]?.text.flatMap { Base64URL.bytes($0.utf8) } }
    let curve = members["crv"]?.text
    switch members["kty"]?.text {
    case "RSA":
      guard let n = part("n"), let e = part("e"), modulusBytes.contains(n.count), (1...8).contains(e.count) else {
        return nil
      }
      return (try? _RSA.Signing.PublicKey(n: n, e: e)).map { .rsa($0) }
    case "EC":
      guard let x = part("x"), let y = part("y"), x.count == y.count else { return nil }
      return switch curve {
      case "P-256": (try? P256.Signing.PublicKey(rawRepresentation: x + y)).map { .p256($0) }
      case "P-384": (try? P384.Signing.PublicKey(rawRepresentation: x + y)).map { .p384($0) }
      case "P-521": (try? P521.Signing.PublicKey(rawRepresentation: x + y)).map { .p521($0) }
      default: nil
      }
    case "OKP":
      guard curve == "Ed25519", let x = part("x") else { return nil }
      return (try? Curve25519.Signing.PublicKey(rawRepresentation: x)).map { .ed25519($0) }
    default: return nil
    }
  }

  func isFor(_ algorithm: TokenAlgorithm) -> Bool {
    if let only, only != algorithm { return false }
    return switch (material, algorithm) {
    case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512), (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): true
    case (.p256, .es256), (.p384, .es384), (.p521, .es512): true
    case (.ed25519, .edDSA), (.ed25519, .ed25519): true
    default: false
    }
  }

  /// Whether `signature` is this key's over `bytes`; false for an algorithm that it isn't for.
  func hasSigned(_ bytes: [UInt8], _ signature: [UInt8], by algorithm: TokenAlgorithm) -> Bool {
    guard isFor(algorithm) else { return false }
    switch material {
    case .rsa(let key):
      let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
      return switch algorithm {
      case .rs256: key.isValidSignature(signature, for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
      case .rs384: key.isValidSignature(signature, for: SHA384.hash(data: bytes), padding: .insecurePKCS1v1_5)
      case .rs512: key.isValidSignature(signature, for: SHA512.hash(data: bytes), padding: .insecurePKCS1v1_5)
      case .ps256: key.isValidSignature(signature, for: SHA256.hash(data: bytes), padding: .PSS)
      case .ps384: key.isValidSignature(signature, for: SHA384.hash(data: bytes), padding: .PSS)
      case .ps512: key.isValidSignature(signature, for: SHA512.hash(data: bytes), padding: .PSS)
      default: false
      }
    case .p256(let key):
      return (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map {
        key.isValidSignature($0, for: SHA256.hash(data: bytes))
      } ?? false
    case .p384(let key):
      return (try? P384.Signing.ECDSASignature(rawRepresentation: signature)).map {
        key.isValidSignature($0, for: SHA384.hash(data: bytes))
      } ?? false
    case .p521(let key):
      return (try? P521.Signing.ECDSASignature(rawRepresentation: signature)).map {
        key.isValidSignature($0, for: SHA512.hash(data: bytes))
      } ?? false
    case .ed25519(let key): return key.isValidSignature(signature, for: bytes)
    }
  }
}

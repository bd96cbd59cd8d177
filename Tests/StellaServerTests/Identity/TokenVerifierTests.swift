import Crypto
import Foundation
import Synchronization
import Testing

@testable import StellaServer

@Suite("Tokens of an OpenID provider")
struct TokenVerifierTests {
  private static let second: Int64 = 1_000_000_000
  private static let now: Int64 = 1_790_000_000 * second

  private static func text(_ data: some DataProtocol) -> String {
    Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// A provider that counts how often its keys are read.
  private final class Provider: Sendable {
    struct State {
      var keys: [(id: String?, key: P256.Signing.PrivateKey)] = []
      var reads = 0
      var isAway = false
    }

    let state = Mutex(State())

    func jwks() -> [UInt8]? {
      state.withLock { state in
        state.reads += 1
        if state.isAway { return nil }
        let keys = state.keys.map { id, key in
          let raw = key.publicKey.rawRepresentation
          let name = id.map { #""kid":"\#($0)","# } ?? ""
          return #"{\#(name)"kty":"EC","crv":"P-256","x":"\#(text(raw.prefix(32)))","y":"\#(text(raw.suffix(32)))"}"#
        }
        return Array(
          #"{"keys":[{"kty":"RSA","use":"enc","kid":"e","n":"AQAB","e":"AQAB"},\#(keys.joined(separator: ","))]}"#.utf8)
      }
    }

    var reads: Int { state.withLock { $0.reads } }
  }

  private static func token(
    _ key: P256.Signing.PrivateKey, _ id: String?, header: String = "", claims: String = "", until: Int64 = 600
  ) throws -> String {
    let seconds = now / second
    let name = id.map { #","kid":"\#($0)""# } ?? ""
    let head = text(Data(#"{"alg":"ES256"\#(name)\#(header)}"#.utf8))
    let body = text(
      Data(#"{"iss":"i","aud":["a","b"],"sub":"s","exp":\#(seconds + until),"iat":\#(seconds)\#(claims)}"#.utf8))
    let signature = try key.signature(for: SHA256.hash(data: Data("\(head).\(body)".utf8)))
    return "\(head).\(body).\(text(signature.rawRepresentation))"
  }

  private static func rules(user: String? = "email", groups: String? = "r.groups") -> TokenRules {
    TokenRules(issuer: "i", audiences: ["b", "c"], leeway: 60 * second, userClaim: user, groupsClaim: groups)
  }

  private static func verifier(_ provider: Provider, _ rules: TokenRules = rules()) -> TokenVerifier {
    TokenVerifier(rules, every: 900 * second) { provider.jwks() }
  }

  @Test(
    "Keys are read once and kept, anew when they are old or another is named, and not more often than every ten seconds"
  )
  func refresh() throws {
    let provider = Provider()
    let (a, b) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
    provider.state.withLock { $0.keys = [("a", a)] }
    let verifier = Self.verifier(provider)
    #expect(provider.reads == 0)
    let first = try Self.token(a, "a")
    for _ in 0..<3 { #expect(try verifier.subject(of: first, now: Self.now).id == "s") }
    #expect(provider.reads == 1)
    let second = try Self.token(b, "b")
    for number in 0..<100 {
      #expect(throws: TokenRefusal.key) { try verifier.subject(of: second, now: Self.now + Int64(number) * 1000) }
      let other = try Self.token(b, "unknown\(number)")
      #expect(throws: TokenRefusal.key) { try verifier.subject(of: other, now: Self.now) }
    }
    #expect(provider.reads == 1)
    provider.state.withLock { $0.keys = [("b", b)] }
    #expect(try verifier.subject(of: second, now: Self.now + 10 * Self.second).id == "s")
    #expect(provider.reads == 2)
    // What was signed with a key that is gone isn't remembered.
    #expect(throws: TokenRefusal.key) { try verifier.subject(of: first, now: Self.now + 11 * Self.second) }
    // The issuer is away: what is known holds for a day.
    provider.state.withLock { $0.isAway = true }
    let long = try Self.token(b, "b", until: 200_000)
    #expect(try verifier.subject(of: long, now: Self.now + 2000 * Self.second).id == "s")
    #expect(provider.reads == 3)
    #expect(throws: TokenRefusal.unavailable) { try verifier.subject(of: long, now: Self.now + 100_000 * Self.second) }
  }

  @Test("Whose key isn't known while keys are read isn't refused as wrong, and whose is known is let in meanwhile")
  func reading() throws {
    let provider = Provider()
    let (a, b) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
    provider.state.withLock { $0.keys = [("a", a)] }
    let (first, second) = (try Self.token(a, "a"), try Self.token(b, "b"))
    let now = Self.now
    let later = Mutex<(@Sendable () -> Void)?>(nil)
    let verifier = TokenVerifier(Self.rules(), every: 900 * Self.second) {
      later.withLock { $0 }?()
      return provider.jwks()
    }
    #expect(try verifier.subject(of: first, now: now).id == "s")
    provider.state.withLock { $0.keys = [("a", a), ("b", b)] }
    // As on another thread, while the keys are read.
    later.withLock {
      $0 = { [unowned verifier] in
        #expect(throws: TokenRefusal.unavailable) { try verifier.subject(of: second, now: now + 10 * Self.second) }
        #expect(throws: Never.self) { try verifier.subject(of: first, now: now + 10 * Self.second) }
      }
    }
    #expect(try verifier.subject(of: second, now: now + 10 * Self.second).id == "s")
    #expect(provider.reads == 2)
  }

  @Test("The same id under another key, a token without one, and a signature over something else")
  func keys() throws {
    let provider = Provider()
    let (a, b) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
    provider.state.withLock { $0.keys = [("a", a)] }
    let verifier = Self.verifier(provider)
    #expect(throws: TokenRefusal.signature) { try verifier.subject(of: try Self.token(b, "a"), now: Self.now) }
    // Without an id it is the only one that suits, or none.
    #expect(try verifier.subject(of: try Self.token(a, nil), now: Self.now).id == "s")
    provider.state.withLock { $0.keys = [("a", a), (nil, b)] }
    #expect(throws: TokenRefusal.key) {
      try verifier.subject(of: try Self.token(a, nil, until: 2000), now: Self.now + 900 * Self.second)
    }
    let good = try Self.token(a, "a")
    let parts = good.split(separator: ".")
    let other = try Self.token(a, "a", claims: #","x":1"#).split(separator: ".")
    #expect(throws: TokenRefusal.signature) {
      try verifier.subject(of: "\(parts[0]).\(other[1]).\(parts[2])", now: Self.now + Self.second)
    }
    for wrong in ["", "a.b", good + "=", good + ".x", "\(parts[0]).\(parts[1]).", String(good.dropLast()), good + "A"] {
      #expect(throws: TokenRefusal.self, "\(wrong)") { try verifier.subject(of: wrong, now: Self.now + Self.second) }
    }
    #expect(throws: TokenRefusal.malformed) {
      try verifier.subject(of: try Self.token(a, "a", header: #","crit":["x"]"#), now: Self.now)
    }
    #expect(throws: TokenRefusal.malformed) {
      try verifier.subject(of: try Self.token(a, "a", header: #","typ":"logout+jwt""#), now: Self.now)
    }
  }

  @Test("An address counts when it was looked at, groups may be nested, and the time is the issuer's within the leeway")
  func claims() throws {
    let provider = Provider()
    let key = P256.Signing.PrivateKey()
    provider.state.withLock { $0.keys = [("a", key)] }
    let verifier = Self.verifier(provider)
    func subject(_ claims: String, at offset: Int64 = 0) throws -> TokenSubject {
      try verifier.subject(of: try Self.token(key, "a", claims: claims), now: Self.now + offset * Self.second)
    }
    #expect(try subject(#","email":"m@example.org","email_verified":true"#).user == "m@example.org")
    for unverified in ["", #","email_verified":false"#, #","email_verified":"true""#] {
      #expect(try subject(#","email":"m@example.org"\#(unverified)"#).user == nil)
    }
    #expect(try subject(#","r":{"groups":["x","y"]}"#).groups == ["x", "y"])
    #expect(try subject(#","r.groups":"x""#).groups == ["x"])
    #expect(try subject(#","r":{"groups":["x",1]}"#).groups.isEmpty)
    #expect(try subject("", at: 659).until == Self.now + 660 * Self.second)
    #expect(throws: TokenRefusal.expired) { try subject("", at: 660) }
    #expect(throws: TokenRefusal.early) { try subject("", at: -61) }
    #expect(throws: TokenRefusal.audience) { try subject(#","azp":"a""#) }
    #expect(try subject(#","azp":"c""#).id == "s")
  }

  @Test("One text for the same bytes, and no key that is short, for something else or of a shared secret")
  func forms() {
    #expect(Base64URL.bytes("".utf8) == [] && Base64URL.bytes("AQ".utf8) == [1])
    #expect(Base64URL.bytes("-_8".utf8) == [0xFB, 0xFF])
    for wrong in ["A", "AR", "AQ==", "AQ=", "A Q", "+/8", "AAB"] {
      #expect(Base64URL.bytes(wrong.utf8) == nil, "\(wrong)")
    }
    let short = Self.text([UInt8](repeating: 0xC3, count: 128))
    for key in [
      #"{"kty":"oct","k":"AQAB"}"#, #"{"kty":"RSA","n":"\#(short)","e":"AQAB"}"#,
      #"{"kty":"EC","crv":"secp256k1","x":"AQ","y":"AQ"}"#,
      #"{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}"#, #"{"kty":"OKP","crv":"X25519","x":"AQ"}"#, "7",
    ] {
      #expect(TokenKeySet(json: Array(#"{"keys":[\#(key)]}"#.utf8)) == nil, "\(key)")
    }
    #expect(TokenKeySet(json: Array(#"{"keys":[]}"#.utf8)) == nil && TokenKeySet(json: Array("[]".utf8)) == nil)
  }
}

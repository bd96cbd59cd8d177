import Crypto
import StellaModel

/// The secret of a session or an API token: a prefix that scanners and people recognise it by, and 256 unpredictable bits.
///
/// Only its digest is kept. Whoever looks one up compares digests of what was sent, so that the time that takes tells nothing about
/// the secret; a plain hash is enough for what can't be guessed.
package struct AccessSecret: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case session = "stella_s_"
    case token = "stella_t_"
  }

  package static let bytes = 32

  package let kind: Kind
  package let text: String

  /// - Parameter random: 32 unpredictable bytes.
  package init(_ kind: Kind, random: [UInt8]) {
    precondition(random.count == AccessSecret.bytes)
    self.kind = kind
    text = kind.rawValue + HexText.text(random)
  }

  /// Nil for what can't be one.
  package init?(_ text: String) {
    guard let kind = Kind.allCases.first(where: { text.utf8.starts(with: $0.rawValue.utf8) }),
      text.utf8.count == kind.rawValue.utf8.count + 2 * AccessSecret.bytes,
      HexText.bytes(String(text.dropFirst(kind.rawValue.count))) != nil
    else { return nil }
    self.kind = kind
    self.text = text
  }

  /// 32 bytes.
  package var digest: [UInt8] { AccessSecret.digest("stella-access/v1\0" + text) }

  /// How it begins: enough to recognise it, and too little to guess it.
  package var prefix: String { String(text.prefix(kind.rawValue.count + 8)) }

  /// What a page of ours shows beside the cookie, which pages of other origins can't read.
  package var crossSiteToken: String { HexText.text(AccessSecret.digest("stella-cross-site/v1\0" + text)) }

  /// The digest of a code for the first admin, 32 bytes.
  package static func digest(ofCode code: String) -> [UInt8] { digest("stella-enrolment/v1\0" + code) }

  private static func digest(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}

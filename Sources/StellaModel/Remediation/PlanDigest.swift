/// What an approval is bound to: the digest of a plan's canonical form.
package struct PlanDigest: Sendable, Hashable {
  package let content: ContentDigest

  package init(_ content: ContentDigest) { self.content = content }

  /// Reads `sha256:` and 64 lower-case hexadecimal digits, nothing else.
  package init?(_ text: String) {
    guard let content = ContentDigest(text) else { return nil }
    self.content = content
  }

  /// How many digits a person must give at least to name a plan of one run: 48 bits.
  package static let prefixDigits = 12

  /// Why what a person gave as a digest says nothing.
  package enum PrefixError: Error, Sendable, Hashable {
    /// Fewer than 12 digits; how many there were.
    case tooShort(Int)
    case tooLong
    case notHexadecimal
  }

  /// Whether this is the digest whose beginning a person gave: at least 12 digits in either case, with or without
  /// `sha256:`, with or without the spaces of ``grouped``. Only ever asked of the digest of one run.
  package func matches(_ given: String) throws(PrefixError) -> Bool {
    var digits = given.utf8.filter { $0 != UInt8(ascii: " ") }
    if digits.starts(with: "sha256:".utf8) { digits.removeFirst("sha256:".utf8.count) }
    digits = digits.map { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) ? $0 | 0x20 : $0 }
    guard digits.allSatisfy({ $0.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }) else {
      throw .notHexadecimal
    }
    guard digits.count >= Self.prefixDigits else { throw .tooShort(digits.count) }
    guard digits.count <= 64 else { throw .tooLong }
    return content.hexadecimal.utf8.starts(with: digits)
  }

  /// The first 12 digits, as commands show it to be given back.
  package var short: String { String(content.hexadecimal.prefix(Self.prefixDigits)) }

  /// All digits in groups of four, for people to compare: `4be1 90d2 77c3 …`.
  package var grouped: String {
    let digits = Array(content.hexadecimal)
    return stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: " ")
  }
}

extension PlanDigest: CustomStringConvertible {
  package var description: String { content.description }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Addresses that begin alike: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
package struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
  package let description: String
  private let prefix: [UInt8]
  private let bits: Int

  /// Nil for text that is no such range.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = Self.bytes(of: String(first)) else { return nil }
    let all = address.count * 8
    guard let bits = parts.count == 1 ? all : Int(parts[1]), (0...all).contains(bits) else { return nil }
    description = text
    prefix = address
    self.bits = bits
  }

  /// Whether the address lies within. An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
  package func contains(_ address: String) -> Bool {
    guard let bytes = Self.bytes(of: address), bytes.count == prefix.count else { return false }
    let whole = bits / 8
    guard bytes.prefix(whole) == prefix.prefix(whole) else { return false }
    let rest = bits % 8
    return rest == 0 || bytes[whole] >> (8 - rest) == prefix[whole] >> (8 - rest)
  }

  private static func bytes(of text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: six) { Array($0) }
    let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
    return isMapped ? Array(bytes[12...]) : bytes
  }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Values of secrets, to be looked for in bytes that must not hold them. Never shown, not even by a debugger's dump.
package struct KnownSecrets: Sendable {
  /// Shorter values would be found everywhere by chance, and aren't looked for.
  package static let minimumBytes = 8

  private let needles: [(reference: SecretReference, bytes: [UInt8])]

  package static let none = KnownSecrets([])

  /// Looks for each value as it is, in hexadecimal digits of either case, and in base64 (RFC 4648) of both alphabets.
  package init(_ secrets: [(reference: SecretReference, value: [UInt8])]) {
    needles = secrets.filter { $0.value.count >= Self.minimumBytes }.flatMap { secret in
      Self.spellings(of: secret.value).map { (secret.reference, $0) }
    }
  }

  /// The first secret, in the order given, whose value is in `bytes`. O(bytes × secrets).
  package func first(in bytes: [UInt8]) -> SecretReference? {
    bytes.withUnsafeBytes { haystack in
      needles.first { needle in
        needle.bytes.withUnsafeBytes { Self.contains(haystack, $0) }
      }?.reference
    }
  }

  private static func contains(_ haystack: UnsafeRawBufferPointer, _ needle: UnsafeRawBufferPointer) -> Bool {
    guard let bytes = haystack.baseAddress, let value = needle.baseAddress else { return false }
    var position = 0
    while haystack.count - position >= needle.count {
      let candidates = haystack.count - needle.count - position + 1
      guard let found = memchr(bytes + position, Int32(needle[0]), candidates) else { return false }
      if memcmp(found, value, needle.count) == 0 { return true }
      position = UnsafeRawPointer(found) - bytes + 1
    }
    return false
  }

  private static func spellings(of value: [UInt8]) -> [[UInt8]] {
    var spellings = [value]
    for digits in ["0123456789abcdef", "0123456789ABCDEF"].map({ Array($0.utf8) }) {
      spellings.append(value.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    for alphabet in [letters + "+/", letters + "-_"].map({ Array($0.utf8) }) {
      // Within a longer base64 text the value begins at one of three places in a group; whole groups are the same.
      for skipped in 0..<3 {
        let whole = value.dropFirst(skipped)
        spellings.append(Self.groups(whole.prefix(whole.count / 3 * 3), alphabet))
      }
    }
    return spellings.filter { $0.count >= minimumBytes }
  }

  private static func groups(_ bytes: ArraySlice<UInt8>, _ alphabet: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 3) {
      let group = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
      for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
    }
    return text
  }
}

extension KnownSecrets: CustomStringConvertible, CustomReflectable {
  package var description: String { "secrets" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

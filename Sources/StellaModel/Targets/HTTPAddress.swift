/// A scheme, a host and a port: what a connection is made to.
package struct HTTPOrigin: Sendable, Hashable {
  package let isTLS: Bool
  /// In lower case; an IPv6 address without its brackets.
  package let host: String
  package let port: Int

  /// Reads `https://billing.internal` or `http://[::1]:8080`, with at most a `/` behind it. Nil for everything else.
  package init?(_ text: String) {
    guard let address = HTTPAddress(text), address.path == "/", address.query == nil else { return nil }
    self = address.origin
  }

  fileprivate init?(isTLS: Bool, authority: Substring) {
    var host = authority
    var port = isTLS ? 443 : 80
    let end = authority.lastIndex(of: "]").map(authority.index(after:)) ?? authority.startIndex
    if let colon = authority[end...].lastIndex(of: ":") {
      let digits = authority[authority.index(after: colon)...]
      guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy(\.isASCIIDigit), let number = Int(digits),
        (1...65535).contains(number)
      else { return nil }
      host = authority[..<colon]
      port = number
    }
    if host.hasPrefix("[") {
      guard host.hasSuffix("]") else { return nil }
      host = host.dropFirst().dropLast()
      // No zone: `%` would begin one.
      guard host.contains(":"), host.utf8.allSatisfy({ $0.isASCIIHexDigit || ":.".utf8.contains($0) }) else {
        return nil
      }
    } else {
      guard host.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "-._".utf8.contains($0) }) else { return nil }
    }
    guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
    self.isTLS = isTLS
    self.host = host.lowercased()
    self.port = port
  }
}

extension HTTPOrigin {
  /// Whether it is this machine, by its names and addresses that no other can have.
  package var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }
}

extension HTTPOrigin: CustomStringConvertible {
  /// Always with the port.
  package var description: String {
    "\(isTLS ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}

/// An absolute `http` or `https` URL (RFC 3986) in its parts, as they are sent.
package struct HTTPAddress: Sendable, Hashable {
  package let origin: HTTPOrigin
  /// Begins with `/`.
  package let path: String
  /// What follows `?`; nil without one.
  package let query: String?

  /// Nil for what isn't such a URL, and for one with a user, a fragment, or characters that parsers take for different
  /// things: `\`, control characters, spaces and everything beyond ASCII.
  package init?(_ url: String) {
    guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}#".utf8.contains($0) }) else {
      return nil
    }
    let isTLS = url.hasPrefix("https://")
    guard isTLS || url.hasPrefix("http://") else { return nil }
    let rest = url.dropFirst(isTLS ? 8 : 7)
    let authority = rest.prefix { !"/?".contains($0) }
    guard let origin = HTTPOrigin(isTLS: isTLS, authority: authority) else { return nil }
    let target = rest[authority.endIndex...]
    let path = target.prefix { $0 != "?" }
    self.origin = origin
    self.path = path.isEmpty ? "/" : String(path)
    query = path.endIndex < target.endIndex ? String(target[target.index(after: path.endIndex)...]) : nil
  }
}

extension UInt8 {
  fileprivate var isASCIIHexDigit: Bool {
    isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
  }
}

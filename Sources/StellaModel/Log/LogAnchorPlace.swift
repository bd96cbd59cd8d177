/// Where an anchor of the execution log is, as `stella.yaml` names it.
package enum LogAnchorPlace: Sendable, Hashable {
  /// A file that gets one line for each checkpoint.
  case file(String)
  /// A service that is told each checkpoint by POST, and asked for the newest by GET.
  case http(HTTPAddress, authorization: ConcealedText?)
  /// A directory of a Git work tree, in which each checkpoint is committed.
  case git(String)

  /// Reads a path, `file:PATH`, `git:DIRECTORY`, or an `https` URL, whose user part is `TOKEN@` for a bearer token or
  /// `USER:PASSWORD@`. Plain `http` may go to this machine only.
  ///
  /// - Parameter resolved: What a relative path counts from.
  /// - Returns: Nil for an address that is none, or that isn't safe.
  package init?(_ text: String, resolved: (String) -> String) {
    if text.hasPrefix("file:") {
      self = .file(resolved(String(text.dropFirst(5))))
    } else if text.hasPrefix("git:") {
      self = .git(resolved(String(text.dropFirst(4))))
    } else if text.hasPrefix("https://") || text.hasPrefix("http://") {
      guard let place = LogAnchorPlace(url: text) else { return nil }
      self = place
    } else {
      // Another scheme is a mistake; a colon within a path is none.
      guard !text.contains("://") else { return nil }
      self = .file(resolved(text))
    }
    switch self {
    case .file(let path), .git(let path): if path.isEmpty { return nil }
    case .http: break
    }
  }

  private init?(url: String) {
    let start = url.index(url.startIndex, offsetBy: url.hasPrefix("https://") ? 8 : 7)
    let authority = url[start...].prefix { !"/?".contains($0) }
    var plain = url
    var authorization: ConcealedText?
    if let at = authority.lastIndex(of: "@") {
      authorization = ConcealedText(String(authority[..<at]))
      plain = String(url[..<start] + url[url.index(after: at)...])
    }
    guard let address = HTTPAddress(plain), authorization?.text != "" else { return nil }
    guard address.origin.isTLS || ["127.0.0.1", "::1", "localhost"].contains(address.origin.host) else { return nil }
    self = .http(address, authorization: authorization)
  }
}

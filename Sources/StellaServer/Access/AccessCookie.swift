import HTTPTypes
import Hummingbird

/// The cookie that a browser's session is in: for this host alone, out of reach of scripts and of other sites.
struct AccessCookie: Sendable {
  /// Whether browsers come over TLS, to us or to a proxy before us. A name that begins with `__Host-` is taken by browsers over TLS
  /// only, for no domain and the whole host (RFC 6265bis).
  let isSecure: Bool

  var name: String { isSecure ? "__Host-stella" : "stella" }

  /// - Parameter seconds: that it is kept for.
  func set(_ secret: String, seconds: Int) -> String { "\(name)=\(secret); Max-Age=\(seconds)\(attributes)" }

  var removal: String { "\(name)=; Max-Age=0\(attributes)" }

  private var attributes: String { "; Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "") }

  /// What cookies of this name hold: more than one when somebody has slipped in another.
  func values(_ headers: HTTPFields) -> [String] {
    headers[values: .cookie].flatMap { $0.split(separator: ";") }.compactMap { pair in
      let pair = pair.drop { $0 == " " }
      guard pair.hasPrefix(name + "=") else { return nil }
      return String(pair.dropFirst(name.count + 1))
    }
  }
}

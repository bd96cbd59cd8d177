/// Why a token of an issuer isn't taken.
package enum TokenRefusal: String, Error, Sendable, Hashable {
  /// It is no token, or one of a kind or with an extension that isn't known here.
  case malformed
  /// It isn't signed, or signed in a way that isn't taken.
  case algorithm
  /// The issuer has no such key.
  case key
  case signature
  case issuer
  case audience
  /// It has no time of expiry, or that has passed.
  case expired
  /// It isn't valid yet.
  case early
  /// It says of nobody whom it is about.
  case subject
  /// The issuer's keys can't be had.
  case unavailable
}

import CCrypt
import Glibc
import StellaModel

/// Hashes of passwords by libxcrypt: yescrypt (Peslyak 2018) with the library's own cost, some 16 MiB of memory for each.
///
/// Takes tens of milliseconds on purpose: to be called off the event loops, and for few at a time.
package enum PasswordHash {
  /// Bytes of UTF-8. The upper bound keeps what crypt(3) takes, which would refuse more than 511.
  package static let length = 12...256

  /// Why a password can't be taken; nil when it can.
  package static func problem(_ password: String, of user: String) -> String? {
    if !length.contains(password.utf8.count) {
      return "a password has \(length.lowerBound) to \(length.upperBound) bytes; several words make a good one."
    }
    if password.utf8.contains(0) { return "a password has no zero byte." }
    if password.lowercased() == user || Set(password.utf8).count < 4 {
      return "this password is guessed at once. Take several words."
    }
    return nil
  }

  /// The hash of a password, with its own salt.
  ///
  /// - Throws: ``CommandFailure`` `usage` for a password that ``problem(_:of:)`` is known of; `failure` when the library can't.
  package static func make(_ password: String, of user: String) throws(CommandFailure) -> String {
    if let problem = problem(password, of: user) { throw CommandFailure(.usage, problem) }
    var generator = SystemRandomNumberGenerator()
    let random = (0..<24).map { _ in CChar(truncatingIfNeeded: generator.next() as UInt8) }
    guard let setting = crypt_gensalt_ra("$y$", 0, random, Int32(random.count)) else { throw unable }
    defer { free(setting) }
    guard let hash = crypt(password, String(cString: setting)) else { throw unable }
    return hash
  }

  /// Whether a password has this hash. Compares in a time that doesn't depend on where they differ.
  package static func matches(_ password: String, _ hash: String) -> Bool {
    guard length.upperBound >= password.utf8.count, !password.utf8.contains(0), let found = crypt(password, hash) else {
      return false
    }
    return areEqual(Array(found.utf8), Array(hash.utf8))
  }

  static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static var unable: CommandFailure {
    CommandFailure(.failure, "libcrypt can't make a yescrypt hash here. Debian's package libcrypt1 can.")
  }

  /// Nil for a failure, which libxcrypt tells by text that begins with `*`.
  private static func crypt(_ password: String, _ setting: String) -> String? {
    var data: UnsafeMutableRawPointer?
    var size: Int32 = 0
    defer {
      if let data {
        explicit_bzero(data, Int(size))
        free(data)
      }
    }
    guard let hash = crypt_ra(password, setting, &data, &size) else { return nil }
    let text = String(cString: hash)
    return text.hasPrefix("*") ? nil : text
  }
}

import Crypto
import StellaModel

/// The id of an alert, the same in every replay.
enum AlertIdentity {
  /// The first 128 bits of SHA-256 over rule id, key as canonical JSON, time of the first event and episode number,
  /// separated by line feeds, in hexadecimal.
  static func text(rule: String, key: [FieldValue.Member], firstSeen: Int64, episode: Int) -> String {
    let text = "\(rule)\n\(FieldValue.object(key).json)\n\(firstSeen)\n\(episode)"
    let digits = Array("0123456789abcdef".utf8)
    let digest = SHA256.hash(data: Array(text.utf8)).prefix(16)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

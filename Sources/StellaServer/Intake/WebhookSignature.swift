import Crypto
import HTTPTypes
import StellaModel

/// How a webhook's sender proves that it is who it says: HMAC-SHA256 (RFC 2104) over the body with a secret that both know.
package struct WebhookSignature: Sendable {
  package enum Form: Sendable, Hashable {
    /// Of the body; hexadecimal digits behind a prefix.
    case body(header: String, prefix: String)
    /// Of a time, a dot and the body: `t=SECONDS,v1=DIGITS`, several `v1` while a secret is changed. As Stripe does.
    case timed(header: String, tolerance: Duration)
  }

  /// Why a request is not believed.
  package enum Failure: Error, Sendable, Hashable {
    case missing(header: String)
    case wrong
    /// It is right, but of another time than now: somebody may send again what was recorded.
    case stale
  }

  private let key: SymmetricKey
  private let form: Form

  package init(secret: ConcealedText, form: Form) {
    key = SymmetricKey(data: Array(secret.text.utf8))
    self.form = form
  }

  /// Compares in a time that doesn't depend on where signatures differ. O(body).
  ///
  /// - Parameter now: nanoseconds since the epoch.
  func check(_ headers: HTTPFields, _ body: some Collection<UInt8>, now: Int64) throws(Failure) {
    switch form {
    case .body(let header, let prefix):
      let value = try Self.value(of: header, headers)
      guard value.hasPrefix(prefix), isValid(value.dropFirst(prefix.count), [Array(body)]) else { throw .wrong }
    case .timed(let header, let tolerance):
      var time: Substring?
      var signatures: [Substring] = []
      for part in try Self.value(of: header, headers).split(separator: ",").prefix(16) {
        let pair = part.split(separator: "=", maxSplits: 1)
        guard pair.count == 2 else { continue }
        if pair[0] == "t" { time = pair[1] }
        if pair[0] == "v1" { signatures.append(pair[1]) }
      }
      guard let time, let seconds = Int64(time) else { throw .wrong }
      let parts = [Array(time.utf8), [UInt8(ascii: ".")], Array(body)]
      guard signatures.contains(where: { isValid($0, parts) }) else { throw .wrong }
      let age = (now / Timestamp.second).subtractingReportingOverflow(seconds)
      guard !age.overflow, age.partialValue.magnitude <= UInt64(tolerance.components.seconds) else { throw .stale }
    }
  }

  private static func value(of header: String, _ headers: HTTPFields) throws(Failure) -> String {
    guard let name = HTTPField.Name(header), let value = headers[name] else { throw .missing(header: header) }
    return value
  }

  private func isValid(_ digits: Substring, _ parts: [[UInt8]]) -> Bool {
    guard let code = HexText.bytes(digits) else { return false }
    var hash = HMAC<SHA256>(key: key)
    for part in parts { hash.update(data: part) }
    return hash.finalize().withUnsafeBytes { expected in
      // Of fixed length, so that no difference ends the comparison early.
      guard expected.count == code.count else { return false }
      var difference: UInt8 = 0
      for index in 0..<expected.count { difference |= expected[index] ^ code[index] }
      return difference == 0
    }
  }
}

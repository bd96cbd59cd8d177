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

  /// What a request says that it is signed with; not yet whether it is.
  struct Claim: Sendable, Hashable {
    /// Of the time, as it is written; nil where none is signed.
    fileprivate var time: String?
    fileprivate var codes: [[UInt8]]
  }

  /// Reads it without the body.
  ///
  /// - Throws: ``Failure`` `missing`, or `wrong` when it can be no signature of any body.
  func claim(_ headers: HTTPFields) throws(Failure) -> Claim {
    var claim = Claim(time: nil, codes: [])
    func add(_ digits: Substring) {
      guard digits.utf8.count == 2 * SHA256Digest.byteCount, let code = HexText.bytes(digits) else { return }
      claim.codes.append(code)
    }
    switch form {
    case .body(let header, let prefix):
      let value = try Self.value(of: header, headers)
      if value.hasPrefix(prefix) { add(value.dropFirst(prefix.count)) }
    case .timed(let header, _):
      for part in try Self.value(of: header, headers).split(separator: ",").prefix(16) {
        let pair = part.split(separator: "=", maxSplits: 1)
        guard pair.count == 2 else { continue }
        if pair[0] == "t" { claim.time = String(pair[1]) }
        if pair[0] == "v1" { add(pair[1]) }
      }
      guard claim.time.flatMap({ Int64($0) }) != nil else { throw .wrong }
    }
    guard !claim.codes.isEmpty else { throw .wrong }
    return claim
  }

  /// Compares in a time that doesn't depend on where signatures differ. O(body).
  ///
  /// - Parameter now: nanoseconds since the epoch.
  func check(_ claim: Claim, _ body: some Collection<UInt8>, now: Int64) throws(Failure) {
    var parts = [Array(body)]
    if let time = claim.time { parts = [Array(time.utf8), [UInt8(ascii: ".")]] + parts }
    guard claim.codes.contains(where: { isValid($0, parts) }) else { throw .wrong }
    guard case .timed(_, let tolerance) = form, let seconds = claim.time.flatMap({ Int64($0) }) else { return }
    let age = (now / Timestamp.second).subtractingReportingOverflow(seconds)
    guard !age.overflow, age.partialValue.magnitude <= UInt64(tolerance.components.seconds) else { throw .stale }
  }

  private static func value(of header: String, _ headers: HTTPFields) throws(Failure) -> String {
    guard let name = HTTPField.Name(header), let value = headers[name] else { throw .missing(header: header) }
    return value
  }

  private func isValid(_ code: [UInt8], _ parts: [[UInt8]]) -> Bool {
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

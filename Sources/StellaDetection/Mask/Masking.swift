import Crypto
import StellaModel

/// Which personal data is taken out of records, and how: fixed once it is made, the same for the same text wherever it runs.
package struct Masking: Sendable {
  /// What is found by its form.
  package struct Kinds: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// E-mail addresses, also with `%40` or `\u0040` for the at sign.
    package static let email = Kinds(rawValue: 1)
    /// Bearer and basic credentials, JSON web tokens, keys with a known beginning, and values of names such as `password`.
    package static let token = Kinds(rawValue: 2)
    /// IPv4 and IPv6 addresses, but for loopback and unspecified ones.
    package static let address = Kinds(rawValue: 4)
    /// Numbers of payment cards: a known issuer's length and beginning, and the right check digit (ISO/IEC 7812-1).
    package static let card = Kinds(rawValue: 8)
    package static let all: Kinds = [.email, .token, .address, .card]
  }

  /// What a regular expression finds: all of it, or its first group when it has one.
  package struct Pattern: Sendable {
    /// Stands in brackets in its place.
    package var name: String
    package var expression: RegularExpression

    package init(name: String, expression: RegularExpression) { (self.name, self.expression) = (name, expression) }
  }

  package let kinds: Kinds
  package let patterns: [Pattern]
  let hashedNames: [[UInt8]]
  /// Those fields to hash that text has by their place in a line, without their names.
  let placedFields: [TextField]
  private let key: SymmetricKey?
  private let filter: PersonalDataFilter

  /// - Parameters:
  ///   - hashedFields: names whose values become a keyed hash, in whatever case; `user.id` is the member `id` of `user`.
  ///   - key: of the hash; without one no field is hashed.
  package init(
    kinds: Kinds = .all, patterns: [Pattern] = [], hashedFields: [String] = [], key: [UInt8]? = nil
  ) {
    self.init(
      kinds, patterns, hashedNames: key == nil ? [] : hashedFields.map { Array($0.lowercased().utf8) },
      key.map { SymmetricKey(data: $0) })
  }

  private init(_ kinds: Kinds, _ patterns: [Pattern], hashedNames: [[UInt8]], _ key: SymmetricKey?) {
    (self.kinds, self.patterns, self.hashedNames, self.key) = (kinds, patterns, hashedNames, key)
    placedFields = [TextField.user, .targetUser].filter { hashedNames.contains(Array($0.name.utf8)) }
    filter = PersonalDataFilter(kinds, hashedNames: hashedNames)
  }

  /// The same, and besides every kind: what is shown to who may not see personal data.
  package var complete: Masking { Masking(.all, patterns, hashedNames: hashedNames, key) }

  /// Whether `text`, which somebody looks for, could be found where something was masked and not in the record before. When not,
  /// whatever is found in a masked record is in the record itself.
  package func couldBring(_ text: String) -> Bool {
    if !hashedNames.isEmpty || text.utf8.contains(where: { "[]\"\\".utf8.contains($0) }) { return true }
    let text = text.lowercased()
    let names = ["email", "token", "secret", "ip", "card"] + patterns.map { $0.name.lowercased() }
    return names.contains { $0.contains(text) }
  }

  /// Adds `id_` and the first 64 bits of HMAC-SHA256 (RFC 2104) over `value`, as 16 hexadecimal digits.
  func hash(_ value: Bytes, into output: inout [UInt8]) {
    guard let key else { return }
    output += "id_".utf8
    let digits = Array("0123456789abcdef".utf8)
    for byte in HMAC<SHA256>.authenticationCode(for: value, using: key).prefix(8) {
      output.append(digits[Int(byte >> 4)])
      output.append(digits[Int(byte & 15)])
    }
  }

  /// What a field's name asks for.
  enum Demand: UInt8 {
    case none, secret, hash
  }

  /// - Parameter parent: the name of the object that it is a member of; empty when there is none.
  func demand(of name: Bytes, in parent: Bytes) -> Demand {
    for hashed in hashedNames {
      if hashed.count == name.count, Self.ends(name, with: hashed) { return .hash }
      if hashed.count == parent.count + 1 + name.count, hashed[parent.count] == UInt8(ascii: "."), !parent.isEmpty,
        Self.ends(parent, with: Array(hashed[..<parent.count])),
        Self.ends(name, with: Array(hashed[(parent.count + 1)...]))
      {
        return .hash
      }
    }
    guard kinds.contains(.token), let last = name.last, (last | 0x20) &- 97 < 26 else { return .none }
    return CredentialForms.secretNames[Int((last | 0x20) - 97)].contains { Self.ends(name, with: $0) } ? .secret : .none
  }

  /// Whether a text, plain or JSON, may have something to mask, but for ``placedFields``. False for most, and then it hasn't. O(bytes).
  package func mayHold(_ text: Bytes) -> Bool { !patterns.isEmpty || filter.allows(text) }

  /// Whether a member of a JSON object is masked because of its name, or its name itself may have something to mask. Not for members
  /// of objects within objects.
  package func asks(for name: Bytes) -> Bool {
    demand(of: name, in: Bytes(rebasing: name[..<0])) != .none || mayHold(name)
  }

  /// Whether of a JSON object whose own members have these names each may be asked for by itself: then none of them is masked for
  /// its name, and no pattern finds what spans several.
  package func allowsParts(_ names: [String]) -> Bool {
    let none = Bytes(start: nil, count: 0)
    return patterns.isEmpty
      && names.allSatisfy { name in Array(name.utf8).withUnsafeBufferPointer { demand(of: $0, in: none) == .none } }
  }

  /// Whether `name` ends with `end`, which is in lower case, without regard to case, and with `-` and `.` for `_`.
  private static func ends(_ name: Bytes, with end: [UInt8]) -> Bool {
    guard name.count >= end.count else { return false }
    let start = name.count - end.count
    for (place, wanted) in end.enumerated() {
      var byte = name[start + place]
      if byte &- 0x41 < 26 { byte |= 0x20 }
      if byte == wanted { continue }
      if wanted == UInt8(ascii: "_"), byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") { continue }
      return false
    }
    return true
  }
}

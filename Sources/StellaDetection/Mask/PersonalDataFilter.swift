import CStellaMatch

/// Tells in one pass that a record has nothing that is found by its form or by the name before it, which is so for most. It
/// may take a record for one that has some, never the other way round. Immutable.
final class PersonalDataFilter: @unchecked Sendable {
  // Sendable, because the C object is never changed once it is filled.
  private let personal: OpaquePointer

  /// - Parameter hashedNames: in lower case, as ``Masking`` has them.
  init(_ kinds: Masking.Kinds, hashedNames: [[UInt8]]) {
    guard let personal = stella_personal_create(UInt32(kinds.rawValue)) else {
      fatalError("there is no memory for a filter of personal data")
    }
    self.personal = personal
    if kinds.contains(.token) {
      for beginning in CredentialForms.keys.joined().map(\.beginning) + CredentialForms.amazon + [
        CredentialForms.webToken
      ] {
        stella_personal_add(personal, STELLA_PERSONAL_BEGINNING, beginning.utf8Start, beginning.utf8CodeUnitCount)
      }
      for scheme in CredentialForms.schemes {
        stella_personal_add(personal, STELLA_PERSONAL_SCHEME, scheme.utf8Start, scheme.utf8CodeUnitCount)
      }
      for name in CredentialForms.secretNames.joined() {
        stella_personal_add(personal, STELLA_PERSONAL_ENDING, name, name.count)
      }
    }
    for name in hashedNames {
      // The object that it is a member of may stand elsewhere in the record.
      let own = Array(name[(name.lastIndex(of: UInt8(ascii: ".")).map { $0 + 1 } ?? 0)...])
      stella_personal_add(personal, STELLA_PERSONAL_ENDING, own, own.count)
    }
  }

  deinit { stella_personal_destroy(personal) }

  /// Whether `text`, plain or JSON, may have something to mask. O(bytes).
  func allows(_ text: Bytes) -> Bool {
    guard let start = text.baseAddress else { return false }
    return stella_personal_possible(personal, start, text.count)
  }
}

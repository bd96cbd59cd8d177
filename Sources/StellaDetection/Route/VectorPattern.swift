import CStellaMatch

/// A text test in Vectorscan's syntax.
///
/// Literals are written byte by byte. Regular expressions go through ``RegexTranslation``, because RE2 and PCRE, whose
/// syntax Vectorscan takes, give different meanings to `$`, `\s`, `\v`, `(?i)` and more.
struct VectorPattern: Hashable {
  /// NUL-terminated.
  let expression: [CChar]
  let flags: UInt32
  /// Whether a hit still has to be confirmed by RE2.
  let needsConfirmation: Bool

  private static let expressionLimit = 12_000
  /// Programs past this size take Vectorscan seconds to compile; RE2 runs them by itself.
  private static let programLimit = 2_000

  /// Nil when Vectorscan can't run it.
  init?(_ test: FieldTest) {
    switch test.question {
    case .text(let kind, let needle, let ignoringCase):
      let literal = needle.map(VectorPattern.literal).joined()
      let source =
        switch kind {
        case .contains: literal
        case .startswith: "\\A" + literal
        case .endswith: literal + "\\z"
        case .equals: "\\A" + literal + "\\z"
        }
      self.init(source, flags: ignoringCase ? STELLA_PATTERN_CASELESS : 0, needsConfirmation: false)
    case .matches(let pattern):
      guard let regex = try? RegularExpression(pattern), regex.programSize <= VectorPattern.programLimit,
        let translation = RegexTranslation(String(decoding: pattern, as: UTF8.self))
      else { return nil }
      self.init(translation.source, flags: STELLA_PATTERN_UTF8, needsConfirmation: !translation.isExact)
      if !isAccepted { return nil }
    default: return nil
    }
  }

  private init?(_ source: String, flags: Int, needsConfirmation: Bool) {
    guard source.utf8.count <= VectorPattern.expressionLimit else { return nil }
    expression = Array(source.utf8CString)
    self.flags = UInt32(flags)
    self.needsConfirmation = needsConfirmation
  }

  /// Whether Vectorscan takes the pattern by itself. About 0.1 ms.
  private var isAccepted: Bool {
    expression.withUnsafeBufferPointer { bytes in
      var pattern = stella_pattern(expression: bytes.baseAddress, flags: flags, confirmation: nil)
      return stella_pattern_accepted(&pattern)
    }
  }

  private static func literal(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      String(Unicode.Scalar(byte))
    default:
      "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
}

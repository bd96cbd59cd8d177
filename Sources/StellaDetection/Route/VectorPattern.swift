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

  /// Instructions of RE2's program for it, as a measure of what it costs to compile; a literal's bytes.
  let size: Int

  private static let expressionLimit = 12_000
  /// Vectorscan compiles programs up to this size in 0.2 s at worst, and some twice as large in seconds. Larger ones run
  /// in RE2 by themselves.
  private static let sizeLimit = 500
  /// What all patterns of a router may add up to: a thousand expressions of a usual length.
  static let totalSizeLimit = 100_000

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
      size = needle.count
      expression = Array(source.utf8CString)
      flags = UInt32(ignoringCase ? STELLA_PATTERN_CASELESS : 0)
      needsConfirmation = false
    case .matches(let pattern):
      // What is written for Vectorscan is RE2 syntax too, so RE2 can tell how large it is.
      guard let translation = RegexTranslation(String(decoding: pattern, as: UTF8.self)),
        let regex = try? RegularExpression(Array(translation.source.utf8)), regex.programSize <= VectorPattern.sizeLimit
      else { return nil }
      size = regex.programSize
      expression = Array(translation.source.utf8CString)
      flags = UInt32(STELLA_PATTERN_UTF8)
      needsConfirmation = !translation.isExact
      if !isAccepted { return nil }
    default: return nil
    }
    if expression.count > VectorPattern.expressionLimit { return nil }
  }

  /// Hits every text, so that RE2 alone decides.
  static let hitsEverything = VectorPattern(
    expression: Array("(?:)".utf8CString), flags: UInt32(STELLA_PATTERN_UTF8), needsConfirmation: true, size: 1)

  private init(expression: [CChar], flags: UInt32, needsConfirmation: Bool, size: Int) {
    self.expression = expression
    self.flags = flags
    self.needsConfirmation = needsConfirmation
    self.size = size
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

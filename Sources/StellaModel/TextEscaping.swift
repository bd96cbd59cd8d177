/// Makes text from logs harmless for a person's eyes: on a terminal, in an alert, in an error message.
///
/// Control characters would move the cursor, change colours or the title, or end the line (CVE-2021-25743 was that);
/// bidirectional controls show text in another order than it has (CVE-2021-42574); other invisible characters hide that
/// two texts differ. Each becomes a visible escape: `\n`, `\x1b` for what is ASCII, `\u{85}` or `\u{202e}` for what is
/// not; a backslash stays as it is. Everything else, in whatever script, stays readable. This is for reading, not for reversing: JSON output escapes by
/// its own rules.
public enum TextEscaping {
  /// `text` on one line, without anything a terminal would act on. O(bytes); no copy when nothing needs escaping.
  public static func oneLine(_ text: String) -> String {
    escape(text, keepingLines: false)
  }

  /// The same with line feeds kept, for text that is shown as a block. Tabs become escapes in both.
  public static func block(_ text: String) -> String {
    escape(text, keepingLines: true)
  }

  /// `text` on one line, cut to at most `limit` characters; the last one is `…` when something was cut.
  public static func oneLine(_ text: String, limit: Int) -> String {
    // Each character needs at most 12 characters of escape, and at least one: no need to look at more than `limit`.
    let escaped = oneLine(String(text.unicodeScalars.prefix(max(0, limit) + 1)))
    let rest = text.unicodeScalars.count > limit
    guard escaped.count > limit || rest else { return escaped }
    return String(escaped.prefix(max(0, limit - 1))) + (limit > 0 ? "…" : "")
  }

  private static func escape(_ text: String, keepingLines: Bool) -> String {
    guard text.unicodeScalars.contains(where: { mustEscape($0, keepingLines: keepingLines) }) else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count + 16)
    for scalar in text.unicodeScalars {
      guard mustEscape(scalar, keepingLines: keepingLines) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": result += #"\n"#
      case "\r": result += #"\r"#
      case "\t": result += #"\t"#
      case _ where scalar.isASCII:
        result += #"\x"# + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
      default: result += #"\u{"# + String(scalar.value, radix: 16) + "}"
      }
    }
    return result
  }

  private static func mustEscape(_ scalar: Unicode.Scalar, keepingLines: Bool) -> Bool {
    switch scalar.value {
    case 0x0a: return !keepingLines
    case 0x20...0x7e: return false
    case 0x00...0x1f, 0x7f...0x9f: return true
    // Soft hyphen, Arabic letter mark, Mongolian vowel separator: invisible.
    case 0xad, 0x61c, 0x180e: return true
    // Zero-width characters and direction marks, line and paragraph separators, bidirectional embeddings, overrides and
    // isolates, invisible operators. The two joiners build emoji and Persian and Indic words and stay.
    case 0x200c, 0x200d: return false
    case 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f: return true
    // Byte order mark, interlinear annotations, tags, and the private planes' noncharacters.
    case 0xfeff, 0xfff9...0xfffb, 0xe0000...0xe0fff: return true
    default: return scalar.value & 0xfffe == 0xfffe
    }
  }
}

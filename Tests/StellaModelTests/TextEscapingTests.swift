import StellaModel
import Testing

@Suite("Escaping text for people")
struct TextEscapingTests {
  @Test("Ordinary text of any script, emoji and backslashes stay as they are")
  func ordinary() {
    for text in ["", "plain", "Grüße, Ελλάδα, 日本語, हिन्दी", "👩‍👩‍👧‍👦 🇩🇪", #"C:\temp\new"#, "\"quoted\" 'text'"] {
      #expect(TextEscaping.oneLine(text) == text)
      #expect(TextEscaping.block(text) == text)
    }
  }

  @Test(
    "What a terminal would act on becomes visible",
    arguments: [
      // Clears the line and rewrites it, as in CVE-2021-25743.
      ("ok\u{1b}[2K\u{1b}[1Grm -rf", #"ok\x1b[2K\x1b[1Grm -rf"#),
      // Colours, window title, clipboard, hyperlink.
      ("\u{1b}[31mred\u{1b}[0m", #"\x1b[31mred\x1b[0m"#),
      ("\u{1b}]0;title\u{7}", #"\x1b]0;title\x07"#),
      ("\u{1b}]52;c;ZXZpbA==\u{1b}\\", #"\x1b]52;c;ZXZpbA==\x1b\"#),
      // One character instead of ESC [ and of ESC ].
      ("\u{9b}31m \u{9d}0;t\u{9c}", #"\u{9b}31m \u{9d}0;t\u{9c}"#),
      ("a\nb\r\nc\td", #"a\nb\r\nc\td"#),
      ("back\u{8}space \u{7f} \u{0}", #"back\x08space \x7f \x00"#),
      ("line\u{2028}paragraph\u{2029}next\u{85}", #"line\u{2028}paragraph\u{2029}next\u{85}"#),
      // Shown in another order than written.
      ("user\u{202e}nimda\u{202c}", #"user\u{202e}nimda\u{202c}"#),
      ("a\u{2066}b\u{2069}\u{200f}\u{61c}", #"a\u{2066}b\u{2069}\u{200f}\u{61c}"#),
      // Invisible.
      ("ad\u{200b}min\u{feff}\u{ad}", #"ad\u{200b}min\u{feff}\u{ad}"#),
      ("tag\u{e0041}", #"tag\u{e0041}"#),
      ("\u{ffff}\u{1fffe}", #"\u{ffff}\u{1fffe}"#),
    ])
  func hostile(text: String, escaped: String) {
    #expect(TextEscaping.oneLine(text) == escaped)
  }

  @Test("No control, bidirectional or separator character survives, whichever it is")
  func exhaustive() {
    for value in UInt32(0)...0x10ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: break
      case _ where scalar.properties.isBidiControl: break
      default: continue
      }
      #expect(!TextEscaping.oneLine("a\(scalar)b").unicodeScalars.contains(scalar), "U+\(String(value, radix: 16))")
      let kept = TextEscaping.block("a\(scalar)b").unicodeScalars.contains(scalar)
      #expect(kept == (scalar == "\n"))
    }
  }

  @Test("A block keeps its line feeds and nothing else that acts")
  func block() {
    #expect(TextEscaping.block("a\nb\u{1b}[0m\rc") == "a\nb\\x1b[0m\\rc")
  }

  @Test("Cut text is no longer than asked for and says that it was cut")
  func cut() {
    #expect(TextEscaping.oneLine("abcdef", limit: 6) == "abcdef")
    #expect(TextEscaping.oneLine("abcdefg", limit: 6) == "abcde…")
    #expect(TextEscaping.oneLine("ab\u{1b}\u{1b}", limit: 6) == #"ab\x1…"#)
    #expect(TextEscaping.oneLine("abc", limit: 0) == "")
    #expect(TextEscaping.oneLine(String(repeating: "\u{0}", count: 1000), limit: 50).count == 50)
  }
}

import Testing

@testable import StellaModel

@Suite("Text as a part of a URL")
struct URLTextTests {
  @Test("What was encoded is plain ASCII without anything that means something in a URL, and decodes to itself")
  func roundTrip() {
    for text in ["", "r-7f3a2c01", "a/b?c=d&e#f+g%2e", "../..", "\u{0}\u{1b}\n\u{7f}", "日本 \u{202e}é👩‍👩‍👧‍👦", "a_B-9"] {
      let encoded = URLText.encoded(text)
      #expect(
        encoded.utf8.allSatisfy {
          "-_%".utf8.contains($0) || Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber
        })
      #expect(URLText.decoded(encoded) == text)
    }
    #expect(URLText.encoded("r-7f_A") == "r-7f_A" && URLText.encoded("./é") == "%2e%2f%c3%a9")
  }

  @Test(
    "Others' encodings are read, and what is none is nothing",
    arguments: [
      ("%2E%2e", ".."), ("a.b~c", "a.b~c"), ("%", nil), ("%4", nil), ("%4g", nil), ("%+4", nil), ("%ff", nil),
      ("%c3", nil),
    ])
  func others(text: String, decoded: String?) { #expect(URLText.decoded(text) == decoded) }

  @Test(
    "In a form a plus is a space, and one that is meant comes encoded",
    arguments: [
      ("connection+refused", "connection refused"), ("a%2Bb%20c+", "a+b c "), ("%+4", nil), ("%ff", nil), ("", ""),
    ])
  func forms(text: String, decoded: String?) { #expect(URLText.decodedForm(text.utf8) == decoded) }
}

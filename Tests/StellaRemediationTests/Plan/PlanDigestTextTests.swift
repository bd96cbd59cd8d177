import StellaModel
import Testing

@testable import StellaRemediation

@Suite("How a digest is written and named")
struct PlanDigestTextTests {
  let digest = PlanDigest("sha256:4be190d277c35af0" + String(repeating: "0f", count: 24))!

  @Test("It reads what it writes, and nothing else")
  func parsing() {
    let text = digest.description
    #expect(PlanDigest(text) == digest)
    #expect(text.count == 7 + 64)
    for other in [
      "", "sha256:", text.uppercased(), String(text.dropLast()), text + "0", String(text.dropFirst(7)),
      "sha512:" + text.dropFirst(7),
      text.replacing("4", with: "g"), " " + text, text.replacing("0", with: "０"),
    ] {
      #expect(PlanDigest(other) == nil, "\(other)")
    }
  }

  @Test("Twelve digits or more of it name it, in any spelling that people copy")
  func prefixes() throws {
    for given in [
      "4be190d277c3", "4BE190D277C3", "4be1 90d2 77c3", "sha256:4be190d277c3", digest.description, digest.grouped,
      digest.short, "sha256:4be1 90d2 77c3 5af0",
    ] {
      #expect(try digest.matches(given), "\(given)")
    }
    #expect(try !digest.matches("4be190d277c4"))
    #expect(try !digest.matches("be190d277c35"))
    #expect(throws: PlanDigest.PrefixError.tooShort(11)) { try digest.matches("4be190d277c") }
    #expect(throws: PlanDigest.PrefixError.tooShort(0)) { try digest.matches("") }
    #expect(throws: PlanDigest.PrefixError.tooShort(0)) { try digest.matches("sha256:") }
    #expect(throws: PlanDigest.PrefixError.tooLong) { try digest.matches(digest.description + "0") }
    for given in ["4be190d277c…", "4be190d277cg", "r-7f3a2", "4be190d277c3\n", "sha256:sha256:4be190d277c3"] {
      #expect(throws: PlanDigest.PrefixError.notHexadecimal, "\(given)") { try digest.matches(given) }
    }
  }

  @Test("Groups of four digits are for comparing by eye, and lose none")
  func grouping() {
    #expect(digest.grouped.hasPrefix("4be1 90d2 77c3 5af0 0f0f "))
    #expect(digest.grouped.split(separator: " ").joined() == digest.content.hexadecimal)
    #expect(digest.short == "4be190d277c3")
  }
}

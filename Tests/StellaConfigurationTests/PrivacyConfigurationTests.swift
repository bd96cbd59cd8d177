import Testing

@testable import StellaConfiguration

@Suite("privacy: in stella.yaml")
struct PrivacyConfigurationTests {
  @Test("Every key reaches its place, the hash's key from the environment; nothing is on without them")
  func everything() throws {
    let text = """
      privacy:
        mask: [email, card]
        patterns: [{ name: customer, regex: 'C-[0-9]+' }]
        hash_fields: user_id
        hash_key: ${KEY}
      """
    let privacy = try Configuration.parse(
      text, file: "stella.yaml", environment: ["KEY": "sixteen bytes ok"]
    ).privacy
    #expect(privacy.kinds == ["email", "card"] && privacy.hashedFields == ["user_id"] && !privacy.isOff)
    #expect(privacy.patterns.map(\.name) == ["customer"] && privacy.patterns.map(\.expression) == ["C-[0-9]+"])
    #expect(privacy.hashKey == "sixteen bytes ok")
    #expect(Configuration().privacy.isOff)
  }

  @Test(
    "What would hide nothing, or could be undone, is refused where it stands",
    arguments: [
      ("privacy: { hash_fields: [a] }", "needs `hash_key`"),
      ("privacy: { hash_fields: [a], hash_key: short }", "5 bytes"),
      ("privacy: { mask: [mail] }", "email"),
      ("privacy: { patterns: [{ name: 'a b', regex: x }] }", "name of a pattern"),
      ("privacy: { patterns: [{ name: a }] }", "regex"),
    ])
  func refused(text: String, reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "stella.yaml") }
    #expect(
      error?.problems.count == 1 && error?.problems.first?.message.contains(reason) == true, "\(error?.problems ?? [])")
  }
}

import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("Webhooks of the configuration")
struct WebhookConfigurationTests {
  private func parse(_ text: String) throws -> Configuration {
    try Configuration.parse(text, file: "stella.yaml", environment: ["SECRET": "correct horse"])
  }

  @Test("Schemes say where the signature is, keys may say otherwise, and no secret is shown")
  func schemes() throws {
    let webhooks = try parse(
      """
      server:
        webhooks:
          shop: { secret: '${SECRET}' }
          github: { secret: '${SECRET}', scheme: github }
          pay: { secret: '${SECRET}', scheme: stripe, tolerance: 1m }
          own: { secret: '${SECRET}', header: X-Own, prefix: 'v0=' }
      """
    ).server.webhooks
    #expect(webhooks.map(\.name) == ["shop", "github", "pay", "own"])
    #expect(webhooks.map(\.header) == ["X-Signature", "X-Hub-Signature-256", "Stripe-Signature", "X-Own"])
    #expect(webhooks.map(\.prefix) == ["", "sha256=", "", "v0="])
    #expect(webhooks.map(\.tolerance) == [300, 300, 60, 300].map { .seconds($0) })
    #expect(webhooks.allSatisfy { $0.secret.text == "correct horse" } && !"\(webhooks)".contains("horse"))
  }

  @Test(
    "What can't be right is refused, without the secret",
    arguments: [
      ("{ shop: {} }", "secret"), ("{ shop: { secret: hunter2 } }", "fewer than 8 bytes"),
      ("{ 'a/b': { secret: hunter22 } }", "can't be a webhook's name"),
      ("{ shop: { secret: hunter22, scheme: md5 } }", "hmac-sha256"),
    ])
  func refused(_ webhooks: String, _ message: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try parse("server: { webhooks: \(webhooks) }") }
    let text = error?.problems.map(\.message).joined() ?? ""
    #expect(text.contains(message) && !text.contains("hunter"), "\(text)")
  }
}

import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("Scrapes and browsers in stella.yaml")
struct ScrapeConfigurationTests {
  private func problems(_ text: String) -> String {
    let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "stella.yaml") }
    return error.map { "\($0)" } ?? ""
  }

  @Test("Every key of a scrape reaches its place")
  func scrape() throws {
    let text = """
      scrape:
        node:
          url: http://127.0.0.1:9100/metrics
          every: 15s
          timeout: 2s
          service: web
          labels: { instance: web-1, team: storage }
          metrics: [up, 'node_memory_*', 'job:rate5m']
          max_bytes: 1MiB
          max_samples: 7
          max_labels: 8
          max_label_bytes: 64B
          token: metrics-token@1
        own: { url: 'https://stella.internal/metrics' }
      """
    let scrapes = try Configuration.parse(text, file: "stella.yaml").scrapes
    #expect(scrapes.map(\.name) == ["node", "own"])
    let node = scrapes[0]
    #expect(node.url == "http://127.0.0.1:9100/metrics" && node.service == "web")
    #expect(node.every == .seconds(15) && node.timeout == .seconds(2))
    #expect(node.labels == [.init("instance", "web-1"), .init("team", "storage"), .init("job", "node")])
    #expect(node.wants("up") && node.wants("node_memory_Free") && node.wants("job:rate5m") && !node.wants("node_load1"))
    #expect(
      node.limits.bytes == 1 << 20 && node.limits.samples == 7 && node.limits.labels == 8
        && node.limits.labelBytes == 64)
    #expect(node.token == SecretReference("metrics-token@1"))
    #expect(scrapes[1].labels == [.init("job", "own"), .init("instance", "stella.internal")])
    #expect(scrapes[1].every == .seconds(30) && scrapes[1].timeout == .seconds(10) && scrapes[1].wants("anything"))
  }

  @Test("Sites of pages reach their place")
  func browser() throws {
    let text =
      "server: { listen: '127.0.0.1:0', browser: { origins: ['https://shop.example.org', 'http://localhost:3000'], body_bytes: 2KiB, per_minute: 7 } }"
    let browser = try #require(try Configuration.parse(text, file: "stella.yaml").server.browser)
    #expect(browser.origins == ["https://shop.example.org", "http://localhost:3000"])
    #expect(browser.bodyBytes == 2048 && browser.perMinute == 7 && !browser.isBehindProxy)
    let proxied = text.replacing("browser:", with: "behind_proxy: true, browser:")
    #expect(try Configuration.parse(proxied, file: "stella.yaml").server.browser?.isBehindProxy == true)
    #expect(try Configuration.parse("server: { listen: '127.0.0.1:0' }", file: "x").server.browser == nil)
  }

  @Test("What can't be meant is refused with a hint")
  func refused() {
    #expect(problems("scrape: { a: { every: 3s } }").contains("needs the key `url`"))
    #expect(problems("scrape: { a: { url: 'ftp://h/' } }").contains("plain http or https URL"))
    let secret = problems("scrape: { a: { url: 'http://u:hunter2@h/' } }")
    #expect(secret.contains("without user and password") && !secret.contains("hunter2"))
    #expect(problems("scrape: { a: { url: 'http://h/', every: 5s, timeout: 6s } }").contains("at most `every`"))
    #expect(problems("scrape: { a: { url: 'http://h/', metrics: ['*'] } }").contains("names of metrics"))
    #expect(problems("scrape: { a: { url: 'http://h/', metrics: ['a b'] } }").contains("names of metrics"))
    #expect(problems("scrape: { a: { url: 'http://h/', labels: { 1a: b } } }").contains("name of a label"))
    #expect(problems("scrape: { a: { url: 'http://h/', token: hunter2 } }").contains("`name@version`"))
    #expect(problems("scrape: { a: { url: 'http://h/', evry: 1s } }").contains("Did you mean `every`?"))
    let listen = "server: { listen: '127.0.0.1:0', browser: "
    for origin in [
      "shop.example.org", "https://shop.example.org/", "https://Shop.example.org", "https://a.org:443", "'*'",
      "https://a.org/x",
    ] {
      #expect(problems(listen + "{ origins: [\(origin)] } }").contains("no origin of a site"), "\(origin)")
    }
    #expect(problems(listen + "{} }").contains("needs the key `origins`"))
    #expect(problems("server: { browser: { origins: ['https://a.org'] } }").contains("of no use without `listen`"))
  }
}

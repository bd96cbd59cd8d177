import Foundation
import StellaModel
import Testing

@testable import StellaEffects

@Suite("Asking endpoints for metrics")
struct ScraperTests {
  private func ask(
    _ url: String, secrets: TestSecrets = TestSecrets(), _ change: (inout ScrapeSettings) -> Void = { _ in }
  ) async -> ScrapeAnswer {
    var settings = ScrapeSettings(name: "s", url: url)
    change(&settings)
    let scraper = Scraper(secrets: secrets)
    let answer = await scraper.ask(settings).answer
    await scraper.end()
    return answer
  }

  private func type(_ answer: ScrapeAnswer) -> String? {
    if case .failure(let type, _, _) = answer { type } else { nil }
  }

  @Test("An answer comes back as it is with its type; anything else than 200 is a failure, and so is too much")
  func answers() async throws {
    let server = try LoopbackServer { request in
      switch request.target {
      case "/metrics": .answer(200, headers: ["Content-Type": "text/plain; version=0.0.4"], body: "up 1\n")
      case "/moved": .answer(302, headers: ["Location": "/metrics"])
      case "/silent": .silence
      case "/stalled": .stall("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nup")
      case "/cut": .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nup")
      default: .answer(503, body: "busy")
      }
    }
    defer { server.stop() }
    let well = await ask(server.origin + "/metrics")
    #expect(well == .body(Array("up 1\n".utf8), type: "text/plain; version=0.0.4"))
    #expect(await type(ask(server.origin + "/moved")) == "http_302")
    #expect(await type(ask(server.origin + "/busy")) == "http_503")
    #expect(await type(ask(server.origin + "/cut") { $0.timeout = .seconds(10) }) != nil)
    for path in ["/silent", "/stalled"] {
      #expect(await type(ask(server.origin + path) { $0.timeout = .milliseconds(200) }) == "timeout")
    }
    #expect(await type(ask(server.origin + "/metrics") { $0.limits.bytes = 4 }) == "limit")
    #expect(await type(ask("http://127.0.0.1:\(try LoopbackServer.closedPort())/")) == "refused")
    #expect(await type(ask(server.origin + "/metrics") { $0.token = SecretReference("gone@1") }) == "secret")
  }

  @Test("A certificate that the system doesn't know is believed where `ca_file` names it, and nowhere else")
  func authority() async throws {
    guard let server = try TLSTests.Server(subject: "IP:127.0.0.1") else {
      print("left out: the openssl program isn't there")
      return
    }
    let url = "https://127.0.0.1:\(server.port)/"
    #expect(await type(ask(url)) == "certificate")
    guard case .body = await ask(url, { $0.caFile = server.certificate }) else {
      Issue.record("it was not believed")
      return
    }
    #expect(await type(ask(url) { $0.caFile = server.certificate + ".gone" }) != nil)
    var probe = ProbeSettings(name: "p", service: "p", kind: .http(url: url, expect: []))
    let prober = Prober(secrets: TestSecrets())
    #expect(await prober.run(probe).errorType == "certificate")
    probe.caFile = server.certificate
    #expect(await prober.run(probe).isOK)
    await prober.end()
  }
}

import Hummingbird
import Testing

@testable import StellaServer

@Suite("Health")
struct HealthRoutesTests {
  static let well = Health(phase: .running, parts: [.init("store", isWell: true, detail: "SQLite")])
  static let ill = Health(phase: .running, parts: [.init("store", isWell: false, detail: "disk \"full\"")])

  func ask(_ path: String, _ health: Health) async throws -> RouterClient.Answer {
    let client = RouterClient()
    HealthRoutes { health }.add(to: client.router)
    return try await client.get(path)
  }

  @Test("A process that can answer is alive, however its parts are", arguments: [well, ill, Health(phase: .stopping)])
  func alive(health: Health) async throws {
    #expect(try await ask("/health", health).status == 200)
  }

  @Test("It is ready when it runs and every part is well, and else says what is not")
  func ready() async throws {
    #expect(
      try await ask("/ready", Self.well)
        == .init(
          status: 200, type: "application/json",
          body: #"{"status":"running","ready":true,"parts":[{"name":"store","well":true,"detail":"SQLite"}]}"# + "\n"))
    #expect(
      try await ask("/ready", Self.ill)
        == .init(
          status: 503, type: "application/json",
          body: #"{"status":"running","ready":false,"parts":[{"name":"store","well":false,"detail":"disk \"full\""}]}"#
            + "\n"))
  }

  @Test("Who asks for the status alone gets it without a body", arguments: ["/health", "/ready"])
  func head(path: String) async throws {
    let client = RouterClient()
    HealthRoutes { Self.ill }.add(to: client.router)
    let answer = try await client.get(path, method: .head)
    #expect(answer.status == (path == "/ready" ? 503 : 200) && answer.body.isEmpty && answer.type == "application/json")
  }

  @Test("Nothing is sent to it while it starts or stops", arguments: Health.Phase.allCases)
  func phases(phase: Health.Phase) async throws {
    let answer = try await ask("/ready", Health(phase: phase, parts: Self.well.parts))
    #expect(answer.status == (phase == .running ? 200 : 503))
    #expect(answer.body.hasPrefix(#"{"status":"\#(phase.rawValue)","#))
  }

  @Test("The host is asked anew for every request")
  func anew() async throws {
    let client = RouterClient()
    let answers = AsyncStream { continuation in
      for health in [Self.ill, Self.well] { continuation.yield(health) }
      continuation.finish()
    }
    HealthRoutes { await answers.first { _ in true } ?? Health(phase: .stopping) }.add(to: client.router)
    #expect(try await client.get("/ready").status == 503)
    #expect(try await client.get("/ready").status == 200)
  }

  @Test("Other paths and methods are not answered by it")
  func others() async throws {
    let client = RouterClient()
    HealthRoutes { Self.well }.add(to: client.router)
    #expect(try await client.get("/").status == 404)
    #expect(try await client.get("/health/x").status == 404)
    #expect(try await client.get("/ready", method: .post).status != 200)
  }
}

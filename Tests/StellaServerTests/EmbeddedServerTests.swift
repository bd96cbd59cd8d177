import Hummingbird
import StellaEngine
import StellaModel
import StellaServer
import Testing

@Suite("The engine within a Hummingbird server")
struct EmbeddedServerTests {
  struct Broken: Error {}

  static let rule = """
    return rule {
      api = 1, id = "test.server_errors", title = "Requests fail", severity = "high", type = "errors", status = "test",
      where = [[status >= 500 and method == "GET" and user_id == "u-1"]], by = { "route" },
      threshold = { count = 2, within = "1m" },
    }
    """

  @Test("Requests are events with route, status, duration and user, and what nobody caught counts as a failure")
  func requests() async throws {
    let engine = try await StellaEngine(EngineConfiguration(rules: .memory(["server.lua": Self.rule])))
    let alerts = engine.alerts
    let client = RouterClient()
    client.router.add(middleware: StellaRequestEvents(engine) { _, _ in "u-1" })
    client.router.get("users/:id") { _, _ in "hello" }
    client.router.get("orders/:id") { _, context -> String in
      if context.parameters.get("id") == "1" { throw Broken() }
      throw HTTPError(.badGateway)
    }
    _ = try await client.get("/users/1")
    _ = try? await client.get("/orders/1")
    _ = try? await client.get("/orders/2")
    engine.shutDown()
    try await engine.run()
    var told: [Alert] = []
    for await alert in alerts { told.append(alert) }
    #expect(told.map { FieldValue.object($0.key).json } == [#"{"route":"/orders/{id}"}"#])
    #expect(told.first?.count == 2 && engine.health.events == 3)
  }

  @Test("A supervisor learns that the engine isn't ready, and nothing else")
  func health() async throws {
    let engine = try await StellaEngine(EngineConfiguration(rules: .memory(["server.lua": Self.rule])))
    let client = RouterClient()
    StellaHealthRoutes(engine).add(to: client.router.group("stella"))
    #expect(try await client.get("/stella/health").status == 200)
    #expect(try await client.get("/stella/ready").status == 503)
    engine.shutDown()
    try await engine.run()
    #expect(try await client.get("/stella/ready").status == 503)
  }
}

import Hummingbird
import StellaEngine
import StellaModel
import Testing

@Suite("A whole server that embeds the engine", .timeLimit(.minutes(20)))
struct ExampleShopTests {
  @Test(
    "It notices in its own log that its gateway fails, restarts it at once, and refunds only what a person approves")
  func repairs() async throws {
    let shop = try await ExampleShop()
    let engine = shop.engine
    let client = RouterClient()
    shop.add(to: client.router)
    let runs = engine.runs
    let app = Application(
      router: Router(), configuration: .init(address: .hostname("127.0.0.1", port: 0)), services: [engine])
    let serving = Task { try await app.run() }
    defer { serving.cancel() }

    #expect(try await client.send("POST", "/orders/o1/payment").status == 200)
    shop.gateway.fail()
    for order in ["o1", "o1", "o2"] { _ = try? await client.send("POST", "/orders/\(order)/payment") }

    var waiting: EngineRun?
    var isRestarted = false
    for await run in runs {
      if run.state == .awaiting { waiting = run }
      if run.fix == "restart-gateway", run.endedAt != nil { isRestarted = true }
      if waiting != nil && isRestarted { break }
    }
    #expect(shop.gateway.restarts == 1 && shop.gateway.refunds.isEmpty)
    #expect(try await client.send("POST", "/orders/o3/payment").status == 200)
    #expect(try await client.get("/stella/ready").status == 200)

    let refund = try #require(waiting)
    #expect(refund.fix == "refund-order" && refund.rule == "shop.orders")
    try await engine.approve(refund.id, digest: try #require(refund.digest), reason: "twice is enough", by: "mara")
    for await run in runs where run.id == refund.id && run.endedAt != nil { break }
    #expect(shop.gateway.refunds == ["o1"])

    serving.cancel()
    _ = try? await serving.value
    #expect(engine.health.phase == .ended)
  }
}

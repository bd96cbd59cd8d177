import Hummingbird
import Logging
import ServiceLifecycle
import StellaEngine
import StellaLogging
import Synchronization

/// Three servers in one process with the same JSON endpoint, which logs twice a request: one of them into a running engine besides. Of
/// the two without, one shows how far two figures of the same lie apart.
///
/// Tells their ports in one line of JSON, and serves until it gets SIGTERM. `GET /events` of that says how many events its rules
/// have seen, and how many found no room.
enum EndpointCost {
  private struct Order: ResponseEncodable {
    struct Item: Encodable {
      var name: String
      var count: Int
      var price: Double
    }

    var id: String
    var customer: String
    var items: [Item]
    var total: Double
  }

  private struct Events: ResponseEncodable {
    var read: Int
    var dropped: Int
  }

  static func serve(rules: String) async throws {
    let engine = try await StellaEngine(EngineConfiguration(rules: .directory(rules)))
    let embedding = Logger(label: "shop.api") { label in
      StellaLogHandler(label: label, engine: engine, alongside: QuietHandler())
    }
    let (ports, found) = AsyncStream.makeStream(of: (name: String, port: Int).self)
    let embeddingRouter = router(embedding)
    embeddingRouter.get("events") { _, _ in
      let health = engine.health
      return Events(read: health.events, dropped: health.droppedEvents)
    }
    let group = ServiceGroup(
      configuration: .init(
        services: [
          engine, server("plain", router(QuietHandler.logger)) { found.yield(($0, $1)) },
          server("control", router(QuietHandler.logger)) { found.yield(($0, $1)) },
          server("embedding", embeddingRouter) { found.yield(($0, $1)) },
        ], gracefulShutdownSignals: [.sigterm], logger: QuietHandler.logger))
    let telling = Task {
      var known: [(name: String, value: Double)] = []
      for await (name, port) in ports {
        known.append((name, Double(port)))
        if known.count == 3 { break }
      }
      EmbeddingCost.tell(known)
    }
    defer { telling.cancel() }
    try await group.run()
  }

  private static func server(
    _ name: String, _ router: Router<BasicRequestContext>, _ running: @escaping @Sendable (String, Int) -> Void
  ) -> any Service {
    Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in if let port = channel.localAddress?.port { running(name, port) } },
      logger: QuietHandler.logger)
  }

  private static func router(_ logger: Logger) -> Router<BasicRequestContext> {
    let router = Router()
    let count = Count()
    router.get("orders/:id") { _, context -> Order in
      let id = try context.parameters.require("id")
      let number = count.next()
      logger.info(
        "order \(id) asked for",
        metadata: ["userId": .string("usr_\(number % 1000)"), "route": "/orders/{id}", "method": "GET"])
      let order = Order(
        id: id, customer: "Ada Lovelace",
        items: (1...4).map { Order.Item(name: "item \($0)", count: $0, price: Double($0) * 12.5) }, total: 375)
      // As in a log of everyday: one of a hundred goes wrong.
      let isSlow = number % 100 == 0
      logger.log(
        level: isSlow ? .error : .info, "order \(id) answered",
        metadata: [
          "route": "/orders/{id}", "status": .stringConvertible(isSlow ? 503 : 200),
          "duration_ms": .stringConvertible(isSlow ? 600 : 12),
        ])
      return order
    }
    return router
  }

  private final class Count: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
  }
}

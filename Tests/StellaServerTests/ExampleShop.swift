import Hummingbird
import Logging
import StellaEngine
import StellaLogging
import StellaModel
import StellaServer
import Synchronization

/// A whole server that embeds the engine: orders are paid through a gateway that may break, and the engine, which reads nothing but the
/// server's own log and requests, gets it repaired.
struct ExampleShop {
  /// What the shop depends on.
  final class Gateway: Sendable {
    private struct State {
      var isBroken = false
      var restarts = 0
      var refunds: [String] = []
    }
    private let state = Mutex(State())

    struct NoAnswer: Error {}

    var restarts: Int { state.withLock { $0.restarts } }
    var refunds: [String] { state.withLock { $0.refunds } }

    func fail() { state.withLock { $0.isBroken = true } }

    func pay(_ order: String) throws(NoAnswer) { if state.withLock({ $0.isBroken }) { throw NoAnswer() } }

    func restart() {
      state.withLock { state in
        state.isBroken = false
        state.restarts += 1
      }
    }

    func refund(_ order: String) { state.withLock { $0.refunds.append(order) } }
  }

  static let rules = [
    "gateway.lua": """
    return rule {
      api = 1, id = "shop.gateway", title = "The gateway doesn't answer", severity = "high", type = "errors", status = "test",
      where = [[logger == "shop.payments" and level >= error]], by = { "gateway" }, threshold = { count = 3, within = "1h" },
    }
    """,
    "orders.lua": """
    return rule {
      api = 1, id = "shop.orders", title = "An order failed twice", severity = "medium", type = "errors", status = "test",
      where = [[logger == "shop.payments" and level >= error]], by = { "order" }, threshold = { count = 2, within = "1h" },
    }
    """,
  ]

  static let fixes = [
    "restart.lua": """
    return fix {
      api = 1, id = "restart-gateway", title = "Restart the gateway", status = "test",
      handles = { "shop.gateway" }, params = { gateway = "string" }, targets = { "payments" },
      plan = function(ctx, p)
        return { exec { target = "payments", argv = { "restart", p.gateway }, irreversible = "it was restarted" } }
      end,
    }
    """,
    "refund.lua": """
    return fix {
      api = 1, id = "refund-order", title = "Refund an order", status = "test",
      handles = { "shop.orders" }, params = { order = "string" }, targets = { "payments" },
      plan = function(ctx, p)
        return { exec { target = "payments", argv = { "refund", p.order }, irreversible = "the money is gone" } }
      end,
    }
    """,
  ]

  let gateway = Gateway()
  let engine: StellaEngine

  init() async throws {
    var configuration = EngineConfiguration(rules: .memory(Self.rules), fixes: .memory(Self.fixes))
    configuration.service = "shop"
    configuration.approvers = [Approver("mara")]
    configuration.targets = [
      .custom(
        "payments",
        operations: [
          HostOperation("restart", arguments: 1...1, isSafe: true) { [gateway] _ in
            gateway.restart()
            return .applied("restarted")
          },
          HostOperation("refund", arguments: 1...1) { [gateway] call in
            gateway.refund(call.arguments[0])
            return .applied("refunded \(call.arguments[0])")
          },
        ])
    ]
    engine = try await StellaEngine(configuration)
  }

  func add<Context: RequestContext>(to router: Router<Context>) {
    let logger = Logger(label: "shop.payments") { StellaLogHandler(label: $0, engine: engine) }
    router.add(middleware: StellaRequestEvents(engine))
    StellaHealthRoutes(engine).add(to: router.group("stella"))
    router.post("orders/:order/payment") { [gateway] _, context -> String in
      let order = try context.parameters.require("order")
      do {
        try gateway.pay(order)
        return "paid"
      } catch {
        logger.error("no answer", error: error, metadata: ["gateway": "g1", "order": .string(order)])
        throw HTTPError(.badGateway)
      }
    }
  }
}

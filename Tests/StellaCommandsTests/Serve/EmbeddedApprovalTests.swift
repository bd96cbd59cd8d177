import Foundation
import StellaEngine
import StellaModel
import StellaSQLite
import Synchronization
import Testing

@Suite("A program that embeds the engine, and the command line beside it", .timeLimit(.minutes(20)))
struct EmbeddedApprovalTests {
  static let rule = """
    return rule {
      api = 1, id = "shop.orders", title = "An order failed twice", severity = "medium", type = "errors", status = "test",
      where = [[level >= error]], by = { "order" }, threshold = { count = 2, within = "1h" },
    }
    """
  static let fix = """
    return fix {
      api = 1, id = "refund-order", title = "Refund an order", status = "test", handles = { "shop.orders" },
      params = { order = "string" }, targets = { "payments" },
      plan = function(ctx, p)
        return { exec { target = "payments", argv = { "refund", p.order }, irreversible = "the money is gone" } }
      end,
    }
    """

  @Test(
    "What waits in the running program is seen, approved and looked at by another process, and the program carries it out"
  )
  func approved() async throws {
    let scene = try LogScene(roles: "[approver]", log: "", extra: "state: shop")
    let refunds = Mutex<[String]>([])
    var configuration = EngineConfiguration(
      rules: .memory(["orders.lua": Self.rule]), fixes: .memory(["refund.lua": Self.fix]),
      store: .sqlite(directory: scene.directory("shop")))
    configuration.approvers = [Approver("mara")]
    configuration.targets = [
      .custom(
        "payments",
        operations: [
          HostOperation(
            "refund", arguments: 1...1, timeout: .seconds(900), preview: { "refunds \($0[0]) with 12.50" },
            apply: { call in
              refunds.withLock { $0.append(call.arguments[0]) }
              return .applied("refunded \(call.arguments[0])")
            })
        ])
    ]
    let engine = try await StellaEngine(configuration)
    let runs = engine.runs
    let running = Task { try await engine.run() }
    defer { engine.shutDown() }
    engine.ingest(
      (0..<2).map { second in
        Event(
          time: 1_750_000_000_000_000_000 + second * 1_000_000_000, level: .error, message: "no answer",
          service: "shop",
          fields: [.init("order", .string("o1"))])
      })
    var waiting: EngineRun?
    for await run in runs where run.state == .awaiting {
      waiting = run
      break
    }
    let run = try #require(waiting)
    let digest = try #require(run.digest)

    #expect(try scene.expect("approvals", "list", "--output", "json").output.contains(run.id))
    let shown = try scene.expect("approvals", "show", run.id).output
    // The screen writes the digest in groups.
    let digits = shown.filter { !$0.isWhitespace }
    #expect(shown.contains("refunds o1 with 12.50") && digits.contains(digest.dropFirst(7).prefix(12)))
    #expect(refunds.withLock { $0 }.isEmpty)
    let other = "sha256:" + String(repeating: "0", count: 64)
    try scene.expect("approvals", "approve", run.id, "--digest", other, "--reason", "blindly", status: 4)
    try scene.expect("approvals", "approve", run.id, "--digest", digest, "--reason", "twice is enough")

    for await changed in runs where changed.id == run.id && changed.endedAt != nil { break }
    #expect(refunds.withLock { $0 } == ["o1"])
    let after = try scene.expect("runs", "show", run.id, "--output", "json").output
    #expect(after.contains(#""state":"succeeded""#) && after.contains("twice is enough"))

    // What people say of alerts is on record as a vote is.
    try await engine.acknowledge(alert: run.alert, reason: "mine", by: "mara")
    let number = try await engine.silence(rule: "shop.orders", for: .seconds(600), reason: "known", by: "mara")
    try await engine.endSilence(number, by: "mara")
    try await engine.resolve(alert: run.alert, reason: "undone", by: "mara")
    let records = try scene.expect("log", "show", "--output", "json").output
    for kind in ["alert.acknowledged", "silence.set", "silence.ended", "alert.resolved"] {
      let line = records.split(separator: "\n").first { $0.contains("\"\(kind)\"") }
      #expect(line?.contains("user:mara") == true, "\(kind): \(records)")
    }

    engine.shutDown()
    try await running.value
    _ = try scene.expect("log", "verify", "--output", "json")
  }
}

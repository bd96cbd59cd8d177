import StellaEngine
import StellaModel

// What an embedder writes who has neither a server nor a logger: events in, alerts out, a fix of Swift closures.
let rule = """
  return rule {
    api = 1, id = "embedding.check", title = "Embedded", severity = "low", type = "check", status = "stable",
    where = [[level >= error]], by = { "worker" }, threshold = { count = 2, within = "1m" },
  }
  """
var configuration = EngineConfiguration(rules: .memory(["check.lua": rule]), store: .inMemory)
configuration.approvers = [Approver("mara")]
configuration.targets = [
  .custom("workers", operations: [HostOperation("restart-worker", arguments: 1...1) { _ in .applied() }])
]
let engine = try await StellaEngine(configuration)
let alerts = engine.alerts
let now: Int64 = 1_750_000_000_000_000_000
engine.ingest(
  (0..<2).map { second in
    Event(
      time: now + second * 1_000_000_000, level: .error, message: "it failed", service: "shop",
      fields: [.init("worker", .string("w1"))])
  })
engine.shutDown()
try await engine.run()
for await alert in alerts { print(alert.json) }

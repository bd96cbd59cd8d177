import Foundation
import Logging
import StellaEngine
import StellaLogging
import StellaModel
import Synchronization

/// Uses an engine from many threads at once, as a host under load does: log calls, ingested events, questions, decisions, reloads,
/// streams that come and go, and an end in the middle of it. For the Thread Sanitizer; counts that nothing is lost uncounted.
final class ThreadLoad: Sendable {
  private static let rules = [
    "errors.lua": """
    return rule {
      api = 1, id = "load.errors", title = "A worker fails", severity = "high", type = "errors", status = "test",
      where = [[level >= error]], by = { "worker" }, threshold = { count = 5, within = "1m" }, suppress_for = "0s",
      evidence = 3,
    }
    """,
    "slow.lua": """
    return rule {
      api = 1, id = "load.slow", title = "Slow for a tier", severity = "low", type = "slow", status = "test",
      where = [[duration_ms > 500]], by = { "worker" },
      on = function(e, s)
        s.n = (s.n or 0) + 1
        if s.n % 100 == 0 and shop.tier(e.worker) == "gold" then return alert { summary = "slow" } end
      end,
    }
    """,
  ]
  private static let fixes = [
    "restart.lua": """
    return fix {
      api = 1, id = "restart-worker", title = "Restart a worker", status = "test", handles = { "load.errors" },
      params = { worker = "string" }, targets = { "workers" },
      plan = function(ctx, p) return { exec { target = "workers", argv = { "restart", p.worker } } } end,
    }
    """
  ]

  private let isOver = Atomic(false)
  private let sent = Atomic(0)
  private let restarts = Atomic(0)
  private let told = Atomic(0)

  func run(seconds: Int) async throws -> [(name: String, value: Double)] {
    let engine = try await StellaEngine(configuration())
    let running = Task { try await engine.run() }
    let loggers = (0..<4).map { number in
      Task.detached { [self] in await log(engine, number) }
    }
    let others: [Task<Void, Never>] = [
      Task.detached { [self] in await ingest(engine) },
      Task.detached { [self] in await ask(engine) },
      Task.detached { [self] in await decide(engine) },
      Task.detached { [self] in await listen(engine) },
      Task.detached { [self] in await reload(engine) },
    ]
    try await Task.sleep(for: .seconds(seconds))
    // While everything goes on.
    engine.shutDown()
    try await running.value
    isOver.store(true, ordering: .relaxed)
    for task in loggers + others { await task.value }
    let health = engine.health
    let sent = sent.load(ordering: .relaxed)
    // Besides its own events the engine tells itself of dropped ones.
    guard health.phase == .ended, health.events + health.droppedEvents + health.nestedEvents >= sent,
      health.events <= sent, health.droppedAlerts == 0
    else {
      throw EmbeddingCost.Failure(description: "\(sent) events were sent, and the engine says \(health)")
    }
    return [
      ("sent", Double(sent)), ("events", Double(health.events)), ("dropped", Double(health.droppedEvents)),
      ("alerts_and_runs", Double(told.load(ordering: .relaxed))),
      ("restarts", Double(restarts.load(ordering: .relaxed))),
    ]
  }

  private func configuration() -> EngineConfiguration {
    var configuration = EngineConfiguration(rules: .memory(Self.rules), fixes: .memory(Self.fixes))
    configuration.workers = 2
    configuration.bufferBytes = 1 << 20
    configuration.approvers = [Approver("mara")]
    configuration.functions = [
      HostFunction("shop.tier", [.init("worker", .text, "its name")], returns: .text, "What a worker is for.") {
        guard case .string(let name) = $0[0] else { return .null }
        return .string(name.hasSuffix("1") ? "gold" : "free")
      }
    ]
    configuration.targets = [
      .custom(
        "workers",
        operations: [
          HostOperation(
            "restart", arguments: 1...1, isKeyed: true, preview: { "restarts \($0[0])" }, undo: { ("restart", $0) }
          ) { [self] _ in
            restarts.add(1, ordering: .relaxed)
            return .applied("restarted")
          }
        ])
    ]
    return configuration
  }

  private var goesOn: Bool { !isOver.load(ordering: .relaxed) }

  private func log(_ engine: StellaEngine, _ thread: Int) async {
    var logger = Logger(label: "load.\(thread)") { StellaLogHandler(label: $0, engine: engine) }
    logger[metadataKey: "worker"] = .string("w\(thread)")
    var number = 0
    while goesOn {
      for _ in 0..<50 {
        number += 1
        var metadata: Logger.Metadata = ["duration_ms": .stringConvertible(number % 700)]
        // A list goes to the engine as a line, all else as it is.
        if number % 4 == 1 { metadata["list"] = ["a", .stringConvertible(number)] }
        logger.log(level: number % 1000 == 0 ? .error : .info, "request \(number)", metadata: metadata)
      }
      sent.add(50, ordering: .relaxed)
      try? await Task.sleep(for: .milliseconds(1))
    }
  }

  private func ingest(_ engine: StellaEngine) async {
    var number: Int64 = 0
    while goesOn {
      let events = (0..<10).map { _ in
        number += 1
        return Event(
          time: WallTime.now(), level: .info, message: "sample \(number)", service: "load",
          fields: [.init("worker", .string("w\(number % 50)")), .init("duration_ms", .integer(number % 900))])
      }
      sent.add(events.count, ordering: .relaxed)
      engine.ingest(events)
      try? await Task.sleep(for: .milliseconds(1))
    }
  }

  private func ask(_ engine: StellaEngine) async {
    while goesOn {
      _ = engine.health
      _ = try? await engine.alerts(in: [])
      for run in (try? await engine.runs(limit: 5)) ?? [] { _ = try? await engine.plan(of: run.id) }
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  private func decide(_ engine: StellaEngine) async {
    for await run in engine.runs {
      told.add(1, ordering: .relaxed)
      guard run.state == .awaiting, let digest = run.digest else { continue }
      _ = try? await engine.approve(run.id, digest: digest, reason: "load", by: "mara")
    }
  }

  /// Readers that come and go.
  private func listen(_ engine: StellaEngine) async {
    while goesOn {
      var count = 0
      for await _ in engine.alerts {
        told.add(1, ordering: .relaxed)
        count += 1
        if count == 3 { break }
      }
      await Task.yield()
    }
  }

  private func reload(_ engine: StellaEngine) async {
    while goesOn {
      try? await engine.reload()
      try? await Task.sleep(for: .milliseconds(100))
    }
  }
}

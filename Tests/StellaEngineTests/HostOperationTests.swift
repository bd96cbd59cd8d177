import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

@Suite("Operations of a host with a key, a preview and an undo", .timeLimit(.minutes(20)))
struct HostOperationTests {
  /// A host that starts and stops workers.
  final class Workers: Sendable {
    struct State {
      var running: Set<String> = ["w1"]
      var calls: [HostOperation.Call] = []
      /// Calls that are done and give no answer.
      var lost = 0
    }
    struct Lost: Error {}
    let state = Mutex(State())
    /// Other tests may keep the threads for calls and previews that long.
    private static let patience = Duration.seconds(900)

    var stop: HostOperation {
      HostOperation(
        "stop", arguments: 1...1, isKeyed: true, timeout: Self.patience,
        preview: { [self] arguments in
          state.withLock { "\(arguments[0]) is \($0.running.contains(arguments[0]) ? "running" : "stopped")" }
        },
        undo: { ("start", $0) },
        apply: { [self] call in
          try state.withLock { state in
            state.calls.append(call)
            state.running.remove(call.arguments[0])
            guard state.lost == 0 else {
              state.lost -= 1
              throw Lost()
            }
          }
          return .applied("stopped")
        })
    }

    var start: HostOperation {
      HostOperation(
        "start", arguments: 1...1, isKeyed: true, timeout: Self.patience,
        apply: { [self] call in
          state.withLock { state in
            state.calls.append(call)
            state.running.insert(call.arguments[0])
          }
          return .applied("started")
        })
    }

    func configuration(_ more: String = "") -> EngineConfiguration {
      var configuration = EngineConfiguration(
        rules: .memory(["errors.lua": EmbeddedEngineTests.rule()]),
        fixes: .memory([
          "stop.lua": """
          return fix {
            api = 1, id = "stop-worker", title = "Stop a worker", status = "test", handles = { "test.errors" },
            params = { worker = "string" }, targets = { "workers" },
            plan = function(ctx, p) return { exec { target = "workers", argv = { "stop", p.worker }\(more) } } end,
          }
          """
        ]))
      configuration.approvers = [Approver("mara"), Approver("otto")]
      configuration.targets = [.custom("workers", operations: [stop, start])]
      return configuration
    }
  }

  let workers = Workers()

  @Test(
    "The plan shows class, preview and undo; a lost answer is asked for again under the same key; a rollback is a run of its own"
  )
  func whole() async throws {
    workers.state.withLock { $0.lost = 1 }
    try await EmbeddedEngineTests.running(workers.configuration()) { [workers] engine in
      let runs = engine.runs
      engine.ingest(EmbeddedEngineTests.errors())
      let proposed = try await EmbeddedEngineTests.first(runs) { $0.state == .awaiting }
      let plan = try #require(try await engine.plan(of: proposed.id))
      #expect(plan.contains(#""class":"keyed""#) && plan.contains(#""preview":"w1 is running""#))
      #expect(plan.contains(#""argv":["start","w1"]"#))
      try await engine.approve(proposed.id, digest: try #require(proposed.digest), reason: "it hangs", by: "mara")
      let ended = try await EmbeddedEngineTests.first(runs) { $0.id == proposed.id && $0.endedAt != nil }
      #expect(ended.state == .succeeded, "\(ended)")
      let calls = workers.state.withLock { $0.calls }
      #expect(calls.map(\.operation) == ["stop", "stop"] && Set(calls.map(\.key)).count == 1)

      let rollback = try await engine.rollBack(proposed.id, by: "mara")
      #expect(rollback.rollsBack == proposed.id && rollback.state == .awaiting)
      #expect(workers.state.withLock { !$0.running.contains("w1") })
      try await engine.approve(rollback.id, digest: try #require(rollback.digest), reason: "too early", by: "otto")
      _ = try await EmbeddedEngineTests.first(runs) { $0.id == rollback.id && $0.endedAt != nil }
      #expect(workers.state.withLock { $0.running.contains("w1") && $0.calls.last?.operation == "start" })
    }
  }

  @Test("An approval of what the preview no longer says carries nothing out")
  func stale() async throws {
    try await EmbeddedEngineTests.running(workers.configuration()) { [workers] engine in
      let runs = engine.runs
      engine.ingest(EmbeddedEngineTests.errors())
      let proposed = try await EmbeddedEngineTests.first(runs) { $0.state == .awaiting }
      _ = workers.state.withLock { $0.running.remove("w1") }
      try await engine.approve(proposed.id, digest: try #require(proposed.digest), reason: "it hangs", by: "mara")
      let ended = try await EmbeddedEngineTests.first(runs) {
        $0.id == proposed.id && $0.state != .awaiting && $0.state != .approved
      }
      #expect(ended.state == .superseded, "\(ended)")
      #expect(workers.state.withLock { $0.calls }.isEmpty)
    }
  }

  @Test("What the fix says about taking back goes before what the host says")
  func irreversible() async throws {
    let configuration = workers.configuration(#", irreversible = "nobody starts it again""#)
    try await EmbeddedEngineTests.running(configuration) { engine in
      let runs = engine.runs
      engine.ingest(EmbeddedEngineTests.errors())
      let proposed = try await EmbeddedEngineTests.first(runs) { $0.state == .awaiting }
      let plan = try #require(try await engine.plan(of: proposed.id))
      #expect(plan.contains("nobody starts it again") && !plan.contains(#""start""#))
    }
  }

  @Test("A preview that throws, or says too much, keeps the plan from being made")
  func preview() async throws {
    struct Unknown: Error {}
    for (preview, word) in [
      ({ @Sendable (_: [String]) async throws -> String in throw Unknown() }, "threw"),
      ({ @Sendable (_: [String]) async throws -> String in String(repeating: "x", count: 5000) }, "longer than 4096"),
    ] {
      var stop = workers.stop
      stop.preview = preview
      let executor = HostExecutor("workers", [stop], identity: nil)
      let effect = Effect.exec(Effect.Exec(target: "workers", argv: [.text("stop"), .text("w1")]))
      // It blocks, and must not do so on a thread that the preview may need.
      let error = await #expect(throws: TargetError.self) {
        try await EngineThread.value { try executor.completed(effect, isUndo: false) }
      }
      #expect(error?.message.contains(word) == true, "\(String(describing: error))")
      #expect(throws: Never.self) { try executor.completed(effect, isUndo: true) }
    }
  }

  @Test("A call that was late isn't repeated beside itself, and keeps no other from being made")
  func late() async throws {
    let held = Mutex<CheckedContinuation<Void, Never>?>(nil)
    var stop = workers.stop
    stop.timeout = .milliseconds(1)
    stop.apply = { _ in
      await withCheckedContinuation { continuation in held.withLock { $0 = continuation } }
      return .applied("stopped")
    }
    let operations = [stop, workers.start]
    let digest = try #require(PlanDigest("sha256:" + String(repeating: "0", count: 64)))
    let told: [EffectOutcome] = try await EngineThread.value {
      let executor = HostExecutor("workers", operations, identity: nil)
      return [("stop", "r1"), ("stop", "r1"), ("start", "r2")].map { operation, run in
        executor.perform(
          .exec(Effect.Exec(target: "workers", argv: [.text(operation), .text("w1")])),
          marker: EffectMarker(store: "s", run: run, group: 1, digest: digest, epoch: 1))
      }
    }
    #expect(told[1] == .unclear("the call before it was late and is still under way"), "\(told)")
    #expect(told[2] == .applied("started"), "\(told)")
    while held.withLock({ $0 == nil }) { await Task.yield() }
    held.withLock { $0?.resume() }
  }
}

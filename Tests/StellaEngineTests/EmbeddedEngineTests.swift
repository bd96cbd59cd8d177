import Foundation
import StellaModel
import StellaSQLite
import Synchronization
import Testing

@testable import StellaEngine

@Suite("The engine within another program", .timeLimit(.minutes(20)))
struct EmbeddedEngineTests {
  static func rule(_ name: String = "errors", count: Int = 3) -> String {
    """
    return rule {
      api = 1, id = "test.\(name)", title = "Errors", severity = "high", type = "errors", status = "test",
      where = [[level >= error]], by = { "worker" }, threshold = { count = \(count), within = "1h" },
    }
    """
  }

  static let fix = """
    return fix {
      api = 1, id = "restart-worker", title = "Restart a worker", status = "test",
      handles = { "test.errors" }, params = { worker = "string" }, targets = { "workers" },
      plan = function(ctx, p)
        return {
          exec {
            target = "workers", argv = { "restart-worker", p.worker }, irreversible = "a restart can't be taken back",
          },
        }
      end,
    }
    """

  static func event(_ worker: String, _ second: Int, level: LogLevel = .error) -> Event {
    Event(
      time: 1_750_000_000_000_000_000 + Int64(second) * 1_000_000_000, level: level, message: "it failed",
      service: nil, fields: [.init("worker", .string(worker))])
  }

  static func errors(_ worker: String = "w1") -> [Event] { (0..<3).map { event(worker, $0) } }

  /// Runs an engine as long as `body` does.
  static func running<Value>(
    _ configuration: EngineConfiguration, _ body: (StellaEngine) async throws -> Value
  ) async throws -> Value {
    let engine = try await StellaEngine(configuration)
    let running = Task { try await engine.run() }
    do {
      let value = try await body(engine)
      engine.shutDown()
      try await running.value
      return value
    } catch {
      engine.shutDown()
      try await running.value
      throw error
    }
  }

  static func first<Element>(
    _ stream: EngineStream<Element>, where isWanted: (Element) -> Bool
  ) async throws -> Element {
    for await element in stream where isWanted(element) { return element }
    throw StellaError(.ended, "the stream ended without it")
  }

  @Test("Events that a host hands over raise alerts, which it is told of one after the other")
  func alerts() async throws {
    let configuration = EngineConfiguration(rules: .memory(["errors.lua": Self.rule()]))
    try await Self.running(configuration) { engine in
      let alerts = engine.alerts
      #expect(engine.ingest(Self.errors("w1") + Self.errors("w2")) == 6)
      var keys: [String] = []
      for await alert in alerts {
        #expect(alert.rule == "test.errors" && alert.status == .firing && alert.count == 3)
        keys.append(FieldValue.object(alert.key).json)
        if keys.count == 2 { break }
      }
      #expect(Set(keys) == [#"{"worker":"w1"}"#, #"{"worker":"w2"}"#])
      #expect(alerts.dropped == 0)
      #expect(engine.health.activeRules == 1 && engine.health.droppedEvents == 0)
    }
  }

  @Test("What was handed over before the end is still read, then the streams end and nothing more is taken")
  func shutdown() async throws {
    let engine = try await StellaEngine(EngineConfiguration(rules: .memory(["errors.lua": Self.rule()])))
    let alerts = engine.alerts
    #expect(engine.health.phase == .starting)
    engine.ingest(Self.errors())
    engine.shutDown()
    try await engine.run()
    var count = 0
    for await _ in alerts { count += 1 }
    #expect(count == 1 && engine.health.phase == .ended)
    #expect(engine.ingest(Self.errors()) == 0 && engine.health.droppedEvents == 3)
    await #expect { try await engine.run() } throws: { ($0 as? StellaError)?.code == .ended }
    await #expect { try await engine.reload() } throws: { ($0 as? StellaError)?.code == .ended }
    await #expect { _ = try await engine.runs() } throws: { ($0 as? StellaError)?.code == .ended }
    var late = engine.alerts.makeAsyncIterator()
    #expect(await late.next() == nil)
  }

  @Test("Rules that can't be used are told of; with none that can be used there is no engine")
  func refused() async throws {
    await #expect {
      _ = try await StellaEngine(EngineConfiguration(rules: .memory(["a.lua": "return rule {"])))
    } throws: { error in
      let error = error as? StellaError
      return error?.code == .rules && error?.place?.hasPrefix("a.lua:") == true
    }
    await #expect { _ = try await StellaEngine(EngineConfiguration(rules: .none)) } throws: {
      ($0 as? StellaError)?.code == .rules
    }
    let engine = try await StellaEngine(
      EngineConfiguration(
        rules: .memory(["good.lua": Self.rule(), "bad.lua": "return rule { api = 1 }"]),
        fixes: .memory(["fix.lua": "return 1"])))
    let health = engine.health
    #expect(health.activeRules == 1 && health.refusals.contains { $0.contains("bad.lua") })
    #expect(health.refusals.contains { $0.contains("fix.lua") })
  }

  @Test("Rules are loaded anew as one: broken ones leave those before in force, with the place of what is broken")
  func reload() async throws {
    let directory = try TemporaryDirectory()
    try directory.makeDirectory("Rules")
    try directory.write("Rules/errors.lua", Self.rule(count: 100))
    var configuration = EngineConfiguration(rules: .directory(directory("Rules")))
    configuration.reloadsChanges = true
    try await Self.running(configuration) { engine in
      try directory.write("Rules/errors.lua", "return rule {")
      await #expect { try await engine.reload() } throws: { ($0 as? StellaError)?.code == .rules }
      #expect(engine.health.activeRules == 1 && !engine.health.troubles.isEmpty)
      try directory.write("Rules/errors.lua", Self.rule(count: 3))
      try await engine.reload()
      #expect(engine.health.troubles.isEmpty)
      let alerts = engine.alerts
      engine.ingest(Self.errors())
      _ = try await Self.first(alerts) { $0.status == .firing }
    }
  }

  @Test("A reader that is behind misses the newest, counted, and nobody waits for it")
  func slowReader() async throws {
    var configuration = EngineConfiguration(rules: .memory(["errors.lua": Self.rule(count: 1)]))
    configuration.streamLimit = 2
    let slow = try await Self.running(configuration) { engine in
      let slow = engine.alerts
      engine.ingest((0..<10).map { Self.event("w\($0)", $0) })
      return slow
    }
    var seen: [String] = []
    for await alert in slow { seen.append(FieldValue.object(alert.key).json) }
    #expect(seen.count == 2 && slow.dropped == 8)
  }

  @Test("A fix of Swift closures waits for an approver, is carried out as approved, and can be asked about")
  func fix() async throws {
    let calls = Mutex<[HostOperation.Call]>([])
    var configuration = EngineConfiguration(
      rules: .memory(["errors.lua": Self.rule()]), fixes: .memory(["fix.lua": Self.fix]))
    configuration.approvers = [Approver("mara")]
    configuration.targets = [
      .custom(
        "workers",
        operations: [
          HostOperation(
            "restart-worker", arguments: 1...1, timeout: .seconds(900),
            check: { $0 == ["w9"] ? "w9 is no worker" : nil },
            apply: { call in
              calls.withLock { $0.append(call) }
              return .applied("restarted \(call.arguments[0])")
            })
        ])
    ]
    try await Self.running(configuration) { engine in
      let runs = engine.runs
      engine.ingest(Self.errors("w9") + Self.errors("w1"))
      let proposed = try await Self.first(runs) { $0.state == .awaiting }
      #expect(proposed.fix == "restart-worker" && proposed.targets == ["workers"] && !proposed.isSafe)
      let digest = try #require(proposed.digest)
      #expect(try await engine.plan(of: proposed.id)?.contains("restart-worker") == true)
      await #expect {
        try await engine.approve(proposed.id, digest: digest, reason: "yes", by: "nobody")
      } throws: {
        ($0 as? StellaError)?.code == .notPermitted
      }
      await #expect {
        try await engine.approve(
          proposed.id, digest: "sha256:" + String(repeating: "0", count: 64), reason: "yes", by: "mara")
      } throws: {
        ($0 as? StellaError)?.code == .conflict
      }
      #expect(calls.withLock { $0 }.isEmpty)
      let decided = try await engine.approve(proposed.id, digest: digest, reason: "it hangs", by: "mara")
      #expect(decided.state == .approved)
      _ = try await Self.first(runs) { $0.id == proposed.id && $0.endedAt != nil }
      let call = try #require(calls.withLock { $0 }.first)
      #expect(call.arguments == ["w1"] && !call.key.isEmpty && calls.withLock { $0 }.count == 1)
      #expect(try await engine.run(proposed.id).endedAt != nil)
      // The plan for w9 was refused by the host's own check.
      #expect(try await engine.runs(in: [.refused]).count == 1)
      await #expect { _ = try await engine.run("r-00000000") } throws: { ($0 as? StellaError)?.code == .notFound }
    }
  }

  @Test("An operation that throws, or gives no answer in time, is unclear; its observation tells")
  func unclear() async throws {
    struct Lost: Error {}
    let executor = HostExecutor(
      "workers",
      [
        HostOperation("throws", timeout: .seconds(900), apply: { _ in throw Lost() }),
        HostOperation(
          "late", timeout: .milliseconds(1), observe: { $0.arguments == ["yes"] },
          apply: { _ in
            try await Task.sleep(for: .seconds(3600))
            return .applied()
          }),
      ], identity: "cluster-1")
    func exec(_ argv: [String], observed: Bool = false) -> Effect {
      .exec(
        Effect.Exec(
          target: "workers", argv: argv.map { .text($0) },
          observation: observed ? Observation(.run(argv: argv), applied: [0], notApplied: [1]) : nil))
    }
    let marker = EffectMarker(store: "s", run: "r-1", group: 1, digest: Self.digest, epoch: 1)
    // They block, and must not do so on a thread that the calls may need.
    let thrown = try await EngineThread.value { executor.perform(exec(["throws"]), marker: marker) }
    #expect(thrown.isUnclear, "\(thrown)")
    let late = try await EngineThread.value { executor.perform(exec(["late", "yes"], observed: true), marker: marker) }
    #expect(late.isUnclear, "\(late)")
    // The cancelled call is over soon; until then nothing can be told.
    func observed(_ word: String) async throws -> EffectOutcome {
      while true {
        let outcome = try await EngineThread.value { executor.observe(exec(["late", word], observed: true)) }
        if !outcome.isUnclear { return outcome }
      }
    }
    #expect(try await observed("yes") == .applied("it is in force"))
    #expect(try await observed("no") == .notApplied("it isn't in force"))
    #expect(executor.identity()?.physicalID == "cluster-1")
    for argv in [["nothing"], ["throws"] + (0..<17).map { "\($0)" }] {
      #expect(throws: TargetError.self) { try executor.admit(exec(argv)) }
    }
    #expect(throws: TargetError.self) { try executor.admit(exec(["throws"], observed: true)) }
  }

  static let digest = PlanDigest("sha256:" + String(repeating: "1", count: 64))!

  @Test("A silence keeps an alert from the host, which is kept all the same")
  func silence() async throws {
    let configuration = EngineConfiguration(
      rules: .memory(["errors.lua": Self.rule(), "other.lua": Self.rule("other")]))
    try await Self.running(configuration) { engine in
      await #expect {
        try await engine.silence(rule: "test.errors", for: .seconds(60), reason: " ", by: "mara")
      } throws: {
        ($0 as? StellaError)?.code == .usage
      }
      let number = try await engine.silence(rule: "test.errors", for: .seconds(600), reason: "planned", by: "mara")
      let held = try await engine.silences()
      #expect(held.map(\.number) == [number] && held.map(\.by) == ["user:mara"] && held[0].key.isEmpty)
      try await engine.endSilence(number, by: "ivo")
      #expect(try await engine.silences().isEmpty)
      await #expect { try await engine.endSilence(number) } throws: { ($0 as? StellaError)?.code == .notFound }
    }
  }

  @Test("State that ends with the process is saved less often than what a restart goes on from")
  func savesInMemory() async throws {
    let directory = try TemporaryDirectory()
    func interval(_ store: EngineStore) async throws -> Int64 {
      let engine = try await StellaEngine(
        EngineConfiguration(rules: .memory(["errors.lua": Self.rule()]), store: store))
      return engine.options().checkpointInterval
    }
    #expect(try await interval(.sqlite(directory: directory("state"))) == 1_000_000_000)
    #expect(try await interval(.inMemory) == 60_000_000_000)
  }

  @Test(
    "What people say about an alert is told among what happens to alerts, and a resolve once, whichever comes first")
  func remarks() async throws {
    let configuration = EngineConfiguration(rules: .memory(["errors.lua": Self.rule()]))
    try await Self.running(configuration) { engine in
      let (alerts, events) = (engine.alerts, engine.alertEvents)
      engine.ingest(Self.errors("w1"))
      let alert = try await Self.first(alerts) { $0.status == .firing }
      try await engine.acknowledge(alert: alert.id, reason: "mine", by: "mara")
      try await engine.resolve(alert: alert.id, reason: "undone", by: "ivo")
      // Nothing is told of what is refused.
      await #expect { try await engine.resolve(alert: alert.id, reason: "again", by: "ivo") } throws: {
        ($0 as? StellaError)?.code == .conflict
      }
      // The engine has ended it by then.
      #expect(try await Self.first(alerts) { $0.id == alert.id }.resolvedBecause == .byHand)
      engine.ingest(Self.errors("w2"))
      var told: [String] = []
      for await event in events {
        let said = event.remark.map { " \($0.by) \($0.reason)" } ?? ""
        told.append("\(event.kind.rawValue) \(FieldValue.object(event.alert.key).json)\(said)")
        #expect(event.json.hasPrefix("{\"event\":\"\(event.kind.rawValue)\",\"revision\":"), "\(event.json)")
        #expect((event.alert.status == .resolved) == (event.kind == .resolved))
        if told.last?.contains("w2") == true { break }
      }
      #expect(
        told == [
          #"firing {"worker":"w1"}"#, #"acknowledged {"worker":"w1"} user:mara mine"#,
          #"resolved {"worker":"w1"} user:ivo undone"#, #"firing {"worker":"w2"}"#,
        ])
    }
  }

  @Test("The engine's end of what was resolved through it is known by the remark, unless nothing came of that")
  func ends() {
    func end(_ id: String) -> Alert {
      Alert(
        id: id, rule: "a.b", type: "test", severity: .high, title: "", summary: "", key: [], status: .resolved,
        revision: 2, firstSeen: 1, lastSeen: 2, count: 1)
    }
    let ends = RemarkedEnds()
    ends.expect("a")
    ends.expect("b")
    #expect(ends.forget("b") == nil && !ends.take(end("b")))
    // Of two who say the same one is refused, whoever is answered first and wherever the end comes in between.
    ends.expect("a")
    #expect(ends.forget("a") == nil)
    #expect(ends.take(end("a")) && !ends.take(end("a")))
    ends.remarked("a")
    #expect(!ends.take(end("a")))
    ends.expect("c")
    ends.expect("c")
    #expect(ends.take(end("c")) && ends.forget("c") == nil)
    ends.remarked("c")
    ends.expect("d")
    ends.expect("d")
    ends.remarked("d")
    #expect(ends.take(end("d")) && ends.forget("d") == nil && !ends.take(end("d")))
    ends.expect("e")
    ends.remarked("e")
    ends.expect("e")
    #expect(ends.forget("e") == nil && ends.take(end("e")) && !ends.take(end("e")))
    // Somebody else has resolved it: both who ask are refused, and the engine's end is told after all.
    ends.expect("f")
    ends.expect("f")
    #expect(ends.take(end("f")) && ends.forget("f") == nil && ends.forget("f")?.id == "f")
    #expect(!ends.take(end("f")) && ends.forget("f") == nil)
    for number in 0..<1500 { ends.expect("\(number)") }
    #expect(!ends.take(end("499")) && ends.take(end("500")) && ends.take(end("1499")))
  }

  @Test("With a store on disk a second engine is kept out, and the next one goes on")
  func sqlite() async throws {
    let directory = try TemporaryDirectory()
    let store = EngineStore.sqlite(directory: directory("state"))
    let configuration = EngineConfiguration(rules: .memory(["errors.lua": Self.rule()]), store: store)
    try await Self.running(configuration) { engine in
      await #expect { _ = try await StellaEngine(configuration) } throws: { ($0 as? StellaError)?.code == .store }
      let alerts = engine.alerts
      // Two of the three that make an alert.
      engine.ingest(Self.errors().prefix(2))
      _ = alerts
    }
    try await Self.running(configuration) { engine in
      let alerts = engine.alerts
      engine.ingest(Self.errors().suffix(1))
      let alert = try await Self.first(alerts) { $0.status == .firing }
      #expect(alert.count == 3)
      try await engine.acknowledge(alert: alert.id, reason: "mine", by: "mara")
    }
  }
}

extension EffectOutcome {
  fileprivate var isUnclear: Bool { if case .unclear = self { true } else { false } }
}

import CoreMetrics
import StellaEngine
import StellaModel
import Synchronization
import Testing

@testable import StellaMetrics

@Suite("A host's metrics as events")
struct StellaMetricsFactoryTests {
  /// Takes what it is told, and gives it as text.
  final class Taken: Sendable {
    private let events = Mutex<[Event]>([])

    func add(_ more: [Event]) { events.withLock { $0 += more } }

    func take() -> [String] {
      events.withLock { events in
        defer { events = [] }
        return events.map { event in
          "\(event.message): " + event.fields.dropFirst().map { "\($0.name)=\($0.value.json)" }.joined(separator: " ")
        }
      }
    }
  }

  /// A backend that the host has already.
  final class Backend: MetricsFactory {
    final class Handler: CounterHandler, RecorderHandler, TimerHandler, MeterHandler, Sendable {
      let seen = Mutex<[String]>([])
      func note(_ text: String) { seen.withLock { $0.append(text) } }
      func increment(by amount: Int64) { note("+\(amount)") }
      func increment(by amount: Double) { note("+\(amount)") }
      func decrement(by amount: Double) { note("-\(amount)") }
      func set(_ value: Int64) { note("=\(value)") }
      func set(_ value: Double) { note("=\(value)") }
      func reset() { note("reset") }
      func record(_ value: Int64) { note("\(value)") }
      func record(_ value: Double) { note("\(value)") }
      func recordNanoseconds(_ duration: Int64) { note("\(duration)ns") }
    }
    let handler = Handler()
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { handler }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { handler }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler { handler }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { handler }
    func destroyCounter(_ handler: any CounterHandler) { self.handler.note("destroyed") }
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
  }

  let taken = Taken()
  let backend = Backend()

  func factory(limit: Int = 100) -> StellaMetricsFactory {
    StellaMetricsFactory(
      wrapping: backend, interval: .seconds(10), limit: limit, now: { 7 }, ingest: { [taken] in taken.add($0) })
  }

  @Test("A counter tells what it stands at and what came since, once, and not when nothing came")
  func counter() {
    let factory = factory()
    let requests = Counter(label: "requests", dimensions: [("route", "/pay"), ("value", "x")], factory: factory)
    requests.increment(by: 3)
    // The same metric, made once more.
    Counter(label: "requests", dimensions: [("route", "/pay"), ("value", "x")], factory: factory).increment()
    factory.tell()
    #expect(
      taken.take() == [
        #"requests 4: metric="requests" kind="counter" value=4 delta=4 route="/pay" dimension.value="x""#
      ])
    factory.tell()
    #expect(taken.take() == [])
    requests.increment(by: 2)
    requests.reset()
    requests.increment(by: 5)
    factory.tell()
    #expect(
      taken.take() == [
        #"requests 5: metric="requests" kind="counter" value=5 delta=7 route="/pay" dimension.value="x""#
      ])
    #expect(backend.handler.seen.withLock { $0 } == ["+3", "+1", "+2", "reset", "+5"])
  }

  @Test("Timers and recorders tell how their measurements spread, meters where they stand")
  func spread() {
    let factory = factory()
    let timer = CoreMetrics.Timer(label: "query", dimensions: [], factory: factory)
    for milliseconds in [10, 30, 20] { timer.recordNanoseconds(Int64(milliseconds) * 1_000_000) }
    let sizes = Recorder(label: "size", dimensions: [], aggregate: true, factory: factory)
    sizes.record(1)
    sizes.record(2.5)
    let meter = Meter(label: "open", dimensions: [], factory: factory)
    meter.set(5)
    meter.increment(by: 2)
    meter.decrement(by: 1.5)
    factory.tell()
    #expect(
      taken.take() == [
        #"open 5.5: metric="open" kind="meter" value=5.5"#,
        #"query 20: metric="query" kind="timer" count=3 sum_ms=60 min_ms=10 max_ms=30 mean_ms=20 duration_ms=20"#,
        #"size 2.5: metric="size" kind="recorder" count=2 sum=3.5 min=1 max=2.5 mean=1.75 value=2.5"#,
      ])
  }

  @Test("What is destroyed tells a last time, and is made anew from nothing")
  func destroyed() {
    let factory = factory()
    let counter = Counter(label: "jobs", dimensions: [], factory: factory)
    counter.increment()
    counter.destroy()
    #expect(taken.take() == [#"jobs 1: metric="jobs" kind="counter" value=1 delta=1"#])
    Counter(label: "jobs", dimensions: [], factory: factory).increment()
    factory.tell()
    #expect(taken.take() == [#"jobs 1: metric="jobs" kind="counter" value=1 delta=1"#])
    #expect(backend.handler.seen.withLock { $0 } == ["+1", "destroyed", "+1"])
  }

  @Test("Beyond the limit metrics go to the host's backend alone, and are counted")
  func limit() {
    let factory = factory(limit: 1)
    Counter(label: "a", dimensions: [], factory: factory).increment()
    Counter(label: "b", dimensions: [], factory: factory).increment()
    factory.tell()
    #expect(taken.take().count == 1 && factory.unwatched == 1)
    #expect(backend.handler.seen.withLock { $0 } == ["+1", "+1"])
  }

  @Test("Rules see what metrics come to")
  func engine() async throws {
    let rule = """
      return rule {
        api = 1, id = "test.slow", title = "Slow", severity = "high", type = "slow", status = "test",
        where = [[metric == "query" and mean_ms > 15 and db == "orders"]], by = { "db" },
        threshold = { count = 1, within = "1m" },
      }
      """
    let engine = try await StellaEngine(EngineConfiguration(rules: .memory(["slow.lua": rule])))
    let alerts = engine.alerts
    let metrics = StellaMetricsFactory(engine)
    let timer = CoreMetrics.Timer(label: "query", dimensions: [("db", "orders")], factory: metrics)
    timer.recordNanoseconds(20_000_000)
    metrics.tell()
    engine.shutDown()
    try await engine.run()
    var rules: [String] = []
    for await alert in alerts { rules.append(alert.rule) }
    #expect(rules == ["test.slow"])
  }
}

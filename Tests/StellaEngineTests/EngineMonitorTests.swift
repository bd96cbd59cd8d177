import StellaDetection
import StellaModel
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("Asking a running engine how it fares")
struct EngineMonitorTests {
  private static func figures(at time: Int64, events: Int = 0) -> EngineFigures {
    EngineFigures(
      time: time, events: events, lateEvents: 0, bytes: 0, failedLines: 0, sources: 1, latestEvent: nil,
      cpuNanoseconds: 0,
      residentBytes: 0, refused: [], notLive: [], rules: [])
  }

  @Test("A question keeps the timing going for a quarter of a minute and no longer")
  func lease() {
    let monitor = EngineMonitor()
    #expect(!monitor.isAsked(at: machineMonotonicTime()))
    let before = machineMonotonicTime()
    #expect(monitor.reading(patience: 0) == nil)
    #expect(monitor.isAsked(at: before) && monitor.isAsked(at: before + EngineMonitor.lease))
    #expect(!monitor.isAsked(at: machineMonotonicTime() + EngineMonitor.lease))
  }

  @Test("A reading spans some seconds, the newest figures are at its end, and old ones tell nothing")
  func span() throws {
    let monitor = EngineMonitor()
    let now = machineMonotonicTime()
    #expect(monitor.isDue(at: now))
    monitor.add(Self.figures(at: now - 20_000_000_000))
    #expect(monitor.reading(patience: 0) == nil)
    for second in (0...12).reversed() {
      monitor.add(Self.figures(at: now - Int64(second) * 1_000_000_000, events: 12 - second))
    }
    let reading = try #require(monitor.reading(patience: 0))
    #expect(reading.to.events == 12 && reading.to.time == now)
    #expect((EngineMonitor.span..<EngineMonitor.span + 1_000_000_001).contains(reading.nanoseconds))
    #expect(!monitor.isDue(at: now + 100_000_000) && monitor.isDue(at: now + 1_000_000_000))
    monitor.forget()
    #expect(monitor.reading(patience: 0) == nil)
    monitor.add(Self.figures(at: now - 60_000_000_000))
    monitor.add(Self.figures(at: now - 59_000_000_000))
    #expect(monitor.reading(patience: 0) == nil)
  }

  @Test("Rules are timed only while somebody asks, and what they do is the same")
  func timing() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      "app.log", (1...5000).map { "{\"ts\":\(1_700_000_000 + $0),\"message\":\"m\",\"seq\":\($0)}\n" }.joined())
    func run(asked: Bool) throws -> [String] {
      let path = directory("app.log")
      return try EngineThread.run {
        let source = RuleSource(
          file: "each.lua",
          text: Array(
            """
            return rule { api = 1, id = "test.each", title = "Each", severity = "low", by = { "seq" }, max_keys = 10000,
              where = [[seq ~= nil]], threshold = { count = 1, within = "1s" } }
            """.utf8))
        let rules = RuleSet(sources: [source], fields: FieldRegister())
        var options = WatchOptions()
        options.inputs = [.init(paths: [path], from: .start)]
        options.follow = false
        var alerts: [String] = []
        let run = try WatchRun(options: options, rules: rules, onAlerts: { alerts += $0.map(\.id) }, onNotice: { _ in })
        let monitor = EngineMonitor()
        run.monitor = monitor
        if asked {
          _ = monitor.reading(patience: 0)
          run.housekeep(force: false)
        }
        _ = try run.run(interrupts: nil)
        let figures = try #require(rules.figures().first)
        #expect((figures.cost.events > 0) == asked && figures.matched == 5000)
        rules.endProfile()
        #expect(rules.figures().first?.cost.events == 0)
        return alerts
      }
    }
    let quiet = try run(asked: false)
    let timed = try run(asked: true)
    #expect(quiet == timed && !quiet.isEmpty)
  }
}

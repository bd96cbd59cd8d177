import Logging
import StellaEngine
import StellaModel
import Testing

@testable import StellaLogging

@Suite("A host's log calls and the engine", .timeLimit(.minutes(20)))
struct EmbeddedLoggingTests {
  static let rule = """
    return rule {
      api = 1, id = "test.payments", title = "Payments fail", severity = "high", type = "errors", status = "test",
      where = [[logger == "shop.payments" and level >= error and status >= 500]], by = { "route", "service" },
      threshold = { count = 3, within = "1m" },
    }
    """

  @Test("What a host logs raises an alert, with the fields of metadata and metadata provider")
  func alert() async throws {
    var configuration = EngineConfiguration(rules: .memory(["payments.lua": Self.rule]))
    configuration.service = "shop"
    let engine = try await StellaEngine(configuration)
    let alerts = engine.alerts
    let logger = Logger(label: "shop.payments") { label in
      MultiplexLogHandler([
        SwiftLogNoOpLogHandler(),
        StellaLogHandler(
          label: label, engine: engine, metadataProvider: Logger.MetadataProvider { ["route": "/pay"] }),
      ])
    }
    // Before the engine runs: it waits in the buffer.
    for number in 0..<3 {
      logger.error("no answer \(number)", metadata: ["status": .stringConvertible(502)])
      logger.error("not found \(number)", metadata: ["status": .stringConvertible(404)])
    }
    let running = Task { try await engine.run() }
    var seen: Alert?
    for await alert in alerts where alert.status == .firing {
      seen = alert
      break
    }
    engine.shutDown()
    try await running.value
    let alert = try #require(seen)
    #expect(FieldValue.object(alert.key).json == #"{"route":"/pay","service":"shop"}"#)
    #expect(alert.count == 3 && alert.rule == "test.payments")
    logger.error("after the end")
    #expect(engine.health.droppedEvents == 1)
  }
}

import Logging
import StellaEngine
import StellaModel
import Testing

@testable import StellaLogging

@Suite("Log calls of a known shape")
struct LoggerEventsTests {
  struct Refused: Error {}

  let buffer = LogBuffer()

  var logger: Logger {
    var logger = Logger(label: "shop") { StellaLogHandler(label: $0, buffer: buffer, clock: { 0 }) }
    logger.logLevel = .debug
    return logger
  }

  func lines() throws -> [String] { try LogReader(source: LogBufferSource(buffer)).records().lines }

  @Test("A diagnostic has its category, severity, whom it affects and what to do, at the severity's level")
  func diagnostic() throws {
    for severity in Severity.allCases {
      logger.diagnostic(
        category: "payments.timeout", severity: severity, "no answer", affectedUsers: ["u1"],
        suggestedActions: ["Restart the gateway"], metadata: ["gateway": "g1"], file: "M/F.swift", line: 1)
    }
    let lines = try lines()
    #expect(lines.count == 5)
    for (line, level) in zip(lines, ["info", "notice", "warning", "error", "critical"]) {
      #expect(line.contains(#""level":"\#(level)""#))
    }
    #expect(
      lines[4].hasSuffix(
        #""line":1,"affected_users":["u1"],"category":"payments.timeout","event_type":"diagnostic","gateway":"g1","#
          + #""severity":"critical","suggested_actions":["Restart the gateway"]}"#))
  }

  @Test("Actions of users and looks at health say how they ended, with numbers that rules can compare")
  func outcomes() throws {
    logger.userAction("login", user: "u1", succeeded: false, file: "M/F.swift", line: 1)
    logger.healthCheck("database", isHealthy: false, duration: .milliseconds(1500), file: "M/F.swift", line: 2)
    let lines = try lines()
    #expect(lines[0].contains(#""level":"notice""#))
    #expect(
      lines[0].hasSuffix(#""line":1,"action":"login","event_type":"user_action","outcome":"failure","user_id":"u1"}"#))
    #expect(lines[1].contains(#""level":"error""#))
    #expect(
      lines[1].hasSuffix(
        #""line":2,"check":"database","duration_ms":1500.0,"event_type":"health_check","healthy":false}"#))
  }

  @Test("A timer gives what it timed, and throws what that threw")
  func timer() async throws {
    let logger = logger
    #expect(await logger.timed("search") { 7 } == 7)
    await #expect(throws: Refused.self) { try await logger.timed("search") { throw Refused() } }
    let lines = try lines()
    #expect(lines[0].contains(#""level":"info""#) && lines[0].contains(#""outcome":"success""#))
    #expect(lines[1].contains(#""level":"warning""#) && lines[1].contains(#""error":"Refused()""#))
    #expect(lines.allSatisfy { $0.contains(#""operation":"search""#) && $0.contains(#""duration_ms":"#) })
  }
}

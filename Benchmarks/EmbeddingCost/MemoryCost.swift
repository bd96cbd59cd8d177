import Foundation
import Logging
import StellaEngine
import StellaLogging

/// What a running engine adds to the memory of its process: before it is made, and once its rules have seen events of 1,000 users.
enum MemoryCost {
  private static let events = 200_000
  private static let burst = 2_000

  static func measured(rules: String) async throws -> [(name: String, value: Double)] {
    // What logging itself takes is there already.
    try await log(QuietHandler.logger, 20_000)
    let before = try resident()
    let engine = try await StellaEngine(EngineConfiguration(rules: .directory(rules)))
    let running = Task { try await engine.run() }
    while engine.health.phase == .starting { try await Task.sleep(for: .milliseconds(10)) }
    let started = try resident()
    let stella = Logger(label: "shop.api") { StellaLogHandler(label: $0, engine: engine) }
    try await log(stella, events)
    let patience = EmbeddingCost.now() + 30_000_000_000
    while engine.health.events + engine.health.droppedEvents < events, EmbeddingCost.now() < patience {
      try await Task.sleep(for: .milliseconds(50))
    }
    let after = try resident()
    engine.shutDown()
    try await running.value
    let health = engine.health
    return [
      ("before_mb", before.all), ("started_mb", started.all - before.all), ("added_mb", after.all - before.all),
      ("added_own_mb", after.own - before.own), ("added_code_mb", after.code - before.code),
      ("events", Double(health.events)), ("dropped", Double(health.droppedEvents)),
    ]
  }

  /// In bursts, so that nothing is dropped.
  private static func log(_ logger: Logger, _ count: Int) async throws {
    for number in 0..<count {
      logger.log(
        level: number % 100 == 0 ? .error : .info, "request \(number) done",
        metadata: [
          "userId": .string("usr_\(number % 1000)"), "duration_ms": .stringConvertible(number % 700),
          "route": .string("/r\(number % 200)"),
        ])
      if number % burst == burst - 1 { try await Task.sleep(for: .milliseconds(10)) }
    }
  }

  /// Resident megabytes: all of them, those of the process's own, and those of files, which are code and tables.
  private static func resident() throws -> (all: Double, own: Double, code: Double) {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    func figure(_ name: String) throws -> Double {
      guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
      else { throw EmbeddingCost.Failure(description: "/proc/self/status has no \(name)") }
      return kibibytes / 1024
    }
    return (try figure("VmRSS"), try figure("RssAnon"), try figure("RssFile"))
  }
}

import Logging
import Synchronization
import Testing

@testable import StellaEngine
@testable import StellaLogging

@Suite("A handler alongside")
struct HandlerAlongsideTests {
  private final class Heard: Sendable {
    let calls = Mutex<[String]>([])
  }

  private struct Listener: LogHandler {
    let heard: Heard
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = ["pid": "7"]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
      let names = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      heard.calls.withLock { $0.append("\(event.level) \(event.message) \(names.joined(separator: " "))") }
    }
  }

  private let buffer = LogBuffer()
  private let heard = Heard()

  private func logger(_ level: Logger.Level) -> Logger {
    Logger(label: "shop") {
      var other = Listener(heard: heard)
      other.logLevel = level
      return StellaLogHandler(
        label: $0, buffer: buffer, alongside: other, clock: { StellaLogHandlerTests.time })
    }
  }

  private func events() throws -> [String] {
    try LogReader(source: LogBufferSource(buffer)).records().lines.map { line in
      let parts = line.split(separator: "\"message\":\"")
      return String(parts[1].prefix { $0 != "\"" })
    }
  }

  @Test("Each gets the calls of its own level and above, until the logger's level is set for both")
  func levels() throws {
    var logger = logger(.debug)
    #expect(logger.logLevel == .debug)
    for level in [Logger.Level.trace, .debug, .info] { logger.log(level: level, "\(level)") }
    #expect(heard.calls.withLock { $0 } == ["debug debug pid=7", "info info pid=7"])
    #expect(try events() == ["info"])
    logger.logLevel = .error
    logger.warning("warning")
    logger.error("error")
    #expect(heard.calls.withLock { $0.count } == 3)
    #expect(try events() == ["error"])
    var quiet = self.logger(.critical)
    quiet.error("ours")
    #expect(heard.calls.withLock { $0.count } == 3)
    #expect(try events() == ["ours"])
    quiet.logLevel = .trace
    quiet.trace("both")
    #expect(heard.calls.withLock { $0.last } == "trace both pid=7")
    #expect(try events() == ["both"])
  }

  @Test("Metadata and its provider are set for both, and what the other has of its own stays")
  func metadata() throws {
    var logger = logger(.info)
    let copy = logger
    logger[metadataKey: "user"] = "usr_1"
    #expect(logger[metadataKey: "user"] == "usr_1" && logger[metadataKey: "pid"] == "7")
    logger.info("one", metadata: ["route": "/pay"])
    copy.info("two")
    logger.handler.metadataProvider = Logger.MetadataProvider { ["trace": "t1"] }
    logger.info("three")
    logger.handler.metadata = ["only": "this"]
    logger.info("four")
    #expect(
      heard.calls.withLock { $0 } == [
        "info one pid=7 route=/pay user=usr_1", "info two pid=7", "info three pid=7 trace=t1 user=usr_1",
        "info four only=this trace=t1",
      ])
    let lines = try LogReader(source: LogBufferSource(buffer)).records().lines
    #expect(lines.map { $0.contains(#""user":"usr_1""#) } == [true, false, true, false])
    #expect(lines.map { $0.contains(#""trace":"t1""#) } == [false, false, true, true])
    #expect(lines[0].contains(#""route":"/pay""#) && lines[3].contains(#""only":"this""#))
  }
}

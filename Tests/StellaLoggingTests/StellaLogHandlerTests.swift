import Logging
import StellaModel
import Synchronization
import Testing

@testable import StellaDetection
@testable import StellaEngine
@testable import StellaLogging

@Suite("The log handler")
struct StellaLogHandlerTests {
  static let time: Int64 = 1_750_000_000_123_456_789
  static let head = #"{"time":"2025-06-15T15:06:40.123456789Z""#

  let buffer = LogBuffer()

  func logger(_ label: String = "shop.api", service: String? = nil, level: Logger.Level = .trace) -> Logger {
    var logger = Logger(label: label) {
      StellaLogHandler(label: $0, service: service, buffer: buffer, clock: { Self.time })
    }
    logger.logLevel = level
    return logger
  }

  func lines() throws -> [String] { try LogReader(source: LogBufferSource(buffer)).records().lines }

  @Test("A log call becomes one line of JSON with the fields that rules know")
  func record() throws {
    logger(service: "shop").error(
      "charge \"failed\"\n", metadata: ["user_id": "usr_7", "status": .stringConvertible(502)], source: "Payments",
      file: "Shop/Charge.swift", line: 7)
    #expect(
      try lines() == [
        Self.head + #","level":"error","message":"charge \"failed\"\n","logger":"shop.api","service":"shop","#
          + #""source":"Payments","file":"Shop/Charge.swift","line":7,"status":502,"user_id":"usr_7"}"#
      ])
  }

  @Test("The engine reads what the handler writes")
  func decoded() throws {
    struct Refusal: Error {}
    logger(service: "shop").log(
      level: .critical, "no answer", error: Refusal(),
      metadata: ["duration": .stringConvertible(1.5), "peer": ["host": "db\u{1B}1"], "codes": ["a", "b"]])
    logger().notice("ünï 🚀\0")
    let fields = FieldRegister()
    let reader = SourceReader(
      splitter: LineSplitter(source: LogBufferSource(buffer), index: 0), number: 0, format: .json,
      clock: SourceClock(reference: 0),
      fields: fields)
    let batch = EventBatch(columnCount: fields.table.count)
    guard case .more = try reader.fill(batch) else {
      Issue.record("nothing was read")
      return
    }
    let events = (0..<batch.count).map { reader.event(batch.record($0), time: batch.times[$0]) }
    #expect(events.map(\.time) == [Self.time, Self.time])
    #expect(events.map(\.level) == [.critical, .notice])
    #expect(events.map(\.message) == ["no answer", "ünï 🚀\0"])
    #expect(events.map(\.service) == ["shop", nil])
    let values = Dictionary(events[0].fields.map { ($0.name, $0.value) }) { $1 }
    #expect(values["duration"] == .double(1.5))
    #expect(values["codes"] == .array([.string("a"), .string("b")]))
    #expect(values["peer"] == .object([.init("host", .string("db\u{1B}1"))]))
    #expect(values["error"] == .string("Refusal()"))
  }

  @Test("Every kind of value and every character is written as JSON says, whatever stands before it")
  func texts() throws {
    struct Custom: CustomStringConvertible { let description: String }
    let long = String(repeating: "ä\u{9F}\"\\ plain ascii \u{1}\n", count: 300)
    for length in 0..<20 {
      let text = String(repeating: "a", count: length) + "\"\u{80}é\u{7F}" + String(repeating: "b", count: length)
      logger().info("\(text)", metadata: ["t": .string(text), "l": .string(long)])
    }
    logger().info(
      "n",
      metadata: [
        "a": .stringConvertible(Int.min), "b": .stringConvertible(UInt64.max), "c": .stringConvertible(1e300),
        "d": .stringConvertible(true), "e": .stringConvertible(Int8(-5)), "f": .stringConvertible(Float(0.1)),
        "g": .stringConvertible(Double.nan), "h": .stringConvertible(Custom(description: "x\ty")),
        "i": .stringConvertible("text"), "j": .stringConvertible(0),
      ])
    let lines = try lines()
    for length in 0..<20 {
      let text = String(repeating: "a", count: length) + "\"\u{80}é\u{7F}" + String(repeating: "b", count: length)
      var wanted = JSONText()
      wanted.raw("{")
      wanted.name("l")
      wanted.string(long)
      wanted.name("t")
      wanted.string(text)
      wanted.raw("}")
      #expect(lines[length].hasSuffix(wanted.text.dropFirst()))
    }
    #expect(
      lines.last?.hasSuffix(
        #""a":-9223372036854775808,"b":18446744073709551615,"c":1e+300,"d":true,"e":-5,"f":0.1,"g":null,"#
          + #""h":"x\ty","i":"text","j":0}"#) == true)
  }

  @Test("A record over a mebibyte is dropped and counted, and the next one is whole")
  func tooLong() throws {
    logger().info("\(String(repeating: "x", count: 2 << 20))")
    logger().info("after")
    let lines = try lines()
    #expect(lines.count == 2 && lines[0].contains(#""message":"after""#) && lines[1].contains(#""dropped":1"#))
    #expect(buffer.drops.full == 1)
  }

  @Test("The call's metadata wins over the provider's, and that over the logger's")
  func metadata() throws {
    var handler = StellaLogHandler(
      label: "l", buffer: buffer, metadataProvider: .init { ["b": "provider", "c": "provider"] }, clock: { Self.time })
    handler.metadata = ["a": "logger", "b": "logger", "c": "logger"]
    #expect(handler[metadataKey: "a"] == "logger")
    let logger = Logger(label: "l") { _ in handler }
    logger.info("m", metadata: ["c": "call"], source: "s", file: "f", line: 1)
    #expect(try lines().first?.hasSuffix(#""line":1,"a":"logger","b":"provider","c":"call"}"#) == true)
  }

  @Test("Metadata can't take the place of the record's own fields")
  func ownNames() throws {
    logger().info("true message", metadata: ["message": "false", "level": "critical", "time": "1970"])
    let line = try #require(try lines().first)
    #expect(line.hasPrefix(Self.head + #","level":"info","message":"true message""#))
    #expect(line.hasSuffix(#""metadata.level":"critical","metadata.message":"false","metadata.time":"1970"}"#))
  }

  @Test("A level below the logger's writes nothing")
  func level() throws {
    logger(level: .warning).info("quiet")
    #expect(try lines() == [])
  }

  /// A value whose text logs to the logger that is writing it.
  struct Talkative: CustomStringConvertible, Sendable {
    let logger: Logger
    var description: String {
      logger.error("from within", metadata: ["self": .stringConvertible(Talkative(logger: logger))])
      return "said"
    }
  }

  @Test("A value that logs while it is written doesn't end in recursion: the inner call is dropped and counted")
  func recursion() throws {
    logger().info("outer", metadata: ["value": .stringConvertible(Talkative(logger: logger()))])
    #expect(buffer.drops == LogBuffer.Drops(full: 0, nested: 1))
    let lines = try lines()
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { !$0.contains("from within") })
    #expect(lines.first?.contains(#""value":"said""#) == true)
    #expect(lines.last?.contains(#""logger":"stella.logging""#) == true)
    #expect(lines.last?.hasSuffix(#""dropped":1}"#) == true)
  }

  @Test("A buffer that nobody reads costs drops, not waiting, and says how many once there is room")
  func full() throws {
    let small = LogBuffer(capacityBytes: 2048)
    let handler = StellaLogHandler(label: "l", buffer: small, clock: { Self.time })
    let logger = Logger(label: "l") { _ in handler }
    for number in 0..<100 { logger.info("m", metadata: ["number": .stringConvertible(number)], file: "f") }
    let reader = LogReader(source: LogBufferSource(small), readBytes: 100)
    let first = try reader.records()
    #expect(first.outcome == .idle)
    let kept = first.lines.count - 1
    #expect(kept > 3 && small.drops.full == 100 - kept)
    #expect(first.lines.last?.hasSuffix(#""dropped":\#(100 - kept)}"#) == true)
    for (number, line) in first.lines.dropLast().enumerated() { #expect(line.hasSuffix(#""number":\#(number)}"#)) }
    logger.info("again")
    #expect(try reader.records().lines.count == 1)
  }

  @Test("Threads that log at once lose and mix nothing while the buffer has room", arguments: [1, 4])
  func threads(count: Int) async throws {
    let perThread = 2000
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<count {
        group.addTask {
          let logger = logger("t\(thread)")
          for number in 0..<perThread { logger.info("m", metadata: ["n": .stringConvertible(number)]) }
        }
      }
    }
    let lines = try lines()
    #expect(lines.count == count * perThread && buffer.drops == LogBuffer.Drops())
    for thread in 0..<count {
      let numbers = lines.filter { $0.contains(#""logger":"t\#(thread)""#) }.map { $0.split(separator: ":").last }
      #expect(numbers == (0..<perThread).map { Substring("\($0)}") })
    }
  }
}

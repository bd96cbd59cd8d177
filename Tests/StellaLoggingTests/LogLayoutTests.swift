import CStellaLog
import Logging
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine
@testable import StellaLogging

/// What is read where it is comes to the same as what is asked for.
@Suite("Log calls that are read where they are")
struct LogLayoutTests {
  struct Refusal: Error, CustomStringConvertible {
    var description: String { "refused" }
  }

  /// As a host may have one, with what a value of metadata seldom is.
  struct Identifier: CustomStringConvertible {
    var number: Int
    var description: String { "id-\(number)" }
  }

  /// Without it each log call would cost more, and nobody be told: the layout has to be known for each toolchain that we build with.
  @Test("The layout of this toolchain and this swift-log is known")
  func known() {
    #expect(LogLayout.isKnown)
  }

  /// One buffer for calls that are read where they are, and one for calls that are asked for their parts.
  struct Ways {
    let buffers = [LogBuffer(), LogBuffer()]

    func loggers(
      label: String, metadata: Logger.Metadata, provided: Logger.Metadata?, level: Logger.Level = .trace
    ) -> [Logger] {
      zip(buffers, [false, true]).map { buffer, asksForParts in
        var handler = StellaLogHandler(
          label: label, buffer: buffer, metadataProvider: provided.map { metadata in .init { metadata } },
          clock: { StellaLogHandlerTests.time }, asksForParts: asksForParts)
        handler.metadata = metadata
        handler.logLevel = level
        let given = handler
        return Logger(label: label) { _ in given }
      }
    }

    func lines() throws -> [[String]] { try buffers.map { try LogReader(source: LogBufferSource($0)).records().lines } }
  }

  static func text(_ random: inout SeededRandom) -> String {
    let kind = Int.random(in: 0..<12, using: &random)
    let count = kind == 0 ? Int.random(in: 0..<3000, using: &random) : Int.random(in: 0..<40, using: &random)
    let letters = kind == 1 ? Array("aüß\u{1F680}\n\"\0") : Array("abcdefghijklmnopqrstuvwxyz _")
    let text = String((0..<count).map { _ in letters.randomElement(using: &random)! })
    // A part of another one stands elsewhere than a text of its own.
    return kind == 2 ? String(("before " + text).dropFirst(7)) : text
  }

  static func value(_ random: inout SeededRandom, depth: Int = 0) -> Logger.MetadataValue {
    switch Int.random(in: 0..<24, using: &random) {
    case 0...9: return .string(text(&random))
    case 10...12: return .stringConvertible(Int.random(in: Int.min...Int.max, using: &random))
    case 13: return .stringConvertible(UInt.random(in: 0...UInt.max, using: &random))
    case 14, 15: return .stringConvertible(Double.random(in: -1e9...1e9, using: &random))
    case 16: return .stringConvertible(Bool.random(using: &random))
    case 17: return .stringConvertible(text(&random))
    case 18: return .stringConvertible([Double.nan, -Double.infinity, 0, -0.0].randomElement(using: &random)!)
    case 19: return .stringConvertible(Identifier(number: Int.random(in: 0...9, using: &random)))
    case 20: return .stringConvertible(UInt8.random(in: 0...255, using: &random))
    case 21 where depth < 3: return .array((0..<3).map { _ in value(&random, depth: depth + 1) })
    case 22 where depth < 3: return .dictionary(metadata(&random, depth: depth + 1))
    default: return .stringConvertible(Float.random(in: 0...1, using: &random))
    }
  }

  static func metadata(_ random: inout SeededRandom, depth: Int = 0) -> Logger.Metadata {
    let count = Int.random(in: 0..<30, using: &random) == 0 ? 150 : Int.random(in: 0..<5, using: &random)
    // With removed entries between them, as a logger that lives long has them.
    var metadata = Logger.Metadata(minimumCapacity: Int.random(in: 0..<100, using: &random))
    for _ in 0..<count { metadata[text(&random)] = value(&random, depth: depth) }
    for key in metadata.keys.filter({ $0.utf8.count % 5 == 1 }) { metadata[key] = nil }
    return metadata
  }

  @Test("Calls of all kinds give the same lines either way", arguments: 0..<20 as Range<UInt64>)
  func same(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let ways = Ways()
    for _ in 0..<60 {
      let label = Self.text(&random)
      let (own, provided) = (Self.metadata(&random), Self.metadata(&random))
      let loggers = ways.loggers(
        label: label, metadata: own, provided: Bool.random(using: &random) ? provided : nil)
      for _ in 0..<3 {
        let level = Logger.Level.allCases.randomElement(using: &random)!
        let (message, file) = (Self.text(&random), "Module/" + Self.text(&random))
        let metadata = Bool.random(using: &random) ? Self.metadata(&random) : nil
        let source = Bool.random(using: &random) ? Self.text(&random) : nil
        let error: (any Error)? = Int.random(in: 0..<8, using: &random) == 0 ? Refusal() : nil
        for logger in loggers {
          logger.log(
            level: level, "\(message)", error: error, metadata: metadata, source: source, file: file, line: 7)
        }
      }
      let lines = try ways.lines()
      #expect(lines[0].count == 3 && lines[0] == lines[1])
    }
  }

  @Test("A record that is just too long for a stack is kept whole, and so is one that just isn't")
  func longRecords() throws {
    let ways = Ways()
    let loggers = ways.loggers(label: "long", metadata: [:], provided: nil)
    for count in 900..<1100 {
      for logger in loggers { logger.info("\(String(repeating: "m", count: count))", metadata: ["k": "v"]) }
    }
    let lines = try ways.lines()
    #expect(lines[0].count == 200 && lines[0] == lines[1])
  }

  @Test("A file that is the program's own, and so stays where it is, is told as any other")
  func files() throws {
    let ways = Ways()
    let file = #fileID
    for logger in ways.loggers(label: "files", metadata: [:], provided: nil) {
      logger.info("m")
      logger.info("m", source: "Own")
      logger.info("m", file: "M/short")
      logger.info("m", file: String(file.dropFirst(0)) + "")
      logger.info("m", file: "Modülé/with a long name, as no module has it.swift", line: 7)
      logger.info("m", file: "")
    }
    let lines = try ways.lines()
    #expect(lines[0].count == 6 && lines[0].sorted() == lines[1].sorted())
    #expect(lines[0][0].contains(#""source":"StellaLoggingTests","file":"StellaLoggingTests/LogLayoutTests.swift""#))
  }

  @Test("Copies of a logger keep their own metadata")
  func copies() throws {
    let ways = Ways()
    for logger in ways.loggers(label: "copies", metadata: ["request": "1"], provided: nil) {
      var other = logger
      other[metadataKey: "request"] = "2"
      var third = other
      third[metadataKey: "more"] = "a text that is longer than what is short"
      other[metadataKey: "request"] = nil
      for logger in [logger, other, third] { logger.info("m") }
    }
    let lines = try ways.lines()
    #expect(lines[0] == lines[1])
    #expect(lines[0].map { $0.contains(#""request":"1""#) } == [true, false, false])
    #expect(lines[0][2].contains(#""request":"2""#) && lines[0][2].contains(#""more":"a text"#))
  }

  @Test("What a provider logs while it is asked is dropped and counted, either way")
  func nested() throws {
    for asksForParts in [false, true] {
      let buffer = LogBuffer()
      let inner = Logger(label: "inner") { StellaLogHandler(label: $0, buffer: buffer, asksForParts: asksForParts) }
      let logger = Logger(label: "outer") {
        StellaLogHandler(
          label: $0, buffer: buffer,
          metadataProvider: .init {
            inner.info("asked")
            return ["trace": "t1"]
          }, asksForParts: asksForParts)
      }
      logger.info("m")
      #expect(buffer.drops == LogBuffer.Drops(full: 0, nested: 1))
      let lines = try LogReader(source: LogBufferSource(buffer)).records().lines
      #expect(lines.contains { $0.contains(#""trace":"t1""#) } && !lines.contains { $0.contains("asked") })
    }
  }

  /// Logs as it goes.
  final class Farewell: CustomStringConvertible, Sendable {
    let logger: Logger
    init(_ logger: Logger) { self.logger = logger }
    deinit { logger.info("gone") }
    var description: String { "here" }
  }

  @Test("What a provider gives may log as it goes, which is dropped and counted, and a full buffer doesn't ask for it")
  func nestedFarewell() throws {
    for asksForParts in [false, true] {
      let buffer = LogBuffer(capacityBytes: 1024)
      let made = Mutex(0)
      let own = Mutex<Logger?>(nil)
      let logger = Logger(label: "outer") {
        StellaLogHandler(
          label: $0, buffer: buffer,
          metadataProvider: .init {
            made.withLock { $0 += 1 }
            guard let logger = own.withLock({ $0 }) else { return [:] }
            return ["value": .stringConvertible(Farewell(logger))]
          }, asksForParts: asksForParts)
      }
      own.withLock { $0 = logger }
      logger.info("m")
      #expect(buffer.drops == LogBuffer.Drops(full: 0, nested: 1) && made.withLock { $0 } == 1)
      while buffer.drops.full == 0 { logger.info("m") }
      let asked = made.withLock { $0 }
      logger.info("m")
      #expect(made.withLock { $0 } == asked && buffer.drops.full == 2)
      own.withLock { $0 = nil }
    }
  }
}

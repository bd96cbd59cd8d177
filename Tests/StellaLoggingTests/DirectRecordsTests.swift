import Logging
import StellaModel
import StellaScripting
import Testing

@testable import StellaDetection
@testable import StellaEngine
@testable import StellaLogging

@Suite("Log calls without their lines")
struct DirectRecordsTests {
  static let texts = [
    "order 17 done", "kim@example.org", "card 4111111111111111", "10.1.2.3:8080", "tab\t\"quote\" \\ ünï\u{0}", "",
    "12.5",
    "350µs", "12ms", "17", "https://shop.example/pay?q=1", "/a%20b", "password=hunter22", "usr_7", "502", "true",
    String(repeating: "long ", count: 90),
  ]
  static let names = [
    "user_id", "userId", "status", "status_code", "http.status_code", "duration", "duration_ms", "latency", "elapsed",
    "route", "path", "url", "client_ip", "remote_addr", "trace_id", "traceId", "exception", "message", "error", "msg",
    "note", "password", "api_key", "ünï", "tab\tname", "a name that is longer than sixteen bytes",
    "request_identifier_one_x", "request_identifier_two_x", "peer", "host", "metadata.message", "timestamp", "severity",
  ]
  static let maskings: [Masking?] = [
    nil, Masking(kinds: [.email, .token, .card]), Masking(kinds: .all), Masking(kinds: []),
    Masking(kinds: [.email], hashedFields: ["user_id", "peer.host"], key: Array("0123456789abcdef".utf8)),
    Masking(kinds: [.email], hashedFields: ["service"], key: Array("0123456789abcdef".utf8)),
  ]

  private struct Failed: Error, CustomStringConvertible { let description: String }
  private struct Custom: CustomStringConvertible, Sendable { let description: String }

  private func text(_ random: inout some RandomNumberGenerator) -> String {
    Self.texts.randomElement(using: &random) ?? ""
  }

  private func name(_ random: inout some RandomNumberGenerator) -> String {
    Self.names.randomElement(using: &random) ?? ""
  }

  private func value(_ random: inout some RandomNumberGenerator) -> Logger.MetadataValue {
    switch Int.random(in: 0..<40, using: &random) {
    case 0..<16: return .string(text(&random))
    case 16..<22: return .stringConvertible(Int.random(in: -50...700, using: &random))
    case 22: return .stringConvertible(Int.random(in: .min ... .max, using: &random))
    case 23:
      return .stringConvertible(
        [Int.min, .max, 4_111_111_111_111_111, 999_999_999_999, 0].randomElement(using: &random) ?? 0)
    case 24..<28: return .stringConvertible(Double.random(in: 0...1000, using: &random))
    case 28:
      return .stringConvertible(
        [1e300, .leastNonzeroMagnitude, -0.0, .infinity, .nan, 1e16, 100].randomElement(using: &random) ?? 0)
    case 29..<31: return .stringConvertible(Bool.random(using: &random))
    case 31:
      return .stringConvertible([UInt.max, 7, 1 << 63, 4_111_111_111_111_111].randomElement(using: &random) ?? 0)
    case 32: return .stringConvertible(Int32.random(in: -9...9, using: &random))
    case 33: return .stringConvertible(UInt64.random(in: 0 ... .max, using: &random))
    case 34: return .stringConvertible([Float.infinity, -0.0, 1.5, 7].randomElement(using: &random) ?? 0)
    case 35: return .stringConvertible(Custom(description: text(&random)))
    case 36: return .stringConvertible(text(&random))
    case 37: return .array([value(&random), .string(text(&random))])
    default: return .dictionary([name(&random): .string(text(&random)), "id": "db1"])
    }
  }

  private static let levels: [Logger.Level] = [.trace, .debug, .info, .notice, .warning, .error, .critical]

  /// Makes one call, the same in both ways.
  private func call(_ ways: DirectWays, at time: Int64, _ random: inout some RandomNumberGenerator) {
    let label = Int.random(in: 0..<8, using: &random) > 0 ? "shop.api" : text(&random)
    let service: String? =
      Bool.random(using: &random) ? nil : Int.random(in: 0..<8, using: &random) > 0 ? "shop" : text(&random)
    let message = text(&random) + (Bool.random(using: &random) ? " " + text(&random) : "")
    let count = Int.random(in: 0..<30, using: &random) == 0 ? 20 : Int.random(in: 0...5, using: &random)
    let entries = Dictionary((0..<count).map { _ in (name(&random), value(&random)) }) { $1 }
    let own = Int.random(in: 0..<6, using: &random) == 0 ? [name(&random): value(&random)] : [:]
    let error = Int.random(in: 0..<5, using: &random) == 0 ? Failed(description: text(&random)) : nil
    let source: String? = Int.random(in: 0..<3, using: &random) == 0 ? "Payments" : nil
    let file = ["Shop/Orders.swift", "Orders.swift", "Shop/kim@example.org.swift"][
      min(2, Int.random(in: 0..<20, using: &random) / 8)]
    let level = Self.levels.randomElement(using: &random) ?? .info
    let line = UInt.random(in: 0...9999, using: &random)
    ways.log(at: time, label: label, service: service) { logger in
      var logger = logger
      for (name, value) in own { logger[metadataKey: name] = value }
      logger.log(
        level: level, "\(message)", error: error, metadata: entries, source: source, file: file, line: line)
    }
    if Int.random(in: 0..<12, using: &random) == 0 {
      let line = "{\"message\":\"taken in\",\"user_id\":\"kim@example.org\",\"status\":\(count)}"
      for buffer in ways.buffers { buffer.append(Array((line + "\n").utf8), time: time) }
    }
    if Int.random(in: 0..<40, using: &random) == 0 {
      for buffer in ways.buffers { buffer.countNested(time: time) }
    }
  }

  @Test("A record's columns, time, text and event are those of its line", arguments: maskings.indices)
  func same(_ place: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    for round in 0..<12 {
      let fields = FieldRegister()
      let all =
        FieldAliases.fields.map(\.name) + Self.names + ["logger", "source", "file", "line", "peer.host", "gone"]
      for name in all where round == 0 || Bool.random(using: &random) { _ = fields.table.column(of: name) }
      let ways = DirectWays(
        fields, masking: Self.maskings[place], service: round % 3 == 0 ? "from settings" : nil,
        capacityBytes: round % 2 == 0 ? 8192 : 64 << 10, lineLimit: round == 5 ? 3000 : LineSplitter.defaultLineLimit,
        holdsHeads: round == 7)
      var time = DirectWays.start
      var direct = 0
      for _ in 0..<60 {
        // Few enough for the smallest ring.
        for _ in 0..<Int.random(in: 0...4, using: &random) {
          time += Int64.random(in: -5_000_000...5_000_000_000, using: &random)
          let jump: Int64 = Int.random(in: 0..<30, using: &random) == 0 ? 9_000_000_000_000 : 0
          call(ways, at: Int.random(in: 0..<90, using: &random) == 0 ? -1 : time + jump, &random)
        }
        let lines = try ways.rows(ways.lines, &random)
        let records = try ways.rows(ways.records, &random)
        #expect(records == lines, "seed \(seed), round \(round)")
        #expect(ways.lines.heldEvents == ways.records.heldEvents)
        direct += records.count { $0.isDirect }
        #expect(lines.allSatisfy { !$0.isDirect })
        // Another column comes into use.
        if Int.random(in: 0..<20, using: &random) == 0 { _ = fields.table.column(of: name(&random)) }
      }
      for buffer in ways.buffers { buffer.close() }
      #expect(try ways.rows(ways.records, &random) == ways.rows(ways.lines, &random), "seed \(seed), round \(round)")
      let counts = [ways.lines, ways.records].map {
        [$0.splitter.counts.lines, $0.splitter.counts.cut, $0.failures.count]
      }
      #expect(counts[0] == counts[1], "seed \(seed), round \(round)")
      #expect(ways.buffers[0].drops == ways.buffers[1].drops)
      #expect(direct > 0 || Self.maskings[place].map { !$0.allowsParts(LogRecordText.ownNames) } ?? false)
    }
  }

  /// Ways to read calls, with fields that rules may ask for.
  private func ways(capacityBytes: Int, holdsHeads: Bool = false) -> DirectWays {
    let fields = FieldRegister()
    for name in FieldAliases.fields.map(\.name) + Self.names { _ = fields.table.column(of: name) }
    return DirectWays(fields, capacityBytes: capacityBytes, holdsHeads: holdsHeads)
  }

  @Test("What finds no room is dropped, and told of, as with lines")
  func full() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let ways = ways(capacityBytes: 8192)
    var time = DirectWays.start
    for _ in 0..<40 {
      for _ in 0..<Int.random(in: 0...80, using: &random) {
        time += Int64.random(in: 0...1_000_000_000, using: &random)
        call(ways, at: time, &random)
      }
      #expect(try ways.rows(ways.records, &random) == ways.rows(ways.lines, &random), "seed \(seed)")
    }
    #expect(ways.buffers[0].drops == ways.buffers[1].drops, "seed \(seed)")
    #expect(ways.buffers[0].drops.full > 0)
  }

  @Test("More loggers than have a number are read, and told apart, as with lines")
  func manyLoggers() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let ways = ways(capacityBytes: 1 << 20)
    var labels: [String] = []
    // Each twice: the second time as one that is known.
    for number in Array(0..<300) + Array(0..<300) {
      labels.append("shop.part\(number)\(number % 7 == 0 ? " \"quoted\"" : "")")
      ways.log(at: DirectWays.start, label: labels[labels.count - 1], service: number % 2 == 0 ? "shop" : nil) {
        $0.info("order done")
      }
    }
    let lines = try ways.rows(ways.lines, &random)
    let records = try ways.rows(ways.records, &random)
    #expect(records == lines, "seed \(seed)")
    let loggers = records.map { $0.event.fields.first { $0.name == "logger" }?.value }
    #expect(loggers == labels.map { .string($0) }, "seed \(seed)")
    #expect(ways.buffers[1].names.number(of: Array(",\"logger\":\"shop.part299\"".utf8)) == HandlerNames.none)
    #expect(ways.buffers[1].names.number(of: Array(",\"logger\":\"shop.part1\"".utf8)) == 2)
  }

  @Test("Who looks on gets text, be it of a record or a line")
  func tapped() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let ways = ways(capacityBytes: 1 << 20)
    let tap = try EventTap()
    tap.setWanted(true)
    var time = DirectWays.start
    var isDirect: Set<Bool> = []
    for _ in 0..<40 {
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        time += Int64.random(in: 0...1_000_000_000, using: &random)
        call(ways, at: time, &random)
      }
      let lines = try ways.rows(ways.lines, &random)
      let records = try ways.rows(ways.records, &random, tap: tap)
      #expect(records == lines, "seed \(seed)")
      let taken = tap.take().flatMap { batch in
        (0..<batch.count).map { (batch.times[$0], String(decoding: batch.record($0), as: UTF8.self)) }
      }
      #expect(taken.map(\.0) == lines.map(\.time), "seed \(seed)")
      #expect(taken.map(\.1) == lines.map(\.text), "seed \(seed)")
      isDirect.formUnion(records.map(\.isDirect))
    }
    #expect(isDirect == [true, false])
  }

  @Test("A reader of records goes on from what one before it saved, held events included")
  func restored() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let ways = ways(capacityBytes: 1 << 20, holdsHeads: true)
    // Without a time: these wait for one.
    for buffer in ways.buffers { buffer.append(Array("{\"message\":\"early\"}\n".utf8), time: 0) }
    var time = DirectWays.start
    var restarts = 0
    var round = 0
    var hasCalled = false
    // Which calls are far ahead is left to the seed.
    while round < 60 || restarts < 2 && round < 2000 {
      defer { round += 1 }
      if round > 0 {
        for _ in 0..<Int.random(in: 0...6, using: &random) {
          time += Int64.random(in: 0...1_000_000_000, using: &random)
          // Now and then one lies far ahead; of the first one nobody could tell.
          let isAhead = hasCalled && Int.random(in: 0..<9, using: &random) == 0
          call(ways, at: isAhead ? time + 9_000_000_000_000 : time, &random)
          hasCalled = true
        }
      }
      #expect(try ways.rows(ways.records, &random) == ways.rows(ways.lines, &random), "seed \(seed), round \(round)")
      #expect(ways.records.heldEvents == ways.lines.heldEvents)
      if ways.records.heldEvents > 0, round == 0 || Bool.random(using: &random) {
        try ways.restart()
        restarts += 1
      }
    }
    for buffer in ways.buffers { buffer.close() }
    #expect(try ways.rows(ways.records, &random) == ways.rows(ways.lines, &random), "seed \(seed)")
    #expect(restarts > 1)
    #expect(ways.records.splitter.counts.lines == ways.lines.splitter.counts.lines)
  }

  static let rules = [
    """
    return rule { api = 1, id = "test.count", title = "Many", severity = "high", type = "t", status = "test",
      where = [[level >= warning]], by = { "service", "route" }, threshold = { count = 3, within = "1m" }, evidence = 3 }
    """,
    """
    return rule { api = 1, id = "test.script", title = "Script", severity = "low", type = "t", status = "test",
      where = [[status >= 200]], by = { "logger" }, state = { seen = ring(3) },
      on = function(e, s) s.seen:push(e)
        if e.user_id then return alert { summary = "{logger}", labels = { user = tostring(e.user_id), n = tostring(e.note) },
          evidence = s.seen } end
      end }
    """,
    """
    return rule { api = 1, id = "test.order", title = "In order", severity = "low", type = "t", status = "test",
      by = { "logger" }, sequence = { within = "5m",
        { name = "one", match = [[level == info]], times = 2 }, { name = "two", match = [[level == error]] } } }
    """,
  ]

  @Test("Alerts and their evidence are those of the lines, whoever runs the rules", arguments: [1, 3])
  func alerts(workers: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let fields = [FieldRegister(), FieldRegister()]
    let sets = fields.map { fields in
      RuleSet(
        sources: Self.rules.enumerated().map { RuleSource(file: "rule\($0).lua", text: Array($1.utf8)) },
        fields: fields,
        workers: workers)
    }
    #expect(sets.flatMap(\.refusals).flatMap(\.errors).map(\.description) == [])
    // Each way has its own rules, and with them its own columns.
    let ways = fields.map { DirectWays($0, capacityBytes: 1 << 20) }
    let readers = [ways[0].lines, ways[1].records]
    let decoder = JSONLineDecoder()
    let pipelines = try sets.map { set in
      // Each rule, and with it its evidence, has a share of its own.
      #expect(set.shares.count { $0.ruleCount > 0 } == workers)
      return Pipeline(rules: set, lateness: 5_000_000_000, pool: try WorkerThreads(workers: workers)) {
        _, record, time in decoder.event(record, time: time)
      }
    }
    for pipeline in pipelines { _ = pipeline.addSource("log") }
    var alerts: [[String]] = [[], []]
    var time = DirectWays.start
    for _ in 0..<40 {
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        time += Int64.random(in: 0...500_000_000, using: &random)
        var same = random
        call(ways[0], at: time, &same)
        call(ways[1], at: time, &random)
      }
      for place in 0..<2 { alerts[place] += try ways[place].alerts(readers[place], pipelines[place]) }
    }
    for place in 0..<2 { alerts[place] += pipelines[place].finish().map(\.json) }
    #expect(alerts[0] == alerts[1], "seed \(seed)")
    for rule in ["test.count", "test.script", "test.order"] {
      #expect(alerts[0].contains { $0.contains("\"\(rule)\"") }, "seed \(seed)")
    }
  }
}

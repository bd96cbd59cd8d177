import StellaModel
import StellaTesting
import Testing

@testable import StellaDetection

/// A random log: the bytes of lines whose times go on, go back, jump for good or for one line, or are missing.
private struct RandomLog {
  static let start: Int64 = 1_766_900_000  // 2025-12-28T05:33:20Z: a log may cross the end of the year

  let bytes: [UInt8]
  let format: LogFormat

  init(_ random: inout DecodeRandom, lines: Int) {
    let formats: [LogFormat] = [.json, .logfmt, .syslog, .combined, .nginxError, .plain]
    let main = random.pick(formats)
    let isMixed = random.chance(30)
    var now = RandomLog.start
    var bytes: [UInt8] = []
    for number in 0..<lines {
      now += random.pick([0, 0, 0, 1, 1, 2, 60, 900])
      if random.chance(1) { now += Int64(random.below(400_000)) }
      var time = now
      if random.chance(3) { time += random.pick([3600, 3601, 7000, 90_000, 300_000_000]) + Int64(random.below(4000)) }
      if random.chance(3) { time -= Int64(random.below(20_000)) }
      let format = isMixed && random.chance(30) ? random.pick(formats) : main
      bytes += RandomLog.line(&random, format, time, number)
      bytes += random.chance(10) ? [13, 10] : [10]
    }
    if random.chance(30) { bytes.removeLast() }
    self.bytes = bytes
    format = isMixed || random.chance(50) ? .auto : main
  }

  private static func line(_ random: inout DecodeRandom, _ format: LogFormat, _ seconds: Int64, _ number: Int)
    -> [UInt8]
  {
    let iso = Timestamp.text(seconds * Timestamp.second)
    let date = Timestamp.civil(days: Int(seconds / 86_400))
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][date.month - 1]
    let clock = String(iso.dropFirst(11).prefix(8))
    let day = date.day < 10 ? "0\(date.day)" : "\(date.day)"
    if random.chance(4) {
      return Array(random.pick(["", "  ", "\tat com.example.Main.run(Main.java:4\(number))"]).utf8)
    }
    if random.chance(2) { return Array("{\"broken\":\(number)".utf8) }
    if random.chance(2) { return Array("message \(number) with \u{1}".utf8) + [0xff, 0xfe, 0xc3] }
    let text =
      switch format {
      case .json:
        random.chance(15)
          ? "{\"message\":\"no time \(number)\"}"
          : "{\"time\":\"\(iso)\",\"level\":\"\(random.pick(["info", "WARN", "Fatal", "30"]))\",\"message\":\"m\(number)\"}"
      case .journald:
        "{\"__REALTIME_TIMESTAMP\":\"\(Timestamp.parse(iso).map { $0 / 1000 } ?? 0)\",\"__CURSOR\":\"i=\(number)\",\"PRIORITY\":\"4\","
          + "\"_PID\":\"\(number % 7)\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"MESSAGE\":\"Connection from 10.0.0.\(number % 250) port 1\"}"
      case .logfmt:
        random.chance(15)
          ? "level=info msg=\"no time \(number)\" n=1" : "time=\(iso) level=warn msg=\"m \(number)\" status=\(number)"
      case .syslog:
        random.pick([
          "\(month) \(date.day < 10 ? " " : "")\(date.day) \(clock) h sshd[\(number % 7)]: Connection from 10.0.0.\(number % 250) port 1",
          "\(month) \(date.day < 10 ? " " : "")\(date.day) \(clock) h sshd[\(number % 7)]: Failed password for root from 10.0.1.\(number % 250) port 22 ssh2",
          "\(month) \(date.day < 10 ? " " : "")\(date.day) \(clock) h sshd[\(number % 7)]: pam_unix(sshd:auth): check pass; user unknown",
          "\(iso) h app[3]: level=info msg=\"m\(number)\"",
        ])
      case .combined:
        "10.0.0.1 - - [\(day)/\(month)/\(date.year):\(clock) +0000] \"GET /\(number) HTTP/1.1\" 200 \(number) \"-\" \"-\""
      case .nginxError:
        "\(date.year)/\(date.month < 10 ? "0" : "")\(date.month)/\(day) \(clock) [error] 3#3: *\(number) open() failed"
      case .plain, .auto:
        random.pick([
          "\(iso.prefix(10)) \(clock),123 INFO m\(number)", "INFO job until \(iso) m\(number)",
          "\(month) \(day) \(clock) m\(number)", "\(date.month)-\(day) \(clock) m\(number)", "no time \(number)",
          "Mon \(month) \(day) \(clock) \(date.year) m\(number)", "Mon \(month) \(day) \(clock) m\(number)",
        ])
      }
    return Array(text.utf8)
  }
}

struct SourceCheckpointTests {
  /// The bytes from `offset` on, cut at random, with pauses.
  private func steps(_ bytes: [UInt8], from offset: Int, _ random: inout DecodeRandom) -> [ScriptedSource.Step] {
    var steps: [ScriptedSource.Step] = []
    var place = offset
    while place < bytes.count {
      let end = min(bytes.count, place + 1 + random.below(random.chance(50) ? 200 : 20_000))
      steps.append(.bytes(Array(bytes[place..<end])))
      if random.chance(20) { steps.append(.idle) }
      place = end
    }
    return steps
  }

  @Test(arguments: 0..<24)
  func `events are the same however the log is cut and wherever reading is taken up again`(_ number: Int) throws {
    let seed = UInt64(20_261_121 + number)
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let log = RandomLog(&random, lines: 400 + random.below(1200))
    let whole = SourceRun([.bytes(log.bytes)], format: log.format, readBytes: 1 << 20)
    let expected = try whole.rest()
    #expect(expected.count > 300)

    for _ in 0..<3 {
      var rows: [SourceRun.Row] = []
      var run = SourceRun(
        steps(log.bytes, from: 0, &random), format: log.format, readBytes: 16 + random.below(9000))
      var held = 0
      while !run.isEnded {
        try run.fill(room: random.chance(50) ? 1 + random.below(5) : 1024)
        held = max(held, run.reader.heldEvents)
        let used = random.chance(50) ? run.last.count : random.below(run.last.count + 1)
        // What is left unused is lost to a reader that goes on, so only a new one may leave some.
        guard random.chance(15) else {
          rows += run.last
          continue
        }
        rows += run.last.prefix(used)
        run.reader.usedEvents = used
        let checkpoint = run.reader.checkpoint()
        let before = run.reader.failures.count
        let place = Int(checkpoint.position.offset)
        run = SourceRun(
          steps(log.bytes, from: place, &random), from: checkpoint.position.offset, format: log.format,
          readBytes: 16 + random.below(9000), reference: 0)
        try run.reader.resume(from: checkpoint)
        #expect(run.reader.failures.count <= before)
      }
      #expect(rows.count == expected.count)
      if let different = zip(rows, expected).enumerated().first(where: { $1.0 != $1.1 }) {
        Issue.record("event \(different.offset): \(different.element.0), expected \(different.element.1)")
      }
      #expect(run.reader.failures.count == whole.reader.failures.count)
      #expect(run.reader.failures.samples == whole.reader.failures.samples)
      #expect(run.reader.failures.fallbacks == whole.reader.failures.fallbacks)
      #expect(run.reader.failures.repaired == whole.reader.failures.repaired)
      #expect(run.reader.splitter.counts == whole.reader.splitter.counts)
      #expect(run.reader.formatNotice == whole.reader.formatNotice)
    }
  }

  @Test func `the random logs hold events`() throws {
    var most = 0
    for number in 0..<8 {
      var random = DecodeRandom(seed: UInt64(20_261_121 + number))
      let log = RandomLog(&random, lines: 1000)
      let run = SourceRun([.bytes(log.bytes)], format: log.format)
      while try run.fill(room: 10) { most = max(most, run.reader.heldEvents) }
    }
    #expect(most > 5)
  }

  @Test func `the state of a reader that was restored is the state that was saved`() throws {
    print("seed 5")
    var random = DecodeRandom(seed: 5)
    for _ in 0..<20 {
      let log = RandomLog(&random, lines: 300)
      let run = SourceRun([.bytes(Array(log.bytes.prefix(random.below(log.bytes.count)))), .idle], format: log.format)
      _ = try run.rest()
      let state = run.state
      let other = SourceRun([], format: log.format, reference: 0)
      try state.withUnsafeBytes { bytes in
        var reader = StateReader(bytes)
        try other.reader.restore(from: &reader)
        #expect(reader.isAtEnd)
      }
      #expect(other.state == state)
      #expect(!other.reader.hasOtherSettings)
    }
  }

  /// A file that is opened by the first read.
  private final class LazyFile: ByteSource {
    let name = "lazy"
    let key = "lazy"
    let modificationTime: Int64? = nil
    let trouble: SourceError? = nil
    private(set) var position = SourcePosition.start
    private var rest = Array("{\"time\":\"2026-06-09T10:00:00Z\"}\n{\"time\":\"2026-06-09T10:00:01Z\"}\n".utf8)

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
      if rest.isEmpty { return .end }
      buffer.copyBytes(from: rest)
      position = SourcePosition(identity: ScriptedSource.identity(of: 3), offset: Int64(rest.count))
      rest = []
      return .bytes(Int(position.offset))
    }

    func close() {}
  }

  @Test func `a checkpoint within the first events of a file names the file`() throws {
    let batch = EventBatch(columnCount: 0)
    let reader = SourceReader(
      splitter: LineSplitter(source: LazyFile(), index: 0), number: 0, format: .json,
      clock: SourceClock(reference: 0), fields: FieldRegister())
    _ = try reader.fill(batch)
    reader.usedEvents = 1
    let checkpoint = reader.checkpoint()
    #expect(checkpoint.position == SourcePosition(identity: ScriptedSource.identity(of: 3), offset: 0))
    #expect(checkpoint.skip == 1)
  }

  @Test func `a zone that was changed holds and is told`() throws {
    let text = "2026-06-09 10:00:00 a\n"
    let run = SourceRun([.text(text), .idle], format: .plain)
    _ = try run.rest()
    let next = SourceRun([.text("2026-06-09 12:00:01 b\n")], format: .plain, zone: .fixed(seconds: 7200))
    try next.reader.resume(from: SourceCheckpoint(position: .start, state: run.state, skip: 0))
    #expect(next.reader.hasOtherSettings)
    #expect(try next.rest().map { Timestamp.text($0.time) } == ["2026-06-09T10:00:01.000000000Z"])
  }

  @Test func `the year of the first line comes from the checkpoint, not from the file that was opened again`() throws {
    let run = SourceRun([.idle], format: .syslog, reference: Timestamp.parse("2019-03-01T00:00:00Z") ?? 0)
    _ = try run.rest()
    let next = SourceRun([.text("Feb  2 00:00:00 h p[1]: a\n")], format: .syslog)
    try next.reader.resume(from: SourceCheckpoint(position: .start, state: run.state, skip: 0))
    #expect(try next.rest().map { Timestamp.text($0.time).prefix(4) } == ["2019"])
  }

  @Test func `a changed or cut state is refused or read, and never ends the process`() throws {
    print("seed 77")
    var random = DecodeRandom(seed: 77)
    var refused = 0
    for _ in 0..<6 {
      let log = RandomLog(&random, lines: 200)
      let half = log.bytes.count / 2
      let run = SourceRun([.bytes(Array(log.bytes.prefix(half))), .idle], format: log.format)
      _ = try run.rest()
      let state = run.state
      let rest = ScriptedSource.Step.bytes(Array(log.bytes.dropFirst(half)))
      func restore(_ state: [UInt8]) throws {
        let other = SourceRun([rest], format: log.format)
        do throws(StateError) {
          try other.reader.resume(from: SourceCheckpoint(position: .start, state: state, skip: 0))
        } catch {
          refused += 1
          #expect(other.state == SourceRun([rest], format: log.format).state, "an error leaves the reader as it was")
        }
        _ = try other.rest()
      }
      for length in stride(from: 0, to: state.count, by: 1 + state.count / 60) {
        let before = refused
        try restore(Array(state.prefix(length)))
        #expect(refused == before + 1, "cut to \(length) of \(state.count)")
      }
      for _ in 0..<150 {
        var changed = state
        let place = random.below(changed.count)
        if random.chance(50) {
          changed[place] = UInt8(truncatingIfNeeded: random.next())
        } else {
          let value = random.pick([Int64.min, -1, .max, 1 << 40])
          withUnsafeBytes(of: value) { bytes in
            for index in 0..<min(8, changed.count - place) { changed[place + index] = bytes[index] }
          }
        }
        try restore(changed)
      }
      let before = refused
      try restore(state + [0])
      #expect(refused == before + 1)
    }
    let reader = SourceRun([]).reader
    #expect(throws: StateError.self) {
      try reader.resume(from: SourceCheckpoint(position: .start, state: SourceRun([]).state, skip: -1))
    }
  }
}

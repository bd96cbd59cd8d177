import StellaModel
import Testing

@testable import StellaDetection

/// Columns and events are two ways to the same values.
@Suite struct DecodeAgreementTests {
  private static let names = [
    "a", "b", "a.b", "a.b.c", "b.c", "user", "user_id", "user.id", "src_ip", "route", "status", "duration_ms",
    "message", "msg", "service", "host", "level", "time", "error_type", "bytes", "request_id", "metadata.ip", "x-y",
    "program", "pid", "event", "outcome", "port", "method", "query", "user_agent", "logger", "ts", "severity",
  ]
  private static let keys = [
    "a", "b", "c", "a.b", "b.c", "a.b.c", "user", "user_id", "userId", "user.id", "id", "name", "username", "ip",
    "client_ip", "url", "path", "status", "statusCode", "latency", "request_time", "duration_ms", "elapsed", "msg",
    "message", "service", "app", "hostname", "host", "level", "severity", "error", "type", "exception", "size", "bytes",
    "requestId", "metadata", "x-y", "é", "a\\n", "http", "response", "status_code", "logger", "event", "action",
  ]

  private static func scalar(_ random: inout DecodeRandom) -> String {
    switch random.below(12) {
    case 0: "null"
    case 1: "true"
    case 2: "false"
    case 3: String(Int64(bitPattern: random.next()))
    case 4: String(random.next())
    case 5: "\(Double(random.below(100_000)) / 100)"
    case 6: "\"\(random.below(600))\""
    case 7: "\"1\(random.below(10)).5ms\""
    case 8: "\"https://h/\(random.below(9))?q=\(random.below(9))\""
    case 9: "\"10.0.0.\(random.below(256)):80\""
    case 10: "\"t\\u00e9xt \\\"\(random.below(9))\\\"\""
    default: "\"\(random.pick(["info", "ERROR", "", "x y", "30", "\\ud800"]))\""
    }
  }

  private static func value(_ random: inout DecodeRandom, depth: Int) -> String {
    if depth < 4, random.chance(30) { return object(&random, depth: depth + 1) }
    if depth < 4, random.chance(8) {
      return "[" + (0..<random.below(4)).map { _ in value(&random, depth: depth + 1) }.joined(separator: ",") + "]"
    }
    return scalar(&random)
  }

  static func object(_ random: inout DecodeRandom, depth: Int = 0) -> String {
    let members = (0..<random.below(depth == 0 ? 14 : 5)).map { _ in
      "\"\(random.pick(keys))\"\(random.chance(10) ? " " : ""):\(value(&random, depth: depth))"
    }
    return "{" + members.joined(separator: random.chance(10) ? " , " : ",") + "}"
  }

  private func expectAgreement(_ lines: [String], _ decoder: any StellaDetection.Decoder, _ note: String = "") {
    let decoded = DecodedLines(lines, decoder: decoder, columns: DecodeAgreementTests.names)
    for row in decoded.rows {
      let event = row.record.withUnsafeBufferPointer { decoder.event($0, time: row.time) }
      for name in DecodeAgreementTests.names {
        let expected = FieldPath.value(of: name, in: event)
        if row[name] != expected {
          Issue.record(
            "\(note) \(name): cell \(String(describing: row[name])), event \(String(describing: expected)) in \(String(decoding: row.record, as: UTF8.self))"
          )
        }
      }
    }
  }

  @Test func `a column of random JSON holds what the lookup in the event finds`() {
    let seed: UInt64 = 4711
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let lines = (0..<4000).map { _ in DecodeAgreementTests.object(&random) }
    expectAgreement(lines, JSONLineDecoder())
  }

  @Test func `a column of random JSON within syslog and plain lines holds what the lookup in the event finds`() {
    let seed: UInt64 = 4712
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let syslog = (0..<1500).map { _ in "<13>Jun  1 10:00:00 web app[77]: \(DecodeAgreementTests.object(&random))" }
    expectAgreement(syslog, TextLineDecoder(.syslog))
    let plain = (0..<1500).map { _ in "2025-06-01T10:00:00Z stdout F \(DecodeAgreementTests.object(&random))" }
    expectAgreement(plain, TextLineDecoder(.plain))
  }

  @Test func `a column of random logfmt holds what the lookup in the event finds`() {
    let seed: UInt64 = 4713
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let keys = DecodeAgreementTests.keys.filter { !$0.contains("\\") }
    let lines = (0..<3000).map { _ in
      (0...random.below(9)).map { _ in
        let key = random.pick(keys)
        switch random.below(7) {
        case 0: return "\(key)=\(random.below(1000))"
        case 1: return "\(key)=\"a b \(random.below(9))\""
        case 2: return "\(key)=\"esc \\\"q\\\" \\n\""
        case 3: return "\(key)=\(random.below(90)).25"
        case 4: return "\(key)=1\(random.below(9))ms"
        case 5: return "\(key)="
        default: return "\(key)=\(random.pick(["info", "true", "007", "-", "10.1.1.1:80", "/p?q"]))"
        }
      }.joined(separator: " ")
    }
    expectAgreement(lines, TextLineDecoder(.logfmt))
  }

  @Test func `a column of real-looking lines of every format holds what the lookup in the event finds`() {
    for (format, lines) in DecodeSamples.all {
      expectAgreement(lines, AutoDecoder.decoder(for: format), format.rawValue)
      expectAgreement(lines, AutoDecoder(), "auto")
    }
  }
}

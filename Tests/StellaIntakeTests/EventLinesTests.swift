import StellaDetection
import StellaModel
import Testing

@testable import StellaIntake

@Suite("The events of a request")
struct EventLinesTests {
  private static let arrival: Int64 = 1_790_000_000_123_456_789
  private static let told = ",\"time\":1790000000123456789}"

  /// The lines, without the arrival that was added to them.
  private func lines(_ body: String, _ format: EventLines.Format) throws -> [String] {
    try stamped(body, format).map { line in
      let first = line.replacing("{\"time\":1790000000123456789}", with: "{}")
      return first.hasSuffix(Self.told) ? first.dropLast(Self.told.count) + "}" : first
    }
  }

  private func stamped(_ body: String, _ format: EventLines.Format) throws -> [String] {
    let context = IntakeContext(arrival: Self.arrival, timeNames: TimeNames(FieldAliases.timeNames), lineBytes: 1 << 20)
    let events = try Array(body.utf8).withUnsafeBytes { try EventLines.batch($0, format: format, context) }
    let lines = String(decoding: events.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(events.count == lines.count && (events.bytes.isEmpty || events.bytes.last == 0x0a))
    return lines
  }

  private func refusal(_ body: String, _ format: EventLines.Format) -> String? {
    do {
      _ = try lines(body, format)
      return nil
    } catch let error as CommandFailure {
      return error.status == .usage ? error.message : nil
    } catch {
      return nil
    }
  }

  @Test("Lines are objects; blank ones, spaces around and Windows line ends don't matter, nor a missing last end")
  func ndjson() throws {
    #expect(
      try lines("{\"a\":1}\n\n  {\"b\":2} \r\n{\"c\":\"\\n\"}", .lines) == [
        "{\"a\":1}", "{\"b\":2}", "{\"c\":\"\\n\"}",
      ])
    #expect(try lines("", .lines).isEmpty && lines("\n \r\n", .lines).isEmpty)
    let message = try #require(refusal("{}\n{}\nhello \u{1b}[2J\n{}", .lines))
    #expect(message.hasPrefix("line 3 is no JSON object: ") && !message.contains("\u{1b}"))
    #expect(refusal("[{}]", .lines) != nil && refusal("{", .lines) != nil)
  }

  @Test("JSON may be an object, several, or arrays of them, written in any way; each becomes a line")
  func json() throws {
    let text = "[ {\"a\" : [1, {\"b\":2}],\n \"t\":\"]}{ \\\" \\\\\"} ,\r\n{} ]"
    #expect(try lines(text, .json) == ["{\"a\":[1,{\"b\":2}],\"t\":\"]}{ \\\" \\\\\"}", "{}"])
    #expect(try lines("{\"a\":1} {\"b\":2}\n[{\"c\":3}]", .json) == ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"])
    #expect(try lines("[]", .json).isEmpty)
    // What spaces part doesn't become one value.
    #expect(try lines("{\"a\":1 2}{\"a\": tr\nue , \"b\" : - 1}", .json) == ["{\"a\":1 2}", "{\"a\":tr ue,\"b\":- 1}"])
    for body in ["[1]", "\"a\"", "[[{}]]", "{\"a\":\"x\ny\"}", "null", "[{}] x"] {
      #expect(refusal(body, .json)?.contains("byte ") == true, "\(body)")
    }
    for body in ["[{}", "{\"a\":1", "{\"a\":\"x", "[{}, {\"a\":[1}"] { #expect(refusal(body, .json) != nil, "\(body)") }
  }

  @Test("Which line is no JSON object after all is said by its number in the body")
  func refusals() {
    Array("\n{}\n \r\n  {\"a\":1 2} \n{}".utf8).withUnsafeBytes { body in
      let failure = EventLines.refusal(of: 1, "why", in: body)
      #expect(failure.message.hasPrefix("line 4 is no JSON object: ") && failure.message.contains("1 2}"), "\(failure)")
      #expect(failure.status == .usage && failure.message.hasSuffix(": why. No line was taken."), "\(failure)")
    }
  }

  @Test("Each line of a text is a message, whatever it holds")
  func text() throws {
    #expect(
      try lines("a \"b\"\\ \r\n\n\tc\u{1}\n", .text)
        == ["{\"message\":\"a \\\"b\\\"\\\\\"}", "{\"message\":\"c\\u0001\"}"])
    let context = IntakeContext(arrival: Self.arrival, timeNames: TimeNames([]), lineBytes: 100)
    let broken = try [UInt8]([0x61, 0xff, 0x0a]).withUnsafeBytes { try EventLines.batch($0, format: .text, context) }
    #expect(String(decoding: broken.bytes, as: UTF8.self) == "{\"message\":\"a\u{fffd}\"\(Self.told)\n")
  }

  @Test("A message too long for a line is cut so that the line is whole, whatever its characters are written as")
  func long() throws {
    for text in ["x", "\"", "\u{1}", "é", "🚀"].map({ String(repeating: $0, count: 3000) }) {
      let context = IntakeContext(arrival: Self.arrival, timeNames: TimeNames([]), lineBytes: 1000)
      let events = try Array("\(text)\nb".utf8).withUnsafeBytes { try EventLines.batch($0, format: .text, context) }
      let lines = events.bytes.split(separator: 0x0a)
      #expect(lines.count == 2 && lines[0].count <= 1000 && lines[0].count > 900 - 6 * 5)
      let line = String(decoding: lines[0], as: UTF8.self)
      #expect(line.hasPrefix("{\"message\":\"") && line.hasSuffix("\"\(Self.told)"), "\(line)")
    }
  }

  @Test("An event without a time of its own gets that of its arrival, in its line; any other stays byte for byte")
  func arrivals() throws {
    let own = [
      #"{"time":1,"a":2}"#, #"{"a":{"b":"}\\"},"ts" : "2026-01-01T00:00:00Z"}"#, #"{"a":[1,{"c":2}],"@timestamp":"x"}"#,
      #"{"a":"\\","t":5}"#,
    ]
    let other = [
      "{}", "{ }", #"{"a":1}"#, #"{"a":{"time":1}}"#, #"{"a":["time",1],"b":"time"}"#, #"{"time":null}"#, #"{"ts":""}"#,
      #"{"a":"\",\"time\":1"}"#, #"{"timer":1}"#,
    ]
    for format in [EventLines.Format.lines, .json] {
      #expect(
        try stamped(own.joined(separator: "\n"), format)
          == own.map { format == .json ? $0.replacing(" ", with: "") : $0 })
      for (line, taken) in zip(other, try stamped(other.joined(separator: "\n"), format)) {
        #expect(taken.hasSuffix("\"time\":1790000000123456789}") && taken.hasPrefix(line.prefix(1)), "\(line) \(taken)")
        let event = try decoded(taken)
        #expect(event.fields.last == FieldValue.Member("time", .integer(Self.arrival)), "\(line) \(taken)")
      }
    }
    // Those beside one that is changed are as they were, wherever it stands.
    let mixed = [own[0], other[2], own[1], own[2], other[0], own[3]]
    let taken = try stamped(mixed.joined(separator: "\n") + "\n", .lines)
    #expect([0, 2, 3, 5].allSatisfy { taken[$0] == mixed[$0] } && taken.count == 6, "\(taken)")
  }

  private func decoded(_ line: String) throws -> Event {
    guard case .object(let members) = try JSONParser().parse(line) else { throw CommandFailure(.usage, line) }
    return Event(time: 0, fields: members)
  }
}

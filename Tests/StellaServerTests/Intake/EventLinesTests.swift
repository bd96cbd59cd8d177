import StellaModel
import Testing

@testable import StellaServer

@Suite("The events of a request")
struct EventLinesTests {
  private func lines(_ body: String, _ format: EventLines.Format) throws -> [String] {
    let events = try Array(body.utf8).withUnsafeBytes { try EventLines($0, format: format) }
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
    for body in ["[1]", "\"a\"", "[[{}]]", "{\"a\":\"x\ny\"}", "null", "[{}] x"] {
      #expect(refusal(body, .json)?.contains("byte ") == true, "\(body)")
    }
    for body in ["[{}", "{\"a\":1", "{\"a\":\"x", "[{}, {\"a\":[1}"] { #expect(refusal(body, .json) != nil, "\(body)") }
  }

  @Test("Each line of a text is a message, whatever it holds")
  func text() throws {
    #expect(
      try lines("a \"b\"\\ \r\n\n\tc\u{1}\n", .text)
        == ["{\"message\":\"a \\\"b\\\"\\\\\"}", "{\"message\":\"c\\u0001\"}"])
    let broken = try [UInt8]([0x61, 0xff, 0x0a]).withUnsafeBytes { try EventLines($0, format: .text) }
    #expect(String(decoding: broken.bytes, as: UTF8.self) == "{\"message\":\"a\u{fffd}\"}\n")
  }
}

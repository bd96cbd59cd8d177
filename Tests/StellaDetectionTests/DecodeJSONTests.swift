import StellaModel
import Testing

@testable import StellaDetection

@Suite struct DecodeJSONTests {
  private func decode(_ lines: [String], _ columns: [String]) -> DecodedLines {
    DecodedLines(lines, decoder: JSONLineDecoder(), columns: columns)
  }

  private func first(_ line: String, _ column: String) -> FieldValue? { decode([line], [column]).rows.first?[column] }

  @Test func `values keep their type: integers, doubles, null, booleans, empty arrays and objects`() {
    let line =
      #"{"i":9007199254740993,"m":-9223372036854775808,"u":18446744073709551615,"b":1e400,"d":1.0,"n":null,"t":true,"#
      + #""a":[],"o":{},"e":"","big":123456789012345678901234567890,"neg":-0.5e-3}"#
    let row = decode([line], ["i", "m", "u", "b", "d", "n", "t", "a", "o", "e", "big", "neg", "none"]).rows[0]
    #expect(row["i"] == .integer(9_007_199_254_740_993))
    #expect(row["m"] == .integer(.min))
    #expect(row["u"] == .double(0x1p64))
    #expect(row["b"] == .double(.greatestFiniteMagnitude))
    #expect(row["d"] == .double(1))
    #expect(row["n"] == .null)
    #expect(row["t"] == .bool(true))
    #expect(row["a"] == .array([]))
    #expect(row["o"] == .object([]))
    #expect(row["e"] == .string(""))
    #expect(row["big"] == .double(1.2345678901234568e29))
    #expect(row["neg"] == .double(-0.0005))
    #expect(row["none"] == nil)
  }

  @Test func `a literal dotted key wins over nesting, and nesting is reached through dots`() {
    #expect(first(#"{"a":{"b":{"c":1}}}"#, "a.b.c") == .integer(1))
    #expect(first(#"{"a":{"b":{"c":1},"b.c":2}}"#, "a.b.c") == .integer(2))
    #expect(first(#"{"a.b.c":3,"a":{"b.c":2,"b":{"c":1}}}"#, "a.b.c") == .integer(3))
    #expect(first(#"{"a":1}"#, "a.b") == nil)
  }

  @Test func `of a key that stands twice the last one counts, also when the first was an object`() {
    #expect(first(#"{"a":1,"a":2}"#, "a") == .integer(2))
    #expect(first(#"{"a":{"b":1},"a":{"c":2}}"#, "a.b") == nil)
    #expect(first(#"{"a":{"b":1},"a":{"c":2}}"#, "a.c") == .integer(2))
    #expect(first(#"{"a":{"b":1},"a":3}"#, "a") == .integer(3))
  }

  @Test func `a canonical name stands for its aliases, its own name first, a plain value before null or an object`() {
    #expect(first(#"{"userId":"a","user_id":"b"}"#, "user_id") == .string("b"))
    #expect(first(#"{"user":{"id":7}}"#, "user_id") == .integer(7))
    #expect(first(#"{"user":{"id":7,"name":"eve"}}"#, "user") == .string("eve"))
    #expect(first(#"{"user":{"id":7}}"#, "user") == .object([.init("id", .integer(7))]))
    #expect(first(#"{"user_id":null,"uid":"u"}"#, "user_id") == .string("u"))
    #expect(first(#"{"user_id":null}"#, "user_id") == .null)
    #expect(first(#"{"metadata":{"ip":"10.0.0.1"}}"#, "src_ip") == .string("10.0.0.1"))
    #expect(first(#"{"remote_addr":"[2001:db8::1]:443"}"#, "src_ip") == .string("2001:db8::1"))
  }

  @Test func `numeric text converts for numeric canonical fields only, and units are converted to milliseconds`() {
    #expect(first(#"{"status":"503"}"#, "status") == .integer(503))
    #expect(first(#"{"status":"ok"}"#, "status") == .string("ok"))
    #expect(first(#"{"code":"503"}"#, "code") == .string("503"))
    #expect(first(#"{"request_time":0.25}"#, "duration_ms") == .double(250))
    #expect(first(#"{"request_time":"0.25"}"#, "duration_ms") == .double(250))
    #expect(first(#"{"latency":"1m1.5s"}"#, "duration_ms") == .double(61_500))
    #expect(first(#"{"latency":17}"#, "duration_ms") == nil)
    #expect(first(#"{"url":"https://h:8/a/b?c=d#e"}"#, "route") == .string("/a/b"))
    #expect(first(#"{"url":"https://h:8/a/b?c=d#e"}"#, "url") == .string("https://h:8/a/b?c=d#e"))
  }

  @Test func `escapes are undone, lone surrogates and invalid UTF-8 become U+FFFD, NUL is kept`() {
    #expect(first(#"{"a":"x\n\"\u00e9\ud83d\ude00\u0000y"}"#, "a") == .string("x\n\"é😀\u{0}y"))
    #expect(first(#"{"a":"\ud83d!"}"#, "a") == .string("\u{FFFD}!"))
    let lines = DecodedLines(
      [Array(#"{"a":"x"#.utf8) + [0xFF, 0xC3] + Array(#"y"}"#.utf8), Array(#"{"a":"z"}"#.utf8)],
      decoder: JSONLineDecoder(), columns: ["a"])
    #expect(lines.rows.map { $0["a"] } == [.string("x\u{FFFD}\u{FFFD}y"), .string("z")])
    #expect(lines.failures.count == 0)
    #expect(lines.failures.repaired == 1)
  }

  @Test func `an escaped key is found under its name`() {
    #expect(first(#"{"\u0061b":1}"#, "ab") == .integer(1))
  }

  @Test func `broken lines are counted with a sample and never disturb their neighbours`() {
    let good = #"{"a":1}"#
    let bad = [
      "[1]", "1", "true", #""s""#, #"{"a":1"#, #"{"a":1}}"#, #"{"a":1}{"a":2}"#, #"{"a" 1}"#, #"{"a":01}"#,
      #"{"a":"x}"#,
      #"{"a":tru}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":.5}"#, #"{"a":"\x"}"#, "{\"a\":\"\t\"}", "text", "{",
    ]
    for broken in bad {
      let lines = decode([good, broken, "", "  ", good], ["a"])
      #expect(lines.rows.map { $0["a"] } == [.integer(1), .integer(1)], "\(broken)")
      #expect(lines.failures.count == 1, "\(broken)")
      #expect(lines.failures.samples.first?.text == broken)
      #expect(lines.failures.samples.first?.offset == 1008)
      #expect(lines.failures.samples.first?.line == 12)
      #expect(lines.consumed == 5)
    }
    #expect(decode(["[1]"], []).failures.samples[0].reason == "the value is not an object")
  }

  @Test func `levels in any case, words and pino numbers, become ordered; unknown words are missing`() {
    let lines = [
      #"{"level":"WARN"}"#, #"{"severity":"Error"}"#, #"{"level":30}"#, #"{"lvl":"emerg"}"#, #"{"level":"huh"}"#, "{}",
      #"{"log":{"level":"information"}}"#,
    ]
    let rows = decode(lines, ["level"]).rows
    #expect(
      rows.map { $0["level"] }
        == ["warning", "error", "info", "critical", nil, nil, "info"].map { $0.map { .string($0) } })
    #expect(rows.map { $0.ordinals["level"] ?? 0 } == [5, 6, 3, 7, 0, 0, 3])
  }

  @Test func `times come from the usual names and forms; an event without one takes the previous`() {
    let expected: Int64 = 1_700_000_000_123_456_789
    let lines = [
      #"{"time":"2023-11-14T22:13:20.123456789Z"}"#, #"{"ts":1700000000.123456789}"#,
      #"{"@timestamp":1700000000123456789}"#, #"{"timestamp":"2023-11-14 23:13:20,123456789+01:00"}"#, "{}",
      #"{"time":0.5,"ts":"2023-11-14T22:13:20.123456789Z"}"#, #"{"time":"1700000000.123456789"}"#,
    ]
    let rows = decode(lines, ["time"]).rows
    for row in rows {
      #expect(row.time == expected)
      #expect(row["time"] == .integer(expected))
    }
    #expect(decode([#"{"ts":1700000000}"#], []).rows[0].time == 1_700_000_000_000_000_000)
    #expect(decode([#"{"ts":1700000000123}"#], []).rows[0].time == 1_700_000_000_123_000_000)
    #expect(decode([#"{"ts":1700000000123456}"#], []).rows[0].time == 1_700_000_000_123_456_000)
    #expect(decode(["{}"], []).rows[0].time == DecodedLines.reference)
  }

  @Test func `a column of a nested object or an array holds its JSON text`() {
    let row = decode([#"{"a": {"b": [1, 2.5, "x"]}, "c":[ ]}"#], ["a", "a.b", "c"]).rows[0]
    #expect(row["a"] == .object([.init("b", .array([.integer(1), .double(2.5), .string("x")]))]))
    #expect(row["a.b"] == .array([.integer(1), .double(2.5), .string("x")]))
    #expect(row["c"] == .array([]))
  }
}

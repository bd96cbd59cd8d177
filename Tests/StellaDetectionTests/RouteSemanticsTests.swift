import StellaModel
import Testing

@testable import StellaDetection

/// Events 0–9 have one value each in `x`; event 10 has none.
private let values: [TestValue] = [
  .integer(5), .double(5.5), .text("5"), .text("abc"), .bool(true), .bool(false), .null, .array("[5]"), .object("{}"),
  .text(""), .missing,
]

@Suite struct RouteSemanticsTests {
  @Test(arguments: [
    ("x == nil", [10]), ("x ~= nil", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), ("nil == x", [10]),
    ("x == null", [6]), ("x ~= null", [0, 1, 2, 3, 4, 5, 7, 8, 9]),
    ("x == 5", [0]), ("x == 5.0", [0]), ("x ~= 5", [1]), ("x < 6", [0, 1]), ("x >= 5.5", [1]), ("6 > x", [0, 1]),
    ("x == '5'", [2]), ("x ~= '5'", [3, 9]), ("x < 'abc'", [2, 9]), ("x <= 'abc'", [2, 3, 9]),
    ("x == true", [4]), ("x ~= true", [5]), ("x == false", [5]), ("x", [4]),
    ("not x", [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]),
    ("not (x == 5)", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), ("not (x ~= 5)", [0, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ("one_of(x, 5, 'abc', true)", [0, 3, 4]), ("one_of(x, null)", [6]),
    ("contains(x, 'b')", [3]), ("startswith(x, 'ab')", [3]), ("endswith(x, 'bc')", [3]), ("x:contains('b')", [3]),
    ("icontains(x, 'BC')", [3]), ("iequals(x, 'ABC')", [3]), ("iequals(x, '')", [9]),
    ("matches(x, '^[0-9]*$')", [2, 9]),
    ("x == y", []), ("x ~= y", []), ("y == nil", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), ("y < x", []),
    ("true", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), ("false", []), ("x == 5 or x == nil", [0, 10]),
    ("x ~= nil and not (x == null) and x ~= 5", [1]), ("(x) == (5)", [0]),
    ("x == 5 -- a comment\n or x == 5.5", [0, 1]),
    ("--[[ both ]] x == 0x5", [0]),
  ])
  func `A condition holds for exactly these values`(text: String, expected: [Int]) throws {
    #expect(try TestEvents(values.map { ["x": $0] }).matches(text) == expected)
  }

  @Test func `Integers and doubles compare by value, however large`() throws {
    let big: Int64 = 9_007_199_254_740_993
    let events = TestEvents([
      ["x": .integer(big)], ["x": .integer(big - 1)], ["x": .double(9_007_199_254_740_992)], ["x": .integer(.max)],
      ["x": .double(0x1p63)], ["x": .integer(.min)], ["x": .double(-.infinity)],
    ])
    #expect(try events.matches("x == 9007199254740993") == [0])
    #expect(try events.matches("x == 9007199254740992.0") == [1, 2])
    #expect(try events.matches("x > 9007199254740992.0") == [0, 3, 4])
    #expect(try events.matches("x >= 9223372036854775808") == [4])
    #expect(try events.matches("x == 9223372036854775807") == [3])
    #expect(try events.matches("x <= -9223372036854775808") == [5, 6])
    #expect(try events.matches("x == 0xffffffffffffffff") == [])
  }

  @Test func `Levels are ordered, by name, in any case when quoted`() throws {
    let events = TestEvents(LogLevel.allCases.map { ["level": .level($0)] } + [[:], ["level": .text("weird")]])
    #expect(try events.matches("level >= error") == [5, 6])
    #expect(try events.matches("level >= 'ERROR'") == [5, 6])
    #expect(try events.matches("info > level") == [0, 1])
    #expect(try events.matches("level ~= error") == [0, 1, 2, 3, 4, 6])
    #expect(try events.matches("not (level == error)") == [0, 1, 2, 3, 4, 6, 7, 8])
    #expect(try events.matches("one_of(level, warning, \"CRITICAL\")") == [4, 6])
    #expect(try events.matches("level == nil") == [7])
    #expect(try events.matches("level >= trace") == [0, 1, 2, 3, 4, 5, 6])
  }

  @Test func `Level names are fields everywhere else`() throws {
    let events = TestEvents([["error": .text("disk full")], ["severity": .text("x"), "error": .text("x")]])
    #expect(try events.matches("error ~= nil") == [0, 1])
    #expect(try events.matches("severity == error") == [1])
  }

  @Test func `Any field name can be reached`() throws {
    let events = TestEvents([
      ["user.id": .integer(1), "user-agent": .text("curl"), "e.x": .integer(2), "end": .integer(3), "é": .integer(4)]
    ])
    for text in [
      "user.id == 1", "user . id == 1", "field(\"user.id\") == 1", "field('user-agent') == \"curl\"",
      "field(\"e.x\") == 2", "field(\"end\") == 3", "field(\"é\") == 4", "field('user-agent'):startswith('cu')",
    ] {
      #expect(try events.matches(text) == [0], "\(text)")
    }
  }

  @Test(arguments: [
    ("10.0.0.0/8", [0, 4]), ("10.1.2.3", [0, 4]), ("0.0.0.0/0", [0, 1, 4]), ("::/0", [2, 3]), ("fe80::/10", [3]),
    ("2001:db8::/32", [2]), ("10.1.2.0/31", []),
  ])
  func `Addresses lie in networks of their own family`(block: String, expected: [Int]) throws {
    let events = TestEvents(
      [
        "10.1.2.3", "192.168.0.1", "2001:db8::7", "fe80::1%eth0", "::ffff:10.1.2.3", "10.1.2", "010.1.2.3",
        "10.1.2.3.4",
        "10.1.2.256", "", ":", "10.1.2.3/8", "1:2:3:4:5:6:7:8:9", "text",
      ].map { ["ip": TestValue.text($0)] } + [["ip": .integer(167_772_160)], [:]])
    #expect(try events.matches("cidr(ip, \"\(block)\")") == expected)
  }

  @Test func `Every quoting of Lua reads as the same text`() throws {
    let texts = [
      #""a\nb""#, #"'a\nb'"#, "[[a\nb]]", "[[\na\r\nb]]", "[==[a\nb]==]", #""\97\010b""#, #""\x61\u{A}b""#,
      "\"a\\z  \n  \\nb\"",
      "'a\\\nb'",
    ]
    for text in texts { #expect(try Expression.parse("x == \(text)").canonical == #"x == "a\nb""#, "\(text)") }
  }
}

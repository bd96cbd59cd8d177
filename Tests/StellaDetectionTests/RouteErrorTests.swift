import Testing

@testable import StellaDetection

@Suite struct RouteErrorTests {
  /// Text, code, what the message and the remedy say, and the text at fault.
  @Test(
    arguments: [
      ("status = 500", .syntax, "assigns", "write ==", "="),
      ("status != 500", .syntax, "'!='", "write ~=", "!="),
      ("status <> 500", .syntax, "'<>'", "write ~=", "<>"),
      ("a == 1 && b == 2", .syntax, "'&&'", "write and", "&&"),
      ("a == 1 || b == 2", .syntax, "'||'", "write or", "||"),
      ("!cached", .syntax, "'!'", "write not", "!"),
      ("a == 1 AND b == 2", .syntax, "'AND'", "write and", "AND"),
      ("a => 1", .syntax, "'=>'", "write >=", "=>"),
      ("a =~ \"x\"", .syntax, "'=~'", "matches", "=~"),
      ("a + 1 > 2", .syntax, "arithmetic", "constant", "+"),
      ("-a > 2", .type, "arithmetic", "constant", "-"),
      ("a & 1", .syntax, "bits", "write and", "&"),
      ("a .. 'x' == 'y'", .syntax, "joined", "constant", ".."),
      ("#a > 1", .syntax, "lengths", "matches", "#"),
      ("status in (1, 2)", .syntax, "'in'", "one_of", "in"),
      ("x is nil", .syntax, "'is'", "== nil", "is"),
      ("message contains \"x\"", .syntax, "'contains'", "contains(message", "contains"),
      ("status == 500 garbage", .syntax, "'garbage'", "operator missing", "garbage"),
      ("(a == 1", .syntax, "not closed", "add )", "("),
      ("contains(a, 'x'", .syntax, "not closed", "add )", "("),
      ("a == 1)", .syntax, "')'", "remove", ")"),
      ("contains(a, )", .syntax, "')'", "belongs here", ")"),
      ("", .syntax, "empty", "true", ""),
      ("  -- nothing", .syntax, "empty", "true", ""),
      ("a ==", .syntax, "too early", "belongs here", ""),
      ("a == \"x", .syntax, "does not end", "close the quote", "\""),
      ("a == [[x", .syntax, "does not end", "]]", "[["),
      ("a == \"\\d\"", .syntax, "\\d is no escape", "[[…]]", "\\d"),
      ("a == 12ab", .syntax, "'12ab'", "field(", "12ab"),
      ("a == “x”", .syntax, "“", "plain quotes", "“"),
      ("a == end", .syntax, "reserved", "field(\"end\")", "end"),
      ("user.end == 1", .syntax, "reserved", "field(\"user.end\")", "end"),
      ("user[\"id\"] == 1", .syntax, "not indexed", "field(\"user.", "["),
      ("matches(a, [[[[:upper:]]{3}]])", .syntax, "ended at ]]", "[=[", "{"),
      ("level >= 5", .type, "a number", "error", "5"),
      ("level == nil or level == erro", .unknown, "'erro'", "write error", "erro"),
      ("level >= \"warn\"", .unknown, "'warn'", "write warning", "\"warn\""),
      ("level > critical", .type, "above critical", "level == critical", "level > critical"),
      ("contains(level, \"err\")", .type, "by its names", "level >= error", "level"),
      ("level", .type, "never a boolean", "level ~= nil", "level"),
      ("message and status == 500", .type, "never a boolean", "message ~= nil", "message"),
      ("contains(status, 5)", .type, "not 5", "contains(message", "5"),
      ("contains(status, timeout)", .type, "not timeout", "\"timeout\"", "timeout"),
      ("contains(\"x\", \"y\")", .type, "needs a field", "contains(message", "\"x\""),
      ("contains(a, \"\")", .type, "empty text", "~= nil", "\"\""),
      ("contains(a, 'x', 'y')", .type, "one text", "or", "'y')"),
      ("contains(a)", .type, "something to compare", "contains(message", "contains(a)"),
      ("contains()", .type, "needs a field", "contains(message", "contains()"),
      ("contians(a, 'x')", .unknown, "'contians'", "write contains(", "contians"),
      ("starts_with(a, 'x')", .unknown, "'starts_with'", "write startswith(", "starts_with"),
      ("like(a, 'x')", .unknown, "'like'", "write contains(", "like"),
      ("a:find('x')", .unknown, "no method 'find'", "write contains(", "find"),
      ("one_of(a, b)", .type, "without quotes is a field", "\"b\"", "b"),
      ("one_of(a, nil)", .type, "nil is no value", "a == nil", "nil"),
      ("status == \"500\"", .type, "numbers in status", "write 500", "\"500\""),
      ("not a == 1", .type, "negates a alone", "not (a == …)", "not a =="),
      ("1 < a < 3", .type, "compared again", "a < b and b < c", "<"),
      ("a == a", .type, "with itself", "something else", "a == a"),
      ("1 == 1", .type, "two constants", "field", "1 == 1"),
      ("a < nil", .type, "nil has no order", "==", "<"),
      ("a < null", .type, "null has no order", "==", "<"),
      ("a >= true", .type, "boolean has no order", "==", ">="),
      ("contains(a, 'x') == true", .type, "true or false already", "leave out ==", "contains(a, 'x')"),
      ("\"text\"", .type, "not a condition", "compare it", "\"text\""),
      ("nil", .type, "nil is no condition", "== nil", "nil"),
      ("e.status == 500", .unknown, "without 'e.'", "write status", "e.status"),
      ("matches(a, [[(]])", .pattern, "missing )", "RE2", "[[(]]"),
      ("matches(a, [[(?=x)]])", .pattern, "invalid perl operator", "RE2", "[[(?=x)]]"),
      ("cidr(a, \"10.0.0.0/33\")", .pattern, "too long a prefix", "/32", "\"10.0.0.0/33\""),
      ("cidr(a, \"10.0.0.1/8\")", .pattern, "after its prefix", "\"10.0.0.0/8\"", "\"10.0.0.1/8\""),
      ("cidr(a, \"localhost\")", .pattern, "no network", "10.0.0.0/8", "\"localhost\""),
      ("field(\"\") == 1", .type, "one name", "field(\"user-agent\")", "field(\"\")"),
    ] as [(String, ExpressionError.Code, String, String, String)])
  func `A mistake is refused with its place and a remedy`(
    text: String, code: ExpressionError.Code, message: String, remedy: String, fault: String
  ) throws {
    let error = try #require(throws: ExpressionError.self) { try Expression.parse(text) }
    #expect(error.code == code)
    #expect(error.message.contains(message), "\(error)")
    #expect(error.remedy.contains(remedy), "\(error)")
    #expect(String(decoding: Array(text.utf8)[error.range], as: UTF8.self) == fault, "\(error)")
  }

  @Test func `Lines and columns count from one, in characters`() throws {
    let error = try #require(throws: ExpressionError.self) { try Expression.parse("a == \"é\" and\n  \"ü\" = b") }
    #expect((error.line, error.column) == (2, 7))
    #expect(error.description.hasPrefix("2:7: '=' assigns"))
  }

  @Test func `Nesting and length are bounded`() throws {
    let deep = String(repeating: "(", count: 70) + "a == 1" + String(repeating: ")", count: 70)
    #expect(try #require(throws: ExpressionError.self) { try Expression.parse(deep) }.code == .limit)
    let many = String(repeating: "not ", count: 50_000 / 4) + "a"
    #expect(try #require(throws: ExpressionError.self) { try Expression.parse(many) }.code == .limit)
    let long = Array(repeating: "a == 1", count: 10_000).joined(separator: " or ")
    #expect(try #require(throws: ExpressionError.self) { try Expression.parse(long) }.code == .limit)
    #expect(try Expression.parse((0..<2000).map { "a == \($0)" }.joined(separator: " or ")).fields == ["a"])
  }

  @Test(arguments: [51, 52] as [UInt64])
  func `No text crashes the parser, and every error lies within it`(seed: UInt64) {
    var random = SeededGenerator(seed)
    var generator = ExpressionGenerator(random: SeededGenerator(seed))
    let pieces = ["(", ")", "[[", "]]", "\"", "'", "\\", "--", "~=", ".", ":", "not", "é", "\0", "0x", "1e", "[=", ","]
    for _ in 0..<3000 {
      var text = Array(generator.expression(depth: 2).unicodeScalars)
      for _ in 0..<1 + random.next() % 3 {
        let place = Int(random.next() % UInt64(text.count + 1))
        if random.chance(50) {
          text.insert(contentsOf: random.pick(pieces).unicodeScalars, at: place)
        } else {
          text.removeSubrange(place..<min(text.count, place + Int(random.next() % 4)))
        }
      }
      var broken = ""
      broken.unicodeScalars.append(contentsOf: text)
      do {
        let parsed = try Expression.parse(broken)
        #expect(try Expression.parse(parsed.canonical).canonical == parsed.canonical, "seed \(seed): \(broken)")
      } catch {
        #expect(error.range.upperBound <= broken.utf8.count, "seed \(seed): \(broken)")
      }
    }
  }

  @Test func `What is probably not meant is noted`() throws {
    #expect(try Expression.parse("service == api").notes.map(\.message).first?.contains("\"api\"") == true)
    #expect(try Expression.parse("level >= error and level < info").notes.map(\.message) == ["this can never be true"])
    #expect(try Expression.parse("service == \"api\"").notes == [])
  }
}

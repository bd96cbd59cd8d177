import Testing

@testable import StellaDetection

/// Random regular expressions over an alphabet in which Vectorscan and RE2 could disagree.
private struct RegexGenerator {
  var random: SeededGenerator

  static let atoms = [
    "a", "b", "k", "K", "s", "S", "\u{212A}", "\u{17F}", "é", "É", "ß", "\u{1F600}", "0", "9", "_", "-", " ", "\\n",
    "\\t",
    "\\v", "\\.", ".", "\\d", "\\D", "\\s", "\\S", "\\w", "\\W", "[ab]", "[^a]", "[a-k]", "[^\\n]", "[\\s]", "[^\\s]",
    "[\\W_]", "[[:alpha:]]", "[[:^alpha:]]", "[[:space:]]", "[[:punct:]é]", "[]a]", "[a-]", "[^\\x00-\\x7F]",
    "[\\x{80}-\\x{10FFFF}]", "[k-z]", "[^S]", "\\x41", "\\x{e9}", "\\101", "\\Qa.b\\E", "\\pL", "\\PL", "\\p{Greek}",
    "[\\pN]", "ab", "ak", "timeout", "\\x{0}", "\u{2028}", "\\+", "\"", "#", "/",
  ]
  static let anchors = ["^", "$", "\\A", "\\z", "\\b", "\\B", "(?m)^", "(?m)$", "(?m:^)", "(?m:$)"]
  static let quantifiers = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}", "{40}", "{,2}", "{0}"]
  static let groups = ["(", "(?:", "(?i:", "(?s:", "(?i)(?:", "(?P<n>", "(?-i:", "(?is:", "(?U:", "(?m:"]
  static let pieces = [
    "a", "b", "k", "K", "s", "S", "\u{212A}", "\u{17F}", "é", "É", "ß", "e\u{301}", "\u{1F600}", "0", "9", "_", "-",
    " ",
    "\n", "\t", "\u{B}", "\u{C}", "\r", "\u{85}", ".", "A", "ab", "timeout", "\0", "\u{2028}", "+", "λ", "a.b", "\n\n",
  ]

  mutating func regex(_ depth: Int = 3) -> String {
    var result = random.chance(12) ? random.pick(["(?i)", "(?s)", "(?m)", "(?im)", "(?-s)"]) : ""
    for _ in 0...random.next() % 4 {
      if random.chance(20) {
        result += random.pick(Self.anchors)
      } else {
        let group = depth > 0 && random.chance(25)
        let inner = group ? random.pick(Self.groups) + regex(depth - 1) + ")" : random.pick(Self.atoms)
        result += inner + (random.chance(30) ? random.pick(Self.quantifiers) : "")
      }
      if random.chance(10) { result += "|" }
    }
    return result
  }

  mutating func subject() -> String {
    if random.chance(3) { return String(repeating: random.pick(Self.pieces), count: 45) }
    return (0..<random.next() % 9).map { _ in random.pick(Self.pieces) }.joined()
  }
}

@Suite struct RoutePatternTests {
  @Test(arguments: [31, 32] as [UInt64])
  func `Vectorscan agrees with RE2 on random expressions and texts`(seed: UInt64) throws {
    var generator = RegexGenerator(random: SeededGenerator(seed))
    let rounds = 4
    var tried = 0
    for round in 0..<rounds {
      var regexes: [(source: String, compiled: RegularExpression)] = []
      while regexes.count < 50 {
        let source = generator.regex()
        if let compiled = try? RegularExpression(Array(source.utf8)) { regexes.append((source, compiled)) }
      }
      let subjects = (0..<250).map { _ in generator.subject() }
      let events = TestEvents(subjects.map { ["m": .text($0)] })
      let found = try events.matches(regexes.map { "matches(m, [====[\($0.source)]====])" })
      for (regex, found) in zip(regexes, found) {
        tried += VectorPattern(FieldTest("m", .matches(Array(regex.source.utf8)))) != nil ? 1 : 0
        let expected = subjects.indices.filter { index in
          Array(subjects[index].utf8).withUnsafeBufferPointer { regex.compiled.matches($0) }
        }
        #expect(found == expected, "seed \(seed), round \(round): \(regex.source)")
      }
    }
    #expect(tried > rounds * 25, "seed \(seed): \(tried) of \(rounds * 50) expressions went to Vectorscan")
  }

  @Test(arguments: [41, 42] as [UInt64])
  func `Literals are found by bytes, alone and together, in any number`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let letters = ["a", "A", "k", "\u{212A}", "é", "É", ".", "*", "\\", "(", " ", "\n", "\0", "\u{1F600}", "z", "Z"]
    func text(_ limit: UInt64) -> String { (0..<random.next() % limit).map { _ in random.pick(letters) }.joined() }
    let events = TestEvents((0..<300).map { _ in ["m": .text(text(12))] })
    for count in [1, 5, 60, 400] {
      let tests = (0..<count).map { _ in
        let needle = text(4)
        let function = random.pick([
          "contains", "startswith", "endswith", "icontains", "istartswith", "iendswith", "iequals",
        ])
        return "\(function)(m, \(Literal.text(Array((needle.isEmpty ? "a" : needle).utf8)).source))"
      }
      let found = try events.matches(tests)
      for (test, found) in zip(tests, found) {
        let syntax = try Expression.parse(test).syntax
        let expected = events.rows.indices.filter { ReferenceEvaluator(event: events.rows[$0]).holds(syntax) }
        #expect(found == expected, "seed \(seed), \(count) literals: \(test)")
      }
    }
  }

  @Test func `A literal may be any bytes, also half a character`() throws {
    let events = TestEvents([["m": .text("café")], ["m": .text("cafe")], ["m": .text("Ã©")]])
    let half = #"contains(m, "\xA9")"#
    #expect(try events.matches(half) == [0, 2])
    #expect(try events.matches([half] + (0..<40).map { "contains(m, \"none\($0)\")" })[0] == [0, 2])
    #expect(try events.matches(#"contains(m, "\xC3\x28")"#) == [])
    #expect(try Expression.parse(half).canonical == #"contains(m, "\xA9")"#)
  }

  @Test func `Patterns too large for Vectorscan run in RE2 and give the same answer`() throws {
    let long = String(repeating: "x", count: 6000)
    let events = TestEvents([["m": .text(long + "y")], ["m": .text("y")], ["m": .integer(1)], [:]])
    let large = (0..<40).map { "(?:word\($0).{0,20}end)" }.joined(separator: "|") + "|y$"
    #expect(try RegularExpression(Array(large.utf8)).programSize > 2000)
    let found = try events.matches([
      "contains(m, \"\(long)\")", "matches(m, [[\(large)]])", #"matches(m, [[\C\C$]])"#,
      "matches(m, [[^(?:y{1,900})$]])",
    ])
    #expect(found == [[0], [0, 1], [0], [1]])
  }

  @Test(arguments: [
    ("[0-9a-f]{32}", "[0-9a-f]{32}", true), ("a{64}", "a{32,}", false), ("x.{0,30}y", "x[^\\n]*y", false),
    ("(?:ab){5}", "(?:ab)+", false), ("é{2,4}", "\\x{e9}{2,4}", true), ("(?s).{9}", "(?s:.)+", false),
    ("(?i)ok", "[O-Oo-o][K-Kk-k\\x{212a}-\\x{212a}]", true), ("end$", "end\\z", true),
    ("(?m)^a", "(?:)a", false), ("\\pL", "(?s:.)", false), ("\\s", "[\\x{9}-\\x{a}\\x{c}-\\x{d}\\x{20}-\\x{20}]", true),
  ])
  func `What would grow large or has no counterpart is widened, and then confirmed`(
    pattern: String, source: String, isExact: Bool
  ) throws {
    let translation = try #require(RegexTranslation(pattern))
    #expect(translation.source == source)
    #expect(translation.isExact == isExact)
  }

  @Test func `A dollar is the end of the text, not the place before a final newline`() throws {
    let events = TestEvents([["m": .text("end")], ["m": .text("end\n")], ["m": .text("end\nmore")]])
    #expect(try events.matches(["matches(m, [[end$]])", "matches(m, [[(?m)end$]])"]) == [[0], [0, 1, 2]])
  }

  @Test func `Captures give the leftmost match and its groups`() throws {
    let regex = try RegularExpression(Array(#"user=(?P<user>\w+)(?: from (\S+))?"#.utf8))
    #expect(regex.groupNames == ["user", nil])
    let text = Array("x user=amy from 10.0.0.1 user=bob".utf8)
    let ranges = text.withUnsafeBufferPointer { regex.captures($0) }
    #expect(ranges == [2..<24, 7..<10, 16..<24])
    #expect(Array("user=bob".utf8).withUnsafeBufferPointer { regex.captures($0) } == [0..<8, 5..<8, nil])
    #expect(Array("nobody".utf8).withUnsafeBufferPointer { regex.captures($0) } == nil)
    #expect([UInt8]().withUnsafeBufferPointer { regex.matches($0) } == false)
  }
}

import Testing

@testable import StellaDetection

@Suite("Plain patterns") struct RoutePlainPatternTests {
  private func test(_ pattern: String) -> FieldTest? {
    PlainPattern(Array(pattern.utf8)).map { FieldTest("message", $0.question) }
  }

  @Test(
    "A regular expression that is plain text becomes the test that it is",
    arguments: [
      ("timeout", #"contains(message, "timeout")"#), ("^GET ", #"startswith(message, "GET ")"#),
      (#"\.php$"#, #"endswith(message, ".php")"#), ("^ok$", #"message == "ok""#),
      (".*a.*", #"contains(message, "a")"#), (".*a+.*", #"matches(message, "a+")"#),
      ("(?i)timeout", nil), ("a|b", nil), (#"\d"#, nil), (#"a\.*"#, nil), ("^.*a", nil), (".*", nil), (".*?a", nil),
      ("", nil), ("^$", nil),
    ] as [(String, String?)])
  func patterns(pattern: String, source: String?) {
    #expect(test(pattern)?.source == source)
  }

  @Test("A pattern and what it becomes match the same texts") func equivalence() throws {
    var random = SeededGenerator(7)
    let parts = ["a", "b", ".", "*", "^", "$", #"\."#, #"\w"#, "(a|b)", ".*", "x?", " ", "|"]
    let letters = ["a", "b", ".", "x", " ", "\n", "*", "|"]
    let events = TestEvents(
      (0..<120).map { _ in
        ["message": .text((0..<Int.random(in: 0..<6, using: &random)).map { _ in random.pick(letters) }.joined())]
      })
    func matches(_ source: String) throws -> [Bool] {
      let expression = try Expression.parse(source)
      return events.rows.indices.map { expression.explain(events.batch, $0, fields: events.fields).holds }
    }
    var count = 0
    for _ in 0..<1200 {
      let pattern = (0...Int.random(in: 0..<4, using: &random)).map { _ in random.pick(parts) }.joined()
      let original = FieldTest("message", .matches(Array(pattern.utf8))).source
      guard let plain = test(pattern)?.source, let before = try? matches(original) else { continue }
      count += 1
      #expect(try before == matches(plain), "\(pattern) is not \(plain)")
    }
    #expect(count > 150)
  }
}

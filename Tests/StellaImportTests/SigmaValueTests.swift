import StellaModel
import Testing

@testable import StellaImport

@Suite struct SigmaValueTests {
  private func matches(_ item: String, _ events: [String]) throws -> [Int] {
    try ImportedRules.matches("selection:\n    \(item)\ncondition: selection", events)
  }

  @Test func textIsComparedWithoutRegardToCaseUnlessCased() throws {
    let events = [#""f":"Alice""#, #""f":"ALICE""#, #""f":"alice b""#, #""g":"alice""#]
    #expect(try matches("f: alice", events) == [0, 1])
    #expect(try matches("f|cased: Alice", events) == [0])
    #expect(try matches("f|contains: LICE", events) == [0, 1, 2])
    #expect(try matches("f|startswith|cased: al", events) == [2])
    #expect(try matches("f|endswith: CE", events) == [0, 1])
  }

  @Test func lettersBeyondASCIIFoldToo() throws {
    let events = [#""f":"ÄRGER""#, #""f":"ärger""#, #""f":"arger""#]
    #expect(try matches("f: Ärger", events) == [0, 1])
    #expect(try matches("f|contains: ÄRG", events) == [0, 1])
    #expect(try matches("f|contains|cased: ÄRG", events) == [0])
  }

  @Test func wildcardsMatchAnythingAndTheirEscapesThemselves() throws {
    let events = [
      #""f":"ab""#, #""f":"axxb""#, #""f":"a*b""#, #""f":"a?b""#, #""f":"xab""#, #""f":"a\nb""#, #""f":"a\\b""#,
      #""f":"a\\*b""#,
    ]
    #expect(try matches("f: a*b", events) == [0, 1, 2, 3, 5, 6, 7])
    #expect(try matches("f: a?b", events) == [2, 3, 5, 6])
    #expect(try matches(#"f: 'a\*b'"#, events) == [2])
    #expect(try matches(#"f: 'a\?b'"#, events) == [3])
    #expect(try matches(#"f: 'a\b'"#, events) == [6])
    #expect(try matches(#"f: 'a\\b'"#, events) == [6])
    #expect(try matches(#"f: 'a\\*b'"#, events) == [6, 7])
    #expect(try matches(#"f: 'a\\\*b'"#, events) == [7])
    #expect(try matches("f: '*ab'", events) == [0, 4])
    #expect(try matches("f: 'ab*'", events) == [0])
    #expect(try matches("f|contains: x*b", events) == [1, 4])
  }

  @Test func aLoneWildcardIsAnyValueThatIsThere() throws {
    let events = [#""f":"x""#, #""f":"""#, #""f":0"#, #""f":null"#, #""g":1"#]
    #expect(try matches("f: '*'", events) == [0, 1, 2])
    #expect(try matches("f: ''", events) == [1])
    #expect(try matches("f: null", events) == [3, 4])
    #expect(try matches("f|exists: true", events) == [0, 1, 2, 3])
    #expect(try matches("f|exists: false", events) == [4])
  }

  @Test func numbersAndBooleansMatchThemselvesAndTheirText() throws {
    let events = [
      #""f":1"#, #""f":"1""#, #""f":1.0"#, #""f":"01""#, #""f":true"#, #""f":"TRUE""#, #""f":16"#, #""f":"0x10""#,
    ]
    #expect(try matches("f: 1", events) == [0, 1, 2])
    #expect(try matches("f: '1'", events) == [0, 1, 2])
    #expect(try matches("f: '01'", events) == [3])
    #expect(try matches("f: true", events) == [4, 5])
    #expect(try matches("f: 'true'", events) == [4, 5])
    #expect(try matches("f: 0x10", events) == [6, 7])
    #expect(try matches("f: '0x10'", events) == [7])
    #expect(try matches("f: [1, 16]", events) == [0, 1, 2, 6])
  }

  @Test func listsAreAlternativesAndWithAllTogether() throws {
    let events = [#""f":"a b""#, #""f":"b""#, #""f":"c""#]
    #expect(try matches("f|contains: [a, b]", events) == [0, 1])
    #expect(try matches("f|contains|all: [a, b]", events) == [0])
    #expect(try matches("f|neq: [b, c]", events) == [0])
    #expect(try matches("f|contains|neq: a", events) == [1, 2])
  }

  @Test func ordersCompareNumbersAndSayWhatTheyPassOver() throws {
    let events = [#""f":4"#, #""f":5"#, #""f":5.5"#, #""f":"6""#, #""g":1"#]
    #expect(try matches("f|lt: 5", events) == [0])
    #expect(try matches("f|lte: 5", events) == [0, 1])
    #expect(try matches("f|gt: 5", events) == [2])
    #expect(try matches("f|gte: '5'", events) == [1, 2])
    let rule = ImportedRules.imported(ImportedRules.rule("selection:\n    f|gt: 5\ncondition: selection"))[0]
    #expect(rule.notes.contains { $0.contains("writes as text") })
  }

  @Test func networksOfBothFamiliesAreRead() throws {
    let events = [#""f":"10.1.2.3""#, #""f":"11.0.0.1""#, #""f":"2001:db8::5""#, #""f":"fe80::1""#, #""f":"x""#]
    #expect(try matches("f|cidr: 10.0.0.0/8", events) == [0])
    #expect(try matches("f|cidr: ['10.0.0.0/8', '2001:db8::/32']", events) == [0, 2])
    #expect(try matches("f|cidr|neq: 10.0.0.0/8", events) == [1, 2, 3, 4])
  }

  @Test func fieldsAreComparedWithEachOther() throws {
    let events = [#""f":"a","g":"a""#, #""f":"a","g":"b""#, #""f":"a""#]
    #expect(try matches("f|fieldref: g", events) == [0])
    #expect(try matches("f|fieldref|neq: g", events) == [1, 2])
  }

  @Test func dashesOfFlagsAreTakenForEachOther() throws {
    let events = [
      #""f":"cmd -enc x""#, #""f":"cmd /enc x""#, #""f":"cmd –enc x""#, #""f":"cmd —enc x""#, #""f":"cmd ―ENC x""#,
      #""f":"cmd enc x""#, #""f":"a-enc""#,
    ]
    #expect(try matches("f|windash|contains: ' -enc '", events) == [0, 1, 2, 3, 4])
    #expect(try matches("f|contains|windash: ' /enc '", events) == [0, 1, 2, 3, 4])
    let many = [#""f":"x -a /b –c -d""#, #""f":"x -a -b -c d""#, #""f":"x -a-b""#]
    #expect(try matches("f|windash|contains: ' -a -b -c -d'", many) == [0])
    #expect(try matches("f|windash|contains: 'a-b'", many) == [2], "a dash within a word begins no flag")
    let both = [#""f":"x -a y /b""#, #""f":"x -a y""#]
    #expect(try matches("f|windash|contains|all: [' -a', ' -b']", both) == [0])
  }

  @Test func base64OfATextIsFoundAtEveryOffset() throws {
    // RFC 4648 of "xfoobar", "yxfoobar", "yyxfoobar" and of the text alone.
    let events = [
      #""f":"Zm9vYmFy""#, #""f":"eGZvb2Jhcg==""#, #""f":"eXhmb29iYXI=""#, #""f":"eXl4Zm9vYmFy""#, #""f":"Zm9v""#,
    ]
    #expect(try matches("f|base64: foobar", events) == [0])
    #expect(try matches("f|base64offset|contains: foobar", events) == [0, 1, 2, 3])
    let wide = [#""f":"x ZgBvAG8A y""#, #""f":"x Zm9v y""#, #""f":"x AGYAbwBv y""#, #""f":"x //5mAG8AbwA= y""#]
    #expect(try matches("f|wide|base64|contains: foo", wide) == [0])
    #expect(try matches("f|utf16le|base64|contains: foo", wide) == [0])
    #expect(try matches("f|utf16be|base64|contains: foo", wide) == [2])
    #expect(try matches("f|utf16|base64|contains: foo", wide) == [3])
    #expect(try matches("f|wide|base64offset|contains: foo", wide).contains(0))
  }

  @Test func regularExpressionsHaveCaseAndFlags() throws {
    let events = [#""f":"abc""#, #""f":"ABC""#, #""f":"x\nabc""#, #""f":"a\nc""#]
    #expect(try matches("f|re: 'a.c'", events) == [0, 2])
    #expect(try matches("f|re|i: 'a.c'", events) == [0, 1, 2])
    #expect(try matches("f|re: '^abc$'", events) == [0])
    #expect(try matches("f|re|m: '^abc$'", events) == [0, 2])
    #expect(try matches("f|re|s: 'a.c'", events) == [0, 2, 3])
    #expect(try matches(#"f|re: '\w{3}$'"#, events) == [0, 1, 2])
    #expect(try matches(#"f|re: '[a[]b]?'"#, events) == [0, 2], "brackets don't end the condition")
  }

  @Test func placeholdersBecomeTheValuesThatAreGiven() throws {
    let detection = "selection:\n    f|expand: 'x-%names%'\ncondition: selection"
    let events = [#""f":"x-a""#, #""f":"X-bcd""#, #""f":"x-%names%""#]
    #expect(try ImportedRules.matches(detection, events, placeholders: ["names": ["a", "b*"]]) == [0, 1])
    let refused = ImportedRules.imported(ImportedRules.rule(detection))[0].refusal
    #expect(refused?.reason == .placeholder && refused?.message.contains("%names%") == true)
  }

  @Test(arguments: [
    ("f|re: '(?=a)b'", SigmaReason.regularExpression, "(?=a)b looks ahead"),
    (#"f|re: '(a)\1'"#, .regularExpression, #"(a)\1"#), ("f|re: '('", .regularExpression, "("),
    ("f|hour: 3", .modifier, "hour"), ("f|fieldref|contains: g", .modifier, "contains"),
    ("f|contians: a", .modifier, "contains"), ("f|cidr: 10.0.0.1/8", .value, "bits after its prefix"),
    ("f|base64: 'a*b'", .value, "wildcards"), ("f|lt: abc", .value, "no order"), ("f: []", .value, "empty list"),
    ("f: {g: 1}", .structure, "a map"), ("f|i: a", .modifier, "i has nothing"), ("f|exists: 3", .value, "exists"),
    ("f|utf16: a", .value, "no text"), ("f|re|cidr: a", .modifier, "don't go together"),
  ])
  func whatCannotBeSaidIsRefusedWithItsReason(item: String, reason: SigmaReason, words: String) throws {
    let yaml = ImportedRules.rule("selection:\n    \(item)\ncondition: selection")
    let refusal = try #require(ImportedRules.imported(yaml)[0].refusal)
    #expect(refusal.reason == reason)
    #expect("\(refusal.message) \(refusal.remedy)".contains(words))
    #expect(refusal.file == "rules/test.yml" && refusal.line == 7)
  }
}

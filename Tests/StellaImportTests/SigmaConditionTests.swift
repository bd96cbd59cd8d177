import StellaModel
import Testing

@testable import StellaImport

@Suite struct SigmaConditionTests {
  private static let searches = """
    sel_a: {a: 1}
    sel_b: {b: 1}
    filter_c: {c: 1}
    _hidden: {d: 1}
    """
  private static let events = [
    #""a":1"#, #""b":1"#, #""a":1,"b":1"#, #""a":1,"c":1"#, #""a":1,"b":1,"c":1"#, #""d":1"#,
  ]

  @Test(arguments: [
    ("sel_a", [0, 2, 3, 4]), ("not sel_a", [1, 5]), ("sel_a and sel_b", [2, 4]), ("sel_a or sel_b", [0, 1, 2, 3, 4]),
    ("sel_a or sel_b and filter_c", [0, 2, 3, 4]), ("(sel_a or sel_b) and filter_c", [3, 4]),
    ("sel_a and not filter_c", [0, 2]), ("not sel_a and not sel_b", [5]), ("not not sel_a", [0, 2, 3, 4]),
    ("1 of sel_*", [0, 1, 2, 3, 4]), ("all of sel_*", [2, 4]), ("any of sel_*", [0, 1, 2, 3, 4]),
    ("2 of sel_*", [2, 4]), ("2 of them", [2, 3, 4]), ("3 of them", [4]), ("all of them", [4]),
    ("1 of them", [0, 1, 2, 3, 4]), ("1 of _*", [5]), ("1 of *_a", [0, 2, 3, 4]),
    ("sel_a AND NOT 1 OF filter_*", [0, 2]), ("not (sel_a and sel_b)", [0, 1, 3, 5]),
  ])
  func conditionsJoinSearchesAsTheyAreWritten(condition: String, expected: [Int]) throws {
    let detection = SigmaConditionTests.searches + "\ncondition: \(condition)"
    #expect(try ImportedRules.matches(detection, SigmaConditionTests.events) == expected)
  }

  @Test func listsOfMapsAreAlternativesAndMapsHoldTogether() throws {
    let detection = """
      selection:
        - a: 1
          b: 1
        - c: 1
      condition: selection
      """
    #expect(try ImportedRules.matches(detection, SigmaConditionTests.events) == [2, 3, 4])
  }

  @Test func severalConditionsAreAlternatives() throws {
    let detection = SigmaConditionTests.searches + "\ncondition:\n  - sel_a and sel_b\n  - filter_c"
    #expect(try ImportedRules.matches(detection, SigmaConditionTests.events) == [2, 3, 4])
  }

  @Test func keywordsAreLookedForInTheFieldsOfTheMapping() throws {
    var mapping = ImportedRules.plain
    mapping.keywords = ["message", "raw"]
    let events = [#""message":"an EVIL thing""#, #""raw":"evil""#, #""f":"evil""#, #""message":"evil good""#]
    func matches(_ detection: String) throws -> [Int] {
      try ImportedRules.matches(detection, events, mappings: [mapping])
    }
    #expect(try matches("keywords: [evil, worse]\ncondition: keywords") == [0, 1, 3])
    #expect(try matches("keywords:\n  '|all': [evil, good]\ncondition: keywords") == [3])
    #expect(try matches("keywords: ['ev*thing']\ncondition: keywords") == [0])
    #expect(try matches("a: [evil]\nb: [good]\ncondition: a and not b") == [0, 1])
    let refusal = ImportedRules.imported(ImportedRules.rule("keywords: [evil]\ncondition: keywords"))[0].refusal
    #expect(refusal?.reason == .keywords)
  }

  @Test func keywordsAreLookedForInAllValuesOfAnEventWhereNoFieldHasItsText() throws {
    var mapping = ImportedRules.plain
    mapping.searched = ["data"]
    let events = [
      #""f":1,"data":{"a":"an EVIL thing","b":[null,7]}"#, #""f":1,"data":{"x":{"y":["ev","good evil"]}}"#,
      #""f":1,"data":{"a":"ev","b":"il"}"#, #""f":1,"other":"evil""#, #""data":{"a":"evil"}"#,
      #""f":1,"data":{"n":4711}"#,
    ]
    func matches(_ condition: String) throws -> [Int] {
      let detection = "s: {f: 1}\nk: [evil, 47]\nl: [good]\nw: ['an*thing']\ncondition: \(condition)"
      let texts = try ImportedRules.texts(ImportedRules.rule(detection), mappings: [mapping])
      return try events.indices.filter { index in
        var stream = ImportedStream()
        stream.add(0, events[index])
        return try stream.alerts(texts).count == 1
      }
    }
    #expect(try matches("s and k") == [0, 1, 5])
    #expect(try matches("s and k and not l") == [0, 5])
    #expect(try matches("s and not k") == [2, 3])
    #expect(try matches("s or k") == [0, 1, 2, 3, 4, 5])
    #expect(try matches("k and l") == [1])
    #expect(try matches("s and w") == [0])
    let counted = ImportedRules.imported(
      ImportedRules.rule("k: [evil]\ntimeframe: 5m\ncondition: k | count() > 3"), mappings: [mapping])[0].refusal
    #expect(counted?.reason == .keywords)
  }

  @Test func aFieldThatMayBeAListIsLookedInto() throws {
    var mapping = ImportedRules.plain
    mapping.lists = ["d"]
    let events = [
      #""f":1,"d":["one","CLIENT: 10.0.0.1"]"#, #""f":1,"d":"client: 10.0.0.1""#, #""f":1,"d":["two",3]"#, #""f":1"#,
      #""f":2,"d":["client: 10."]"#,
    ]
    func matches(_ condition: String) throws -> [Int] {
      let detection = "s: {f: 1}\nl: {d|contains: 'client: 10.'}\no: {d|contains|all: [o, ne]}\ncondition: \(condition)"
      let texts = try ImportedRules.texts(ImportedRules.rule(detection), mappings: [mapping])
      return try ImportedRules.matching(texts, events).flatMap(\.self).sorted()
    }
    #expect(try matches("s and l") == [0, 1])
    #expect(try matches("s and not l") == [2, 3])
    #expect(try matches("s and o") == [0])
    #expect(try matches("l") == [0, 1, 4])
    let counted = ImportedRules.imported(
      ImportedRules.rule("l: {d|contains: a}\ntimeframe: 5m\ncondition: l | count() > 3"), mappings: [mapping])[0]
    #expect(counted.isConverted && counted.notes.contains { $0.contains("does not look into lists") })
  }

  @Test(arguments: [
    ("sel_x", "Did you mean sel_a"), ("sel_a and", "it ends"), ("(sel_a", ")"), ("1 of other*", "names no search"),
    ("sel_*", "1 of sel_*"), ("sel_a sel_b", "found 'sel_b'"), ("0 of sel_*", "counts nothing"),
    ("sel_a | count() by a", "a comparison"), ("sel_a | median(a) > 1", "count, sum"),
  ])
  func aConditionThatCannotBeReadIsRefused(condition: String, words: String) throws {
    let detection = SigmaConditionTests.searches + "\ncondition: \(condition)"
    let refusal = try #require(ImportedRules.imported(ImportedRules.rule(detection))[0].refusal)
    #expect(refusal.reason == .condition)
    #expect("\(refusal.message) \(refusal.remedy)".contains(words))
  }
}

import StellaLua
import StellaModel
import StellaScripting
import Testing

@testable import StellaDetection
@testable import StellaImport

@Suite struct SigmaDocumentTests {
  @Test func whatARuleSaysAboutItselfIsKept() throws {
    let yaml = """
      title: 'It says "hello" ]]'
      id: 11111111-2222-4333-8444-555555555555
      related:
          - id: 99999999-2222-4333-8444-555555555555
            type: derived
      status: test
      description: |
          First line with [[ and ]] in it.
          Second line.
      license: MIT
      references:
          - https://example.org/a
      author: A, B
      date: 2021/01/31
      modified: 2022-02-01
      tags: [attack.execution, attack.t1059]
      logsource:
          category: process_creation
          product: windows
          definition: Needs a setting
      detection:
          selection:
              Image|endswith: '\\cmd.exe'
          condition: selection
      fields: [Image, User]
      falsepositives: [Unknown]
      level: critical
      """
    let text = try #require(ImportedRules.texts(yaml).first)
    let set = RuleSet(sources: [RuleSource(file: "a.lua", text: Array(text.utf8))], fields: FieldRegister())
    let manifest = try #require(set.rules.first).manifest
    #expect(manifest.title == #"It says "hello" ]]"#)
    #expect(manifest.id == "11111111-2222-4333-8444-555555555555")
    #expect(manifest.severity == .critical && manifest.status == "test" && manifest.type == "process_creation")
    #expect(
      manifest.description == "First line with [[ and ]] in it.\nSecond line."
        || manifest.description == "First line with [[ and ]] in it.\nSecond line.\n")
    #expect(manifest.author == "A, B" && manifest.date == "2021-01-31" && manifest.modified == "2022-02-01")
    #expect(manifest.tags == ["attack.execution", "attack.t1059"])
    #expect(manifest.references == ["https://example.org/a"] && manifest.falsepositives == ["Unknown"])
    #expect(manifest.threshold?.count == 1 && manifest.summary?.contains("{Image}") == true)
    for words in ["MIT", "derived", "Needs a setting", "rules/test.yml", "product windows"] {
      #expect(text.contains(words))
    }
  }

  @Test func aFileBecomesOneOfItsNameAndACollectionSeveral() throws {
    let yaml = """
      action: global
      title: Shared
      id: aaaaaaaa-2222-4333-8444-555555555555
      logsource: {category: test}
      detection:
          common: {f: 1}
          condition: common and own
      ---
      detection:
          own: {g: 1}
      ---
      detection:
          own: {g: 2}
      ---
      action: repeat
      detection:
          own: {g: 3}
      """
    let rules = ImportedRules.imported(yaml)
    let paths = rules.flatMap(\.files).map(\.path)
    #expect(paths == ["rules/test.lua", "rules/test-2.lua", "rules/test-3.lua"])
    #expect(Set(rules.compactMap(\.id)).count == 3)
    let texts = try ImportedRules.texts(yaml)
    let events = [#""f":1,"g":1"#, #""f":1,"g":2"#, #""f":1,"g":3"#, #""g":1"#]
    #expect(try ImportedRules.matching(texts, events) == [[0], [1], [2]])
  }

  @Test func anchorsAndMergedKeysAreFollowed() throws {
    let detection = """
      base: &base
        f: 1
      selection:
        <<: *base
        g: 1
      condition: selection
      """
    #expect(try ImportedRules.matches(detection, [#""f":1,"g":1"#, #""g":1"#]) == [0])
  }

  @Test(arguments: [
    ("title: b: c", SigmaReason.yaml, 1), ("just text", .structure, 1), ("title: A\ntitle: B", .yaml, 1),
    ("title: A\nlogsource: {category: x}\ndetection: {a: {b: 1}}", .structure, 3),
    ("title: A\nlogsource: {category: x}\nlevel: grave\ndetection: {a: {b: 1}, condition: a}", .structure, 3),
    ("title: A\ntaxonomy: own\nlogsource: {category: x}\ndetection: {a: {b: 1}, condition: a}", .structure, 2),
    ("title: A\nlogsource: {definition: x}\ndetection: {a: {b: 1}, condition: a}", .structure, 2),
  ])
  func whatIsNoSigmaIsRefusedAtItsLine(yaml: String, reason: SigmaReason, line: Int) throws {
    let refusal = try #require(ImportedRules.imported(yaml)[0].refusal)
    #expect(refusal.reason == reason && refusal.line == line && !refusal.remedy.isEmpty)
  }

  @Test func aFileThatUnfoldsWithoutEndIsRefused() throws {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    let refusal = try #require(ImportedRules.imported(yaml)[0].refusal)
    #expect(refusal.reason == .yaml && refusal.message.contains("aliases"))
  }

  @Test func theSecondRuleOfAnIdIsRefused() {
    let yaml = ImportedRules.rule("a: {b: 1}\ncondition: a")
    let rules = SigmaImport(mappings: [ImportedRules.plain]).run([("one.yml", yaml), ("two.yml", yaml)])
    #expect(rules[0].isConverted)
    #expect(rules[1].refusal?.reason == .duplicate && rules[1].refusal?.message.contains("one.yml") == true)
  }

  @Test func aRuleThatWouldBeTooLargeIsDealtOutOrRefused() throws {
    let filling = String(repeating: "x", count: 60)
    let values = (0..<1_500).map { "\"value number \($0)\(filling)\"" }.joined(separator: ", ")
    func rules(_ condition: String) -> ImportedRule {
      ImportedRules.imported(
        ImportedRules.rule("a: {b: [\(values)]}\nc: {d: 1}\ntimeframe: 5m\ncondition: \(condition)"))[0]
    }
    #expect(rules("a and c | count() > 5").refusal?.reason == .size)
    #expect(rules("c and not a").refusal?.reason == .size)
    let parts = rules("a and c").files
    #expect(parts.count > 1 && Set(parts.map(\.id)).count == parts.count)
    let events =
      [0, 722, 1_499].map { #""b":"VALUE number \#($0)\#(filling)","d":1"# } + [#""b":"value number 1\#(filling)""#]
    let found = try ImportedRules.matching(parts.map(\.text), events)
    #expect(found.flatMap(\.self).sorted() == [0, 1, 2], "each event belongs to one part")
  }
}

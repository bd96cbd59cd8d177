import StellaModel
import Testing

@testable import StellaImport

@Suite struct FieldMappingTests {
  private let mapping = """
    by: host
    default: "data.{}"
    fields:
      User: [who, actor]
    sources:
      - {product: windows, where: 'channel ~= nil'}
      - {product: windows, category: process_creation, where: 'code == 1'}
      - product: windows
        category: process_creation
        where: code == 4688
        fields: {Image: data.NewProcessName}
      - {product: windows, service: security, where: 'channel == "Security"'}
    """

  private func matches(_ item: String, _ source: String, _ events: [String]) throws -> [Int] {
    try ImportedRules.matches(
      "s: {\(item)}\ncondition: s", events, mappings: [FieldMapping(yaml: mapping, file: "m.yml")], source: source)
  }

  @Test func sourcesOfTheSamePartsAreAlternativesWithFieldsOfTheirOwn() throws {
    let events = [
      #""code":1,"data":{"Image":"a"}"#, #""code":4688,"data":{"NewProcessName":"A"}"#,
      #""code":4688,"data":{"Image":"a"}"#, #""code":1,"data":{"NewProcessName":"a"}"#,
    ]
    #expect(try matches("Image: a", "{category: process_creation, product: windows}", events) == [0, 1])
  }

  @Test func sourcesOfOtherPartsHoldTogetherAndTheNarrowerStandsAlone() throws {
    let events = [#""channel":"Security","data":{"f":1}"#, #""channel":"x","data":{"f":1}"#, #""data":{"f":1}"#]
    #expect(try matches("f: 1", "{product: windows, service: security}", events) == [0])
    #expect(try matches("f: 1", "{product: windows, service: other}", events) == [0, 1])
    let both = [#""channel":"Security","code":1,"data":{"f":1}"#, #""code":1,"data":{"f":1}"#]
    let source = "{product: windows, service: security, category: process_creation}"
    #expect(try matches("f: 1", source, both) == [0])
  }

  @Test func aFieldWithSeveralNamesIsAnyOfThem() throws {
    let source = "{product: windows, service: other}"
    let events = [#""channel":"x","who":"me""#, #""channel":"x","actor":"me""#, #""channel":"x","who":"you""#]
    #expect(try matches("User: me", source, events) == [0, 1])
    #expect(try matches("User: null", source, events + [#""channel":"x""#]) == [3])
  }

  @Test func whatAMappingDoesNotCheckIsSaid() throws {
    let known = try FieldMapping(yaml: mapping, file: "m.yml")
    func notes(_ source: String) -> [String] {
      ImportedRules.imported(ImportedRules.rule("s: {f: 1}\ncondition: s", source: source), mappings: [known])[0].notes
    }
    #expect(notes("{product: windows, service: security}").isEmpty)
    #expect(notes("{product: windows, service: other}").contains { $0.contains("service other") })
    #expect(notes("{product: macos, category: x}").contains { $0.contains("category x, product macos") })
  }

  @Test func theFirstMappingThatKnowsALogSourceIsTakenElseTheLast() throws {
    var first = FieldMapping(name: "first")
    first.template = ["first.{}"]
    let second = try FieldMapping(yaml: mapping, file: "m.yml")
    let events = [#""first":{"f":1}"#, #""channel":"Security","data":{"f":1}"#]
    let detection = "s: {f: 1}\ncondition: s"
    #expect(try ImportedRules.matches(detection, events, mappings: [second, first]) == [0])
    let source = "{product: windows, service: security}"
    #expect(try ImportedRules.matches(detection, events, mappings: [second, first], source: source) == [1])
  }

  @Test(arguments: [
    ("sorces: []", "Did you mean sources"), ("default: x", "{}"), ("sources: [{where: a == 1}]", "no category"),
    ("sources: [{category: a, where: 'a = 1'}]", "where, column"), ("fields: {a: []}", "field a"), ("- a", "not a map"),
  ])
  func aMappingThatIsWrongIsRefusedWhole(yaml: String, words: String) {
    let refusal = #expect(throws: SigmaRefusal.self) { try FieldMapping(yaml: yaml, file: "m.yml") }
    #expect(refusal?.file == "m.yml")
    let said = "\(refusal?.message ?? "") \(refusal?.remedy ?? "")"
    #expect(said.contains(words))
  }

  @Test func builtInMappingsReadTheEventsTheyAreFor() throws {
    for name in FieldMapping.builtInNames { #expect(FieldMapping.builtIn(name) != nil, "\(name)") }
    let evtx = try #require(FieldMapping.builtIn("windows-evtx"))
    let sysmon = "Microsoft-Windows-Sysmon/Operational"
    func event(_ channel: String, _ id: Int, _ data: String) -> String {
      #""Event":{"System":{"Channel":"\#(channel)","EventID":\#(id)},"EventData":{\#(data)}}"#
    }
    let events = [
      event(sysmon, 1, #""Image":"C:\\x\\cmd.exe""#), event("Security", 4688, #""NewProcessName":"C:\\x\\CMD.exe""#),
      event(sysmon, 7, #""Image":"C:\\x\\cmd.exe""#), event("Security", 1, #""Image":"C:\\x\\cmd.exe""#),
    ]
    let detection = #"s: {Image|endswith: '\cmd.exe'}"# + "\ncondition: s"
    let source = "{category: process_creation, product: windows}"
    #expect(try ImportedRules.matches(detection, events, mappings: [evtx], source: source) == [0, 1])
    let flat = try #require(FieldMapping.builtIn("windows-flat"))
    let flatEvents = [#""Channel":"\#(sysmon)","EventID":1,"Image":"\\cmd.exe""#, #""EventID":1,"Image":"\\cmd.exe""#]
    #expect(try ImportedRules.matches(detection, flatEvents, mappings: [flat], source: source) == [0])
    let stella = try #require(FieldMapping.builtIn("stella"))
    let web = [
      #""method":"GET","uri":"/a/../etc/passwd?x=1","status":200"#,
      #""method":"GET","uri":"/a","query":"x=/etc/passwd","status":"200""#,
      #""method":"GET","uri":"/a","status":404"#,
    ]
    let webRule = "s: {cs-uri-query|contains: /etc/passwd, sc-status: 200}\ncondition: s"
    #expect(try ImportedRules.matches(webRule, web, mappings: [stella], source: "category: webserver") == [0, 1])
    let refusal = ImportedRules.imported(
      ImportedRules.rule("s: {sc-status|startswith: 5}\ncondition: s", source: "category: webserver"),
      mappings: [stella])[0].refusal
    #expect(refusal?.reason == .field)
  }
}

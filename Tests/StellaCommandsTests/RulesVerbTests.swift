import Foundation
import Testing

@Suite("What the verbs of stella rules do alike")
struct RulesVerbTests {
  let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try directory.write("app.log", CommandDirectory.lines(1...2))
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let process = try directory.stella(arguments)
    let status = process.status()
    return (status, process.output, process.errors)
  }

  @Test("A path of rules that isn't there is 11 and named, whichever verb is told of it")
  func missingRules() throws {
    let verbs = [
      ["rules", "list", "nowhere"], ["rules", "lint", "nowhere"], ["rules", "test", "nowhere"],
      ["rules", "explain", "nowhere", "--event", "app.log"], ["rules", "replay", "--rules", "nowhere", "app.log"],
      ["rules", "profile", "--rules", "nowhere", "app.log"], ["rules", "diff", "Rules", "nowhere", "app.log"],
      ["rules", "diff", "nowhere", "Rules", "app.log"],
      ["tail", "--rules", "nowhere", "--rule", "test.each", "app.log"],
      ["watch", "--no-follow", "--rules", "nowhere", "app.log"],
    ]
    for verb in verbs {
      let said = try run(verb)
      #expect(said.status == 11 && said.output.isEmpty, "\(verb): \(said)")
      #expect(
        said.errors == "stella: the rules nowhere can't be read: No such file or directory.\n", "\(verb): \(said)")
    }
  }

  @Test("A log that isn't there is 11, and a directory 3, whichever verb is to read it")
  func missingLog() throws {
    let verbs = [
      ["rules", "explain", "--event"], ["rules", "replay"], ["rules", "profile"], ["rules", "diff", "Rules", "Rules"],
      ["rules", "new", "a.b", "--from"], ["rules", "stubs", "--from"], ["tail", "--no-follow"],
      ["watch", "--no-follow"],
    ]
    for verb in verbs {
      let missing = try run(verb + ["nowhere.log"])
      #expect(missing.status == 11 && !missing.errors.contains("followed"), "\(verb): \(missing)")
      #expect(try run(verb + ["Rules"]).status == 3, "\(verb)")
    }
  }

  @Test("Rules where a log is to be stand under --rules, and fixes are linted by their paths")
  func misplacedRules() throws {
    for verb in [["rules", "replay"], ["rules", "profile"], ["watch", "--no-follow"]] {
      let said = try run(verb + ["Rules"])
      #expect(said.status == 3 && said.errors.contains("Rules: is a directory of rules"), "\(said)")
      #expect(said.errors.contains("with --rules Rules"), "\(said)")
    }
    try FileManager.default.createDirectory(atPath: directory("logs"), withIntermediateDirectories: true)
    let logs = try run(["rules", "replay", "logs"])
    #expect(logs.errors.contains("logs: is a directory. Name files, or a pattern"), "\(logs)")
    try FileManager.default.createDirectory(atPath: directory("mine"), withIntermediateDirectories: true)
    try directory.write("mine/a.lua", "return fix { api = 1, id = \"mend\", title = \"M\", wher = 1 }\n")
    let lint = try run(["fixes", "lint", "mine/a.lua"])
    #expect(lint.status == 2 && lint.errors.contains("mine/a.lua:1"), "\(lint)")
  }

  @Test("A rule isn't begun under an id that another file has")
  func taken() throws {
    let said = try run(["rules", "new", "test.each"])
    #expect(said.status == 4 && said.errors.contains("the rule test.each is in Rules/each.lua already"), "\(said)")
    #expect(!FileManager.default.fileExists(atPath: directory("Rules/test")))
    #expect(try run(["rules", "new", "test.other"]).status == 0)
  }

  @Test("A rule is shown with the fixes that it suggests")
  func suggested() throws {
    let path = "Rules/each.lua"
    let text = try String(contentsOfFile: directory(path), encoding: .utf8)
    try directory.write(path, text.replacing("api = 1,", with: "api = 1, suggest = { \"mend\", \"other\" },"))
    let said = try run(["rules", "show", "test.each"])
    #expect(said.status == 0 && said.output.contains("\nFixes     mend, other\n"), "\(said)")
  }

  @Test("A verb that isn't there is answered with the one that is meant")
  func mistypedVerb() throws {
    for (typed, meant) in [
      (["rules", "lnt"], "stella rules lint"), (["wach", "app.log"], "stella watch"),
      (["lint"], "stella rules lint, or stella fixes lint"), (["alerts", "lits"], "stella alerts list"),
    ] {
      let said = try run(typed)
      #expect(said.status == 3 && said.errors.hasSuffix("Did you mean \(meant)?\n"), "\(typed): \(said)")
    }
    let none = try run(["rules", "lint", "--no-such"])
    #expect(none.status == 3 && !none.errors.contains("Did you mean stella"), "\(none)")
  }

  @Test("A date that is no day is not put right by writing it again")
  func impossibleDate() throws {
    let path = "Rules/each.lua"
    let text = try String(contentsOfFile: directory(path), encoding: .utf8)
    try directory.write(
      path, text.replacing("api = 1,", with: "api = 1, date = \"2026-02-30\", modified = \"2026/02/28\","))
    let said = try run(["rules", "lint", "--fix"])
    let fixed = try String(contentsOfFile: directory(path), encoding: .utf8)
    #expect(fixed.contains("modified = \"2026-02-28\"") && fixed.contains("date = \"2026-02-30\""), "\(said)")
    #expect(!said.output.contains("2026-02-30 →") && said.output.contains("There is no such day"), "\(said)")
  }

  @Test("Lines that can't be read as they are written are told with samples by every verb that runs rules over them")
  func damage() throws {
    try directory.write("bad.jsonl", CommandDirectory.lines(1...2) + "{\"ts\":17,\"seq\":\n")
    for verb in [["rules", "replay"], ["rules", "profile"], ["rules", "diff", "Rules", "Rules"]] {
      let said = try run(verb + ["--format", "json", "bad.jsonl"])
      #expect(said.errors.contains("1 line could not be decoded, such as"), "\(verb): \(said)")
    }
  }

  @Test("A log without a time that Stella knows is told by every verb that goes by time")
  func untimed() throws {
    try directory.write("untimed.log", String(repeating: "{\"at\":\"2026-01-01T00:00:00Z\",\"seq\":1}\n", count: 3))
    let verbs = [
      ["rules", "replay"], ["rules", "profile"], ["rules", "diff", "Rules", "Rules"], ["rules", "explain", "--event"],
      ["tail", "--no-follow"], ["watch", "--no-follow"],
    ]
    for verb in verbs {
      let said = try run(verb + ["untimed.log"])
      let note =
        "untimed.log: none of the first 3 lines has a time that Stella knows; until one has, they all take that of "
      #expect(said.errors.components(separatedBy: note).count == 2, "\(verb): \(said)")
      #expect(said.errors.contains("of the file's last change, 2"), "\(verb): \(said)")
      #expect(try !run(verb + ["app.log"]).errors.contains("has a time that Stella knows"), "\(verb)")
    }
    #expect(try run(["rules", "replay", "--quiet", "untimed.log"]).errors.isEmpty)
    #expect(try !run(["templates", "untimed.log"]).errors.contains("has a time that Stella knows"))
  }

  @Test("Stubs that can't be written are told in one line")
  func unwritableStubs() throws {
    try directory.write("Rules/.luals", "")
    let said = try run(["rules", "stubs"])
    #expect(said.status == 10 && said.errors.split(separator: "\n").count == 1, "\(said)")
    #expect(
      said.errors.contains("is a file and no directory. Give another path.") && !said.errors.contains("Domain"),
      "\(said)")
  }
}

import Foundation
import Testing

@Suite("stella tail")
struct TailCommandTests {
  let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try directory.write(
      "Rules/steps.lua",
      """
      return rule {
        api = 1, id = "test.steps", title = "Steps", severity = "low", by = { "user" }, max_keys = 10,
        sequence = { within = "5m",
          { name = "fails", match = [[outcome == "fail"]], times = 2 }, { name = "login", match = [[outcome == "ok"]] } },
      }

      """)
    try directory.write("Rules/torn.lua", "return rule { api = 1, id = \"test.torn\", wher = [[true]] }\n")
    try directory.write(
      "app.log",
      """
      {"ts":1700000001,"message":"one","seq":1}
      {"ts":1700000002,"message":"two","outcome":"fail","user":"amy"}
      {"ts":1700000003,"message":"three","outcome":"ok","user":"bob","seq":3}
      {"ts":1700000004,"message":"four"}

      """)
  }

  private func messages(_ arguments: [String]) throws -> [String] {
    let run = try directory.stella(["tail", "--no-follow", "--quiet", "app.log"] + arguments)
    #expect(run.status() == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    return run.lines.compactMap { $0.split(separator: " ").dropFirst(4).first.map(String.init) }
  }

  @Test("Of a rule the events that it looks at: those of its where, or of the steps of its sequence")
  func rule() throws {
    #expect(try messages([]) == ["one", "two", "three", "four"])
    #expect(try messages(["--rule", "test.each"]) == ["one", "three"])
    #expect(try messages(["--rule", "test.steps"]) == ["two", "three"])
    #expect(try messages(["--rule", "test.steps", "--rule", "test.each"]) == ["one", "two", "three"])
    #expect(try messages(["--rule", "test.steps", "--where", "user == \"bob\""]) == ["three"])
    #expect(try messages(["--rule", "test.each", "--where", "user == \"eve\""]) == [])
    #expect(try messages(["--rule", "test.each", "--rules", "Rules/each.lua"]) == ["one", "three"])
    #expect(!FileManager.default.fileExists(atPath: directory(".stella")))
  }

  @Test("A rule that is not there is 11 with the nearest name, a refused one 2 with the reason, a wrong option 3")
  func mistakes() throws {
    func tail(_ arguments: [String]) throws -> (status: Int32, errors: String) {
      let run = try directory.stella(["tail", "--no-follow", "app.log"] + arguments)
      return (run.status(), run.errors)
    }
    let missing = try tail(["--rule", "test.step"])
    #expect(missing.status == 11 && missing.errors.contains("Did you mean test.steps?"), "\(missing)")
    let refused = try tail(["--rule", "test.torn"])
    #expect(
      refused.status == 2 && refused.errors.contains("torn.lua:1") && refused.errors.contains("wher"), "\(refused)")
    let pointless = try tail(["--rules", "Rules"])
    #expect(pointless.status == 3 && pointless.errors.contains("--rule ID"), "\(pointless)")
    let wrong = try tail(["--where", "seq >"])
    #expect(wrong.status == 3 && wrong.errors.contains("--where, column 6"), "\(wrong)")
  }

  @Test("Events that come later are printed as they come, and an interrupt ends it with 130")
  func follow() throws {
    let run = try directory.stella(["tail", "--from", "start", "--rule", "test.steps", "app.log"])
    #expect(run.until { $0.lines.count == 2 }, "\(run.output)\(run.errors)")
    try directory.append(
      "app.log",
      """
      {"ts":1700000005,"message":"five"}
      {"ts":1700000006,"message":"six","outcome":"fail","user":"eve"}

      """)
    #expect(run.until { $0.lines.count == 3 })
    #expect(run.lines.last?.hasSuffix("- six outcome=fail user=eve") == true, "\(run.output)")
    run.send(SIGINT)
    #expect(run.status() == 130)
  }

  @Test("A condition that held for no event says which of its fields none had, and what was probably meant")
  func unseen() throws {
    func said(_ condition: String) throws -> String {
      let run = try directory.stella(["tail", "--no-follow", "--where", condition, "app.log"])
      #expect(run.status() == 0)
      return run.errors
    }
    let errors = try said("outcom == \"fail\" and user == \"amy\" and zebra == 1")
    #expect(errors.contains("no event has had outcom; did you mean outcome?"), "\(errors)")
    #expect(errors.contains("no event has had zebra\n") && !errors.contains("had user"), "\(errors)")
    #expect(try !said("user == \"eve\"").contains("no event has had"))
    #expect(try !said("missing == nil").contains("no event has had"))
  }
}

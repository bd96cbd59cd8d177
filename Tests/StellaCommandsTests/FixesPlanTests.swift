import Foundation
import Testing

@Suite("stella fixes plan")
struct FixesPlanTests {
  let scene: ServeScene

  init() throws { scene = try ServeScene() }

  private func fix(_ id: String, _ plan: String, _ keys: String = "") throws {
    try scene.directory.write(
      "Fixes/\(id).lua",
      """
      return fix {
        api = 1, id = "\(id)", title = "\(id)", params = { service = "string" }, targets = { "app-db" }, \(keys)
        plan = function(ctx, p) \(plan) end,
      }

      """)
  }

  @Test("A script that fails is a broken fix, and what a limit forbids is not permitted, asked for or not")
  func statuses() throws {
    let update = "return { sql.update { target = \"app-db\", table = \"jobs\", where = { state = \"stuck\" }, "
    try fix("broken", "return p.nothing.here")
    try fix("wide", update + "set = { state = \"queued\" } } }", "max_rows = 2,")
    try fix("done", update.replacing("stuck", with: "gone") + "set = { state = \"queued\" } } }")
    for (id, status) in [("broken", 2), ("wide", 5), ("done", 0), ("repair", 0)] {
      let said = try scene.stella(["fixes", "plan", id, "--param", "service=s1"])
      #expect(said.status == status, "\(id): \(said)")
    }
    for (id, status) in [("broken", 2), ("wide", 5), ("done", 0), ("repair", 0)] {
      let said = try scene.stella(["fixes", "plan", id, "--param", "service=s1", "--propose"])
      #expect(said.status == status, "\(id): \(said)")
    }
  }

  @Test("Texts become what the fix's parameters are; a parameter or a fix that makes no sense is named with what to do")
  func parameters() throws {
    let keys = "params = { share = \"number\", count = \"integer\", on = \"boolean\" },"
    try scene.directory.write(
      "Fixes/typed.lua",
      """
      return fix {
        api = 1, id = "typed", title = "Typed", \(keys) targets = { "app-db" },
        plan = function(ctx, p) return {} end,
      }

      """)
    func plan(_ given: String..., output: String = "table") throws -> ServeScene.Said {
      try scene.stella(["fixes", "plan", "typed", "--output", output] + given.flatMap { ["--param", $0] })
    }
    let made = try plan("on=true", "count=-7", "share=0.5", output: "json")
    let object = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
    let parameters = try #require(object?["parameters"] as? [String: Any], "\(made)")
    #expect(parameters["count"] as? Int == -7 && parameters["share"] as? Double == 0.5, "\(parameters)")
    #expect(parameters["on"] as? Bool == true && object?["state"] as? String == "no_change", "\(made)")
    for (given, named) in [
      ("count=1.5", "count is an integer. Write a whole number"), ("count=", "count is an integer."),
      ("share=nan", "share is a number."), ("on=yes", "on is a boolean. Write true or false."),
    ] {
      let refused = try plan(given)
      #expect(refused.status == 3 && refused.errors.contains(named), "\(given): \(refused)")
    }
    let twice = try plan("on=true", "on=false")
    #expect(twice.status == 3 && twice.errors.contains("on is given twice"), "\(twice)")
    try scene.directory.write("Fixes/refused.lua", "return fix { api = 1, id = \"refused\" }\n")
    let refused = try scene.stella(["fixes", "plan", "refused"])
    #expect(refused.status == 2 && refused.errors.contains("refused.lua"), "\(refused)")
    let unknown = try scene.stella(["fixes", "plan", "typd"])
    #expect(unknown.status == 11 && unknown.errors.contains("Did you mean typed?"), "\(unknown)")
    #expect(!unknown.errors.contains("can't be loaded"), "\(unknown)")
    try scene.directory.write("Fixes/torn.lua", "return fix {")
    let torn = try scene.stella(["fixes", "plan", "torn"])
    #expect(torn.status == 11 && torn.errors.contains("can't be loaded: stella fixes list"), "\(torn)")
  }
}

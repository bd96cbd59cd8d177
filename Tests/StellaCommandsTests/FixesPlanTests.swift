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
}

import StellaModel
import Testing

@testable import StellaScripting

@Suite("Manifests of fixes") struct FixManifestTests {
  private static let base = """
    return fix {
      api = 1, id = "a.b", title = "T",
      handles = { "queue.stuck" }, handles_type = { "backlog" },
      params = { user_id = "string", limit = "integer" },
      targets = { "app-db" },
      plan = function(ctx, p) return {} end,
    }
    """

  @Test("A fix is read with its defaults")
  func defaults() throws {
    let fix = try FixCase.load(FixManifestTests.base).manifest
    #expect(fix.id == "a.b" && fix.title == "T" && fix.status == "experimental" && fix.approval == .policy)
    #expect(fix.handles == ["queue.stuck"] && fix.handlesType == ["backlog"] && fix.targets == ["app-db"])
    #expect(fix.parameters == [.init(name: "limit", type: .integer), .init(name: "user_id", type: .string)])
    #expect(!fix.hasWhen && !fix.hasVerify && fix.planLine == 6 && fix.maxRows == nil && fix.cooldown == nil)
    for key in ScriptRegistry.fixKeys where key.standard != nil {
      #expect(["status": fix.status, "approval": fix.approval.rawValue][key.name] == key.standard)
    }
  }

  @Test("A fix can be stricter than the policy")
  func stricter() throws {
    let text = FixManifestTests.base.replacing(
      "api = 1,", with: "api = 1, approval = \"always\", max_rows = 50, cooldown = \"1h\",")
    let fix = try FixCase.load(text).manifest
    #expect(fix.approval == .always && fix.maxRows == 50 && fix.cooldown == 3_600_000_000_000)
  }

  @Test(
    "What is wrong is refused with its line and what would be right",
    arguments: [
      ("api = 1", "api = 2", FixError.Code.apiLevel, 2, "1"),
      ("id = \"a.b\"", "id = \"a b\"", .wrongType, 2, "dashes"),
      ("id = \"a.b\",", "", .missingKey, 1, "Unique"),
      ("handles =", "handels =", .unknownKey, 3, "handles"),
      ("handles = { \"queue.stuck\" }", "handles = \"queue.stuck\"", .wrongType, 3, "list"),
      ("handles = { \"queue.stuck\" }", "handles = { \"a\", \"a\" }", .wrongType, 3, "once"),
      ("handles_type = { \"backlog\" }", "handles_type = { \"back log\" }", .wrongType, 3, "letters"),
      ("user_id = \"string\"", "user_id = \"text\"", .wrongType, 4, "\"integer\""),
      ("user_id = \"string\"", "user_id = \"strng\"", .wrongType, 4, "Did you mean \"string\"?"),
      ("user_id = \"string\"", "user_id = 5", .wrongType, 4, "\"string\""),
      ("user_id = \"string\"", "\"string\"", .wrongType, 4, "user_id"),
      ("targets = { \"app-db\" }", "targets = \"app-db\"", .wrongType, 5, "list"),
      ("plan = function(ctx, p) return {} end,", "", .missingKey, 1, "effects"),
      ("plan = function(ctx, p) return {} end", "plan = {}", .wrongType, 6, "function"),
      ("title = \"T\"", "title = \"T\", status = \"stabel\"", .wrongType, 2, "stable"),
      ("title = \"T\"", "title = \"T\", approval = \"never\"", .wrongType, 2, "always"),
      ("title = \"T\"", "title = \"T\", max_rows = 0", .wrongType, 2, "1 to"),
      ("title = \"T\"", "title = titel.x", .script, 2, "line"),
      ("return fix {", "return {", .noFix, 1, "return fix"),
      ("return fix {", "return rule {", .script, 1, "line"),
      ("return fix {", "return fix", .syntax, 2, "Lua"),
      (
        "title = \"T\"", "title = sql.delete { target = \"app-db\", table = \"t\", where = { a = 1 } }", .effect, 2,
        "plan"
      ),
      ("title = \"T\"", "title = ctx.db(\"app-db\")", .script, 2, "line"),
    ])
  func refused(old: String, new: String, code: FixError.Code, line: Int, part: String) throws {
    let error = try #require(FixCase.refusals(FixManifestTests.base.replacing(old, with: new)).first)
    #expect(error.code == code && error.line == line, "\(error)")
    #expect(part == "line" || "\(error)".contains(part), "\(error)")
    #expect(error.file == "f.lua")
  }

  @Test("All errors are told at once")
  func several() {
    let text = FixManifestTests.base.replacing("title =", with: "titel =").replacing("\"string\"", with: "\"x\"")
    #expect(FixCase.refusals(text).map(\.code) == [.unknownKey, .missingKey, .wrongType])
  }

  @Test("A file that is too large or nested too deep is refused before anything of it is read")
  func oversized() {
    for text in [String(repeating: "x = 1 ", count: 20_000), "return " + String(repeating: "exec{", count: 10_000)] {
      #expect(FixCase.refusals(text).map(\.code) == [.syntax])
    }
  }

  @Test("Bytecode is no fix")
  func bytecode() {
    #expect(FixCase.refusals("\u{1B}LuaT").map(\.code) == [.syntax])
  }

  @Test("Names of the registry are unique and described in sentences")
  func registry() {
    for keys in [ScriptRegistry.fixKeys] + ScriptRegistry.effects.flatMap({ [$0.keys] + $0.parts.values }) {
      #expect(Set(keys.map(\.name)).count == keys.count)
      for key in keys { #expect(key.meaning.hasSuffix("."), "\(key.name)") }
    }
    for name in ScriptRegistry.fixDeclarations + ScriptRegistry.databaseMethods + ScriptRegistry.fixContextFunctions
      + ScriptRegistry.effects.map(\.constructor)
    {
      #expect(name.meaning.hasSuffix("."), "\(name.name)")
    }
    #expect(Set(ScriptRegistry.effects.map(\.name)) == Set(DeclaredEffect.Kind.allCases.map(\.rawValue)))
  }
}

import StellaModel
import Testing

@testable import StellaScripting

@Suite("Effects that fixes declare") struct FixEffectTests {
  private func effects(_ body: String) throws -> [DeclaredEffect] {
    try FixCase.plan(body).result.get().effects
  }

  @Test("Every kind comes back as the data that was written")
  func kinds() throws {
    let effects = try effects(
      """
      return {
        sql.update { target = "app-db", table = "public.jobs", where = { id = 7, note = null },
          set = { state = "queued", tries = 2, share = 0.5, open = true }, rows = 1 },
        sql.insert { target = "app-db", table = "jobs", values = { id = 8 } },
        sql.delete { target = "app-db", table = "jobs", where = { ["id"] = 9 }, max_rows = 3 },
        http.request { target = "billing", method = "POST", path = "/v1/requeue/%20x", query = { dry = false },
          headers = { Authorization = secret("billing-token") }, body = { ids = { 1, 2 }, none = {} }, timeout = "5s",
          undo = { method = "DELETE", path = "/v1/requeue" } },
        exec { target = "q-03", argv = { "systemctl", "restart", "payq" },
          probe = { argv = { "systemctl", "is-active", "payq" } } },
        event.emit { message = "requeued", fields = { jobs = 1 } },
      }
      """)
    func object(_ members: (String, FieldValue)...) -> FieldValue { .object(members.map { .init($0.0, $0.1) }) }
    let texts = { (texts: [String]) in FieldValue.array(texts.map(FieldValue.string)) }
    #expect(effects.map(\.kind) == DeclaredEffect.Kind.allCases)
    #expect(effects.map(\.target) == ["app-db", "app-db", "app-db", "billing", "q-03", nil])
    #expect(effects.map(\.line) == [5, 7, 8, 9, 12, 14])
    #expect(
      effects[0].members == [
        .init("rows", .integer(1)),
        .init(
          "set",
          object(("open", .bool(true)), ("share", .double(0.5)), ("state", .string("queued")), ("tries", .integer(2)))),
        .init("table", .string("public.jobs")), .init("where", object(("id", .integer(7)), ("note", .null))),
      ])
    #expect(effects[1]["values"] == object(("id", .integer(8))))
    #expect(effects[2]["where"] == object(("id", .integer(9))) && effects[2]["max_rows"] == .integer(3))
    #expect(effects[3]["headers"] == object(("Authorization", object(("$secret", .string("billing-token"))))))
    #expect(effects[3]["body"] == object(("ids", .array([.integer(1), .integer(2)])), ("none", .object([]))))
    #expect(effects[4]["argv"] == texts(["systemctl", "restart", "payq"]))
    #expect(effects[4]["probe"] == object(("argv", texts(["systemctl", "is-active", "payq"]))))
    #expect(effects[5]["fields"] == object(("jobs", .integer(1))))
  }

  private static let update = """
    local id, name, none = 7, "n", nil
    return sql.update { target = "app-db", table = "jobs", where = { id = id }, set = { name = name } }
    """

  @Test("One effect need not be in a list, and is told with its line")
  func single() throws {
    let effect = try #require(try effects(FixEffectTests.update).first)
    #expect(effect.line == 5 && effect["set"] == .object([.init("name", .string("n"))]))
  }

  @Test(
    "A nil is an error wherever it is written",
    arguments: [
      ("id = id", "id = none", "where.id is nil", "null"),
      ("id = id", "id = id, tenant = p.tenant", "where.tenant is nil", "null"),
      ("id = id", "[\"id\"] = none", "where.id is nil", "null"),
      ("name = name", "name = none", "set.name is nil", "null"),
      (
        "name = name", "name = (function() local a, b = 1, 2; if a then return nil end end)()", "set.name is nil",
        "null"
      ),
      ("set = {", "rows = none, set = {", "rows is nil", "leave it out"),
      ("table = \"jobs\"", "table = none", "table is nil", "value"),
      ("where = { id = id }", "where = none", "where is nil", "value"),
    ])
  func nils(old: String, new: String, message: String, remedy: String) throws {
    let error = try FixCase.failure(FixEffectTests.update.replacing(old, with: new))
    #expect(error.code == .effect && error.line == 5 && error.message == "sql.update: \(message)", "\(error)")
    #expect(error.remedy.contains(remedy), "\(error)")
  }

  @Test(
    "What is wrong in an update is refused at its line, with what would be right",
    arguments: [
      ("where = { id = id }", "where = {}", "every row", "leave"),
      ("set = { name = name }", "set = {}", "nothing would change", "leave"),
      ("where = { id = id },", "", "no where", "every row is never meant"),
      ("where = { id = id }", "where = \"id = 7\"", "where is the text", "table"),
      ("where = { id = id }", "where = { 7 }", "without a column", "column = value"),
      ("where = { id = id }", "where = { [name] = 7 }", "not written in place", "inside of"),
      ("where = { id = id }", "where = p", "empty", "leave"),
      ("where = { id = id }", "where = (function() return { id = 7 } end)()", "not written in place", "inside of"),
      ("id = id", "[\"a b\"] = id", "the column \"a b\"", "letters"),
      ("id = id", "[\"s.id\"] = id", "the column \"s.id\"", "letters"),
      ("id = id", "id = { 1, 2 }", "where.id is a table", "text"),
      ("id = id", "id = 0/0", "where.id is", "finite"),
      ("id = id", "id = 1e308 * 10", "where.id is", "finite"),
      ("id = id", "id = secret(\"x\")", "where.id is a native object", "text"),
      ("name = name", "name = (\"\u{e9}\"):sub(1, 1)", "UTF-8", "whole"),
      ("table = \"jobs\"", "table = \"jobs; drop table x\"", "table is", "letters"),
      ("table = \"jobs\"", "table = \"a.b.c\"", "table is", "schema"),
      ("table =", "tabel =", "no key tabel", "Did you mean table?"),
      ("target = \"app-db\"", "target = \"app-bd\"", "not among the targets", "Did you mean app-db?"),
      ("set = {", "rows = 5, max_rows = 2, set = {", "rows is 5", "max_rows"),
      ("set = {", "rows = 1.5, set = {", "rows is", "whole"),
      ("sql.update {", "sql.update { 1,", "without a name", "name = value"),
    ])
  func wrong(old: String, new: String, message: String, remedy: String) throws {
    let error = try FixCase.failure(FixEffectTests.update.replacing(old, with: new))
    #expect(error.code == .effect && error.line == 5, "\(error)")
    #expect(error.message.contains(message) && error.remedy.contains(remedy), "\(error)")
  }

  @Test(
    "What is wrong in other effects is refused",
    arguments: [
      (#"http.request { target = "billing", method = "GET", path = "/x" }"#, "method is \"GET\""),
      (#"http.request { target = "billing", method = "POST", path = "https://evil/x" }"#, "path is"),
      (#"http.request { target = "billing", method = "POST", path = "//evil/x" }"#, "path is"),
      (#"http.request { target = "billing", method = "POST", path = "/a/../b" }"#, "climbs"),
      (#"http.request { target = "billing", method = "POST", path = "/a/%2E%2e/b" }"#, "climbs"),
      (#"http.request { target = "billing", method = "POST", path = "/a?b=1" }"#, "more than a path"),
      (#"http.request { target = "billing", method = "POST", path = "/a b" }"#, "%XX"),
      (
        #"http.request { target = "billing", method = "POST", path = "/a", headers = { A = "x\r\nB: y" } }"#,
        "headers.A"
      ),
      (#"http.request { target = "billing", method = "POST", path = "/a", headers = { ["A:"] = "x" } }"#, "\"A:\""),
      (#"http.request { target = "billing", method = "POST", path = "/a", query = { q = secret("x") } }"#, "query.q"),
      (#"http.request { target = "billing", method = "POST", path = "/a", body = { ["$secret"] = "x" } }"#, "$secret"),
      (#"http.request { target = "billing", method = "POST", path = "/a", body = { 1, a = 2 } }"#, "with and without"),
      (
        #"http.request { target = "billing", method = "POST", path = "/a", body = { 1, nil, 3 } }"#,
        "body has a nil at 2"
      ),
      (
        #"http.request { target = "billing", method = "POST", path = "/a", body = { a = { b = nil } } }"#,
        "body.a.b is nil"
      ),
      (#"http.request { target = "billing", method = "POST", path = "/a", undo = { path = "/b" } }"#, "no method"),
      (#"http.request { target = "billing", method = "POST", path = "/a", timeout = "soon" }"#, "timeout is"),
      (#"exec { target = "q-03", argv = "systemctl restart x" }"#, "argv is the text"),
      (#"exec { target = "q-03", argv = {} }"#, "argv is empty"),
      (#"exec { target = "q-03", argv = { "a", p.unit } }"#, "argv has a nil at 2"),
      (#"exec { target = "q-03", argv = { "a", 5 } }"#, "argv is a list of other things"),
      (#"exec { target = "q-03", argv = { "a\0b" } }"#, "argv is a list of other things"),
      (#"exec { target = "q-03", argv = p }"#, "argv is empty"),
      (#"exec { target = "q-03", argv = { "a" }, probe = { argv = { "b", nil } } }"#, "probe.argv has a nil at 2"),
      (#"exec { target = "q-03", argv = { "a" }, probe = { argv = { "b" }, exits = 0 } }"#, "probe has no key exits"),
      (#"event.emit { message = "m", fields = { a = {} } }"#, "fields.a is a table"),
      (#"event.emit { message = "m", level = "fatal" }"#, "level is"),
      (#"event.emit { message = "m", fields = { a = print } }"#, "fields.a is nil"),
      (#"sql.insert { target = "app-db", table = "t", values = {} }"#, "values is empty"),
      (#"sql.delete { target = "app-db", table = "t", where = {} }"#, "every row"),
    ])
  func others(effect: String, message: String) throws {
    let error = try FixCase.failure("return { \(effect) }")
    #expect(error.code == .effect && error.line == 4 && error.message.contains(message), "\(error)")
  }

  @Test(
    "An effect that is called in a roundabout way is refused, since a nil in it could not be found",
    arguments: [
      "local sq = sql; return sq.update { target = \"app-db\", table = \"t\", where = { id = p.id }, set = { a = 1 } }",
      "return sql[\"update\"] { target = \"app-db\", table = \"t\", where = { id = p.id }, set = { a = 1 } }",
      "local ok, e = pcall(exec, { target = \"q-03\", argv = { \"a\" } }); return e",
    ])
  func roundabout(body: String) throws {
    let error = try FixCase.failure(body)
    #expect(error.code == .effect && error.message.contains("roundabout"), "\(error)")
  }

  @Test("What can't be read in place is refused when the file is loaded")
  func unreadablePlaces() {
    let aliased = FixCase.refusals(FixCase.planning("local u = sql.update\nreturn u {}"))
    #expect(aliased.map(\.code) == [.effect] && aliased.first?.line == 4)
    let crowded = FixCase.refusals(
      FixCase.planning("return { exec { argv = { \"a\" } }, exec { argv = { \"a\", \"b\" } } }"))
    #expect(crowded.first?.message.contains("on one line") == true)
  }

  @Test("Several effects of one form may stand on one line, and one in a loop may be made often")
  func repeated() throws {
    let effects = try effects(
      """
      local list = { sql.delete { target = "app-db", table = "t", where = { id = 1 } }, sql.delete { target = "app-db",
        table = "u", where = { id = 2 } } }
      for id = 3, 5 do
        list[#list + 1] = sql.delete({ target = "app-db", table = "t", where = { id = id } })
      end
      return list
      """)
    #expect(effects.map { $0["where"] } == (1...5).map { .object([.init("id", .integer($0))]) })
  }

  @Test("An effect can't be changed after it is made")
  func immutable() throws {
    let error = try FixCase.failure(
      """
      local e = sql.delete { target = "app-db", table = "t", where = { id = 1 } }
      e.where = nil
      return e
      """)
    #expect(error.code == .script && error.line == 5)
  }

  @Test(
    "plan returns the effects it made, each once, and nothing else",
    arguments: [
      ("", "returned nothing"), ("return nil", "returned nothing"), ("return 5", "the number 5"),
      ("return { 5 }", "item 1"), ("return { {} }", "item 1"), ("return { secret(\"x\") }", "item 1"),
      ("return { rows = 1 }", "rows"), ("local e = event.emit { message = \"m\" }; return { e, e }", "twice"),
      ("local e = event.emit { message = \"m\" }; return {}", "left out"),
      ("local e = event.emit { message = \"m\" }; return { nil, e }", "nil at 1"),
      ("return { notes = \"a\" }", "notes is"), ("return { notes = { 5 } }", "a note is"),
      ("return { notes = { (\"x\"):rep(501) } }", "a note is"), ("return function() end", "function"),
    ])
  func results(body: String, message: String) throws {
    let error = try FixCase.failure(body)
    #expect((error.code == .result || error.code == .script) && error.message.contains(message), "\(error)")
  }

  @Test("Notes come back in order, and an empty plan is a plan")
  func notes() throws {
    let plan = try FixCase.plan("return { notes = { \"two orphans\", \"none touched\" } }").result.get()
    #expect(plan == DeclaredPlan(effects: [], notes: ["two orphans", "none touched"]))
  }

  @Test("Effects are declared in plan alone")
  func phases() throws {
    let text = """
      return fix { api = 1, id = "f", title = "F", targets = { "q-03" },
        when = function(alert) exec { target = "q-03", argv = { "a" } } return true end,
        plan = function() return {} end,
        verify = function() exec { target = "q-03", argv = { "a" } } return true end }
      """
    let fix = try FixCase.load(text)
    let parameters = try FixParameters(of: fix.manifest, given: [])
    for (result, line) in [(fix.when(FixCase.alert()).result, 2), (fix.verify(parameters, targets: [:])!.result, 4)] {
      guard case .failure(let error) = result else {
        Issue.record("no failure")
        continue
      }
      #expect(error.code == .effect && error.line == line && error.remedy.contains("plan"), "\(error)")
    }
  }
}

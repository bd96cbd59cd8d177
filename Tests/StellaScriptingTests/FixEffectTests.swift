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
      local token = "billing-token@3"
      return {
        sql.update { target = "app-db", table = "public.jobs", where = { id = 7, note = null },
          set = { state = "queued", tries = 2, share = 0.5, open = true, log = { ["$result"] = "e2.id" } }, max_rows = 1 },
        sql.insert { target = "app-db", table = "log", rows = { { job = 8 }, { job = null } }, returning = { "id" } },
        sql.delete { target = "app-db", table = "jobs", where = { ["id"] = 9 } },
        http.request { target = "billing", method = "POST", url = "https://b/v1/%20x", headers = { ["x-a"] = "b" },
          secret_headers = { authorization = { prefix = "Bearer ", secret = token } }, expect = { 200, 409 },
          body = { ids = { 1, 2 }, none = {} },
          undo = http.request { target = "billing", method = "DELETE", url = "https://b/v1/x" } },
        exec { target = "q-03", argv = { "systemctl", "start", "payq" }, environment = { TOKEN = token },
          observe = { argv = { "systemctl", "is-active", "payq" }, applied = { 0 }, not_applied = { 3 } } },
        event.emit { message = "requeued", fields = { jobs = { 1, 2 } } },
      }
      """)
    func object(_ members: (String, FieldValue)...) -> FieldValue { .object(members.map { .init($0.0, $0.1) }) }
    let texts = { (texts: [String]) in FieldValue.array(texts.map(FieldValue.string)) }
    #expect(effects.map(\.kind) == DeclaredEffect.Kind.allCases)
    #expect(effects.map(\.target) == ["app-db", "app-db", "app-db", "billing", "q-03", nil])
    #expect(effects.map(\.line) == [6, 8, 9, 10, 14, 16])
    let set = object(
      ("log", object(("$result", .string("e2.id")))), ("open", .bool(true)), ("share", .double(0.5)),
      ("state", .string("queued")), ("tries", .integer(2)))
    #expect(
      effects[0].members == [
        .init("max_rows", .integer(1)), .init("set", set), .init("table", .string("public.jobs")),
        .init("target", .string("app-db")), .init("where", object(("id", .integer(7)), ("note", .null))),
      ])
    #expect(effects[1]["rows"] == .array([object(("job", .integer(8))), object(("job", .null))]))
    #expect(effects[2]["where"] == object(("id", .integer(9))))
    let token = object(("prefix", .string("Bearer ")), ("secret", .string("billing-token@3")))
    #expect(effects[3]["secret_headers"] == object(("authorization", token)))
    #expect(effects[3]["body"] == object(("ids", .array([.integer(1), .integer(2)])), ("none", .object([]))))
    #expect(
      effects[3]["undo"]
        == object(
          ("kind", .string("http.request")), ("method", .string("DELETE")), ("target", .string("billing")),
          ("url", .string("https://b/v1/x"))))
    #expect(effects[4]["argv"] == texts(["systemctl", "start", "payq"]))
    #expect(
      effects[4]["observe"]
        == object(
          ("applied", .array([.integer(0)])), ("argv", texts(["systemctl", "is-active", "payq"])),
          ("not_applied", .array([.integer(3)]))))
    #expect(effects[5]["fields"] == object(("jobs", .array([.integer(1), .integer(2)]))))
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
      ("set = {", "max_rows = none, set = {", "max_rows is nil", "leave it out"),
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
      ("id = id", "id = event.emit { message = \"m\" }", "where.id is a native object", "text"),
      ("id = id", "id = { [\"$result\"] = \"e1.id\" }", "where.id is a table", "text"),
      ("name = name", "name = (\"\u{e9}\"):sub(1, 1)", "UTF-8", "whole"),
      ("table = \"jobs\"", "table = \"jobs; drop table x\"", "table is", "letters"),
      ("table = \"jobs\"", "table = \"a.b.c\"", "table is", "schema"),
      ("table =", "tabel =", "no key tabel", "Did you mean table?"),
      ("target = \"app-db\"", "target = \"app-bd\"", "not among the targets", "Did you mean app-db?"),
      ("set = {", "max_rows = 1.5, set = {", "max_rows is", "whole"),
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
      (#"http.request { target = "billing", method = "post", url = "https://b/x" }"#, "method is \"post\""),
      (#"http.request { target = "billing", method = "POST", url = "/x" }"#, "url is"),
      (#"http.request { target = "billing", method = "POST", url = "https://b/a b" }"#, "url is"),
      (#"http.request { target = "billing", method = "POST", url = "https://b/a/../c" }"#, "climbs"),
      (#"http.request { target = "billing", method = "POST", url = "https://b/a/%2E%2e/c?x=1" }"#, "climbs"),
      (#"http.request { target = "billing", method = "POST", url = [[https://b\a]] }"#, "%XX"),
      (#"http.request { target = "billing", method = "POST", url = "file:///etc/passwd" }"#, "url is"),
      (#"http.request { target = "billing", method = "POST", url = "https://b/x", headers = { a = 5 } }"#, "headers.a"),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", headers = { "a" } }"#,
        "without a name"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", secret_headers = { a = "token" } }"#,
        "a is the text"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", secret_headers = { a = { secret = "token@1" } } }"#,
        "a is a table"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", body_secrets = { a = 5 } }"#,
        "a is the number 5"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", body = { 1, a = 2 } }"#,
        "with and without"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", body = { 1, nil, 3 } }"#,
        "body has a nil at 2"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", body = { a = { b = nil } } }"#,
        "body.a.b is nil"
      ),
      (#"http.request { target = "billing", method = "POST", url = "https://b/x", body = 0/0 }"#, "body is"),
      (#"http.request { target = "billing", method = "POST", url = "https://b/x", expect = { 99 } }"#, "expect is"),
      (#"http.request { target = "billing", method = "POST", url = "https://b/x", expect = p }"#, "expect is empty"),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", observe = { url = "https://b/x" } }"#,
        "observe has no applied"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", undo = { method = "DELETE" } }"#,
        "undo is a table"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", undo = sql.delete { target = "app-db", table = "t", where = { a = 1 } } }"#,
        "undo is not such"
      ),
      (
        #"http.request { target = "billing", method = "POST", url = "https://b/x", irreversible = "x", undo = event.emit { message = "m" } }"#,
        "undo stands beside"
      ),
      (#"exec { target = "q-03", argv = "systemctl restart x" }"#, "argv is the text"),
      (#"exec { target = "q-03", argv = {} }"#, "argv is empty"),
      (#"exec { target = "q-03", argv = { "a", p.unit } }"#, "argv has a nil at 2"),
      (#"exec { target = "q-03", argv = { "a", 5 } }"#, "argv is a list of other things"),
      (#"exec { target = "q-03", argv = { "a\0b" } }"#, "argv is a list of other things"),
      (#"exec { target = "q-03", argv = p }"#, "argv is empty"),
      (
        #"exec { target = "q-03", argv = { "a" }, observe = { argv = { "b", nil }, applied = { 0 } } }"#,
        "observe.argv has a nil at 2"
      ),
      (
        #"exec { target = "q-03", argv = { "a" }, observe = { argv = { "b" }, exits = { 0 } } }"#,
        "observe has no key exits"
      ),
      (#"exec { target = "q-03", argv = { "a" }, environment = { A = "plain" } }"#, "A is the text"),
      (#"event.emit { message = "m", fields = { a = exec { target = "q-03", argv = { "a" } } } }"#, "a native object"),
      (#"event.emit { message = "m", level = "fatal" }"#, "level is"),
      (#"event.emit { message = "m", fields = { a = print } }"#, "fields.a is nil"),
      (#"sql.insert { target = "app-db", table = "t", rows = {} }"#, "rows is empty"),
      (#"sql.insert { target = "app-db", table = "t", rows = { {} } }"#, "rows[1] is empty"),
      (#"sql.insert { target = "app-db", table = "t", rows = { { a = 1 }, { a = p.a } } }"#, "rows[2].a is nil"),
      (#"sql.insert { target = "app-db", table = "t", rows = { p } }"#, "rows[1] is not written in place"),
      (#"sql.insert { target = "app-db", table = "t", rows = { a = 1 } }"#, "one row"),
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
      ("return { 5 }", "item 1"), ("return { {} }", "item 1"), ("return { ctx.db(\"app-db\") }", "item 1"),
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

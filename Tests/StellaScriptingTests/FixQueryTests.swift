import StellaModel
import Testing

@testable import StellaScripting

@Suite("Questions of fixes to targets") struct FixQueryTests {
  /// The note that a plan makes of what it read.
  private func read(_ expression: String, _ target: AnsweringTarget) throws -> String {
    let plan = try FixCase.plan(
      """
      local db = ctx.db("app-db")
      local v = \(expression)
      return { notes = { type(v) .. " " .. tostring(v) } }
      """, target
    ).result.get()
    return plan.notes[0]
  }

  @Test("value gives the one value as it is, null for NULL, and nil without a row")
  func value() throws {
    func answer(_ value: FieldValue) -> AnsweringTarget { AnsweringTarget("select v", ["v"], [[value]]) }
    #expect(try read("db:value(\"select v\")", answer(.integer(9_007_199_254_740_993))) == "number 9007199254740993")
    #expect(try read("db:value(\"select v\")", answer(.string(""))) == "string ")
    #expect(try read("db:value(\"select v\")", answer(.bool(false))) == "boolean false")
    #expect(try read("db:value(\"select v\")", answer(.null)).hasPrefix("null"))
    #expect(try read("db:value(\"select v\")", AnsweringTarget("select v", ["v"], [])) == "nil nil")
  }

  @Test("row and rows give tables by column, in order")
  func rows() throws {
    let target = AnsweringTarget(
      "select id, name from t", ["id", "name"], [[.integer(1), .string("a")]])
    #expect(try read("db:row(\"select id, name from t\").name", target) == "string a")
    let two = AnsweringTarget("select id from t", ["id"], [[.integer(5)], [.integer(3)]])
    #expect(try read("db:rows(\"select id from t\")[2].id", two) == "number 3")
    #expect(try read("#db:rows(\"select id from t\")", AnsweringTarget("select id from t", ["id"], [])) == "number 0")
    #expect(try read("db:row(\"select id from t\")", AnsweringTarget("select id from t", ["id"], [])) == "nil nil")
  }

  @Test("Arguments arrive with their types, and everything asked is on record with rows and time")
  func record() throws {
    let statement = "select count(*) from t where a = ? and b = ? and c = ? and d = ?"
    let target = AnsweringTarget(statement, ["n"], [[.string("four")]])
    let run = try FixCase.plan(
      "ctx.db(\"app-db\"):value(\"\(statement)\", \"x\", 1, true, null); return {}", target)
    _ = try run.result.get()
    let arguments: [FieldValue] = [.string("x"), .integer(1), .bool(true), .null]
    #expect(target.asked.map(\.arguments) == [arguments])
    #expect(
      run.queries == [
        FixQueryRecord(
          target: "app-db", statement: statement, arguments: arguments, rows: 1, bytes: 12,
          duration: .milliseconds(3), failure: nil)
      ])
    #expect(run.steps > 0 && run.peakMemoryBytes > 0)
  }

  @Test(
    "A question that makes no sense is refused at its line",
    arguments: [
      (#"db:value("delete from t")"#, "begins with \"delete\""), (#"db:value("  UPDATE t set a = 1")"#, "\"update\""),
      (#"db:value(5)"#, "needs a statement"), (#"db:value()"#, "needs a statement"),
      (#"db:value("select v", p.nothing)"#, "value 1 of the statement is nil"),
      (#"db:value("select v", 0/0)"#, "value 1 of the statement"),
      (#"db:value("select two")"#, "2 columns"), (#"db:value("select many")"#, "more than one row"),
      (#"db:row("select many")"#, "more than one row"), (#"db:row("select twins")"#, "same name"),
      (#"db:value("select gone")"#, "no such table"), (#"ctx.db("app-bd")"#, "not among the targets"),
      (#"ctx.db("billing")"#, "takes no questions"), (#"ctx.db()"#, "needs the name"),
      (#"ctx:db("app-db")"#, "function"), (#"db:value("select " .. ("x"):rep(20000))"#, "bytes"),
    ])
  func refused(expression: String, message: String) throws {
    let target = AnsweringTarget([
      "select v": FixAnswer(columns: ["v"], rows: []),
      "select two": FixAnswer(columns: ["a", "b"], rows: [[.null, .null]]),
      "select many": FixAnswer(columns: ["a"], rows: [[.null], [.null]]),
      "select twins": FixAnswer(columns: ["a", "a"], rows: [[.null, .null]]),
    ])
    let error = try FixCase.failure("local db = ctx.db(\"app-db\")\nlocal v = \(expression)\nreturn {}", target)
    #expect(error.message.contains(message) && error.line == 5, "\(error)")
    #expect(!error.canRetry)
  }

  @Test("A refusal that the script catches fails the plan all the same")
  func caught() throws {
    for body in [
      "pcall(function() ctx.db(\"app-db\"):value(\"select gone\") end) return {}",
      "local ok = pcall(function() return exec { target = \"q-03\", argv = {} } end) return {}",
      "pcall(function() return ctx.db(\"x\") end) for i = 1, 3 do pcall(ctx.db) end return {}",
    ] {
      let error = try FixCase.failure(body)
      #expect(error.code == .query || error.code == .effect, "\(error)")
      #expect(error.line == 4)
    }
  }

  @Test("A target that is away is told apart from a wrong statement, and put on record")
  func away() throws {
    struct Away: ReadOnlyTarget {
      func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer {
        throw FixQueryError("connection refused", canRetry: true)
      }
    }
    let fix = try FixCase.load(FixCase.planning("return ctx.db(\"app-db\"):rows(\"select 1\")"))
    let run = fix.plan(try FixParameters(of: fix.manifest, given: []), targets: ["app-db": Away()])
    guard case .failure(let error) = run.result else { return #expect(Bool(false)) }
    #expect(error.code == .target && error.canRetry && error.message == "app-db: connection refused")
    #expect(run.queries.map(\.failure) == ["connection refused"])
  }

  @Test("Rows, bytes, texts and questions are limited, and too much is never cut in silence")
  func limits() throws {
    var limits = FixLimits()
    limits.rows = 2
    limits.answerBytes = 100_000
    limits.queries = 3
    func answer(_ answer: FixAnswer) -> AnsweringTarget { AnsweringTarget(["select a": answer]) }
    let ask = "ctx.db(\"app-db\"):rows(\"select a\") return {}"
    let row: [FieldValue] = [.integer(1)]
    let tooMany: [FixAnswer] = [
      FixAnswer(columns: ["a"], rows: [row, row, row]), FixAnswer(columns: ["a"], rows: [row], isCut: true),
      FixAnswer(columns: ["a"], rows: [[.string(String(repeating: "x", count: 100_000))]]),
      FixAnswer(columns: ["a"], rows: [[.string(String(repeating: "x", count: 65_537))]]),
    ]
    for large in tooMany {
      let error = try FixCase.failure(ask, answer(large), limits: limits)
      #expect(error.code == .budget, "\(error)")
    }
    let fine = answer(FixAnswer(columns: ["a"], rows: [row, row]))
    _ = try FixCase.plan(ask, fine, limits: limits).result.get()
    let error = try FixCase.failure("for i = 1, 4 do \(ask.dropLast(9)) end return {}", fine, limits: limits)
    #expect(error.code == .budget && error.message.contains("more than 3 questions"), "\(error)")
  }

  @Test("Waiting for a target is not the script's time")
  func waiting() throws {
    /// Works for as long as a plan may take in all, on the same thread.
    struct Slow: ReadOnlyTarget {
      func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer {
        var text = ""
        for number in 0..<100_000 { text = String(number) + String(text.prefix(50)) }
        return FixAnswer(columns: ["a"], rows: [[.string(text)]])
      }
    }
    var limits = FixLimits()
    limits.plan.deadline = .milliseconds(10)
    let fix = try FixCase.load(
      FixCase.planning(
        """
        for i = 1, 3 do
          ctx.db("app-db"):value("select a")
          for j = 1, 1000 do local x = j end
        end
        return {}
        """), limits: limits)
    let run = fix.plan(try FixParameters(of: fix.manifest, given: []), targets: ["app-db": Slow()])
    #expect(try run.result.get().effects.isEmpty)
  }

  @Test("verify asks like plan and answers with a boolean")
  func verify() throws {
    func fix(_ body: String) throws -> FixScript {
      try FixCase.load(
        """
        return fix { api = 1, id = "f", title = "F", targets = { "app-db" }, plan = function() return {} end,
          verify = function(ctx, p) \(body) end }
        """)
    }
    let target = AnsweringTarget("select count(*)", ["n"], [[.integer(0)]])
    func verified(_ body: String) throws -> Result<Bool, FixError> {
      let fix = try fix(body)
      return try #require(fix.verify(FixParameters(of: fix.manifest, given: []), targets: ["app-db": target])).result
    }
    let count = "ctx.db(\"app-db\"):value(\"select count(*)\")"
    #expect(try verified("return \(count) == 0") == .success(true))
    #expect(try verified("return \(count) > 0") == .success(false))
    guard case .failure(let error) = try verified("return \(count)") else { return #expect(Bool(false)) }
    #expect(error.code == .result && error.line == 2 && error.message == "verify returned the number 0")
    let without = try FixCase.load(FixCase.planning("return {}"))
    #expect(without.verify(try FixParameters(of: without.manifest, given: []), targets: [:]) == nil)
  }
}

import Glibc
import StellaLua
import StellaModel
import Testing

@testable import StellaScripting

@Suite("Hostile fixes", .serialized) struct FixHostileTests {
  @Test(
    "What goes over a budget ends as a failure of its own kind, also when it is caught",
    arguments: [
      ("while true do end", FixError.Code.budget), ("pcall(function() while true do end end) return {}", .budget),
      ("local s = \"x\" while true do s = s .. s end", .budget),
      ("return { notes = { (\"x\"):rep(1 << 30) } }", .script),
      ("local t = {} while true do t[#t + 1] = { #t } end", .budget),
      ("local function f() return f() end f() return {}", .budget),
      ("for i = 1, 100000 do local e = event.emit { message = \"m\" } end return {}", .budget),
      ("for i = 1, 100000 do pcall(function() local e = event.emit { message = \"m\" } end) end return {}", .budget),
      ("for i = 1, 1000 do ctx.db(\"app-db\") end return ctx.db(\"none\")", .query),
      ("local t = {} t.t = t return event.emit { message = \"m\", fields = t }", .script),
      ("return event.emit { message = \"m\", fields = { f = function() end } }", .script),
      ("local e = event.emit { message = \"m\" } e.__index = 5 return e", .script),
      ("return setmetatable({}, {})", .script), ("return load(\"return 1\")()", .script),
      ("return io.open(\"/etc/passwd\")", .script), ("return os.time()", .script),
      ("return math.random()", .script), ("return require(\"x\")", .script), ("error({})", .script),
      ("error(nil)", .script), ("string.rep = nil; return sql.update", .effect),
      ("ctx.db = nil; return ctx.db(\"app-db\")", .script),
      ("return ctx.db(\"app-db\").value(5, \"select 1\")", .script),
      ("return ctx.db(\"app-db\"):value(ctx)", .script),
    ])
  func budgets(body: String, code: FixError.Code) throws {
    switch code {
    case .effect where body.contains("sql.update"):
      #expect(FixCase.refusals(FixCase.planning(body)).first?.code == .effect)
    default:
      let error = try FixCase.failure(body)
      let isExpected = error.code == code || error.code == .budget && code == .script && body.contains("rep(")
      #expect(isExpected && error.line > 0, "\(error)")
    }
  }

  @Test("A thousand effects are a plan, one more is none")
  func effects() throws {
    func body(_ count: Int) -> String {
      """
      local list = {}
      for i = 1, \(count) do
        list[i] = sql.update { target = "app-db", table = "jobs", where = { id = i }, set = { state = "queued" } }
      end
      return list
      """
    }
    #expect(try FixCase.plan(body(1_000)).result.get().effects.count == 1_000)
    let error = try FixCase.failure(body(1_001))
    #expect(error.code == .budget && error.line == 6 && error.message.contains("more than 1000 effects"), "\(error)")
  }

  @Test("A call leaves nothing to the next one")
  func isolation() throws {
    let fix = try FixCase.load(
      """
      local n = 0
      return fix { api = 1, id = "f", title = "F",
        plan = function() n = n + 1; seen = (seen or 0) + 1; string.upper = nil; return { notes = { n .. " " .. seen } } end }
      """)
    for _ in 1...3 {
      let run = fix.plan(try FixParameters(of: fix.manifest, given: []), targets: [:])
      #expect(try run.result.get().notes == ["1 1"])
    }
  }

  @Test("A script reaches its own names and those of the sandbox, and ctx only as an argument")
  func names() throws {
    let fix = try FixCase.load(FixCase.planning("return {}"))
    let host = FixHost(manifest: fix.manifest, written: fix.written, targets: [:], limits: FixLimits())
    let opened = try FixLoader.open(fix.source, host: host, limits: LuaLimits())
    defer { opened.state.close() }
    let expected =
      LuaLibrary.sandboxNames + LuaLibrary.stringMethods.map { "string metatable.__index.\($0)" }
      + ["string metatable.__index", "sql", "http", "event"] + ScriptRegistry.effects.map(\.name)
      + ScriptRegistry.fixDeclarations.map(\.name)
    let context = ["ctx", "ctx.db"]
    // The list names what a script could make; `ctx` is taken away before it runs.
    #expect(try opened.state.reachableNames().filter { !context.contains($0) } == expected.sorted())
    let plan = try FixCase.plan("return { notes = { tostring(_ENV.ctx) .. type(ctx.db) } }").result.get()
    #expect(plan.notes == ["nilfunction"])
  }

  @Test("Planning twice gives the plan of the first run, with its questions asked once")
  func twice() throws {
    let target = AnsweringTarget("select id from jobs", ["id"], [[.integer(2)], [.integer(1)]])
    let fix = try FixCase.load(
      FixCase.planning(
        """
        local list, seen = {}, {}
        for _, job in ipairs(ctx.db("app-db"):rows("select id from jobs")) do seen["job-" .. job.id] = job.id + 0.5 end
        for name, id in pairs(seen) do
          list[#list + 1] = sql.delete { target = "app-db", table = "jobs", where = { id = id, name = name } }
        end
        list.notes = { tostring(1.5), ("%.2f"):format(2.25) }
        return list
        """))
    let run = fix.planTwice(try FixParameters(of: fix.manifest, given: []), targets: ["app-db": target])
    let plan = try run.result.get()
    #expect(plan.effects.count == 2 && plan.notes == ["1.5", "2.25"])
    #expect(target.asked.count == 1 && run.queries.count == 1)
  }

  @Test("Two plans that differ are told apart by their first difference")
  func difference() throws {
    let effect = DeclaredEffect(kind: .exec, members: [.init("target", .string("q"))], line: 3)
    var other = effect
    other.members = [.init("target", .string("r"))]
    func plan(_ effects: [DeclaredEffect], _ notes: [String] = []) -> DeclaredPlan {
      DeclaredPlan(effects: effects, notes: notes)
    }
    #expect(FixScript.difference(plan([effect], ["a"]), .success(plan([effect], ["a"]))) == nil)
    #expect(FixScript.difference(plan([effect], ["a"]), .success(plan([effect]))) == "other notes")
    #expect(FixScript.difference(plan([effect]), .success(plan([]))) == "1 effect, then 0")
    #expect(
      FixScript.difference(plan([effect, effect]), .success(plan([effect, other]))) == "effect 2, exec from line 3")
    let error = FixError(.budget, "too long", remedy: "", file: "f", line: 1)
    #expect(FixScript.difference(plan([]), .failure(error)) == "the second time, too long")
  }

  @Test("A call takes the same steps every time")
  func steps() throws {
    let fix = try FixCase.load(
      FixCase.planning(
        "local t = {} for i = 1, 500 do t[\"k\" .. i] = i end for k in pairs(t) do t[k] = nil end return {}"))
    let parameters = try FixParameters(of: fix.manifest, given: [])
    let steps = (1...5).map { _ in fix.plan(parameters, targets: [:]).steps }
    #expect(Set(steps).count == 1 && steps[0] > 500, "\(steps)")
  }

  /// The scripts of the hostile corpus, from the folder beside the repository.
  private static let corpus: [(name: String, text: String)] = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let folder = (getenv("STELLA_SHARED").map { String(cString: $0) } ?? "/\(root)/../shared") + "/hostile"
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".lua") { names.append(name) }
    }
    return names.sorted().compactMap { name in
      guard let file = fopen(folder + "/" + name, "r") else { return nil }
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      let count = fread(&bytes, 1, bytes.count, file)
      return (name, String(decoding: bytes[..<count], as: UTF8.self))
    }
  }()

  @Test("Every script of the hostile corpus ends, as a fix, with a plan or a clear failure")
  func hostileCorpus() throws {
    if FixHostileTests.corpus.isEmpty { print("the hostile corpus is not there; its fixes were left out") }
    for script in FixHostileTests.corpus {
      // Each way in: when the file is loaded, and when it plans.
      let text =
        script.text + "\nreturn fix { api = 1, id = \"f\", title = \"F\", plan = function() attack({}) return {} end }"
      let fix: FixScript
      do throws(FixRefusal) {
        fix = try FixCase.load(text)
      } catch {
        #expect(!error.errors.isEmpty && error.errors.allSatisfy { $0.line > 0 }, "\(script.name): \(error)")
        continue
      }
      let run = fix.plan(try FixParameters(of: fix.manifest, given: []), targets: [:])
      #expect(run.peakMemoryBytes <= fix.limits.plan.memoryBytes, "\(script.name)")
      switch run.result {
      case .success(let plan): #expect(plan.effects.isEmpty, "\(script.name)")
      case .failure(let error):
        #expect(error.code != .internal && error.line > 0 && !error.message.isEmpty, "\(script.name): \(error)")
      }
    }
  }
}

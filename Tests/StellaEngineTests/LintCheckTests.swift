import StellaDetection
import StellaModel
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("Lint checks") struct LintCheckTests {
  private func rules(_ sources: [String]) -> RuleSet {
    RuleSet(
      sources: sources.enumerated().map { RuleSource(file: "rule\($0.offset).lua", text: Array($0.element.utf8)) },
      fields: FieldRegister())
  }

  private func lint(_ sources: String...) throws -> (warnings: [LintWarning], fixed: [RuleFixer.FixedFile]) {
    try EngineThread.run {
      let rules = rules(sources)
      #expect(rules.refusals.isEmpty, "\(rules.refusals)")
      let warnings = RuleLinter.warnings(rules, fixes: ["restart-service"])
      return (warnings, RuleFixer.fix(rules, warnings))
    }
  }

  @Test("There are at least 25 checks, each with another name") func enough() {
    #expect(LintCheck.allCases.count >= 25)
    #expect(Set(LintCheck.allCases.map(\.code)).count == LintCheck.allCases.count)
  }

  @Test("The bad example of a check gets its warning, and the good one none", arguments: LintCheck.allCases)
  func examples(_ check: LintCheck) throws {
    let bad = check.documentation.bad.source
    let twin = bad.replacing("demo.example", with: "demo.twin")
    let said = try check == .sameRule ? lint(bad, twin).warnings : lint(bad).warnings
    #expect(said.contains { $0.check == check }, "\(said)\n\(bad)")
    let good = check.documentation.good.source
    let left = try lint(good).warnings
    #expect(left.isEmpty, "\(left)\n\(good)")
  }

  @Test("What is fixable is fixed, and the others are left to people", arguments: LintCheck.allCases)
  func fixes(_ check: LintCheck) throws {
    let (warnings, fixed) = try lint(check.documentation.bad.source)
    let changed = fixed.flatMap(\.warnings).map(\.check)
    #expect(changed.contains(check) == check.isFixable)
    #expect(Set(changed).isSubset(of: warnings.map(\.check)))
    guard let file = fixed.first else { return }
    #expect(try !lint(String(decoding: file.text, as: UTF8.self)).warnings.contains { $0.check == check })
  }

  @Test("Names that nothing has are told where they are called or looked into, once each, and no others")
  func undefined() throws {
    let source = LintCheck.Example(
      prelude: "local limit = 1.5\nlocal function over(x) return x > limit end",
      keys: """
        on = function(e, s)
          if over(e.bytes) and not (e.ok) then alrt {} end
          for name, value in pairs({ a = 1, ["b"] = 2 }) do s.text = name .. (value) end
          local now = os.time()
          s.t:add(e); w:ad(now); os.exit()
          return alert { value = math.floor(1.5), note = string.format("%d", 2), who = tostring(e.user) }
        end, state = { t = window.count("1m") },
        """
    ).source
    let said = try lint(source).warnings.filter { $0.check == .undefinedName }
    #expect(said.map { $0.error.message.split(separator: " ")[3] } == ["alrt,", "os,", "w,"], "\(said)")
    #expect(
      said.first?.error.remedy == "Did you mean alert?" && said.map(\.error.line) == said.map(\.error.line).sorted())
  }

  @Test("Methods are checked by the kind of state, whatever callbacks call it, and of nothing else")
  func methods() throws {
    let source = LintCheck.Example(
      keys: """
        state = { seen = ring(3), n = window.count("5m"), plain = 0 }, every = "1m",
        on = function(e, st)
          st.seen:push(e); st.n:ad(e); e.text:ad(); st.plain = st.n:count { }
          if st.n:count"1m" > 3 and st.n:per_minutes() > 1 then return alert { value = 1 } end
        end,
        check = function(x) if x.seen:cnt() > 3 then return alert {} end end,
        """
    ).source
    let said = try lint(source).warnings.filter { $0.check == .undefinedMethod }
    #expect(
      said.map(\.error.message) == [
        "st.n is a window.count and has no ad", "st.n is a window.count and has no per_minutes",
        "x.seen is a ring and has no cnt",
      ])
    #expect(said.first?.error.remedy == "Did you mean add? It has add, count, per_second, per_minute.")
  }

  @Test("Keys of alerts are checked where they are written, and labels of one's own are none of them")
  func alertKeys() throws {
    let source = LintCheck.Example(
      keys: """
        on = function(e, s)
          if e.a then return alert { severty = "high", who = e.user, title = "x", events = { a = 1, level = 2 } } end
          return { alert({ value = 1, msg = "{who} did it", key = e.user }) }
        end,
        """
    ).source
    let said = try lint(source).warnings.filter { $0.check == .alertKey }
    #expect(
      said.map { $0.error.message.split(separator: ":")[0] } == [
        "alerts have no severty", "an alert's title can't be set by the script", "alerts have no events",
        "alerts have no msg", "an alert's key can't be set by the script",
      ])
    #expect(said[0].error.remedy == "Did you mean severity?" && said[2].error.remedy == "Did you mean evidence?")
  }

  @Test("A summary's names are those of alerts, not of anything that the script assigns to")
  func summaryNames() throws {
    let source = LintCheck.Example(
      keys: """
        summary = "{service}: {errors} of {total} {open",
        state = { errors = window.count("5m") },
        on = function(e, s)
          s.errors:add(e)
          local total = s.errors:count()
          if total > 9 then return alert { value = total } end
        end,
        """
    ).source
    let said = try lint(source).warnings
    #expect(said.map(\.check) == [.openBrace, .summary, .summary])
    #expect(
      said.filter { $0.check == .summary }.contains { $0.error.remedy == "Give it to the alert: alert { errors = … }." }
    )
    let given = source.replacing("value = total", with: "value = total, errors = 1, total = total")
      .replacing(" {open", with: " {{open}} {")
    #expect(try lint(given).warnings.map(\.check) == [.openBrace])
  }

  @Test("A fix that nobody has is told only where fixes are known, with the one that is meant")
  func unknownFix() throws {
    let bad = LintCheck.unknownFix.documentation.bad.source
    let said = try #require(try lint(bad).warnings.first?.error)
    #expect(said.message == "suggest names restart-servise, and no fix that is loaded has that id")
    #expect(said.remedy.hasPrefix("Did you mean restart-service? Until one has, nothing is asked for."))
    let allowed = "-- lint: allow unknown_fix: it comes with the next release\n" + bad
    #expect(try lint(allowed).warnings.isEmpty)
    let unknown = try EngineThread.run { RuleLinter.warnings(rules([allowed])) + RuleLinter.warnings(rules([bad])) }
    #expect(unknown.isEmpty, "\(unknown)")
  }

  @Test("A fix that a script's alert names and nobody has is told at its line, what is made up as it runs is not")
  func unknownFixOfScript() throws {
    let source = LintCheck.Example(
      keys: """
        on = function(e, s)
          if e.a then return alert { suggest = "restart-servise", value = 1 } end
          if e.b then return alert { suggest = { "restart-service", "reload", e.b .. "-x", e.c or "y" } } end
          return alert { suggest = "restart-" .. e.service }
        end,
        """
    ).source
    let said = try lint(source).warnings.filter { $0.check == .unknownFix }
    #expect(
      said.map(\.error.message) == [
        "suggest names restart-servise, and no fix that is loaded has that id",
        "suggest names reload, and no fix that is loaded has that id",
      ])
    #expect(said.first?.error.remedy.hasPrefix("Did you mean restart-service?") == true)
    #expect(said.count == 2 && said[1].error.line == said[0].error.line + 1)
  }

  @Test("A change that the rule would not load with is left out") func unsafeEdit() throws {
    let source = LintCheck.Example(keys: #"where = "level >= error and matches(message, [[timeout]])","#).source
    let (warnings, fixed) = try lint(source)
    #expect(warnings.map(\.check) == [.plainRegex] && fixed.isEmpty)
  }

  @Test("Several changes of one file are made together") func several() throws {
    let source = LintCheck.Example(
      keys: """
        where = [[
          level >= error
          and (status == 1 or status == 2
            or status == 3)
          and one_of(host, "a", "b", "a")
        ]],
        date = "2026/01/31",
        """
    ).source
    let (warnings, fixed) = try lint(source)
    #expect(Set(warnings.map(\.check)) == [.orChain, .duplicateValue, .date])
    let text = try #require(fixed.first.map { String(decoding: $0.text, as: UTF8.self) })
    #expect(text.contains("and one_of(status, 1, 2, 3)"))
    #expect(text.contains(#"one_of(host, "a", "b")"#) && text.contains("2026-01-31"))
    #expect(try lint(text).warnings.isEmpty)
  }

  @Test("Names and assignments inside of functions are told from those outside") func script() throws {
    let source = LintCheck.Example(
      prelude: """
        local seen, limit <const> = {}, 5
        local function far(a, b) local d = a - b; d = d * 2; return d > limit end
        """,
      keys: """
        on = function(e, s)
          for i = 1, 3 do local k = i; k = k + 1 end
          local inner = function(x) x = x + 1; return x end
          s.count = inner(s.count or 0)
          local made = { seen = 1, value = 2 }
          if far(s.count, 1) then return alert { value = made.value } end
        end,
        """
    ).source
    #expect(try lint(source).warnings.isEmpty)
    let wrong = source.replacing("s.count = inner", with: "seen = 1; total = 2; s.count = inner")
      .replacing("local inner =", with: "local pairs =").replacing("inner(", with: "pairs(")
    let said = try lint(wrong).warnings
    #expect(said.map(\.check) == [.shadowedName, .scriptVariable, .scriptVariable])
  }

  @Test("An edit needs its text exactly once on its line")
  func edits() {
    let source = Array("one\ntwo two\nthree".utf8)
    func edit(_ line: Int, _ old: String) -> String? {
      SourceEdit(line: line, old: old, new: "X").applied(to: source).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(edit(1, "one") == "X\ntwo two\nthree" && edit(3, "three") == "one\ntwo two\nX")
    #expect(edit(2, "two") == nil && edit(1, "two") == nil && edit(9, "one") == nil)
    #expect(edit(2, "two\nthree") == "one\ntwo X")
  }

  @Test("Members of the state that nothing declares or assigns are told, with the name that was meant; no others")
  func members() throws {
    let source = LintCheck.Example(
      keys: """
        state = { c = window.count("5m") },
        on = function(e, st)
          st.cc:add(e); st.c:add(e); st.cc:add(e)
          st.a, st.b = st.b, e.anything
          local made = { x = 1 }
          st.total = (st.total or 0) + made.x + (st.zzz or 0)
          if st.c:count() > 9 then print(1); return alert { value = st.a or os.time() } end
        end,
        """
    ).source
    let said = try lint(source).warnings.filter { $0.check == .undefinedName }.map(\.error)
    #expect(
      said.map(\.remedy) == [
        "Did you mean c?", "Declare it under state, or assign to it before.",
        "There is no print: stella rules explain and stella repl show what a rule sees.",
        "Scripts have what the rule reference lists, and none of Lua's os, io, debug or require.",
      ], "\(said)")
    #expect(said.first?.message == "st.cc is always nil: state has no cc, and nothing is assigned to it")
    let computed = source.replacing("st.cc:add(e);", with: "st[e.user] = 1;").replacing("; st.cc:add(e)", with: "")
    #expect(try lint(computed).warnings.filter { $0.check == .undefinedName }.count == 2)
  }

  @Test("A field one slip from a known one is told, unless another rule has it as well or it says field(…)")
  func spelling() throws {
    let bad = LintCheck.Example(keys: "where = [[statsu == 503 and levle == \"error\" and users == 3]],").source
    let said = try lint(bad).warnings.filter { $0.check == .misspeltField }.map(\.error)
    #expect(said.map { $0.remedy.prefix(21) } == ["Did you mean status? ", "Did you mean level? W"], "\(said)")
    let other = LintCheck.Example(keys: "id = \"demo.other\", where = [[statsu == 502]],").source
    let both = try lint(bad, other).warnings.filter { $0.check == .misspeltField }.map(\.error.message)
    #expect(both.count == 1 && both[0].contains("levle"), "\(both)")
    let meant = bad.replacing("statsu", with: "field(\"statsu\")").replacing("levle", with: "field(\"levle\")")
    #expect(try !lint(meant).warnings.contains { $0.check == .misspeltField })
  }
}

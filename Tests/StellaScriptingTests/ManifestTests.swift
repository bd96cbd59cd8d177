import CStellaValue
import StellaLua
import StellaModel
import Testing

@testable import StellaScripting

@Suite struct ManifestTests {
  /// Rules are loaded without an engine, so nothing of it is asked.
  private final class NoHost: LuaHost {
    func column(of name: UnsafeBufferPointer<UInt8>) -> Int32 { -1 }
    func fetch(_ name: UnsafeBufferPointer<UInt8>, event: Int, into result: UnsafeMutablePointer<stella_value>) {}
    func value(ofJSON cell: stella_value) throws(LuaHostError) -> LuaValue { .nil }
    func call(
      type: Int, handle: Int, keySlot: Int, method: Int, arguments: UnsafeBufferPointer<stella_value>,
      result: UnsafeMutablePointer<stella_value>
    ) throws(LuaHostError) -> LuaValue? { nil }
  }

  private func load(_ text: String, _ parameters: [String: LuaValue] = [:]) throws(RuleRefusal) -> RuleManifest {
    let script = try RuleLoader.load(
      RuleSource(file: "r.lua", text: Array(text.utf8)), parameters: { _ in parameters }, host: NoHost())
    return script.manifest
  }

  private func errors(_ text: String, _ parameters: [String: LuaValue] = [:]) -> [RuleError] {
    do throws(RuleRefusal) {
      _ = try load(text, parameters)
      return []
    } catch {
      return error.errors
    }
  }

  private static let base = """
    return rule {
      api = 1, id = "a.b", title = "T", severity = "high",
      where = [[level == error]],
      by = { "service" },
      threshold = { count = 3, within = "1m" },
    }
    """

  @Test("A misspelt key is one error, with the name that was meant and no list") func misspeltKey() {
    let found = errors(ManifestTests.base.replacing("threshold", with: "treshold"))
    #expect(found.map(\.message) == ["rule has no key treshold"] && found.map(\.remedy) == ["Did you mean threshold?"])
    let other = errors(ManifestTests.base.replacing("threshold", with: "zzzzzzzz"))
    #expect(other.count == 2 && other.contains { $0.remedy.hasPrefix("It takes: ") })
  }

  @Test(
    "What other tools call a key leads to its name here, where there is one",
    arguments: [("where =", "filter =", "where"), ("by =", "groupby =", "by"), ("title =", "name =", "title")])
  func keyOfAnotherTool(part: String, written: String, meant: String) {
    let found = errors(ManifestTests.base.replacing(part, with: written))
    #expect(found.contains { $0.remedy == "Did you mean \(meant)?" })
  }

  @Test(
    "A key that comes to mind first leads to the one that is meant",
    arguments: [("fixes", "suggest"), ("output", "summary"), ("cooldown", "suppress_for")])
  func keyThatComesToMind(written: String, meant: String) {
    let found = errors(ManifestTests.base.replacing("by =", with: "\(written) = 1, by ="))
    #expect(found.map(\.message) == ["rule has no key \(written)"] && found.map(\.remedy) == ["Did you mean \(meant)?"])
  }

  @Test func aRuleIsReadWithItsDefaults() throws {
    let rule = try load(ManifestTests.base)
    #expect(rule.id == "a.b" && rule.severity == .high && rule.by == ["service"] && rule.condition == "level == error")
    #expect(rule.threshold == .init(count: 3, within: 60_000_000_000, window: .sliding, distinct: nil))
    #expect(rule.type == "custom" && rule.status == "experimental" && rule.maxKeys == 100_000)
    #expect(rule.suppressFor == 60_000_000_000 && rule.hold == 0 && rule.stateMemoryBytes == 64 << 20)
  }

  @Test(arguments: [
    ("api = 1", "api = 2", "rule.api_level", 2, "1"),
    ("severity = \"high\"", "severity = \"hihg\"", "rule.wrong_type", 2, "high"),
    ("severity = \"high\"", "severity = 3", "rule.wrong_type", 2, "informational"),
    ("  by = ", "  buy = ", "rule.unknown_key", 4, "by"),
    ("where = ", "were = ", "rule.unknown_key", 3, "where"),
    ("by = { \"service\" }", "by = { service = 1 }", "rule.wrong_type", 4, "list"),
    ("count = 3", "count = 0", "rule.wrong_type", 5, "1 to 1000000"),
    ("count = 3", "count = 2.5", "rule.wrong_type", 5, "whole"),
    ("within = \"1m\"", "within = \"soon\"", "rule.wrong_type", 5, "30s"),
    ("within = \"1m\"", "whithin = \"1m\"", "rule.unknown_key", 5, "within"),
    ("threshold = { count = 3, within = \"1m\" }", "every = \"30s\"", "rule.wrong_type", 5, "check"),
    ("threshold = { count = 3, within = \"1m\" }", "check = function(s) end", "rule.missing_key", 5, "every"),
    (
      "threshold = { count = 3, within = \"1m\" }", "state = { n = window.count(5) }, on = function() end",
      "rule.wrong_type", 5, "5m"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }", "state = { n = window.cuont(\"5m\") }, on = function() end",
      "rule.syntax", 5, "count"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = window.count { \"5m\", ofset = \"1m\" } }, on = function() end", "rule.unknown_key", 5, "offset"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }", "memory = \"1GiB\", on = function() end", "rule.wrong_type", 5,
      "4MiB"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }", "state = { n = session { max = \"1h\" } }, on = function() end",
      "rule.missing_key", 5, "gap"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = session { \"1h\", max = \"5m\" } }, on = function() end", "rule.wrong_type", 5, "several gaps"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = session { \"1h\", gap = \"5m\" } }, on = function() end", "rule.wrong_type", 5, "twice"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }", "state = { n = session(\"10ms\") }, on = function() end",
      "rule.wrong_type", 5, "shorter than 1s"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = first_seen { \"7d\", lern = \"1d\" } }, on = function() end", "rule.unknown_key", 5, "learn"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = first_seen { \"7d\", cap = 0 } }, on = function() end", "rule.wrong_type", 5, "1 to 65536"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }", "state = { n = top(\"10m\") }, on = function() end",
      "rule.wrong_type", 5, "2 to 100"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = baseline { \"7m\", season = \"day\" } }, on = function() end", "rule.wrong_type", 5,
      "does not divide"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = baseline { \"10m\", season = \"month\" } }, on = function() end", "rule.wrong_type", 5, "week"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = baseline { \"10s\", keep = \"4w\" } }, on = function() end", "rule.wrong_type", 5, "20000"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = baseline { \"10m\", keep = \"12h\" } }, on = function() end", "rule.wrong_type", 5, "one season"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = baseline { \"10m\", keep = \"2d\", min_history = \"3d\" } }, on = function() end",
      "rule.wrong_type", 5, "Raise keep"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = forecast { \"6h\", limit = \"full\" } }, on = function() end", "rule.wrong_type", 5, "a number"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = forecast { \"6h\", min_history = \"7h\" } }, on = function() end", "rule.wrong_type", 5,
      "Raise within"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = templates { \"24h\", max = 5 } }, on = function() end", "rule.wrong_type", 5, "16 to 16384"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = templates { learn = \"7d\", keep = \"2d\" } }, on = function() end", "rule.wrong_type", 5,
      "Raise keep"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = templates { filed = \"text\" } }, on = function() end", "rule.unknown_key", 5, "field"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }", "state = { n = anomaly(\"10ms\") }, on = function() end",
      "rule.wrong_type", 5, "shorter than 1s"
    ),
    (
      "threshold = { count = 3, within = \"1m\" }",
      "state = { n = anomaly { \"1d\", keep = \"2h\" } }, on = function() end", "rule.wrong_type", 5, "many buckets"
    ),
    ("threshold = {", "on_match = 5, threshold = {", "rule.wrong_type", 5, "function"),
  ])
  func aMistakeIsNamedWithItsLineAndWhatIsAllowed(from: String, to: String, code: String, line: Int, hint: String) {
    #expect(ManifestTests.base.contains(from))
    let text = ManifestTests.base.replacing(from, with: to)
    let found = errors(text)
    let match = found.first { $0.code == code && $0.line == line }
    #expect(match != nil, "\(found)")
    if let match { #expect((match.message + " " + match.remedy).contains(hint), "\(match)") }
  }

  private static let sequence = """
    return rule {
      api = 1, id = "a.b", title = "T", severity = "high", by = { "src_ip" },
      sequence = { within = "10m",
        { name = "fails", match = [[outcome == "fail"]], times = 10, within = "5m", cap_events = 5 },
        { name = "login", match = [[outcome == "ok"]] },
        { name = "logout", match = [[outcome == "out"]], absent = true,
          within = "1m" },
      },
      cancel_on = [[outcome == "reset"]],
    }
    """

  @Test func aSequenceIsReadWithItsSteps() throws {
    let rule = try load(ManifestTests.sequence)
    let sequence = try #require(rule.sequence)
    #expect(sequence.within == 600_000_000_000 && sequence.isOrdered && rule.suppressFor == 600_000_000_000)
    #expect(sequence.steps.map(\.name) == ["fails", "login", "logout"])
    #expect(sequence.steps.map(\.times) == [10, 1, 1] && sequence.steps.map(\.isAbsent) == [false, false, true])
    #expect(sequence.steps.map(\.within) == [300_000_000_000, nil, 60_000_000_000])
    #expect(sequence.steps.map(\.keptEvents) == [5, 3, 3] && sequence.steps.map(\.condition.line) == [4, 5, 6])
    #expect(rule.condition == "true" && rule.cancelCondition == "outcome == \"reset\"")
    #expect(rule.conditions.map(\.line) == [1, 4, 5, 6, 9], "\(rule.conditions)")
    let loose = try load(
      ManifestTests.sequence.replacing("within = \"10m\",", with: "within = \"10m\", ordered = false,")
        .replacing(",\n      within = \"1m\"", with: ""))
    #expect(loose.sequence?.isOrdered == false)
  }

  @Test(arguments: [
    ("times = 10", "tiems = 10", "rule.unknown_key", 4, "times"),
    ("times = 10", "times = 0", "rule.wrong_type", 4, "1 to 10000"),
    ("times = 10", "times = 10000", "rule.wrong_type", 3, "10000"),
    ("name = \"login\", ", "", "rule.missing_key", 5, "name"),
    ("match = [[outcome == \"ok\"]]", "mach = [[x]]", "rule.unknown_key", 5, "match"),
    ("name = \"login\"", "name = \"last\"", "rule.wrong_type", 5, "another name"),
    ("name = \"login\"", "name = \"fails\"", "rule.wrong_type", 5, "name of its own"),
    ("absent = true", "absent = 1", "rule.wrong_type", 6, "true or false"),
    ("absent = true", "absent = true, times = 2", "rule.wrong_type", 6, "Drop times"),
    ("times = 10, within = \"5m\", cap_events = 5", "absent = true", "rule.wrong_type", 4, "first step"),
    ("times = 10", "absent = true", "rule.wrong_type", 4, "Drop cap_events"),
    ("{ name = \"login\"", "{ absent = true, name = \"login\"", "rule.wrong_type", 6, "both absent"),
    ("cap_events = 5", "cap_events = 21", "rule.wrong_type", 4, "0 to 20"),
    ("within = \"5m\"", "within = \"0s\"", "rule.wrong_type", 4, "drop it"),
    ("within = \"10m\",", "wihtin = \"10m\",", "rule.unknown_key", 3, "within"),
    ("within = \"10m\",", "within = \"0s\",", "rule.wrong_type", 3, "more"),
    ("within = \"10m\",", "within = \"10m\", ordered = \"no\",", "rule.wrong_type", 3, "true or false"),
    ("within = \"10m\",", "within = \"10m\", ordered = false,", "rule.wrong_type", 7, "Drop it"),
    ("cancel_on = ", "cancle_on = ", "rule.unknown_key", 9, "cancel_on"),
    (
      "cancel_on = [[outcome == \"reset\"]]", "threshold = { count = 1, within = \"1m\" }", "rule.wrong_type", 3, "each"
    ),
    ("cancel_on = [[outcome == \"reset\"]]", "on = function(e, s) end", "rule.wrong_type", 9, "sequence"),
    ("cancel_on = [[outcome == \"reset\"]]", "evidence = 3", "rule.wrong_type", 9, "cap_events"),
    ("cancel_on = [[outcome == \"reset\"]]", "on_absent = function(g) end", "rule.wrong_type", 9, "absence"),
  ])
  func aMistakeInASequenceIsNamedWithItsLine(from: String, to: String, code: String, line: Int, hint: String) {
    #expect(ManifestTests.sequence.contains(from))
    let found = errors(ManifestTests.sequence.replacing(from, with: to))
    let match = found.first { $0.code == code && $0.line == line }
    #expect(match != nil, "\(found)")
    if let match { #expect((match.message + " " + match.remedy).contains(hint), "\(match)") }
  }

  @Test func aSequenceNeedsSteps() {
    let rule =
      "return rule { api = 1, id = \"a\", title = \"T\", severity = \"low\",\nsequence = { within = \"1m\"%@ } }"
    func found(_ steps: String) -> [RuleError] { errors(rule.replacing("%@", with: steps)) }
    #expect(found("").map(\.message) == ["the sequence has no steps"])
    #expect(found(", 5")[0].message.contains("step 1 of the sequence is the number 5"))
    let step = ", { name = \"a\", match = [[x]], absent = true }"
    #expect(found(", ordered = false" + step).map(\.message).contains { $0.contains("nothing begins") })
    let many = (0..<17).map { ", { name = \"s\($0)\", match = [[x]] }" }.joined()
    #expect(found(many)[0].remedy.contains("16"))
  }

  private static let absence = """
    return rule {
      api = 1, id = "a.b", title = "T", severity = "high", where = [[x]],
      by = { "job" },
      absence = { every = "24h", grace = "30m",
        roster = { "a", "b" },
        forget_after = "7d" },
    }
    """

  @Test func anAbsenceIsRead() throws {
    let absence = try #require(try load(ManifestTests.absence).absence)
    #expect(absence.every == 86_400_000_000_000 && absence.grace == 1_800_000_000_000 && absence.learn == 0)
    #expect(absence.roster == [[.string("a")], [.string("b")]] && absence.forgetAfter == 604_800_000_000_000)
    let text = ManifestTests.absence.replacing("{ \"a\", \"b\" }", with: "\" c d , b,,b \"")
    #expect(try load(text).absence?.roster == [[.string("c d")], [.string("b")]])
    let plain = ManifestTests.absence.replacing(
      ",\n    roster = { \"a\", \"b\" },\n    forget_after = \"7d\"", with: "")
    #expect(try load(plain).absence?.forgetAfter == 14 * 86_400_000_000_000)
    let wide = ManifestTests.absence.replacing("{ \"job\" }", with: "{ \"job\", \"n\" }")
      .replacing("{ \"a\", \"b\" }", with: "{ { n = 1, job = \"a\" } }")
    #expect(try load(wide).absence?.roster == [[.string("a"), .integer(1)]])
  }

  @Test(arguments: [
    ("every = \"24h\"", "evry = \"24h\"", "rule.unknown_key", 4, "every"),
    ("every = \"24h\", ", "", "rule.missing_key", 4, "every"),
    ("every = \"24h\"", "every = \"1ms\"", "rule.wrong_type", 4, "1s"),
    ("\"7d\"", "\"1d\"", "rule.wrong_type", 6, "24h30m"),
    ("{ \"a\", \"b\" }", "{ { jb = \"a\" } }", "rule.wrong_type", 5, "\"backup\""),
    ("{ \"a\", \"b\" }", "{ a = 1 }", "rule.wrong_type", 5, "list"),
    ("{ \"a\", \"b\" }", "5", "rule.wrong_type", 5, "list"),
    ("by = { \"job\" }", "by = { \"job\", \"host\" }", "rule.wrong_type", 5, "host"),
    ("  by = { \"job\" },", "", "rule.wrong_type", 5, "by = "),
    ("by = { \"job\" }", "by = { \"job\" }, max_keys = 1", "rule.wrong_type", 3, "max_keys"),
    ("by = { \"job\" }", "by = { \"job\" }, hold = \"1m\"", "rule.wrong_type", 3, "grace"),
    ("by = { \"job\" }", "by = { \"job\" }, on_match = function(m) end", "rule.wrong_type", 3, "threshold"),
    ("where = [[x]]", "title = \"U\"", "rule.missing_key", 1, "where"),
  ])
  func aMistakeInAnAbsenceIsNamedWithItsLine(from: String, to: String, code: String, line: Int, hint: String) {
    #expect(ManifestTests.absence.contains(from))
    let found = errors(ManifestTests.absence.replacing(from, with: to))
    let match = found.first { $0.code == code && $0.line == line }
    #expect(match != nil, "\(found)")
    if let match { #expect((match.message + " " + match.remedy).contains(hint), "\(match)") }
  }

  @Test(arguments: ["id", "title", "severity", "api"])
  func aMissingKeyIsNamed(key: String) {
    let fields = [
      "api = 1", "id = \"a\"", "title = \"T\"", "severity = \"low\"", "where = \"true\"",
      "threshold = { count = 1, within = \"1m\" }",
    ]
    let text = "return rule {\n" + fields.filter { !$0.hasPrefix(key + " ") }.joined(separator: ",\n") + "\n}"
    let found = errors(text)
    #expect(found.contains { $0.code == "rule.missing_key" && $0.message.contains(key) }, "\(found)")
  }

  @Test func everyMistakeIsToldAtOnce() {
    let found = errors(
      "return rule { api = 1, idd = \"x\", title = 3, severity = \"bad\", where = \"true\", threshold = {} }")
    #expect(found.count >= 5, "\(found)")
  }

  @Test func aFileWithoutARuleOrThatIsNoLuaIsRefused() {
    #expect(errors("return 5").map(\.code) == ["rule.no_rule"])
    #expect(errors("-- nothing").map(\.code) == ["rule.no_rule"])
    let syntax = errors("return rule {\n  api = = 1\n}")
    #expect(syntax.map(\.code) == ["rule.syntax"] && syntax[0].line == 2)
    #expect(syntax[0].remedy == "Correct the Lua at that place.")
    let nested = errors("return rule {\n  api = 1, where = [[level >= error and matches(message, [[no \\d+]])]],\n}")
    #expect(nested.map(\.code) == ["rule.syntax"] && nested[0].remedy.contains("[=[ … ]=]"), "\(nested)")
    #expect(errors("while true do end").map(\.code) == ["rule.budget"])
  }

  private static let parametrised = """
    local p = params { count = 3, share = 0.5, name = "x", strict = false }
    return rule { api = 1, id = "a", title = p.name, severity = "low", where = "true",
      threshold = { count = p.count, within = "1m" } }
    """

  @Test func parametersTakeTheirDefaultsOrWhatIsSet() throws {
    let plain = try load(ManifestTests.parametrised)
    #expect(plain.threshold?.count == 3 && plain.parameters.map(\.name) == ["count", "name", "share", "strict"])
    let set = try load(ManifestTests.parametrised, ["count": .integer(9), "name": .string("y"), "share": .integer(1)])
    #expect(set.threshold?.count == 9 && set.title == "y")
    #expect(set.parameters.first { $0.name == "share" }?.value == .double(1))
  }

  @Test func aParameterThatIsUnknownOrOfAnotherTypeRefusesTheRule() {
    let unknown = errors(ManifestTests.parametrised, ["cuont": .integer(9)])
    #expect(unknown.map(\.code) == ["rule.parameter"] && unknown[0].remedy.contains("count"), "\(unknown)")
    let type = errors(ManifestTests.parametrised, ["count": .string("9")])
    #expect(!type.isEmpty && type[0].message.contains("count"), "\(type)")
  }

  @Test func linesOfKeysAreFoundAroundStringsCommentsAndFunctions() {
    let text = """
      -- rule { id = 1 }
      local x = "rule {"
      return rule {
        id = "a", --[[ where = 5
        ]] where = [[ by = 3 ]],
        on = function(e, s)
          local by = { id = 1 }
          if x then return end
        end,
        by = { "k" },
        threshold = {
          count = 1,
        },
      }
      """
    let lines = ManifestLines(source: Array(text.utf8))
    #expect(
      ["id", "where", "on", "by", "threshold.count", "threshold.within", "nothing"].map(lines.line) == [
        4, 5, 6, 10, 12, 11, 3,
      ])
  }
}

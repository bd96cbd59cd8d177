import StellaModel
import Testing

@testable import StellaScripting

@Suite("Sets of fixes") struct FixSetTests {
  private func source(_ id: String, _ more: String = "", file: String? = nil) -> RuleSource {
    let text = """
      return fix { api = 1, title = "T",
        id = "\(id)", \(more) plan = function() return {} end }
      """
    return RuleSource(file: file ?? "\(id).lua", text: Array(text.utf8))
  }

  @Test("Files that can't be used are refused, and the others are active in the order of their ids")
  func load() {
    let set = FixSet(
      sources: [source("b"), source("a"), source("c", "handels = {},"), source("a", file: "again.lua")],
      unreadable: [RuleError(code: "rule.unreadable", message: "can't be read", remedy: "", file: "d.lua", line: 0)])
    #expect(set.fixes.map(\.manifest.id) == ["a", "b"])
    #expect(set.refusals.map(\.file) == ["d.lua", "c.lua", "again.lua"])
    #expect(set.refusals.map { $0.errors.map(\.code) } == [[.unreadable], [.unknownKey], [.duplicateID]])
    #expect(set.refusals[2].errors[0].line == 2 && set.refusals[2].errors[0].message.contains("a.lua"))
    #expect(set.fix("b")?.source.file == "b.lua" && set.fix("c") == nil)
  }

  @Test("Candidates come with every reason: suggested first, then by rule, then by type, then by id")
  func reasons() {
    let set = FixSet(sources: [
      source("type", "handles_type = { \"backlog\" },"), source("rule", "handles = { \"queue.stuck\", \"x\" },"),
      source("second"), source("first", "handles = { \"queue.stuck\" }, handles_type = { \"backlog\" },"),
      source("other", "handles = { \"queue\" }, handles_type = { \"back\" },"),
      source("also", "handles = { \"x\", \"queue.stuck\" },"),
    ])
    let found = set.candidates(
      for: FixCase.alert(rule: "queue.stuck", type: "backlog", fixes: ["first", "missing", "second"]))
    #expect(found.map(\.fix.manifest.id) == ["first", "second", "also", "rule", "type"])
    #expect(found[0].reasons == [.suggested(place: 1), .rule("queue.stuck"), .type("backlog")])
    #expect(found.filter(\.applies).count == found.count)
    #expect(
      found.map { $0.reasons[0].description } == [
        "suggested by the rule", "suggested by the rule as number 3", "handles the rule queue.stuck",
        "handles the rule queue.stuck", "handles alerts of type backlog",
      ])
  }

  @Test(
    "when decides with all that the alert says, and its failure is a value",
    arguments: [
      ("return true", true), ("return false", false), ("return nil", false),
      ("return alert.key.user:startswith(\"a@\")", true),
      ("return alert.key.none == null and alert.key.missing == nil", true),
      ("return alert.labels.region == \"eu\" and alert.count == 3 and alert.severity == \"high\"", true),
      (
        "return alert.rule == \"r\" and alert.type == \"t\" and alert.value == nil and #alert.affected_users == 0", true
      ),
      ("return alert.id == nil and alert.time == nil", true),
    ])
  func when(body: String, expected: Bool) throws {
    let set = FixSet(sources: [source("f", "handles = { \"r\" }, when = function(alert) \(body) end,")])
    let alert = FixCase.alert(
      key: [.init("user", .string("a@b")), .init("none", .null)], labels: [.init("region", .string("eu"))])
    let candidate = try #require(set.candidates(for: alert).first)
    #expect(try candidate.when.result.get() == expected && candidate.applies == expected)
  }

  @Test("A when that fails leaves the fix among the candidates, not applied, with the error")
  func failing() throws {
    for (body, code) in [
      ("return 5", FixError.Code.result), ("error(\"no\")", .script), ("while true do end", .budget),
    ] {
      let set = FixSet(sources: [source("f", "handles = { \"r\" }, when = function(alert) \(body) end,")])
      let candidate = try #require(set.candidates(for: FixCase.alert()).first)
      guard case .failure(let error) = candidate.when.result else { return #expect(Bool(false)) }
      #expect(error.code == code && error.line == 2 && !candidate.applies, "\(error)")
    }
  }

  @Test("Parameters take the alert's key first, then its labels, with their types")
  func parameters() throws {
    let fix = try FixCase.load(
      """
      return fix { api = 1, id = "f", title = "F",
        params = { user = "string", n = "integer", share = "number", on = "boolean" },
        plan = function(ctx, p)
          return { notes = { ("%s %d %.2f %s"):format(p.user, p.n, p.share, tostring(p.on)) } }
        end }
      """)
    func bind(
      _ key: [FieldValue.Member], _ labels: [FieldValue.Member]
    ) throws(FixError) -> FixParameters {
      try FixParameters(of: fix.manifest, from: FixCase.alert(key: key, labels: labels))
    }
    let labels: [FieldValue.Member] = [
      .init("user", .string("label")), .init("share", .integer(1)), .init("on", .bool(true)),
    ]
    let bound = try bind([.init("user", .string("key")), .init("n", .integer(4))], labels)
    #expect(fix.plan(bound, targets: [:]).result == .success(DeclaredPlan(effects: [], notes: ["key 4 1.00 true"])))

    func failure(_ key: [FieldValue.Member], _ labels: [FieldValue.Member]) -> FixError? {
      do throws(FixError) {
        _ = try bind(key, labels)
        return nil
      } catch { return error }
    }
    let unbound = try #require(failure([.init("nn", .integer(4))], labels))
    #expect(unbound.code == .parameter && unbound.message == "the parameter n has no value" && unbound.line == 3)
    #expect(unbound.remedy.contains("Did you mean nn?"))
    for (value, kind) in [
      (FieldValue.string("4"), "a text"), (.null, "null"), (.double(4), "a number with a fraction"),
    ] {
      let error = try #require(failure([.init("n", value)], labels))
      #expect(error.code == .parameter && error.message.contains(kind), "\(error)")
    }
    #expect(throws: FixError.self) { try FixParameters(of: fix.manifest, given: [.init("usr", .string("x"))]) }
  }
}

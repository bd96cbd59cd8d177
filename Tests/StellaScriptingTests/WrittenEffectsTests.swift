import Testing

@testable import StellaScripting

@Suite("What the source of a fix writes in its effects") struct WrittenEffectsTests {
  private func written(_ text: String) -> WrittenEffects {
    WrittenEffects(source: Array(text.utf8), names: ScriptRegistry.effects.map(\.name))
  }

  private func names(_ table: WrittenEffects.Table?) -> [String]? { table?.fields.map(\.name) }

  @Test("Names are read past strings, comments, functions and nested tables")
  func names() throws {
    let text = """
      -- sql.update { a = 1 }
      local s = "sql.update { b = 2 }" .. [[ sql.update { c = 3 } ]]
      return sql.update { --[[ { ]] table = "t", -- }, x = 1
        where = { id = f({ y = 1 }, "}"), ["odd name"] = (function(a, b)
          local p, q = 1, 2; if p then q = 3 elseif q then q = 4 end
          for i = 1, 2 do q, p = p, q end
          while false do local z = { w = 1 } end
          repeat p = 1; q = 2 until true
          return q
        end)(), last = a == b and c or d },
        [key] = 1, set = { n = 1 } .. "", list = { { k = 1 }, g(), [[x]]; { } } }
      """
    let table = try #require(written(text).table(of: "sql.update", line: 3))
    #expect(names(table) == ["table", "where", "set", "list"] && table.hasComputedKeys)
    #expect(names(table.field("where")?.table) == ["id", "odd name", "last"])
    #expect(table.field("set")?.table == nil, "an operator follows")
    let list = try #require(table.field("list")?.table)
    #expect(list.items.count == 4 && names(list.items[0]) == ["k"] && list.items[1] == nil && list.items[3] != nil)
    #expect(
      written(text).table(of: "sql.update", line: 1) == nil && written(text).table(of: "sql.update", line: 2) == nil)
  }

  @Test("Effects within effects are found as well, and names of other things are not")
  func places() {
    let text = """
      local a = exec { argv = { 1 },
        undo = exec { argv = { 1, 2 } } }
      local exec = nil
      local function exec() end
      t.exec { x = 1 }
      t:exec { x = 1 }
      t.sql.update { x = 1 }
      exec "text"
      """
    let found = written(text)
    #expect(found.table(of: "exec", line: 1)?.field("argv")?.table?.items.count == 1)
    #expect(found.table(of: "exec", line: 2)?.field("argv")?.table?.items.count == 2)
    for line in 3...8 { #expect(found.table(of: "exec", line: line) == nil, "\(line)") }
    #expect(found.faults == [])
  }

  @Test("A name without its table, and two that can't be told apart, are faults at their line")
  func faults() {
    let text = """
      local u = sql.update
      return { exec { argv = { 1 } }, exec { argv = { 1, 2 } } },
        exec { argv = { 3 } }, exec { argv = { 4 } }, event.emit
        { message = 1 }
      """
    let found = written(text)
    #expect(found.faults.map(\.line) == [1, 2])
    #expect(names(found.table(of: "event.emit", line: 3)) == ["message"])
    #expect(names(found.table(of: "event.emit", line: 4)) == ["message"])
  }

  @Test("Any source is read to its end, whole or cut anywhere")
  func cut() {
    let text = "return sql.update { where = { [\"a\"] = f({ b = 1 }), [c] = [[x]] }, \"y\", exec { } } -- z"
    for length in 0...text.utf8.count {
      _ = WrittenEffects(source: Array(text.utf8.prefix(length)), names: ["sql.update", "exec"])
    }
    _ = written(String(repeating: "exec{", count: 1_000))
    _ = written(String(repeating: "exec{}", count: 2_000) + "}}}]]]")
  }
}

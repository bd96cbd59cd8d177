import Foundation
import Testing

@testable import StellaCommands

@Suite("Tests beside fixes")
struct FixesTestCommandTests {
  private let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: directory("Fixes"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: directory("tmp"), withIntermediateDirectories: true)
    try fix(set: "state = 'new'", verify: "== 0")
  }

  private func fix(set: String, verify: String) throws {
    try directory.write(
      "Fixes/reset.lua",
      """
      return fix {
        api = 1, id = "reset", title = "Reset items", handles_type = { "stuck" }, params = { id = "integer" },
        targets = { "app-db" }, max_rows = 10,
        when = function(alert) return alert.key.id > 0 end,
        plan = function(ctx, p)
          if ctx.db("app-db"):value("select count(*) from items where id = ?", p.id) == 0 then return {} end
          return {
            sql.update { target = "app-db", table = "items", where = { id = p.id, state = "stuck" }, set = { \(set) } },
            notes = { "item " .. p.id },
          }
        end,
        verify = function(ctx, p)
          return ctx.db("app-db"):value("select count(*) from items where id = ? and state = 'stuck'", p.id) \(verify)
        end,
      }

      """)
  }

  private static let items = """
    local items = { text = "create table items (id integer primary key, state text, size real); "
      .. "insert into items values (1, 'stuck', 0.1), (2, 'stuck', null), (3, 'new', -0.0)" }

    """

  /// Runs one test file; its lines begin after the two of `items`.
  private func test(_ lines: String, _ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    try directory.write("Fixes/reset_test.lua", Self.items + lines + "\n")
    let process = try directory.stella(
      ["fixes", "test"] + arguments, environment: ["TMPDIR": directory("tmp")])
    let status = process.status()
    return (status, process.output, process.errors)
  }

  @Test("A case that says what happens passes, and nothing of it is left behind")
  func passes() throws {
    let run = try test(
      """
      test("a stuck item is reset", function(t)
        t:database("app-db", items):alert { key = { id = 1 } }
        t:expect { rows = 1, effects = 1, notes = { "item 1" } }
        assert(t:after("app-db", "select state from items where id = 1") == "new")
        t:after("app-db", "select state from items where id = 2", "stuck")
        assert(t:after("app-db", "select size from items where id = 2") == nil)
      end)
      test("an item that isn't there needs nothing", function(t)
        t:database("app-db", items):given { id = 7 }
        t:expect { nothing = true }
      end)
      """, "--strict")
    #expect(run.status == 0, "\(run)")
    #expect(run.output.hasSuffix("2 passed, 0 failed\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory("tmp")).isEmpty)
    #expect(!FileManager.default.fileExists(atPath: directory(".stella")))
  }

  @Test(
    "A case that says something else fails at its line, with what happened",
    arguments: [
      ("t:expect { rows = 2 }", "expected rows = 2; planned is 1 effect on 1 row"),
      ("t:expect { effects = { { table = 'other' } } }", "expected e1 to have table = \"other\", and it has \"items\""),
      ("t:expect { notes = {} }", "expected the notes none, got \"item 1\""),
      ("t:expect { nothing = true }", "expected nothing to change"),
      ("t:expect { refused = 'no' }", "expected no plan because of \"no\""),
      ("t:expect { proposed = false }", "expected that it is not proposed"),
      ("t:expect { ends = 'ineffective' }", "the run ended as succeeded, not ineffective"),
      ("t:expect { ends = 'inefective' }", "did you mean ineffective?"),
      ("t:expect { row = 1 }", "did you mean rows?"),
      ("t:after('app-db', 'select state from items where id = 1', 'stuck')", "expected \"stuck\", got \"new\""),
      ("t:after('app-bd', 'select 1')", "did you mean app-db?"),
      ("t:after('app-db', 'delete from items')", "readonly"),
      ("t:after('app-db', 'select missing')", "no such column"),
      ("", "the case expects nothing"),
    ])
  func fails(line: String, message: String) throws {
    let run = try test(
      """
      test("a stuck item is reset", function(t)
        t:database("app-db", items):given { id = 1 }
        \(line)
      end)
      """)
    #expect(run.status == 1, "\(run)")
    #expect(run.output.contains(message), "\(run.output)")
    // What is found out after its last line is said at the case itself.
    let atCase = line.isEmpty || line.contains("'ineffective'")
    #expect(run.output.contains("Fixes/reset_test.lua:\(atCase ? 3 : 5)"), "\(run.output)")
    #expect(run.output.hasSuffix("0 passed, 1 failed\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory("tmp")).isEmpty)
  }

  @Test("A fix that doesn't help ends as ineffective, and is taken back all the same")
  func ineffective() throws {
    try fix(set: "state = 'new'", verify: "> 5")
    let lines = """
      test("it doesn't help", function(t)
        t:database("app-db", items):given { id = 1 }
        t:expect { rows = 1%@ }
      end)
      """
    #expect(try test(lines.replacing("%@", with: ", ends = \"ineffective\"")).status == 0)
    let run = try test(lines.replacing("%@", with: ""))
    #expect(run.status == 1 && run.output.contains("the run ended as ineffective, not succeeded"), "\(run)")
  }

  @Test("What a trigger does besides, and the rollback doesn't take back, fails the case")
  func trigger() throws {
    let run = try test(
      """
      local noisy = { text = items.text .. "; create table seen (id integer); create trigger t after update on items "
        .. "begin insert into seen values (new.id); end" }
      test("a trigger leaves its traces", function(t)
        t:database("app-db", noisy):given { id = 1 }
        t:expect { rows = 1 }
      end)
      """)
    #expect(run.status == 1 && run.output.contains("after the rollback not all is as before"), "\(run)")
  }

  @Test("A script of SQL can't reach another file")
  func confined() throws {
    for statement in ["attach 'other.db' as other", "vacuum into 'other.db'"] {
      let run = try test(
        """
        test("it looks elsewhere", function(t) t:database("app-db", { text = "\(statement)" }) end)
        """)
      #expect(run.status == 1, "\(run)")
      #expect(!FileManager.default.fileExists(atPath: directory("other.db")))
    }
    let run = try test("test('it reads above', function(t) t:database('app-db', '../stella.yaml') end)")
    #expect(run.status == 1 && run.output.contains("a fixture lies beside its test"), "\(run)")
  }

  @Test("A broken fix, a broken test and a test without its fix are told, and end with 2")
  func broken() throws {
    let run = try test("test('it', function(t) end")
    #expect(run.status == 2 && run.errors.contains("Fixes/reset_test.lua:"), "\(run)")
    try directory.write("Fixes/alone_test.lua", "test('it', function(t) end)\n")
    let alone = try test(
      "test('it', function(t) t:database('app-db', items):given { id = 7 }:expect { nothing = true } end)")
    #expect(alone.status == 2 && alone.errors.contains("there is no fix"), "\(alone)")
    #expect(alone.output.contains("1 passed, 0 failed"))
  }

  @Test("A fix without a test of either kind fails with --strict")
  func strict() throws {
    let run = try test(
      "test('it', function(t) t:database('app-db', items):given { id = 7 }:expect { nothing = true } end)", "--strict")
    #expect(run.status == 1 && run.output.contains("reset lacks a test: one with a plan"), "\(run)")
  }

  @Test("The fixes that ship pass their tests, and each has one with a plan and one without")
  func shipped() throws {
    let process = try directory.stella([
      "fixes", "test", "--strict", GeneratedFile.root.appendingPathComponent("Fixes").path,
    ])
    #expect(process.status() == 0, "\(process.output)\(process.errors)")
  }

  @Test("A fix that was just begun passes its tests of both kinds, and neither file is overwritten")
  func begun() throws {
    func stella(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
      let process = try directory.stella(arguments, environment: ["TMPDIR": directory("tmp")])
      return (process.status(), process.output, process.errors)
    }
    #expect(try stella("fixes", "new", "unstick", "--target", "jobs-db").status == 0)
    let tested = try stella("fixes", "test", "--strict", "Fixes/unstick.lua")
    #expect(tested.status == 0 && tested.output.contains("2 passed, 0 failed"), "\(tested)")
    let test = try Data(contentsOf: URL(fileURLWithPath: directory("Fixes/unstick_test.lua")))
    let again = try stella("fixes", "new", "unstick")
    #expect(again.status == 3 && again.errors.contains("unstick_test.lua is there already"), "\(again)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory("Fixes/unstick_test.lua"))) == test)
  }
}

import ArgumentParser
import Glibc
import StellaModel

/// `stella fixes new`
struct FixesNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Begin a fix: a file that loads and its test, to be changed.",
    discussion: "Example: stella fixes new requeue-jobs --target jobs-db")

  @Argument(help: "The fix's id: lower-case words with - or . between them.") var name: String
  @Option(name: .long, help: "The database that it changes.") var target = "app-db"
  @Option(name: .long, help: "The directory to put it into.", completion: .directory) var directory = "Fixes"

  func run() throws {
    let isName =
      !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || "-._".utf8.contains($0) }
    guard isName else {
      throw CommandFailure(.usage, "`\(name)` is no id: use lower-case letters, digits, and - . _ between them.")
    }
    let (path, test) = ("\(directory)/\(name).lua", "\(directory)/\(name)_test.lua")
    if access(test, F_OK) == 0 {
      throw CommandFailure(.usage, TextEscaping.oneLine("\(test) is there already; nothing was written."))
    }
    try NewFile.write(Array(FixesNewCommand.text(id: name, target: target).utf8), to: path)
    try NewFile.write(Array(FixesNewCommand.test(target: target).utf8), to: test)
    Console.standard.line(TextEscaping.oneLine("Written to \(path), and \(test). Next:"))
    Console.standard.line("  stella fixes test")
    Console.standard.line("  stella fixes lint")
    Console.standard.line(TextEscaping.oneLine("  stella fixes plan \(name) --param id=…"))
  }

  private static func text(id: String, target: String) -> String {
    """
    return fix {
      api = 1, id = "\(id)", title = "Say what it repairs, in one line", status = "experimental",
      description = "What it changes, and when that is right. Who decides reads this.",
      -- Rules whose alerts it helps with; or handles_type = { … } for types of alerts.
      handles = {}, params = { id = "string" }, targets = { "\(target)" }, max_rows = 100,

      -- Only asks; the effects it returns are shown to a person, and done by the engine once that person has approved.
      plan = function(ctx, p)
        local state = ctx.db("\(target)"):value("select state from items where id = ?", p.id)
        if state ~= "stuck" then return {} end
        return {
          sql.update { target = "\(target)", table = "items", where = { id = p.id, state = "stuck" }, set = { state = "new" } },
        }
      end,

      -- Whether the trouble is gone.
      verify = function(ctx, p)
        return ctx.db("\(target)"):value("select count(*) from items where id = ? and state = 'stuck'", p.id) == 0
      end,
    }

    """
  }

  private static func test(target: String) -> String {
    """
    -- A database as the fix meets it; or the name of a file beside this one, "items.sql".
    local items = {
      text = [[
        create table items (id text primary key, state text not null);
        insert into items values ('a', 'stuck'), ('b', 'new');
      ]],
    }

    test("a stuck item begins anew, and no other", function(t)
      t:database("\(target)", items):given { id = "a" }
      t:expect { rows = 1, effects = 1 }
      t:after("\(target)", "select count(*) from items where state = 'new'", 2)
    end)

    test("an item that isn't stuck is left alone", function(t)
      t:database("\(target)", items):given { id = "b" }
      t:expect { nothing = true }
    end)

    """
  }
}

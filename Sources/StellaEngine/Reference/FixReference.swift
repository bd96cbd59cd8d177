import StellaLua
import StellaModel
import StellaScripting

/// The reference page of fixes, made from what loads, checks and runs them, so that it can't say something else.
package enum FixReference {
  /// The page in Markdown.
  package static func markdown() -> String {
    [introduction, keys, alert, context, effects, tests, limits].joined(separator: "\n")
  }

  private static let introduction = """
    # Fix reference

    Every name that a fix can use, API level \(ScriptRegistry.apiLevel).

    <!-- Made from the sources. To make it anew: STELLA_WRITE_GENERATED=1 swift test --filter generated -->

    A fix is one Lua file that returns `fix { … }`. It never changes anything: `plan` returns effects, which are data, and the \
    engine performs them after they are approved. `when`, `plan` and `verify` each run in a new sandbox that has no clock, no \
    chance, no files and no network; what of Lua they see is in the [rule reference](RuleReference.md). What is wrong in a \
    file is refused with file, line, what was found and what to write; the other fixes stay. Durations are texts such as \
    `"30s"`, `"15m"`, `"1h"`.

    """

  private static var keys: String {
    """
    ## Keys of `fix { … }`

    \(table(of: ScriptRegistry.fixKeys))
    A fix is a candidate for an alert when its id is in the rule's `suggest`, the rule in its `handles`, or the alert's type \
    in its `handles_type`; then its `when` decides.

    """
  }

  private static var alert: String {
    """
    ## What `when(alert)` gets

    \(fields(ScriptRegistry.fixAlertFields, of: "alert"))
    """
  }

  private static var context: String {
    var methods = MarkdownTable("method", "returns", "meaning")
    for name in ScriptRegistry.fixContextFunctions {
      methods.row(signature(name, of: "ctx."), ScriptReference.code(name.returns), text(name))
    }
    for name in ScriptRegistry.databaseMethods {
      methods.row(signature(name, of: "db:"), ScriptReference.code(name.returns), text(name))
    }
    return """
      ## What `plan(ctx, p)` and `verify(ctx, p)` get

      `p` has the values of `params` by name. `ctx` asks targets:

      \(methods.text)
      Every question is on record. What a target or Stella refuses fails the call, also when the script catches the error.

      """
  }

  private static var effects: String {
    var text = """
      ## Effects

      Each is made by its constructor in `plan` and returned in the list, once. It is written in place, on lines of its own: \
      `sql.update { … }` with the tables of columns, rows and arguments inside. Lua forgets a `nil` in a table, so Stella reads \
      from the file what is written there and refuses the effect when it is missing at run time; `null` stands for NULL.

      """
    for effect in ScriptRegistry.effects {
      text +=
        "\n### \(ScriptReference.code(effect.name + " { … }"))\n\n\(effect.constructor.meaning) \(effect.promise)\n\n"
      text += table(of: effect.keys)
      for (name, keys) in effect.parts.sorted(by: { $0.key < $1.key }) {
        text += "\nKeys of `\(name) = { … }`:\n\n" + table(of: keys)
      }
    }
    return text
  }

  private static var tests: String {
    var functions = MarkdownTable("name", "returns", "meaning")
    for name in FixTestLanguage.functions {
      functions.row(
        ScriptReference.code(ScriptReference.signature(name)), ScriptReference.code(name.returns), text(name))
    }
    for name in FixTestLanguage.methods {
      functions.row(signature(name, of: "t:"), ScriptReference.code(name.returns), text(name))
    }
    var expectations = MarkdownTable("key", "type", "meaning")
    for key in FixTestLanguage.expectations {
      expectations.row(ScriptReference.code(key.name), ScriptReference.code(key.type), key.meaning)
    }
    return """
      ## Tests

      `name_test.lua` beside `name.lua` tests that fix; `stella fixes test` runs it. Each case has SQLite databases and a store of \
      its own. Its plan, made with the first expectation, is approved, carried out, verified and rolled back as in earnest, and then \
      every row must be as it was before, byte for byte. A plan with anything but rows is made and not carried out, and its \
      targets need not exist. The clock stands still.

      \(functions.text)
      Keys of `t:expect { … }`:

      \(expectations.text)
      """
  }

  private static var limits: String {
    let limits = FixLimits()
    var table = MarkdownTable("limit", "value")
    table.row("Lua heap of `plan` and `verify`", SizeText.text(limits.plan.memoryBytes))
    table.row("steps of `plan` and `verify`", ScriptReference.grouped(limits.plan.stepsPerCall))
    table.row("steps of `when`", ScriptReference.grouped(limits.when.stepsPerCall))
    table.row("source of a fix", SizeText.text(limits.when.sourceBytes))
    table.row("a text, also in an answer", SizeText.text(limits.plan.stringBytes))
    table.row("questions of one call", "\(limits.queries)")
    table.row("rows of one answer", ScriptReference.grouped(limits.rows))
    table.row("bytes of one answer", SizeText.text(limits.answerBytes))
    table.row("effects of one plan", ScriptReference.grouped(limits.effects))
    return """
      ## Limits

      Over any of them the call fails, and nothing is cut in silence. The time that a target takes is not the script's.

      \(table.text)
      """
  }

  private static func table(of keys: [RuleKey]) -> String {
    var table = MarkdownTable("key", "type", "default", "meaning")
    for key in keys {
      table.row(
        ScriptReference.code(key.name), key.expected,
        key.isRequired ? "required" : key.standard.map(ScriptReference.code) ?? "", key.meaning)
    }
    return table.text
  }

  private static func fields(_ fields: [ScriptName.Parameter], of object: String) -> String {
    var table = MarkdownTable("field", "type", "meaning")
    for field in fields {
      table.row(ScriptReference.code("\(object).\(field.name)"), ScriptReference.code(field.type), field.meaning)
    }
    return table.text
  }

  private static func signature(_ name: ScriptName, of object: String) -> String {
    ScriptReference.code(ScriptReference.signature(name, of: object))
  }

  private static func text(_ name: ScriptName) -> String {
    name.meaning + " " + ScriptReference.explained(name.parameters) + "."
  }
}

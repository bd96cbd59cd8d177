import StellaDetection
import StellaLua
import StellaModel
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("Reference page")
struct ReferencePageTests {
  @Test("Every name that a rule can use is on the page")
  func complete() {
    let page = ScriptReference.markdown()
    let names =
      (ScriptRegistry.ruleKeys + ScriptRegistry.partKeys).map { "| `\($0.name)` |" }
      + ScriptRegistry.sequenceMatchFields.map { "| `m.\($0.name)` |" }
      + ScriptRegistry.matchedStepFields.map { "| `m.<step>.\($0.name)` |" }
      + ScriptRegistry.gapFields.map { "| `gap.\($0.name)` |" }
      + ScriptRegistry.alertKeys.map { "| `\($0.name)` |" }
      + ScriptRegistry.primitives.map { "### `\(ScriptReference.signature($0.constructor))`" }
      + ScriptRegistry.libraryValues.map { "| `\($0.name)` |" }
      + ScriptRegistry.libraryFunctions.map { "| `\($0.name)(" }
      + FieldAliases.fields.map { "| `\($0.name)` |" } + LogFormat.allCases.map { "| `\($0.rawValue)` |" }
      + ExpressionFunction.allCases.map { "| `\($0.usage)` |" }
    for name in names { #expect(page.contains(name), "\(name)") }
  }

  @Test("Every call on the page is a condition")
  func calls() throws {
    for function in ExpressionFunction.allCases {
      let text = function == .field ? function.usage + " == \"a\"" : function.usage
      _ = try Expression.parse(text)
    }
  }

  @Test("Each example matches its event as the page says", arguments: ConditionExample.all.indices)
  func examples(index: Int) throws {
    let example = ConditionExample.all[index]
    let directory = try TemporaryDirectory()
    try directory.write("example.jsonl", example.event + "\n")
    var options = WatchOptions()
    options.inputs = [.init(paths: [directory("example.jsonl")], format: .json, from: .start)]
    options.follow = false
    let condition = try Expression.parse(example.condition)
    let prepared = options
    let matched = try EngineThread.run {
      try TailRun(options: prepared, condition: condition, onEvents: { _ in }, onNotice: { _ in }).run(interrupts: nil)
        .matchedEvents
    }
    #expect(matched == (example.matches ? 1 : 0), "\(example.condition) on \(example.event)")
  }

  @Test("The cells of a table can hold what would end a cell")
  func table() {
    var table = MarkdownTable("a", "b")
    table.row("x | y", "two\nlines")
    #expect(table.text == "| a | b |\n|---|---|\n| x \\| y | two lines |\n")
  }
}

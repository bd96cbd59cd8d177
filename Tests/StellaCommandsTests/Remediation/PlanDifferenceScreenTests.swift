import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands

@Suite("The screen of a plan's difference")
struct PlanDifferenceScreenTests {
  @Test("It says what came, what went, and which rows")
  func text() throws {
    let old = try SampleReport().plan(rows: 2)
    var content = try SampleReport().plan(rows: 6).content
    content.effects.removeLast()
    content.targets.removeAll { $0.name == "q-03" }
    content.parameters = ["queue": "all"]
    let new = try Plan(content, knownSecrets: .none)
    let text = PlanDifferenceScreen(
      difference: PlanDifference(from: old, to: new), terminal: SampleReport.terminal(100)
    ).text()
    #expect(
      text == """
        You saw   \(old.digest.short)  2 rows
        Now is    \(new.digest.short)  6 rows
        Changes   the parameter queue
                  which thing the target q-03 is
          e1 sql.update orders, 2 → 6 rows
            more  row id=81206
            more  row id=81207
            more  row id=81208
                  … 1 more row
          e3 exec q-03 is gone, 0 rows
        Votes     on the old plan don't count for the new one

        """)
  }

  @Test("The same plan is said to be the same")
  func same() throws {
    let plan = try SampleReport().plan(rows: 1)
    let text = PlanDifferenceScreen(
      difference: PlanDifference(from: plan, to: plan), terminal: SampleReport.terminal(80)
    ).text()
    #expect(text.contains("Changes   none: it is the same plan\n"))
  }

  @Test("Hostile values stay within their lines", arguments: ScreenSpoofTests.corpus)
  func hostile(text: String) throws {
    let old = try SampleReport().plan(rows: 1)
    var content = old.content
    content.effects[0].rows[0].before = ["state": .text(text), "tries": 3]
    content.effects[0].rows[0].key = ["id": .text(text)]
    content.parameters = ["queue": .text(text)]
    let new = try Plan(content, knownSecrets: .none)
    let screen = PlanDifferenceScreen(
      difference: PlanDifference(from: old, to: new), terminal: SampleReport.terminal(80)
    ).text()
    #expect(!screen.unicodeScalars.contains(where: ScreenSpoofTests.isHarmful))
    for line in screen.split(separator: "\n") {
      #expect(
        ["You saw", "Now is", "Changes", "Votes", "  e1 ", "    ", "          "].contains { line.hasPrefix($0) },
        "«\(line)»")
      #expect(DisplayWidth.of(String(line)) <= 80)
    }
  }
}

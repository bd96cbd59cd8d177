import StellaModel
import StellaServer
import Testing

@testable import StellaCommands
@testable import StellaDetection
@testable import StellaEngine

@Suite("What stella top shows")
struct TopScreenTests {
  private static func rule(
    _ id: String, matched: Int = 0, timed: Int = 0, nanoseconds: Int64 = 0, keys: Int = 0, alerts: Int = 0,
    script: ScriptStanding? = nil
  ) -> RuleFigures {
    RuleFigures(
      rule: id, matched: matched, alerts: alerts, openAlerts: 1, heldBackAlerts: 0, calls: matched, steps: 40 * matched,
      cost: RuleCosts.Cost(nanoseconds: nanoseconds, events: timed, peak: 900), stateBytes: 100 * keys,
      heapBytes: 30_000,
      keys: keys, maxKeys: 1000, evictions: keys / 10, script: script)
  }

  private static func engine(_ second: Int64, _ rules: [RuleFigures], latest: Int64? = 1_750_000_000_000_000_000)
    -> EngineFigures
  {
    EngineFigures(
      time: second * 1_000_000_000, events: Int(second) * 1000, lateEvents: 3, bytes: second << 20, failedLines: 2,
      sources: 1,
      latestEvent: latest, cpuNanoseconds: second * 250_000_000, residentBytes: 40 << 20,
      refused: [.init(rule: "torn.lua", reason: "torn.lua:3: 'end' expected; \u{1b}[2J")],
      notLive: ["new.lua:1: no rule"],
      rules: rules)
  }

  private static func report(
    _ before: [RuleFigures], _ after: [RuleFigures], order: OperatorRequest.TopFilter.Order = .cost
  ) -> TopReport {
    TopReport(.init(from: engine(10, before), to: engine(14, after)), started: 0, order: order)
  }

  @Test("A rule's cost is that of the events that were timed, for all that it took between the two moments")
  func cost() throws {
    let report = Self.report(
      [Self.rule("a", matched: 1000, timed: 250, nanoseconds: 25_000)],
      [Self.rule("a", matched: 5000, timed: 1250, nanoseconds: 425_000)])
    let row = try #require(report.rows.first)
    #expect(row.matched == 4000 && row.eventNanoseconds == 400 && row.nanoseconds == 1_600_000 && row.steps == 40)
    #expect(report.share(row) == 1_600_000 / 4e9 && report.perSecond(row.matched) == 1000)
    // A rule that was loaded anew begins at nothing, and never counts less than that.
    let anew = Self.report(
      [Self.rule("a", matched: 1000, timed: 250, nanoseconds: 25_000, keys: 900)],
      [Self.rule("a", matched: 10, timed: 4, nanoseconds: 400, keys: 5)])
    #expect(anew.rows[0].matched == 10 && anew.rows[0].nanoseconds >= 0 && anew.rows[0].evictions == 0)
    // One that only its timer ran has a cost, too.
    #expect(Self.report([Self.rule("a")], [Self.rule("a", nanoseconds: 500)]).rows[0].nanoseconds == 2000)
    #expect(Self.report([], [Self.rule("a", matched: 3)]).rows[0].eventNanoseconds == nil)
  }

  @Test(
    "Each order puts those with most of it first, equal ones by name",
    arguments: OperatorRequest.TopFilter.Order.allCases)
  func orders(order: OperatorRequest.TopFilter.Order) {
    let rules = [
      Self.rule("c", matched: 10, timed: 10, nanoseconds: 10, keys: 30, alerts: 5),
      Self.rule("b", matched: 20, timed: 20, nanoseconds: 900, keys: 20, alerts: 7), Self.rule("a"),
      Self.rule("d", matched: 30, timed: 30, nanoseconds: 60, keys: 10, alerts: 9), Self.rule("e"),
    ]
    let expected: String =
      switch order {
      case .cost: "bdcae"
      case .events, .alerts: "dbcae"
      case .keys, .memory: "cbdae"
      case .rule: "abcde"
      }
    #expect(Self.report([], rules, order: order).rows.map(\.now.rule).joined() == expected)
  }

  @Test("Lines fit any terminal, the column that is sorted by stays, and hostile names are only text")
  func widths() {
    let hostile = ScriptStanding(
      restsUntil: 1_750_000_060_000_000_000, lastError: "rule.lua:3: \u{1b}[2J\u{202e}\nx", failures: 12,
      isFailing: true)
    let rules = (0..<30).map { number in
      Self.rule(
        number == 3 ? "evil\u{1b}]0;x\u{7}\u{202e}" : "group\(number).a-rule-with-quite-a-long-name",
        matched: 100_000 * number,
        timed: 1000, nanoseconds: Int64(number) * 1_000_000, keys: number * 997, alerts: number,
        script: number % 5 == 0 ? hostile : nil)
    }
    for order in OperatorRequest.TopFilter.Order.allCases {
      for columns in [30, 48, 60, 80, 100, 132, 200] {
        let screen = TopScreen(terminal: Terminal(columns: columns, hasColor: false))
        let text = screen.text(Self.report([], rules, order: order), order: order, limit: 20)
        for line in text.split(separator: "\n") {
          #expect(DisplayWidth.of(String(line)) <= columns, "\(columns): \(line)")
        }
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" })
        #expect(text.split(separator: "\n").count == 3 + 5 + 1 + 20 + 1)
        if columns >= 48 { #expect(text.split(separator: "\n")[8].contains("*"), "\(columns): \(text)") }
      }
    }
    let wide = TopScreen(terminal: Terminal(columns: nil, hasColor: false)).text(
      Self.report([], rules), order: .cost, limit: nil)
    #expect(
      wide.contains("25.0% CPU") && wide.contains("1 refused   6 resting")
        && wide.contains("3 late   2 lines undecoded"))
    #expect(wide.contains("torn.lua is not active: torn.lua:3: 'end' expected"))
    #expect(wide.contains("changed files are not live: new.lua:1: no rule"))
    for title in ["NS/EVENT", "MAX", "STEPS", "OPEN", "EVICTED", "STATE", "LUA", "SCRIPT"] {
      #expect(wide.contains(title))
    }
  }

  @Test("What is masked in errors is masked before a terminal cuts them")
  func masked() {
    let script = ScriptStanding(
      restsUntil: 1_750_000_060_000_000_000, lastError: "rule.lua:3: nobody is bob@example.com", failures: 1,
      isFailing: true)
    let report = Self.report([], [Self.rule("a", script: script)])
    for columns in 60...90 {
      let terminal = Terminal(columns: columns, hasColor: true)
      let text = TopScreen(terminal: terminal, masking: Masking()).text(report, order: .cost, limit: nil)
      #expect(!text.contains("bob"), "\(columns): \(text)")
    }
  }
}

import StellaDetection
import StellaModel
import StellaServer

/// A ``TopReport`` for people: how the engine fares, then its rules, one a line. A narrow terminal gets fewer columns, never
/// longer lines.
struct TopScreen {
  let terminal: Terminal
  /// What is taken out of errors before they are cut; nil for nothing.
  var masking: Masking?

  /// Resting rules whose errors are shown.
  private static let errorLimit = 3
  /// Columns that a rule's name may be cut to before another column goes.
  private static let nameWidth = 22

  private struct Column: Sendable {
    var column: TextTable.Column
    /// Those with the highest go first.
    var rank: Int
    /// Whether rules are sorted by it.
    var order: OperatorRequest.TopFilter.Order?
    var cell: @Sendable (TopReport.Row, TopReport) -> String
  }

  private static let columns: [Column] = [
    Column(column: .init("RULE", isFlexible: true), rank: 0, order: .rule) { row, _ in row.now.rule },
    Column(column: .init("CPU", .right), rank: 0, order: .cost) { percent($1.share($0), places: 2) },
    Column(column: .init("EVENTS/S", .right), rank: 1, order: .events) { rate($1.perSecond($0.matched)) },
    Column(column: .init("NS/EVENT", .right), rank: 3) { row, _ in row.eventNanoseconds.map { "\($0)" } ?? "-" },
    Column(column: .init("MAX", .right), rank: 8) { row, _ in row.now.cost.peak > 0 ? "\(row.now.cost.peak)" : "-" },
    Column(column: .init("STEPS", .right), rank: 9) { row, _ in row.steps.map { "\($0)" } ?? "-" },
    Column(column: .init("ALERTS", .right), rank: 1, order: .alerts) { row, _ in
      "\(row.now.alerts)" + (row.alerts > 0 ? " +\(row.alerts)" : "")
    },
    Column(column: .init("OPEN", .right), rank: 4) { row, _ in "\(row.now.openAlerts)" },
    Column(column: .init("KEYS", .right), rank: 2, order: .keys) { row, _ in "\(row.now.keys)" },
    Column(column: .init("EVICTED", .right), rank: 5) { row, _ in
      "\(row.now.evictions)" + (row.evictions > 0 ? " +\(row.evictions)" : "")
    },
    Column(column: .init("STATE", .right), rank: 6, order: .memory) { row, _ in ByteText.text(row.now.stateBytes) },
    Column(column: .init("LUA", .right), rank: 7) { row, _ in
      row.now.heapBytes > 0 ? ByteText.text(row.now.heapBytes) : "-"
    },
    Column(column: .init("SCRIPT"), rank: 2) { row, _ in
      row.isResting ? "rests" : row.now.script.map { CountText.count($0.failures, "failure") } ?? "ok"
    },
  ]

  /// Lines, each with its line feed.
  func text(_ report: TopReport, order: OperatorRequest.TopFilter.Order, limit: Int?) -> String {
    let rows = report.rows.prefix(max(0, limit ?? .max))
    var text = head(report)
    for error in report.to.notLive.prefix(TopScreen.errorLimit) {
      text += warning("changed files are not live: " + error)
    }
    for refused in report.to.refused.prefix(TopScreen.errorLimit) {
      text += warning("\(refused.rule) is not active: \(refused.reason)")
    }
    let failing = report.rows.filter { $0.isResting || $0.now.script?.isFailing ?? false }
    for row in failing.prefix(TopScreen.errorLimit) { text += warning(failure(row)) }
    text += "\n" + table(Array(rows), report, order)
    if rows.count < report.rows.count { text += "… \(CountText.count(report.rows.count - rows.count, "more rule"))\n" }
    return text
  }

  private func head(_ report: TopReport) -> String {
    let (from, to) = (report.from, report.to)
    let cpu = Double(to.cpuNanoseconds - from.cpuNanoseconds) / Double(report.nanoseconds)
    var events = [
      "\(TopScreen.rate(report.perSecond(to.events - from.events))) events/s",
      "\(ByteText.text(Int(report.perSecond(to.bytes - from.bytes))))/s", CountText.count(to.sources, "source"),
      CountText.count(to.events, "event"),
    ]
    if to.lateEvents > 0 { events.append("\(to.lateEvents) late") }
    if to.failedLines > 0 { events.append(CountText.count(to.failedLines, "line") + " undecoded") }
    let resting = report.rows.count(where: \.isResting)
    var rules = [CountText.count(to.rules.count, "rule") + " active"]
    if !to.refused.isEmpty { rules.append("\(to.refused.count) refused") }
    if resting > 0 { rules.append("\(resting) resting") }
    rules.append(CountText.count(to.rules.reduce(0) { $0 + $1.openAlerts }, "alert") + " open")
    let machine = [
      "\(TopScreen.percent(cpu, places: 1)) CPU", ByteText.text(to.residentBytes) + " memory",
      "up \(TopScreen.span(report.uptime))",
      "over the last \(FixedPoint.text(Double(report.nanoseconds) / 1e9, places: 1)) s",
    ]
    return [("engine", machine), ("reading", events), ("rules", rules)].map { name, parts in
      let label = name + String(repeating: " ", count: 9 - name.utf8.count)
      return terminal.styled(label, .dim) + cut(parts.joined(separator: "   "), by: 9) + "\n"
    }.joined()
  }

  private func failure(_ row: TopReport.Row) -> String {
    let until = row.now.script?.restsUntil.map { $0 == .max ? "for good" : "until \(EventText.clock($0))" } ?? ""
    let state = row.isResting ? "rests \(until)" : "fails"
    return "\(row.now.rule) \(state): \(row.now.script?.lastError ?? "")"
  }

  private func warning(_ text: String) -> String {
    let text = masking.map { Masker($0).masked(text) } ?? text
    return terminal.styled("warning  ", .yellow) + cut(TextEscaping.oneLine(text), by: 9) + "\n"
  }

  private func table(_ rows: [TopReport.Row], _ report: TopReport, _ order: OperatorRequest.TopFilter.Order) -> String {
    var plain = ""
    for rank in (0...9).reversed() {
      let columns = TopScreen.columns.filter { $0.rank <= rank || $0.order == order }
      var made = TextTable(
        columns.map { column in
          var title = column.column
          if column.order == order { title.title += "*" }
          return title
        })
      for row in rows { made.add(columns.map { $0.cell(row, report) }) }
      guard let width = terminal.columns else { return made.text(for: terminal) }
      plain = made.text(width: width)
      let name = rows.map { DisplayWidth.of(TextEscaping.oneLine($0.now.rule)) }.max() ?? 0
      let whole = made.text(width: nil).split(separator: "\n").map { DisplayWidth.of(String($0)) }.max() ?? 0
      if whole - max(0, name - TopScreen.nameWidth) <= width { return made.text(for: terminal) }
    }
    return plain.split(separator: "\n").map { cut(String($0)) + "\n" }.joined()
  }

  private func cut(_ text: String, by used: Int = 0) -> String {
    terminal.columns.map { ScreenText.cut(text, to: max(10, $0 - used)) } ?? text
  }

  private static func percent(_ share: Double, places: Int) -> String {
    FixedPoint.text(100 * share, places: places) + "%"
  }

  private static func rate(_ number: Double) -> String { FixedPoint.text(number, places: number < 100 ? 1 : 0) }

  /// `3d4h`, `2h13m`, `41s`.
  private static func span(_ nanoseconds: Int64) -> String {
    let seconds = max(0, nanoseconds / 1_000_000_000)
    return switch seconds {
    case ..<60: "\(seconds)s"
    case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
    case ..<86_400: "\(seconds / 3600)h\(seconds / 60 % 60)m"
    default: "\(seconds / 86_400)d\(seconds / 3600 % 24)h"
    }
  }
}

import StellaModel
import StellaRemediation

/// `approvals list` and `runs list`: a line for each run, those first that want a person.
struct RunTable {
  let terminal: Terminal

  /// Who has to act next decides the order: operators, those with the nearest deadline, runners; then what is over, the newest
  /// first. O(n log n).
  static func ordered(_ reports: [RunReport]) -> [RunReport] {
    func rank(_ report: RunReport) -> Int {
      switch report.run.state.turn {
      case .operators: 0
      case .approvers: 1
      case .runner: 2
      case .nobody: 3
      }
    }
    return reports.sorted { a, b in
      if rank(a) != rank(b) { return rank(a) < rank(b) }
      if rank(a) == 1, a.run.decideBy != b.run.decideBy { return a.run.decideBy ?? .max < b.run.decideBy ?? .max }
      if a.run.proposedAt != b.run.proposedAt {
        return (a.run.proposedAt < b.run.proposedAt) == (rank(a) < 3)
      }
      return a.run.id < b.run.id
    }
  }

  /// - Parameters:
  ///   - total: how many there are altogether, when not all of them are given.
  ///   - freeze: that holds now.
  ///   - breakers: that are open now.
  func text(
    _ reports: [RunReport], total: Int? = nil, freeze: Freeze?, breakers: [OpenBreaker] = [], now: Int64
  ) -> String {
    let reports = Self.ordered(reports)
    let time = ScreenTime(now: now)
    var text = ""
    if reports.isEmpty {
      text += "No runs.\n"
    } else {
      text += table(reports, time)
      if let total, total > reports.count { text += "… \(CountText.count(total - reports.count, "more run"))\n" }
      text += "\n"
    }
    let demanding = reports.filter { $0.demand != nil }
    for report in demanding.prefix(5) {
      guard let demand = report.demand else { continue }
      let id = ScreenText.name(report.run.id)
      text += line("\(id) needs you: \(demand)", command: "stella runs show \(id)")
    }
    if demanding.count > 5 {
      text += "… \(CountText.count(demanding.count - 5, "more run needs", "more runs need")) you\n"
    }
    for breaker in breakers { text += line(Self.text(breaker, time), command: "stella doctor") }
    return text + FreezeText.line(freeze, time: time, width: terminal.columns ?? 120)
  }

  /// What is to be done has a line of its own where one is too short for both.
  private func line(_ text: String, command: String) -> String {
    let whole = "\(text) → \(command)"
    guard let width = terminal.columns, ScreenText.columns(whole) > width else { return whole + "\n" }
    return ScreenText.cut(text, to: width) + "\n" + ScreenText.cut("  → \(command)", to: width) + "\n"
  }

  private static func text(_ breaker: OpenBreaker, _ time: ScreenTime) -> String {
    let end = breaker.closesAt.map { "until \(time.clock($0))" } ?? "before the runs that wait are dealt with"
    return "breaker: OPEN on \(ScreenText.name(breaker.target)), nothing begins there \(end)"
  }

  private struct Column: Sendable {
    var title: String
    var isFlexible = false
    /// Terminals that are narrower do without it.
    var minimum = 0
    var cell: @Sendable (RunReport, ScreenTime) -> String
  }

  private static let columns: [Column] = [
    Column(title: "ID") { report, _ in ScreenText.name(report.run.id, width: 16) },
    Column(title: "FIX", isFlexible: true) { report, _ in ScreenText.name(report.run.fix) },
    Column(title: "TARGET", isFlexible: true) { report, _ in
      guard let first = report.run.targets.first else { return "–" }
      return ScreenText.name(first) + (report.run.targets.count > 1 ? " +\(report.run.targets.count - 1)" : "")
    },
    Column(title: "EFFECTS", isFlexible: true, minimum: 80) { report, _ in
      let rows = report.run.rowCount
      if report.run.digest == nil { return "–" }
      return "\(report.run.effectCount)" + (rows == 0 ? "" : " (\(rows) \(rows == 1 ? "row" : "rows"))")
    },
    Column(title: "VOTES", minimum: 80) { report, _ in report.votes },
    Column(title: "DECIDE BY", isFlexible: true) { report, time in
      report.deadline.map { time.distance($0.time) + ($0.isUrgent ? "!" : "") } ?? "–"
    },
    Column(title: "REQUESTED BY", isFlexible: true, minimum: 100) { report, _ in ScreenText.name(report.run.requestedBy)
    },
    Column(title: "STATE") { report, _ in report.run.state.shown + (report.isLate ? ", too late" : "") },
  ]

  private func table(_ reports: [RunReport], _ time: ScreenTime) -> String {
    let width = terminal.columns
    let columns = Self.columns.filter { $0.minimum <= width ?? .max }
    var table = TextTable(columns.map { TextTable.Column($0.title, isFlexible: $0.isFlexible) })
    for report in reports { table.add(columns.map { $0.cell(report, time) }) }
    guard let width else { return table.text(for: terminal) }
    // The titles are set off; all other lines hold names, and none of them may reach the next line.
    let lines = table.text(for: terminal).split(separator: "\n")
    return lines.enumerated().reduce(into: "") { text, line in
      text += (line.offset == 0 ? String(line.element) : ScreenText.cut(String(line.element), to: width)) + "\n"
    }
  }
}

/// Whether effects are stopped, on one line.
enum FreezeText {
  static func line(_ freeze: Freeze?, time: ScreenTime, width: Int) -> String {
    guard let freeze else { return "freeze: none\n" }
    let start = "freeze: ALL EFFECTS ARE STOPPED by \(ScreenText.name(freeze.by)) since \(time.clock(freeze.since)): "
    return ScreenText.cut(start + ScreenText.quoted(freeze.reason, width: max(20, width - start.count)), to: width)
      + "\n"
  }
}

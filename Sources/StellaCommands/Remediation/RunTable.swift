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
  func text(_ reports: [RunReport], total: Int? = nil, freeze: Freeze?, now: Int64) -> String {
    let reports = Self.ordered(reports)
    let time = ScreenTime(now: now)
    var text = ""
    if reports.isEmpty {
      text += "No runs.\n"
    } else {
      var table = TextTable([
        .init("ID"), .init("FIX", isFlexible: true), .init("TARGET", isFlexible: true),
        .init("EFFECTS", isFlexible: true),
        .init("VOTES"), .init("DECIDE BY", isFlexible: true), .init("REQUESTED BY", isFlexible: true), .init("STATE"),
      ])
      for report in reports { table.add(cells(report, time)) }
      text += table.text(for: terminal)
      if let total, total > reports.count { text += "… \(total - reports.count) more runs\n" }
      text += "\n"
    }
    let demanding = reports.filter { $0.demand != nil }
    for report in demanding.prefix(5) {
      guard let demand = report.demand else { continue }
      let id = ScreenText.name(report.run.id)
      text += "\(id) needs you: \(demand) → stella runs show \(id)\n"
    }
    if demanding.count > 5 { text += "… \(demanding.count - 5) more runs need you\n" }
    return text + FreezeText.line(freeze, time: time, width: terminal.columns ?? 120)
  }

  private func cells(_ report: RunReport, _ time: ScreenTime) -> [String] {
    let run = report.run
    let rows = run.rowCount == 0 ? "" : " (\(run.rowCount) \(run.rowCount == 1 ? "row" : "rows"))"
    let targets = run.targets.map { ScreenText.name($0) }
    return [
      ScreenText.name(run.id), ScreenText.name(run.fix),
      targets.isEmpty ? "–" : (targets.first ?? "") + (targets.count > 1 ? " +\(targets.count - 1)" : ""),
      run.digest == nil ? "–" : "\(run.effectCount)\(rows)", report.votes,
      report.deadline.map { time.distance($0.time) + ($0.isUrgent ? "!" : "") } ?? "–",
      ScreenText.name(run.requestedBy), run.state.shown,
    ]
  }
}

/// Whether effects are stopped, on one line.
enum FreezeText {
  static func line(_ freeze: Freeze?, time: ScreenTime, width: Int) -> String {
    guard let freeze else { return "freeze: none\n" }
    let start = "freeze: ALL EFFECTS ARE STOPPED by \(ScreenText.name(freeze.by)) since \(time.clock(freeze.since)): "
    return start + ScreenText.quoted(freeze.reason, width: max(20, width - start.count)) + "\n"
  }
}

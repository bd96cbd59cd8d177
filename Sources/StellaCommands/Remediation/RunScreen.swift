import StellaModel
import StellaRemediation

/// `approvals show` and `runs show`: on one screen what will change, where, why, who asked, what can't be undone, the votes,
/// the deadlines, and the exact command to approve this plan.
///
/// Labels at the start of a line, and lines without one, are the engine's own. All that comes from data stands behind a label
/// or a bar, in quotes unless it is a plain word, escaped, and cut with a count.
struct RunScreen {
  let report: RunReport
  let terminal: Terminal
  /// Whether every effect is shown in full, however many there are.
  var showsAllEffects = false

  /// Of plans with more effects, one of each kind is shown in full, and the others are counted.
  static let detailedEffects = 6
  /// Kinds at most.
  static let kindLimit = 12

  var run: Run { report.run }
  var time: ScreenTime { ScreenTime(now: report.now) }

  func text() -> String {
    var lines = ScreenLines(terminal)
    head(&lines)
    why(&lines)
    plan(&lines)
    decision(&lines)
    steps(&lines)
    commands(&lines)
    return lines.text
  }

  private func head(_ lines: inout ScreenLines) {
    var fix = ScreenText.name(run.id) + "  " + ScreenText.name(run.fix)
    if let content = report.plan?.content {
      fix += " @ \(content.fixDigest.hexadecimal.prefix(8)), API \(content.apiLevel)"
    }
    lines.field("Run", fix + ", file \(ScreenText.name(run.fixFile))")
    lines.field("Title", ScreenText.quoted(run.fixTitle, width: lines.valueWidth, isAlone: true))
    if let origin = run.rollsBack { lines.field("", "takes back what \(ScreenText.name(origin)) applied") }
    var state = run.state.shown
    if report.isLate {
      state += ", and the time to \(run.state == .awaiting ? "decide" : "begin") is over"
    } else if run.state == .awaiting {
      state += ", \(report.quorum.approvals) of \(report.quorum.approvalCount) votes; needs \(report.quorum.needsText)"
    }
    lines.field("State", state)
    if !run.detail.isEmpty { lines.quoted(run.detail) }
    if let demand = report.demand { lines.field("", "needs a person: \(demand)") }
    if let next = run.supersededBy { lines.field("", "its place has \(ScreenText.name(next))") }
    if let former = run.supersedes {
      lines.field("", "takes the place of \(ScreenText.name(former)), whose votes don't count here")
    }
  }

  private func why(_ lines: inout ScreenLines) {
    if let alert = AlertReason(report.alert) {
      lines.field("Why", alert.head(time))
      for line in alert.lines(time, width: lines.valueWidth) { lines.field("", line) }
    } else if !run.rule.isEmpty {
      lines.field("Why", "rule \(ScreenText.name(run.rule)), alert \(ScreenText.name(String(run.alert.prefix(12))))")
    } else {
      let isProgram = Caller.owner(ofTokenActor: run.requestedBy) != nil
      lines.field("Why", isProgram ? "a program asked for it, with a token" : "a person asked for it")
    }
    if let earlier = report.earlierAttempts {
      let rate = report.policy.attempts
      lines.field(
        "", "\(earlier) earlier runs for the same subject within \(DurationText.text(rate.within)), limit \(rate.count)"
      )
    }
    var asked = "\(ScreenText.name(run.requestedBy)) at \(time.clock(run.proposedAt))"
    if !run.reason.isEmpty {
      asked += " " + ScreenText.quoted(run.reason, width: max(20, lines.valueWidth - asked.count - 1))
    }
    lines.field("Asked by", asked)
    if !run.editors.isEmpty {
      lines.field(
        "Edited by",
        run.editors.prefix(5).map { ScreenText.name($0) }.joined(separator: ", ") + more(run.editors.count - 5))
    }
    for note in report.notes.prefix(5) {
      lines.field("Note", ScreenText.quoted(note, width: lines.valueWidth, isAlone: true))
    }
    if report.notes.count > 5 { lines.field("", "… \(CountText.count(report.notes.count - 5, "more note"))") }
  }

  func more(_ count: Int) -> String { count > 0 ? " … \(count) more" : "" }
}

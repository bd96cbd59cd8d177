import StellaModel
import StellaRemediation

extension RunScreen {
  /// Votes, the viewer's right, deadlines, and what stands in the way.
  func decision(_ lines: inout ScreenLines) {
    let quorum = report.quorum
    if let decider = quorum.decider { lines.field("Votes", "none needed: decided by \(decider)") }
    for (index, standing) in quorum.votes.prefix(20).enumerated() {
      lines.field(index == 0 ? "Votes" : "", vote(standing, lines))
    }
    if quorum.votes.count > 20 { lines.field("", "… \(CountText.count(quorum.votes.count - 20, "more vote"))") }
    if quorum.votes.isEmpty, quorum.decider == nil { lines.field("Votes", "none") }
    lines.field("Policy", "\(ScreenText.name(report.policy.name)): \(quorum.needsText)")
    if run.state == .awaiting, !report.isLate {
      lines.paragraph("You", viewer)
      if let problem = quorum.problem { lines.paragraph("Warning", problem) }
    }
    deadlines(&lines)
    if let freeze = report.freeze {
      lines.field(
        "Freeze",
        String(FreezeText.line(freeze, time: time, width: lines.valueWidth).dropFirst("freeze: ".count).dropLast()))
    }
  }

  private func vote(_ standing: Quorum.Standing, _ lines: ScreenLines) -> String {
    let groups = standing.groups.isEmpty ? "" : " (\(standing.groups.joined(separator: ", ")))"
    let who = standing.person ?? ScreenText.name(standing.vote.voter)
    var text = "\(standing.vote.decision.rawValue) by \(who)\(groups) \(time.clock(standing.vote.time)) "
    text += standing.bar.map { "doesn't count: \(Self.shown($0))" } ?? "counts"
    if !standing.vote.reason.isEmpty {
      text +=
        " " + ScreenText.quoted(standing.vote.reason, width: max(16, lines.valueWidth - DisplayWidth.of(text) - 1))
    }
    return text
  }

  /// Some clauses hold a name that anybody could have made up; only known people's are plain words.
  static func shown(_ bar: VoteBar) -> String {
    switch bar {
    case .unknown(let name): "\(ScreenText.name(name)) is no user of stella.yaml"
    case .otherRun(let run): "it was for \(ScreenText.name(run))"
    default: bar.sentence
    }
  }

  private var viewer: String {
    switch report.viewer {
    case .nobody(let who, let reason):
      return
        "\(ScreenText.name(who)) may not approve: \(ScreenText.quoted(reason, width: 200)). \(report.quorum.eligibleSentence)"
    case .person(let name):
      guard let bar = report.quorum.bar(of: name) else { return "\(ScreenText.name(name)) may approve" }
      return "may not approve: \(Self.shown(bar)). \(report.quorum.eligibleSentence)"
    }
  }

  private func deadlines(_ lines: inout ScreenLines) {
    let policy = report.policy
    if let deadline = report.deadline {
      let urgent = deadline.isUrgent ? " — SOON" : ""
      let passed = deadline.time <= report.now ? " — OVER" : urgent
      lines.field(
        "Deadline", "\(deadline.name) \(time.clock(deadline.time)) (\(time.distance(deadline.time)))\(passed)")
    }
    if run.state == .awaiting, !report.isLate {
      lines.field("", "execute within \(DurationText.text(policy.executeWithin)) of the last vote")
    }
    guard run.state == .awaiting || run.state == .approved || run.state == .frozen, !policy.windows.isEmpty else {
      return
    }
    if let closed = policy.closedWindows(at: report.now) {
      lines.field("Window", "closed" + (closed.opens.map { ", opens \(time.clock($0))" } ?? ""))
    } else if let closes = policy.windowCloses(after: report.now) {
      lines.field("Window", "open until \(time.clock(closes))")
    }
    for window in policy.windows.flatMap({ $0 }).prefix(5) { lines.field("", window.description) }
  }

  /// What became of each group of effects.
  func steps(_ lines: inout ScreenLines) {
    guard !report.steps.isEmpty else { return }
    lines.line()
    let groups = report.plan?.groups ?? []
    for (index, step) in report.steps.prefix(60).enumerated() {
      let effects = groups.first { $0.number == step.group }?.effects
      let what =
        effects.map { $0.count == 1 ? "e\($0.lowerBound)" : "e\($0.lowerBound) to e\($0.upperBound)" }
        ?? "group \(step.group)"
      let state =
        switch step.state {
        case .intended: "begun \(time.clock(step.intendedAt)), OUTCOME NOT KNOWN"
        case .applied: "applied \(step.endedAt.map { time.clock($0) } ?? "")"
        case .notApplied: "not applied \(step.endedAt.map { time.clock($0) } ?? "")"
        case .drifted: "not applied, its target had changed \(step.endedAt.map { time.clock($0) } ?? "")"
        }
      let text = "\(what) \(state)"
      let label = index == 0 ? "Steps" : ""
      let room = lines.valueWidth - DisplayWidth.of(text) - 1
      let detail = step.detail.isEmpty ? [] : ScreenText.quotedLines(step.detail, width: room, lines: 2)
      if room >= 16, detail.count == 1 {
        lines.field(label, "\(text) \(detail[0])")
      } else {
        lines.field(label, text)
        if !detail.isEmpty { lines.quoted(step.detail) }
      }
    }
    if report.steps.count > 60 { lines.field("", "… \(CountText.count(report.steps.count - 60, "more step"))") }
    if let ended = run.endedAt {
      lines.field(
        "Ended",
        "\(time.clock(ended)), \(run.state.shown), \(ScreenTime.length(max(0, ended - run.proposedAt))) after it was asked for"
      )
    }
  }

  /// What can be done now, as commands to be copied. Only the run's id and digest are in them.
  func commands(_ lines: inout ScreenLines) {
    // An id that is anything but a word comes from nobody but a forger, and must not be pasted.
    guard run.id.utf8.allSatisfy({ $0 == 0x2d || (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }) else {
      return
    }
    let id = run.id
    switch run.state {
    case .awaiting where run.id == Preview.runID:
      lines.line()
      lines.line("Nothing is recorded, and nobody is asked. To ask for it, give the same command with --propose.")
    case .awaiting where report.isLate, .approved where report.isLate, .expired:
      offer("It can't be decided on or begun any more. Ask for it anew:", run.askingAnew, &lines)
    case .awaiting:
      guard let digest = report.plan?.digest ?? run.digest else { return }
      lines.line()
      lines.line("Approve exactly this plan:")
      lines.raw("  stella approvals approve \(id) --digest \(digest.short) --reason \"…\"\n")
      lines.line("Reject it, for good:")
      lines.raw("  stella approvals reject \(id) --digest \(digest.short) --reason \"…\"\n")
    case .unknown, .rollbackUnknown:
      offer("Find out at the target, then say so:", "stella runs reconcile \(id) --applied --reason \"…\"", &lines)
      lines.raw("  stella runs reconcile \(id) --not-applied --reason \"…\"\n")
    case .approved, .checking, .applying, .stopped, .verifying:
      offer("If no runner is there:", "stella runs execute \(id)", &lines)
    case .partial, .rollbackConflict, .rollbackFailed, .succeeded, .ineffective:
      guard run.rollsBack == nil else { return }
      offer("Take back what was applied:", "stella runs rollback \(id)", &lines)
      if RunState.next(run.state, .accepted) != nil {
        offer("Or leave it as it stands:", "stella runs accept \(id) --reason \"…\"", &lines)
      }
    case .superseded:
      guard let next = run.supersededBy, next.utf8.allSatisfy({ $0 != 0x20 }) else { return }
      offer("The plan that has its place:", "stella approvals show \(ScreenText.name(next)) --diff \(id)", &lines)
    default: break
    }
  }

  private func offer(_ what: String, _ command: String, _ lines: inout ScreenLines) {
    lines.line()
    lines.line(what)
    lines.raw("  \(command)\n")
  }
}

import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaServer

extension RemediationDesk {
  /// Does what `request` asks for, in the name of `viewer`. The one way, whoever asks: the command line comes here by itself
  /// where no server runs, and through the server's routes where one does.
  ///
  /// - Throws: whatever ``FailureReport`` knows the status of.
  func answer(_ request: OperatorRequest, for viewer: Viewer, as layout: AnswerLayout) throws -> OperatorAnswer {
    switch request {
    case .list(let filter): try list(filter, viewer, layout)
    case .show(let id, let isWhole, let former): try show(id, isWhole, former, viewer, layout)
    case .state(let id): try state(id, layout)
    case .approve(let id, let digest, let reason, isAlone: false):
      try vote(.approve, id, digest, reason, viewer, layout)
    case .approve(let id, let digest, let reason, isAlone: true):
      try change(viewer, layout) { try remediation.breakGlass(on: id, by: $0, digest: digest, reason: reason) }
    case .reject(let id, let digest, let reason): try vote(.reject, id, digest, reason, viewer, layout)
    case .review(let id, let reason):
      try change(viewer, layout) { try remediation.review(id, by: $0, reason: reason) }
    case .withdraw(let id, let reason):
      try withdraw(id, reason, viewer, layout)
    case .replan(let id): try replan(id, viewer, layout)
    case .execute(let id): try execute(id, viewer, layout)
    case .rollback(let id): try rollback(id, viewer, layout)
    case .reconcile(let id, let finding, let reason): try reconcile(id, finding, reason, viewer, layout)
    case .accept(let id, let reason):
      try change(viewer, layout) { try remediation.accept(id, by: $0, reason: reason) }
    case .freezeStatus: try freezeStatus(layout)
    case .freeze(let reason): try setFreeze(true, reason, viewer, layout)
    case .thaw(let reason): try setFreeze(false, reason, viewer, layout)
    case .whoami: Whoami(viewer: viewer).answer(layout)
    case .alerts(let filter): try alerts(filter, layout)
    case .alert(let id): try alert(id, layout)
    case .acknowledge(let id, let reason): try acknowledge(id, reason, viewer, layout)
    case .resolve(let id, let reason): try resolve(id, reason, viewer, layout)
    case .silence(let rule, let key, let length, let reason): try silence(rule, key, length, reason, viewer, layout)
    case .unsilence(let number): try unsilence(number, viewer, layout)
    case .history(let rule, let key, let limit):
      try history(
        rule, key, limit, masking: viewer.seesMasked(request) ? try PrivacyRules.viewers(configuration) : nil, layout)
    case .rules(let request): try answer(request, of: nil, for: viewer, as: layout)
    case .fixes(let request): try answer(request, for: viewer, as: layout)
    case .mutes: try mutes(layout)
    case .log(let request): try answer(request, as: layout)
    case .access(let request): try answer(request, for: viewer, as: layout)
    case .notifications(let request): try answer(request, for: viewer, as: layout)
    case .health(let request): try answer(request, for: viewer, as: layout)
    case .top: throw CommandFailure(.notFound, "only the process that the engine runs in can say how it fares.")
    }
  }

  private func list(_ filter: OperatorRequest.Filter, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer
  {
    var query = RunQuery()
    query.states = filter.states
    query.fix = filter.fix
    query.limit = filter.limit
    let (reports, total, freeze) = try remediation.reports(query, viewer: viewer.report)
    var answer = OperatorAnswer()
    answer.isList = true
    answer.body =
      switch layout {
      case .json: RunTable.ordered(reports).map { RunJSON.line($0) + "\n" }.joined()
      case .text:
        RunTable(terminal: layout.terminal).text(
          reports, total: total, freeze: freeze, breakers: try remediation.openBreakers(),
          now: remediation.journal.time.now())
      }
    return answer
  }

  private func show(
    _ id: String, _ isWhole: Bool, _ former: String?, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let report = try report(on: id, for: viewer)
    guard case .text = layout, let former else { return screen(report, layout, isWhole: isWhole) }
    guard let old = try self.report(on: former, for: viewer).plan, let new = report.plan else {
      throw CommandFailure(.notFound, "one of the two runs has no plan, so that there is nothing to compare")
    }
    var answer = OperatorAnswer()
    answer.body = PlanDifferenceScreen(
      difference: PlanDifference(from: old, to: new), terminal: layout.terminal
    ).text()
    answer.run = report.place
    return answer
  }

  func screen(_ report: RunReport, _ layout: AnswerLayout, isWhole: Bool = false) -> OperatorAnswer {
    var answer = OperatorAnswer()
    answer.run = report.place
    answer.body =
      switch layout {
      case .json: RunJSON.full(report) + "\n"
      case .text: RunScreen(report: report, terminal: layout.terminal, showsAllEffects: isWhole).text()
      }
    return answer
  }

  private func state(_ id: String, _ layout: AnswerLayout) throws -> OperatorAnswer {
    guard let run = try store.readRuns({ try $0.run(id) }) else {
      throw RemediationError(.notFound, "there is no run \(id). `stella runs list` shows those that there are.")
    }
    var answer = OperatorAnswer()
    answer.run = OperatorAnswer.Place(id: run.id, state: run.state)
    answer.body =
      switch layout {
      case .json:
        FieldValue.object([
          .init("id", .string(run.id)), .init("state", .string(run.state.rawValue)),
          .init("detail", .string(run.detail)),
        ]).json + "\n"
      case .text: Self.line(run)
      }
    return answer
  }

  private static func line(_ run: Run) -> String {
    TextEscaping.oneLine("\(run.id)  \(run.state.shown)" + (run.detail.isEmpty ? "" : "  \(run.detail)")) + "\n"
  }

  /// Where the run is: on a line, or all of it as JSON.
  private func line(_ id: String, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let report = try report(on: id, for: viewer)
    guard case .text = layout else { return screen(report, layout) }
    var answer = OperatorAnswer()
    answer.run = report.place
    answer.body = Self.line(report.run)
    return answer
  }

  // MARK: - Decisions

  private func vote(
    _ decision: RunVote.Decision, _ id: String, _ digest: String, _ reason: String, _ viewer: Viewer,
    _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let outcome = try remediation.vote(decision, on: id, by: try viewer.voter(), digest: digest, reason: reason)
    let notes = sealed()
    var answer: OperatorAnswer
    switch layout {
    case .json: answer = try line(id, viewer, layout)
    case .text:
      answer = OperatorAnswer()
      answer.body = said(outcome, decision)
      answer.run = OperatorAnswer.Place(id: outcome.run.id, state: outcome.run.state)
    }
    answer.notes = notes
    if outcome.run.state == .awaiting { answer.status = .quorumOpen }
    return answer
  }

  private func said(_ outcome: DecisionOutcome, _ decision: RunVote.Decision) -> String {
    let run = outcome.run
    let time = ScreenTime(now: remediation.journal.time.now())
    let plan = run.digest.map { "plan \($0.short)" } ?? ""
    let first =
      "\(outcome.isRepeated ? "Recorded before" : "Recorded as #\(outcome.record)"): you \(decision.rawValue) \(plan) of "
      + ScreenText.name(run.id)
    let second =
      switch run.state {
      case .awaiting:
        "Votes     \(outcome.quorum.approvals) of \(outcome.quorum.approvalCount). \(outcome.quorum.eligibleSentence)."
      case .approved: "Approved" + (run.executeBy.map { ", to be executed by \(time.clock($0))" } ?? "")
      default: "State     \(run.state.shown)"
      }
    return first + "\n" + second + "\n"
  }

  /// Does something to a run in the viewer's name, signs the log, and says where the run is then.
  private func change(
    _ viewer: Viewer, _ layout: AnswerLayout, _ body: (_ voter: String) throws -> Run
  ) throws -> OperatorAnswer {
    let run = try body(try viewer.voter())
    let notes = sealed()
    var answer = try line(run.id, viewer, layout)
    answer.notes = notes
    return answer
  }

  private func withdraw(
    _ id: String, _ reason: String, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let actor = try viewer.actor()
    let name = viewer.person?.name ?? ""
    // Only a session decides about what others asked for.
    let token = viewer.isToken || viewer.means == .issued ? actor : nil
    let run = try remediation.withdraw(id, by: name, token: token, reason: reason)
    let notes = sealed()
    var answer = try line(run.id, viewer, layout)
    answer.notes = notes
    return answer
  }

  private func replan(_ id: String, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let remediation = remediation
    let actor = try viewer.actor()
    let run = try EngineThread.run { try remediation.replan(id, by: actor) }
    let notes = sealed()
    var answer = try line(run.id, viewer, layout)
    answer.notes = notes
    if answer.run?.id != id { answer.status = .conflict }
    return answer
  }

  private func rollback(_ id: String, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let run = try remediation.requestRollback(of: id, by: try viewer.actor())
    let notes = sealed()
    var answer = screen(try report(on: run.id, for: viewer), layout)
    answer.notes = notes
    return answer
  }

  private func reconcile(
    _ id: String, _ finding: OperatorRequest.Finding, _ reason: String, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    var answer = try change(viewer, layout) {
      try remediation.reconcile(id, isApplied: finding == .applied, by: $0, reason: reason)
    }
    if try !RunnerLease.isHeld(directory), let run = answer.run {
      answer.notes.append(
        OperatorAnswer.Note(
          "No engine is running that goes on with it. Do it now: stella runs execute \(run.id)", isHint: true))
    }
    return answer
  }

  // MARK: - Carrying out

  private func execute(_ id: String, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    if let run = try store.readRuns({ try $0.run(id) }), run.state == .expired { throw Self.notApproved(run) }
    let lease = try RunnerLease(directory, holder: "stella runs execute")
    defer { withExtendedLifetime(lease) {} }
    // What keeps it from beginning may be no more than that nothing has asked the anchors lately.
    if remediation.anchorHold != nil { _ = sealed() }
    let remediation = remediation
    let end = EndRequest()
    let run = try end.whileListening {
      Console.standard.note("stella: ends after the effect that is under way; a second signal ends it at once")
    } _: { () -> Run in
      let runner = try Runner(remediation, holder: "stella runs execute") { end.isMade }
      let recovered = try runner.recover()
      let left = recovered.first { $0.id == id && $0.state != .approved }
      var run = try left ?? runner.execute(id)
      // Nobody else looks for what may still arrive.
      while !end.isMade, let left = try runner.arrivalLeft(of: run) {
        usleep(UInt32(min(left, .milliseconds(500)) / .microseconds(1)))
        run = try runner.goOn(run)
      }
      return run
    }
    let notes = sealed()
    var answer = screen(try report(on: id, for: viewer), layout)
    answer.notes = notes
    answer.status = RunEnd.status(run.state)
    if end.isMade, run.state.turn == .runner {
      answer.status = .interrupted
      answer.notes.append(OperatorAnswer.Note("stella: interrupted. Go on with it: stella runs execute \(id)"))
    }
    return answer
  }

  /// The answer to ``OperatorRequest/execute(_:)`` of a process whose own runner takes up what is approved: where the run is now.
  ///
  /// - Throws: ``RemediationError`` when no runner will take it up, as it is.
  func handOver(_ id: String, for viewer: Viewer, as layout: AnswerLayout) throws -> OperatorAnswer {
    let answer = try line(id, viewer, layout)
    let (run, freeze) = try store.readRuns { (try $0.run(id), try $0.freeze()) }
    guard let run else { throw RemediationError(.conflict, "\(id) is gone, not approved.") }
    guard run.state.turn == .runner else { throw Self.notApproved(run) }
    if run.state == .approved, let freeze {
      throw RemediationError(.frozen, "all effects are stopped since \(freeze.by) froze them: \(freeze.reason)")
    }
    return answer
  }

  private static func notApproved(_ run: Run) -> RemediationError {
    let detail = run.detail.isEmpty ? "" : " (\(run.detail))"
    let anew = run.state == .expired ? " Ask for it anew: \(run.askingAnew)" : ""
    return RemediationError(.conflict, "\(run.id) is \(run.state.rawValue)\(detail), not approved.\(anew)")
  }

  // MARK: - The freeze

  private func freezeStatus(_ layout: AnswerLayout) throws -> OperatorAnswer {
    let freeze = try store.readRuns { try $0.freeze() }
    var answer = OperatorAnswer()
    switch layout {
    case .json:
      var members: [FieldValue.Member] = [.init("frozen", .bool(freeze != nil))]
      if let freeze {
        members += [
          .init("by", .string(freeze.by)), .init("reason", .string(freeze.reason)),
          .init("since", .string(Timestamp.text(freeze.since))),
        ]
      }
      answer.body = FieldValue.object(members).json + "\n"
    case .text(let columns, _):
      answer.body = FreezeText.line(
        freeze, time: ScreenTime(now: remediation.journal.time.now()), width: columns ?? 120)
    }
    if freeze != nil { answer.status = .frozen }
    return answer
  }

  /// Anybody who is known may stop effects; letting them go on needs an approver or admin.
  private func setFreeze(
    _ isFrozen: Bool, _ reason: String, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let voter = try isFrozen ? viewer.responder() : viewer.voter()
    let roles = viewer.person?.roles ?? []
    guard isFrozen || roles.contains(.approver) || roles.contains(.admin) else {
      throw CommandFailure(.notPermitted, "only an approver or admin can let effects go on")
    }
    _ = try store.withSpare { try remediation.setFreeze(isFrozen, by: voter, reason: reason) }
    let notes = sealed()
    var answer = OperatorAnswer()
    switch layout {
    case .json:
      answer = try freezeStatus(layout)
      answer.status = .done
    case .text:
      answer.body =
        (isFrozen ? "All effects are stopped. End it with: stella freeze clear --reason …" : "Effects go on.") + "\n"
    }
    answer.notes = notes
    return answer
  }
}

extension RunReport {
  var place: OperatorAnswer.Place { OperatorAnswer.Place(id: run.id, state: run.state) }
}

extension AnswerLayout {
  /// What screens are laid out for.
  var terminal: Terminal {
    switch self {
    case .json: Terminal(columns: nil, hasColor: false)
    case .text(let columns, let hasColor): Terminal(columns: columns, hasColor: hasColor)
    }
  }

  init(_ output: OutputMode, _ terminal: Terminal) {
    self =
      switch output {
      case .json: .json
      case .table: .text(columns: terminal.columns, hasColor: terminal.hasColor)
      }
  }
}

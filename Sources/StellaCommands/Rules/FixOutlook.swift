import StellaEngine
import StellaModel
import StellaRemediation
import StellaScripting

/// A fix that a rule's alert asks for, or would, and how far it has come for the key.
struct FixOutlook: Sendable {
  let fix: String
  /// Best first; for people.
  let reasons: [String]
  /// What its `when` says of the alert; nil without an alert.
  let when: WhenVerdict?
  /// Why it can't be asked for; nil where nothing is in the way.
  let problem: String?
  /// The alert that the event is part of, and the parameters of the fix for it; nil without one that fires or is over.
  var alert: Alert?
  var parameters: NamedValues?
  /// The last run of it for the rule and the key, or that a person asked for with the same parameters and that hasn't ended;
  /// nil when it was never asked for.
  var run: Run?
  /// Whether the deadline of the run is over.
  var isLate = false
  /// Whether the alert was over before anything was asked for.
  var isOver = false

  /// The fixes of one rule, best first, those that it suggests and nobody has at the end. Runs each `when` for the alert that
  /// the event is part of; see ``FixScript`` for the thread.
  ///
  /// - Parameters:
  ///   - manifest: of the rule that `explanation` is of.
  ///   - fixes: all that there are.
  static func of(_ explanation: RuleExplanation, _ manifest: RuleManifest, in fixes: FixSet) -> [FixOutlook] {
    if explanation.outcome == .passed || explanation.outcome == .excepted { return [] }
    // One that waits for its hold asks for nothing, and isn't whole yet.
    let alert =
      explanation.alerts.last { $0.status == .firing }
      ?? explanation.after?.alert.flatMap { $0.alert.status == .firing ? $0.alert : nil }
    let suggested = alert?.fixes ?? manifest.suggest
    let found = fixes.found(rule: manifest.id, type: alert?.type ?? manifest.type, suggested: suggested).map { found in
      var problem: String?
      var parameters: NamedValues?
      do {
        parameters = try alert.map { try FixPlanner.values(FixParameters(of: found.fix.manifest, from: $0)) }
      } catch let error as FixError {
        problem = "it can't be asked for: \(error.message). \(error.remedy)"
      } catch {
        problem = "it can't be asked for: \(error)"
      }
      return FixOutlook(
        fix: found.fix.manifest.id, reasons: found.reasons.map(\.description),
        when: alert.map { WhenVerdict(found.fix.when($0)) }, problem: problem,
        alert: alert ?? explanation.alerts.last { $0.status == .resolved }, parameters: parameters)
    }
    let missing = suggested.filter { fixes.fix($0) == nil }.map { id in
      let refusal = fixes.refusals.first { $0.id == id }?.errors.first.map { "it is refused: \($0)" }
      let hint = NearestName.of(id, in: fixes.fixes.map(\.manifest.id)).map { " Did you mean \($0)?" } ?? ""
      return FixOutlook(
        fix: id, reasons: [FixCandidate.Reason.suggested(place: (suggested.firstIndex(of: id) ?? 0) + 1).description],
        when: nil, problem: refusal ?? "no such fix is loaded.\(hint)")
    }
    return found + missing
  }

  /// As a sentence for people; not escaped.
  ///
  /// - Parameter isMuted: whether nothing follows from the alert.
  func line(isMuted: Bool) -> String {
    var parts = [reasons.joined(separator: ", ")]
    if let problem {
      parts.append(problem)
    } else {
      parts.append(isMuted ? "not asked for while it is muted" : when?.text ?? "asked for when the rule fires")
      parts.append(run.map(state) ?? (isOver ? "not asked for: the alert is over" : "never asked for"))
    }
    return "\(fix)  \(parts.joined(separator: "; "))"
  }

  private func state(_ run: Run) -> String {
    // Of several lines the first says what happened, and the run's screen the rest.
    let why = run.detail.isEmpty ? "" : " (\(run.detail.prefix { !$0.isNewline }))"
    let by = run.alert.isEmpty ? " by \(run.requestedBy)" : ""
    let late = isLate ? ", too late" : ""
    return
      "run \(run.id) of \(Timestamp.clock(run.proposedAt))\(by) \(run.state.shown)\(late)\(why) → stella runs show "
      + run.id
  }

  var object: FieldValue {
    .object([
      .init("fix", .string(fix)), .init("reasons", .array(reasons.map(FieldValue.string))),
      .init("when", when.map { .string($0.word) } ?? .null), .init("problem", problem.map(FieldValue.string) ?? .null),
      .init(
        "run",
        run.map { run in
          .object([
            .init("id", .string(run.id)), .init("state", .string(run.state.rawValue)),
            .init("proposed_at", .string(Timestamp.text(run.proposedAt))), .init("detail", .string(run.detail)),
          ])
        } ?? .null),
    ])
  }
}

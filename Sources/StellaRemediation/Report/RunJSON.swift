import StellaModel

/// Runs as JSON objects: one line each in lists, all of a run for `show`. Names of members don't change between versions;
/// members may be added.
package enum RunJSON {
  /// A line of `approvals list` and `runs list`.
  package static func line(_ report: RunReport) -> String { FieldValue.object(summary(report)).json }

  /// Everything that a screen about the run shows, and all rows.
  package static func full(_ report: RunReport) -> String {
    var members = summary(report)
    let run = report.run
    members += [
      .init("fix_file", .string(run.fixFile)), .init("alert_key", .string(run.alertKey)),
      .init("alert_fields", report.alert ?? .null), .init("rolls_back", text(run.rollsBack)),
      .init("parameters", .object(PlanJSON.members(run.parameters))),
      .init("reason", .string(run.reason)), .init("editors", .array(run.editors.map(FieldValue.string))),
      .init("notes", .array(report.notes.map(FieldValue.string))),
      .init("planned_at", time(run.plannedAt)), .init("checked_at", time(run.checkedAt)),
      .init("supersedes", text(run.supersedes)), .init("superseded_by", text(run.supersededBy)),
      .init("needs", .array(report.quorum.needs.map(need))),
      .init("votes", .array(report.quorum.votes.map(vote))),
      .init("eligible", .array(report.quorum.eligible.map(FieldValue.string))),
      .init("problem", text(report.quorum.problem)), .init("you", you(report)),
      .init("steps", .array(report.steps.map(step))),
      .init("freeze", report.freeze.map(freeze) ?? .null),
      .init("plan", report.plan.map(PlanJSON.plan) ?? .null),
    ]
    return FieldValue.object(members).json
  }

  private static func summary(_ report: RunReport) -> [FieldValue.Member] {
    let run = report.run
    return [
      .init("id", .string(run.id)), .init("state", .string(run.state.rawValue)), .init("fix", .string(run.fix)),
      .init("title", .string(run.fixTitle)), .init("targets", .array(run.targets.map(FieldValue.string))),
      .init("effects", .integer(Int64(run.effectCount))), .init("rows", .integer(Int64(run.rowCount))),
      .init("digest", text(run.digest?.description)), .init("policy", .string(report.policy.name)),
      .init("approvals", .integer(Int64(report.quorum.approvals))),
      .init("approvals_needed", .integer(Int64(report.quorum.approvalCount))),
      .init("decided_by", text(report.quorum.decider)), .init("rule", .string(run.rule)),
      .init("alert", .string(run.alert)),
      .init("requested_by", .string(run.requestedBy)), .init("proposed_at", time(run.proposedAt)),
      .init("decide_by", time(run.decideBy)), .init("execute_by", time(run.executeBy)),
      .init("ended_at", time(run.endedAt)),
      .init("needs_person", .bool(report.demand != nil)), .init("detail", .string(run.detail)),
    ]
  }

  private static func text(_ text: String?) -> FieldValue { text.map(FieldValue.string) ?? .null }

  private static func time(_ time: Int64?) -> FieldValue { text(time.map(Timestamp.text)) }

  private static func need(_ need: Quorum.Need) -> FieldValue {
    .object([
      .init("group", text(need.group)), .init("count", .integer(Int64(need.count))),
      .init("have", .integer(Int64(need.have))),
    ])
  }

  private static func vote(_ standing: Quorum.Standing) -> FieldValue {
    .object([
      .init("voter", .string(standing.vote.voter)), .init("person", text(standing.person)),
      .init("groups", .array(standing.groups.map(FieldValue.string))),
      .init("decision", .string(standing.vote.decision.rawValue)),
      .init("digest", .string(standing.vote.digest.description)), .init("reason", .string(standing.vote.reason)),
      .init("time", time(standing.vote.time)), .init("counts", .bool(standing.bar == nil)),
      .init("why_not", text(standing.bar?.code)),
    ])
  }

  private static func you(_ report: RunReport) -> FieldValue {
    let name: String
    switch report.viewer {
    case .person(let person): name = person
    case .nobody(let who, _): name = who
    }
    return .object([
      .init("name", .string(name)),
      .init("may_approve", .bool(report.viewerBar == nil && report.run.state == .awaiting)),
      .init(
        "why_not", text(report.viewerBar ?? (report.run.state == .awaiting ? nil : "the run is not waiting for votes"))),
    ])
  }

  private static func step(_ step: RunStep) -> FieldValue {
    .object([
      .init("group", .integer(Int64(step.group))), .init("state", .string(step.state.rawValue)),
      .init("detail", .string(step.detail)), .init("epoch", .integer(step.epoch)),
      .init("intended_at", time(step.intendedAt)), .init("ended_at", time(step.endedAt)),
    ])
  }

  private static func freeze(_ freeze: Freeze) -> FieldValue {
    .object([
      .init("by", .string(freeze.by)), .init("reason", .string(freeze.reason)), .init("since", time(freeze.since)),
    ])
  }
}

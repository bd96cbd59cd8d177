import StellaModel

extension Run {
  /// Where the run is and what it is about, without its plan and parameters.
  package var json: String {
    var members: [FieldValue.Member] = [
      .init("id", .string(id)), .init("state", .string(state.rawValue)), .init("fix", .string(fix)),
      .init("title", .string(fixTitle)), .init("rule", .string(rule)), .init("alert", .string(alert)),
      .init("targets", .array(targets.map { .string($0) })), .init("effects", .integer(Int64(effectCount))),
      .init("rows", .integer(Int64(rowCount))), .init("policy", .string(policy)),
      .init("requested_by", .string(requestedBy)), .init("proposed_at", .string(Timestamp.text(proposedAt))),
    ]
    if let digest { members.append(.init("digest", .string("\(digest)"))) }
    if let decideBy { members.append(.init("decide_by", .string(Timestamp.text(decideBy)))) }
    if let endedAt { members.append(.init("ended_at", .string(Timestamp.text(endedAt)))) }
    if !detail.isEmpty { members.append(.init("detail", .string(detail))) }
    return FieldValue.object(members).json
  }
}

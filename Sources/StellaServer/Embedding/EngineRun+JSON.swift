import StellaEngine
import StellaModel

extension EngineRun {
  /// One line of JSON, with the names that the server and the command line have for the same.
  var json: String { FieldValue.object(members).json }

  /// The same with the plan.
  ///
  /// - Parameter plan: JSON; nil where there is none, or it may not be seen.
  func json(withPlan plan: String?) -> String {
    String(json.dropLast()) + #","plan":"# + (plan ?? "null") + "}"
  }

  private var members: [FieldValue.Member] {
    [
      .init("id", .string(id)), .init("state", .string(state.rawValue)), .init("fix", .string(fix)),
      .init("title", .string(title)), .init("targets", .array(targets.map(FieldValue.string))),
      .init("effects", .integer(Int64(effects))), .init("rows", .integer(Int64(rows))),
      .init("digest", text(digest)), .init("rule", .string(rule)), .init("alert", .string(alert)),
      .init("reason", .string(reason)), .init("safe", .bool(isSafe)), .init("proposed_at", time(proposedAt)),
      .init("decide_by", time(decideBy)), .init("ended_at", time(endedAt)), .init("rolls_back", text(rollsBack)),
      .init("detail", .string(detail)),
    ]
  }

  private func text(_ text: String?) -> FieldValue { text.map(FieldValue.string) ?? .null }

  private func time(_ time: Int64?) -> FieldValue { text(time.map(Timestamp.text)) }
}

import FoundationEssentials
import StellaModel

/// What notices need of a run, as the store's trigger has noted it.
struct RunText: Decodable {
  private let id: String
  private let fix: String
  private let title: String
  private let rule: String
  private let alert: String
  private let key: [String: AlertText.Value]
  private let targets: [String]
  private let effects: Int
  private let rows: Int
  private let detail: String
  private let decideBy: Int64?

  private enum CodingKeys: String, CodingKey {
    case id, fix, title, rule, alert, key, targets, effects, rows, detail
    case decideBy = "decide_by"
  }

  /// States that need a person, whatever the fix.
  private static let urgent: Set<String> = [
    "unknown", "partial", "rollback_unknown", "rollback_conflict", "rollback_failed",
  ]

  static func notice(_ change: NotificationChange) -> Notice? {
    guard let run = try? JSONDecoder().decode(RunText.self, from: Data(change.body.utf8)) else { return nil }
    let changes = "\(run.effects) \(run.effects == 1 ? "effect" : "effects") on \(run.targets.joined(separator: ", "))"
    var notice = Notice(
      kind: change.kind, state: .firing, subject: run.id, rule: run.rule, title: run.title, summary: "",
      startsAt: change.time)
    notice.labels = run.key.mapValues(\.text)
    notice.labels["run"] = run.id
    notice.labels["fix"] = run.fix
    notice.labels["state"] = change.state
    if !run.alert.isEmpty { notice.labels["alert"] = run.alert }
    switch change.kind {
    case .approval:
      notice.severity = .high
      notice.summary = "\(run.title) (\(run.id)) waits for approval: \(changes)"
      notice.actions = ["stella approvals show \(run.id)"]
      if let until = run.decideBy { notice.labels["decide_by"] = Timestamp.text(until) }
    default:
      let isGood = ["succeeded", "rolled_back"].contains(change.state)
      notice.severity = isGood ? .informational : urgent.contains(change.state) ? .critical : .medium
      let state = change.state.replacing("_", with: " ")
      notice.summary = "\(run.title) (\(run.id)): \(state)" + (run.detail.isEmpty ? "" : ": \(run.detail.prefix(500))")
      notice.actions = ["stella runs show \(run.id)"]
    }
    return notice
  }
}

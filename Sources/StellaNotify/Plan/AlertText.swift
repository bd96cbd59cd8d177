import FoundationEssentials
import StellaModel

/// What notices need of an alert's JSON.
struct AlertText: Decodable {
  /// A scalar as people read it; anything else as a mark that there is something.
  struct Value: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(String.self) {
        text = value
      } else if let value = try? container.decode(Int64.self) {
        text = String(value)
      } else if let value = try? container.decode(Bool.self) {
        text = String(value)
      } else if let value = try? container.decode(Double.self) {
        text = "\(value)"
      } else {
        text = container.decodeNil() ? "" : "…"
      }
    }
  }

  private struct Muted: Decodable {
    let cause: String
    let until: String?
  }

  private let id: String
  private let rule: String
  private let severity: Severity
  private let title: String
  private let summary: String
  private let key: [String: Value]
  private let labels: [String: Value]
  private let count: Int
  private let runbook: String?
  private let muted: Muted?
  private let firstSeen: String
  private let lastSeen: String
  private let actions: [String]

  private enum CodingKeys: String, CodingKey {
    case id, rule, severity, title, summary, key, labels, count, runbook, muted
    case firstSeen = "first_seen"
    case lastSeen = "last_seen"
    case actions = "suggested_actions"
  }

  /// Characters of a text at most.
  private static let textLimit = 1000

  /// The notice of a change of an alert; nil for what is no alert.
  ///
  /// - Returns: also whether nothing is to follow from it. Whether a silence holds is not asked of the alert, which says what was
  ///   so when it fired.
  static func notice(_ change: NotificationChange, _ state: Notice.State) -> (notice: Notice, isInShadow: Bool)? {
    guard let alert = try? JSONDecoder().decode(AlertText.self, from: Data(change.body.utf8)) else { return nil }
    var notice = Notice(
      kind: .alert, state: state, subject: alert.id, rule: alert.rule, title: cut(alert.title),
      summary: cut(alert.summary), startsAt: Timestamp.parse(alert.firstSeen) ?? change.time)
    notice.severity = alert.severity
    notice.labels = alert.labels.merging(alert.key) { $1 }.mapValues { cut($0.text) }
    notice.count = alert.count
    notice.runbook = alert.runbook
    notice.actions = alert.actions.prefix(10).map(cut)
    if state == .resolved { notice.endsAt = max(Timestamp.parse(alert.lastSeen) ?? change.time, notice.startsAt) }
    let cause = alert.muted.flatMap { Mute.Cause(rawValue: $0.cause) }
    if cause == .maintenance { notice.heldUntil = alert.muted?.until.flatMap(Timestamp.parse) }
    return (notice, cause == .shadow)
  }

  private static func cut(_ text: String) -> String {
    text.unicodeScalars.count <= textLimit
      ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(textLimit))) + "…"
  }
}

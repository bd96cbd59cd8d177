import StellaDetection
import StellaModel

/// An alert as the engine's store keeps it: its newest revision, and what people said about it.
public struct EngineAlert: Sendable, Hashable {
  /// What a person said.
  public struct Remark: Sendable, Hashable {
    /// Who, as `user:` and the name.
    public let by: String
    /// When, in nanoseconds since the epoch.
    public let time: Int64
    /// Why, as it was given: escape it where a person reads it.
    public let reason: String
  }

  /// The alert's ``Alert/id``.
  public let id: String
  /// The id of the rule that raised it.
  public let rule: String
  /// How bad it is.
  public let severity: Severity
  /// Where it stands.
  public let status: Alert.Status
  /// The rule's title, for people and escaped.
  public let title: String
  /// Matching events of the episode.
  public let count: Int
  /// Time of the first event of the episode, in nanoseconds since the epoch.
  public let firstSeen: Int64
  /// Time of its newest event, in nanoseconds since the epoch.
  public let lastSeen: Int64
  /// Somebody looks after it; nil when nobody said so.
  public let acknowledged: Remark?
  /// Somebody said that it is over, whatever its rule says; nil when nobody did.
  public let resolved: Remark?
  /// All of it as one line of JSON, without the line feed: ``Alert/json`` of the newest revision, and what people said under
  /// `acknowledged` and `resolved`.
  public let json: String
}

extension EngineAlert {
  init(_ alert: StoredAlert) {
    self.init(
      id: alert.id, rule: alert.rule, severity: alert.severity, status: alert.status,
      title: TextEscaping.oneLine(alert.title), count: alert.count, firstSeen: alert.firstSeen,
      lastSeen: alert.lastSeen, acknowledged: alert.acknowledged.map(Remark.init),
      resolved: alert.resolved.map(Remark.init), json: Self.json(alert))
  }

  /// ``json`` with another `event` than its rule's last: what a person said.
  func json(event: String) -> String {
    guard case .object(var members)? = try? JSONParser().parse(json) else { return json }
    members.removeAll { $0.name == "event" }
    return FieldValue.object([.init("event", .string(event))] + members).json
  }

  private static func json(_ alert: StoredAlert) -> String {
    guard case .object(var members)? = try? JSONParser().parse(alert.json) else { return "{}" }
    members.removeAll { $0.name == "status" }
    members.append(.init("status", .string(alert.status.rawValue)))
    for (name, remark) in [("acknowledged", alert.acknowledged), ("resolved", alert.resolved)] {
      guard let remark else { continue }
      members.append(
        .init(
          name,
          .object([
            .init("by", .string(remark.by)), .init("time", .string(Timestamp.text(remark.time))),
            .init("reason", .string(remark.reason)),
          ])))
    }
    return FieldValue.object(members).json
  }
}

extension EngineAlert.Remark {
  fileprivate init(_ remark: StoredAlert.Remark) {
    self.init(by: remark.by, time: remark.time, reason: remark.reason)
  }
}

/// What kept an alert from being told: which measure, who set it, why and until when.
public struct Mute: Sendable, Hashable {
  /// What keeps an alert back.
  public enum Cause: String, Sendable, Hashable, CaseIterable {
    /// Somebody said so while the engine ran.
    case silence
    /// A maintenance window of the configuration.
    case maintenance
    /// The rule runs in shadow mode: its alerts are shown, and nothing follows from them.
    case shadow
  }

  /// What keeps it back.
  public var cause: Cause
  /// The silence's number or the window's name; nil for shadow mode.
  public var name: String?
  /// Who wanted it so.
  public var by: String
  /// Why, for people.
  public var reason: String
  /// Nanoseconds since the epoch; nil for as long as the configuration says so.
  public var until: Int64?

  /// A mute of these parts.
  public init(_ cause: Cause, name: String? = nil, by: String, reason: String, until: Int64? = nil) {
    self.cause = cause
    self.name = name
    self.by = by
    self.reason = reason
    self.until = until
  }

  /// Whether people who look on see the alert all the same.
  public var isShown: Bool { cause == .shadow }
}

extension Mute {
  /// The object that the alert's JSON holds as `muted`.
  package var json: FieldValue {
    var members: [FieldValue.Member] = [.init("cause", .string(cause.rawValue))]
    if let name { members.append(.init("name", .string(name))) }
    members += [.init("by", .string(by)), .init("reason", .string(reason))]
    if let until { members.append(.init("until", .string(Timestamp.text(until)))) }
    return .object(members)
  }

  /// The mute that ``json`` is of; nil when it isn't one.
  package init?(_ json: FieldValue) {
    guard case .object(let members) = json else { return nil }
    func text(_ name: String) -> String? {
      if case .string(let text)? = members.first(where: { $0.name == name })?.value { text } else { nil }
    }
    guard let cause = text("cause").flatMap(Cause.init(rawValue:)), let by = text("by") else { return nil }
    self.init(
      cause, name: text("name"), by: by, reason: text("reason") ?? "", until: text("until").flatMap(Timestamp.parse))
  }
}

import StellaDetection
import StellaModel

/// Something that happened to an alert, as ``StellaEngine/StellaEngine/alertEvents`` tells it.
public struct EngineAlertEvent: Sendable, Hashable {
  /// What happened. Later versions may tell of more.
  public struct Kind: RawRepresentable, Sendable, Hashable {
    /// Its name.
    public let rawValue: String

    /// The kind of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It begins to fire.
    public static let firing = Kind(rawValue: "firing")
    /// It is over: as its rule says, or as somebody said who then stands in ``EngineAlertEvent/remark``. That the engine has ended it by
    /// then isn't told again.
    public static let resolved = Kind(rawValue: "resolved")
    /// Somebody looks after it.
    public static let acknowledged = Kind(rawValue: "acknowledged")
  }

  /// What happened.
  public let kind: Kind
  /// The alert as it is then.
  public let alert: Alert
  /// Who said so, when and why; nil for what its rule says, and for what somebody resolved who didn't ask this engine, such as the
  /// command line on the same state (``Alert/ResolveCause/byHand``).
  public let remark: EngineAlert.Remark?
  /// As the store has it, where a person said something.
  private let kept: EngineAlert?

  /// All of it as one line of JSON, without the line feed: ``Alert/json`` with the kind as `event`, and what people said under
  /// `acknowledged` and `resolved`.
  public var json: String { kept?.json(event: kind.rawValue) ?? alert.json }
}

extension EngineAlertEvent {
  /// What a rule says.
  init(_ alert: Alert) { self.init(kind: Kind(rawValue: alert.status.rawValue), alert: alert, remark: nil, kept: nil) }

  /// What somebody said; nil for a row that holds no alert.
  init?(_ kind: Kind, _ stored: StoredAlert) {
    guard let json = try? JSONParser().parse(stored.json), var alert = Alert(json) else { return nil }
    alert.status = stored.status
    if stored.isResolvedByHand { alert.resolvedBecause = .byHand }
    let kept = EngineAlert(stored)
    self.init(
      kind: kind, alert: alert, remark: kind == .resolved ? kept.resolved : kept.acknowledged, kept: kept)
  }
}

/// Somebody who asks a host for what its engine does, as the host's own login knows them.
public struct StellaOperator: Sendable, Hashable {
  /// What somebody may.
  public enum Role: Sendable, Hashable, CaseIterable {
    /// See how the engine fares, alerts, and runs without what their plans change.
    case viewer
    /// See plans too, look after alerts, and vote. Their name must be that of an `Approver` of the engine's
    /// configuration: otherwise a vote is refused.
    case approver
  }

  /// The name that goes on record with what they decide.
  public var name: String
  /// What they may.
  public var role: Role

  /// Somebody of that name.
  public init(_ name: String, _ role: Role) {
    self.name = name
    self.role = role
  }
}

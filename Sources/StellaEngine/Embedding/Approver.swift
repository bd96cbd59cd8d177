import StellaModel
import StellaRemediation

/// Somebody who may decide on plans.
///
/// Whoever calls the engine's decisions must know who asks: the engine takes the name that it is given.
public struct Approver: Sendable, Hashable {
  /// The name that decisions give and records show: lower-case letters, digits, `.`, `_` and `-`.
  public var name: String
  /// Groups that an ``ApprovalPolicy`` may ask approvals of.
  public var groups: [String]
  /// Names under which fixes may call this person their author, such as an e-mail address.
  public var aliases: [String]

  /// An approver of that name.
  public init(_ name: String, groups: [String] = [], aliases: [String] = []) {
    self.name = name
    self.groups = groups
    self.aliases = aliases
  }

  var person: Person { Person(name: name, aliases: aliases, groups: groups, roles: [.approver]) }
}

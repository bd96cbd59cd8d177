import StellaConfiguration
import StellaModel
import StellaRemediation
import StellaServer
import Synchronization

/// People for whom an OpenID provider vouches.
final class IssuerAccess: Sendable {
  /// Who a token's subject is here.
  struct Visitor: Sendable, Hashable {
    /// A user's, or for who is none ``Caller/visitor(_:)``.
    var name: String
    var roles: Set<String>
    var isUser: Bool
  }

  private static let recordedLimit = 4096

  private let verifier: TokenVerifier
  private let configuration: Configuration.Issuer
  /// Tokens that are on record, with when they are over.
  private let recorded = Mutex<[Int: Int64]>([:])

  init(_ configuration: Configuration.Issuer) {
    self.configuration = configuration
    let rules = TokenRules(
      issuer: configuration.name, audiences: Set(configuration.audiences), leeway: configuration.leeway,
      userClaim: configuration.userClaim, groupsClaim: configuration.groupsClaim)
    let keys = IssuerKeys(configuration)
    verifier = TokenVerifier(rules, every: configuration.refresh) { try? keys.read() }
  }

  func subject(of token: String, now: Int64) throws(TokenRefusal) -> TokenSubject {
    try verifier.subject(of: token, now: now)
  }

  /// Nil for nobody: a user who is disabled, or somebody without a group that lets them in.
  func visitor(_ subject: TokenSubject, _ people: People) -> Visitor? {
    if let person = subject.user.flatMap({ people[$0] }) {
      guard !person.isDisabled else { return nil }
      return Visitor(name: person.name, roles: Set(person.roles.map(\.rawValue)), isUser: true)
    }
    var roles: Set<String> = []
    if !subject.groups.isDisjoint(with: configuration.viewers) { roles.insert("viewer") }
    if !subject.groups.isDisjoint(with: configuration.editors) { roles.insert("editor") }
    return roles.isEmpty ? nil : Visitor(name: Caller.visitor(subject.id), roles: roles, isUser: false)
  }

  /// Whether this is the first time that a token comes.
  func isNew(_ token: String, until: Int64, now: Int64) -> Bool {
    recorded.withLock { recorded in
      if recorded.count >= Self.recordedLimit { recorded = recorded.filter { $0.value > now } }
      if recorded.count >= Self.recordedLimit { recorded = [:] }
      return recorded.updateValue(until, forKey: token.hashValue) == nil
    }
  }

  /// A token that couldn't be put on record comes for the first time once more.
  func forget(_ token: String) { recorded.withLock { _ = $0.removeValue(forKey: token.hashValue) } }
}

import StellaDetection
import StellaModel

/// Personal data that is taken out of events before rules, alerts, evidence, the store or anybody else sees them. What the host's
/// other log handlers write isn't touched.
public struct EnginePrivacy: Sendable, Hashable {
  /// What is found by its form.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// E-mail addresses.
    case email
    /// Bearer and basic credentials, JSON web tokens, keys with a known beginning, and values of names such as `password`.
    case token
    /// IPv4 and IPv6 addresses, but for loopback and unspecified ones. Rules by address see none then.
    case address
    /// Numbers of payment cards.
    case card
  }

  /// Something else that a regular expression finds: all of it, or its first group when it has one.
  public struct Pattern: Sendable, Hashable {
    /// Stands in brackets in the place of what was found.
    public var name: String
    /// In RE2's syntax.
    public var expression: String

    /// A pattern of that name.
    public init(_ name: String, _ expression: String) {
      self.name = name
      self.expression = expression
    }
  }

  /// What is taken out by its form: `[email]`, `[token]` and so on stand in its place.
  public var kinds: Set<Kind>
  /// What is taken out besides.
  public var patterns: [Pattern]
  /// Names of fields, such as `user_id`, whose values become a keyed hash: the same for the same value, so that rules can still
  /// tell users apart and count them. `user.id` is the member `id` of `user`.
  public var hashedFields: [String]
  /// The key of the hash, at least 16 bytes: keep it out of the source. An engine that has fields to hash isn't made without it.
  public var hashKey: String?

  /// What the command line does without a word in its configuration: e-mail addresses, credentials and card numbers go.
  public static let standard = EnginePrivacy(kinds: [.email, .token, .card])
  /// Everything stays as it is logged.
  public static let off = EnginePrivacy(kinds: [])

  /// These kinds, patterns and fields.
  public init(kinds: Set<Kind>, patterns: [Pattern] = [], hashedFields: [String] = [], hashKey: String? = nil) {
    self.kinds = kinds
    self.patterns = patterns
    self.hashedFields = hashedFields
    self.hashKey = hashKey
  }

  /// Nil when nothing is taken out.
  ///
  /// - Throws: ``StellaError`` `engine.configuration` when something that shall be taken out would stay.
  func masking() throws(StellaError) -> Masking? {
    if kinds.isEmpty && patterns.isEmpty && hashedFields.isEmpty { return nil }
    if !hashedFields.isEmpty, (hashKey ?? "").utf8.count < 16 {
      throw StellaError(
        .configuration,
        "privacy.hashedFields names \(hashedFields.joined(separator: ", ")), and privacy.hashKey has no 16 bytes. Give it a key, from "
          + "the environment or a secret store.")
    }
    var found: Masking.Kinds = []
    for kind in kinds {
      switch kind {
      case .email: found.insert(.email)
      case .token: found.insert(.token)
      case .address: found.insert(.address)
      case .card: found.insert(.card)
      }
    }
    return Masking(
      kinds: found, patterns: try patterns.map(Self.compiled), hashedFields: hashedFields,
      key: hashKey.map { Array($0.utf8) })
  }

  private static func compiled(_ pattern: Pattern) throws(StellaError) -> Masking.Pattern {
    do throws(RegularExpression.Failure) {
      return .init(name: pattern.name, expression: try RegularExpression(Array(pattern.expression.utf8)))
    } catch {
      throw StellaError(
        .configuration, "the pattern \(pattern.name) of privacy.patterns can't be used: \(error.reason)")
    }
  }
}

import StellaConfiguration
import StellaDetection
import StellaModel

/// What `privacy:` of a configuration comes to.
enum PrivacyRules {
  /// What is taken out of all that comes in; nil for nothing.
  ///
  /// - Throws: for a regular expression that is none.
  static func intake(_ configuration: Configuration) throws(CommandFailure) -> Masking? {
    configuration.privacy.isOff ? nil : try masking(configuration)
  }

  /// What is taken out of what those see who may not see personal data.
  static func viewers(_ configuration: Configuration) throws(CommandFailure) -> Masking {
    try masking(configuration).complete
  }

  private static func masking(_ configuration: Configuration) throws(CommandFailure) -> Masking {
    let privacy = configuration.privacy
    var kinds: Masking.Kinds = []
    for kind in privacy.kinds {
      switch kind {
      case "email": kinds.insert(.email)
      case "token": kinds.insert(.token)
      case "address": kinds.insert(.address)
      case "card": kinds.insert(.card)
      default: preconditionFailure("the schema names the kinds")
      }
    }
    var patterns: [Masking.Pattern] = []
    for pattern in privacy.patterns {
      do throws(RegularExpression.Failure) {
        let expression = try RegularExpression(Array(pattern.expression.utf8))
        patterns.append(.init(name: pattern.name, expression: expression))
      } catch {
        throw CommandFailure(
          .usage, TextEscaping.oneLine("\(pattern.place): the pattern \(pattern.name) can't be used: \(error.reason)"))
      }
    }
    return Masking(
      kinds: kinds, patterns: patterns, hashedFields: privacy.hashedFields, key: privacy.hashKey.map { Array($0.utf8) })
  }
}

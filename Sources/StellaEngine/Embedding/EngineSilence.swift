import StellaModel

/// Alerts of one rule, or of one key of it, that nobody is told of for a while, as somebody said.
public struct EngineSilence: Sendable, Hashable {
  /// Ends it: ``StellaEngine/StellaEngine/endSilence(_:by:)``.
  public let number: Int64
  /// The rule's id.
  public let rule: String
  /// What an alert's key must have; empty for every key.
  public let key: [String: String]
  /// Until when, in nanoseconds since the epoch.
  public let until: Int64
  /// Who set it, as `user:` and the name.
  public let by: String
  /// Why, as it was given: escape it where a person reads it.
  public let reason: String

  /// All of it as one line of JSON, without the line feed.
  public var json: String {
    FieldValue.object([
      .init("kind", .string("silence")), .init("number", .integer(number)), .init("rule", .string(rule)),
      .init("key", .object(key.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
      .init("until", .string(Timestamp.text(until))), .init("by", .string(by)), .init("reason", .string(reason)),
    ]).json
  }
}

extension EngineSilence {
  init(_ silence: Silence) {
    self.init(
      number: silence.number, rule: silence.rule,
      key: Dictionary(silence.key.map { ($0.name, Silence.text($0.value)) }) { first, _ in first },
      until: silence.until, by: silence.set.by, reason: silence.set.reason)
  }
}

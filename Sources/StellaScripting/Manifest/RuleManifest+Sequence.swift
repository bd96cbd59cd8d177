import StellaModel

extension RuleManifest {
  /// `sequence = { … }`.
  package struct Sequence: Sendable, Hashable {
    package struct Step: Sendable, Hashable {
      package var name: String
      package var condition: RuleCondition
      package var times: Int
      package var isAbsent: Bool
      /// Nanoseconds; nil when only the sequence's `within` counts.
      package var within: Int64?
      /// How many of its events are kept to be shown.
      package var keptEvents: Int
    }

    package var within: Int64
    package var isOrdered: Bool
    package var steps: [Step]

    /// The most steps, and the most events that all steps of a run may take together.
    package static let stepLimit = 16
    package static let timesLimit = 10_000
  }

  /// `absence = { … }`.
  package struct Absence: Sendable, Hashable {
    package var every: Int64
    package var grace: Int64
    /// The keys that must come even if they never did, each as the values of `by` in order.
    package var roster: [[FieldValue]]
    package var forgetAfter: Int64
    /// How long a key must have come without a gap before it is expected.
    package var learn: Int64
  }
}

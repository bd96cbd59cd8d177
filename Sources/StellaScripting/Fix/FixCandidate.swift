/// A fix that has to do with an alert, and why.
package struct FixCandidate: Sendable {
  package enum Reason: Sendable, Hashable {
    /// The rule suggests it, as the `place`-th, from 1.
    case suggested(place: Int)
    /// It handles the rule.
    case rule(String)
    /// It handles alerts of this type.
    case type(String)
  }

  package var fix: FixScript
  /// All that hold, best first; never empty.
  package var reasons: [Reason]
  /// What its `when` said.
  package var when: FixRun<Bool>

  /// Whether it can be proposed.
  package var applies: Bool { if case .success(true) = when.result { true } else { false } }
}

extension FixCandidate.Reason {
  /// Less is better.
  package var rank: Int {
    switch self {
    case .suggested(let place): place
    case .rule: 1_000_000
    case .type: 2_000_000
    }
  }
}

extension FixCandidate.Reason: CustomStringConvertible {
  /// For people, as in `handles the rule queue.stuck`.
  package var description: String {
    switch self {
    case .suggested(let place): place == 1 ? "suggested by the rule" : "suggested by the rule as number \(place)"
    case .rule(let id): "handles the rule \(id)"
    case .type(let type): "handles alerts of type \(type)"
    }
  }
}

import StellaDetection
import StellaModel

/// Why one rule fired for one event, or did not.
package struct RuleExplanation: Sendable {
  package enum Outcome: String, Sendable {
    /// A new alert fires with this event.
    case fired
    /// An alert ends with this event, and none fires.
    case resolved
    /// The event belongs to an alert that fires already.
    case joined
    /// An alert waits for its `hold`.
    case pending
    /// The rule has taken the event, and it was not enough.
    case counted
    /// The rule does not look at the event.
    case passed
    /// An exception takes the event away from the rule.
    case excepted
  }

  /// One of the rule's conditions and what it says of the event.
  package struct Part: Sendable {
    /// `where`, `sequence[1].match`, `cancel_on` and so on.
    package let key: String
    package let explanation: Explanation
  }

  package let rule: String
  package let file: String
  package let outcome: Outcome
  /// In a sentence: why it fired, or why it did not.
  package let verdict: String
  package let parts: [Part]
  /// Empty for a rule without `by`, or that passes the event over.
  package let key: [FieldValue.Member]
  /// The fields of the key that the event lacks: all such events share one key.
  package let missing: [String]
  /// What was kept for the key before the event and after it; nil when nothing was.
  package let before: KeyStanding?
  package let after: KeyStanding?
  /// The lines of the script that ran, with their text.
  package let lines: [(number: Int, text: String)]
  /// The call of `on` with the event; nil where there is none.
  package var onCall: CallExplanation?
  /// The last check of the key, and what the next one would say if nothing else came; nil where there is none.
  package var lastCheck: CallExplanation?
  package var nextCheck: CallExplanation?
  /// What became of alerts by this event.
  package let alerts: [Alert]
  /// The exception that takes the event away, and how many events before it; nil when none does.
  package let exception: (exception: RuleException, before: Int)?
  /// What keeps an alert of the key from being told at the event's time; nil when nothing does.
  package let mute: Mute?
}

extension Explanation {
  /// The part as written, but for its line breaks.
  package var oneLine: String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

  /// The first part that makes the whole false, and why; nil when it holds. O(parts).
  package var culprit: (text: String, why: String)? {
    if holds { return nil }
    // Of an `or` all parts are to blame, of an `and` the first that is false, of a `not` what it negates.
    if let part = parts.first(where: { !$0.holds }), parts.count == 1 || parts.contains(where: \.holds) {
      return part.culprit
    }
    if parts.count > 1, parts.allSatisfy({ !$0.holds }) {
      return parts.compactMap(\.culprit).first.map { (oneLine, $0.why) }
    }
    if let reason { return (oneLine, reason) }
    let read = (readings.isEmpty ? parts.flatMap(\.readings) : readings).map { "\($0.field) is \($0.value)" }
    return (oneLine, read.isEmpty ? "it is false" : read.joined(separator: ", "))
  }
}

import StellaModel

/// What is known of a system at one moment, as far as it bears on its score.
package struct HealthFacts: Sendable, Hashable {
  /// Alerts of one severity that fire and are not muted.
  package struct Alerts: Sendable, Hashable {
    /// Nobody looks after these.
    package var open = 0
    /// Somebody does.
    package var acknowledged = 0
    /// When the oldest of them began.
    package var since: Int64?

    package init(open: Int = 0, acknowledged: Int = 0, since: Int64? = nil) {
      self.open = open
      self.acknowledged = acknowledged
      self.since = since
    }
  }

  /// One part that can be ill, such as the store.
  package struct Part: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
      /// State and alerts can't be kept.
      case store
      /// Nothing can be taken in.
      case intake
      /// Events can't be kept.
      case archive
      /// What is done can't be put on record.
      case log
      /// What is on record isn't known elsewhere.
      case anchor
      /// One of several sources.
      case source
    }

    package var kind: Kind
    package var name: String
    /// What is wrong.
    package var detail: String
    /// When it became ill; nil when nobody has noted that.
    package var since: Int64?

    package init(_ kind: Kind, name: String, detail: String, since: Int64? = nil) {
      self.kind = kind
      self.name = name
      self.detail = detail
      self.since = since
    }
  }

  package struct Freeze: Sendable, Hashable {
    package var by: String
    package var reason: String
    package var since: Int64

    package init(by: String, reason: String, since: Int64) {
      self.by = by
      self.reason = reason
      self.since = since
    }
  }

  package var alerts: [Severity: Alerts] = [:]
  /// Nanoseconds for which the engine has said nothing; nil when it does.
  package var engineSilence: Int64?
  /// When it said something last.
  package var engineSince: Int64?
  /// Events of the last minutes that say how it went, and those of them that tell of an error.
  package var judgedEvents = 0
  package var errors = 0
  /// Rules that are not active, because they are broken.
  package var refusedRules: [String] = []
  /// Rules that rest after repeated failures.
  package var restingRules: [String] = []
  /// Parts that are ill.
  package var parts: [Part] = []
  package var freeze: Freeze?
  /// Events that were lost lately, and lines that could not be decoded.
  package var lostEvents = 0
  /// Effects of which nobody can tell what became of them.
  package var unknownRuns = 0
  package var unknownSince: Int64?

  package init() {}
}

import StellaModel

/// What a rule keeps for one key at one moment, in words for people.
package struct KeyStanding: Sendable, Hashable {
  /// One thing that the rule keeps: a window, a count, a value of its script.
  package struct Reading: Sendable, Hashable {
    package let name: String
    /// Not escaped for terminals.
    package let text: String

    package init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  /// The alert of the key that waits for its `hold`, or fires.
  package struct Standing: Sendable, Hashable {
    package let alert: Alert
    /// When its condition turned true, nanoseconds since the epoch.
    package let since: Int64
    /// When a pending one fires if it lasts; until when a finding joins a firing one. Nil when checks decide.
    package let until: Int64?
  }

  package var readings: [Reading] = []
  package var alert: Standing?
}

/// How the script of a rule fares.
package struct ScriptStanding: Sendable, Hashable {
  /// Until when it rests because it failed, nanoseconds since the epoch; `Int64.max` for good. Nil when it runs.
  package let restsUntil: Int64?
  package let lastError: String?
  package let failures: Int
}

extension Pipeline {
  /// What `rule` keeps for a key; nil when it keeps nothing for it. Between batches, or before one is processed.
  package func standing(of rule: RuleSet.ActiveRule, key: [FieldValue.Member], at now: Int64) -> KeyStanding? {
    let detector = rule.detector
    guard let slot = detector.table.find(detector.keys.number(of: key.map(\.value))) else { return nil }
    return KeyStanding(
      readings: detector.readings(slot, at: now, in: contexts[detector.keys.share]),
      alert: detector.book.standing(slot))
  }

  /// The keys that `rule` keeps something for with what that is, those used last first, then by their values; `limit` at most.
  /// Between batches. O(keys × log keys).
  package func standings(
    of rule: RuleSet.ActiveRule, limit: Int, at now: Int64
  ) -> [(key: [FieldValue.Member], standing: KeyStanding)] {
    let detector = rule.detector
    let slots = (0..<detector.table.end).filter { detector.table.keys[$0] != KeyDictionary.none }
    let known = slots.map { slot in
      let key = detector.keys.members(detector.table.keys[slot])
      return (slot: slot, use: detector.lastUse(slot), key: key, text: FieldValue.object(key).json)
    }
    return known.sorted { ($1.use, $0.text) < ($0.use, $1.text) }.prefix(max(0, limit)).map { entry in
      let readings = detector.readings(entry.slot, at: now, in: contexts[detector.keys.share])
      return (entry.key, KeyStanding(readings: readings, alert: detector.book.standing(entry.slot)))
    }
  }

  /// The key that `rule` has for event `index` of the batch, which is not processed yet.
  package func key(of rule: RuleSet.ActiveRule, event index: Int) -> [FieldValue.Member] {
    let keys = rule.detector.keys
    keys.begin(batch)
    return keys.members(keys.number(index))
  }
}

extension RuleSet.ActiveRule {
  package var scriptStanding: ScriptStanding? {
    guard let quarantine = detector.quarantine, quarantine.failures > 0 else { return nil }
    return ScriptStanding(
      restsUntil: quarantine.restingUntil == .min ? nil : quarantine.restingUntil,
      lastError: quarantine.lastError?.description, failures: quarantine.failures)
  }
}

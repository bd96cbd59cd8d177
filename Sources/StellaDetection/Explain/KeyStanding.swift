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
    /// When it began to fire, of a pending one when its condition turned true; nanoseconds since the epoch.
    package let since: Int64
    /// When a pending one fires if it lasts; until when a finding joins a firing one. Nil when checks decide.
    package let until: Int64?
  }

  package var readings: [Reading] = []
  package var alert: Standing?
}

/// The key of an event, as one rule has it.
package struct EventKey: Sendable, Hashable {
  /// In the order of `by`; a missing field is null.
  package let members: [FieldValue.Member]
  /// The fields of `by` that the event lacks.
  package let missing: [String]
  /// The key as the rule's dictionary knows it: there a missing field isn't null.
  let bytes: [UInt8]
}

/// How the script of a rule fares.
package struct ScriptStanding: Sendable, Hashable {
  /// Until when it rests because it failed, nanoseconds since the epoch; `Int64.max` for good. Nil when it runs.
  package let restsUntil: Int64?
  package let lastError: String?
  package let failures: Int
  /// Whether it has failed and not run well since.
  package let isFailing: Bool
}

extension Pipeline {
  /// What `rule` keeps for a key; nil when it keeps nothing for it. Between batches, or before one is processed.
  package func standing(of rule: RuleSet.ActiveRule, key: EventKey, at now: Int64) -> KeyStanding? {
    let detector = rule.detector
    guard let slot = slot(of: rule, key) else { return nil }
    return KeyStanding(
      readings: detector.readings(slot, at: now, in: contexts[detector.keys.share]),
      alert: detector.book.standing(slot))
  }

  /// What the last check of a key did; nil when there was none, and when nobody traces the script's values.
  package func lastCheck(of rule: RuleSet.ActiveRule, key: EventKey) -> ScriptTrace? {
    slot(of: rule, key).flatMap(rule.detector.lastCheck)
  }

  /// What a check of a key at `time` would do. Whatever the script then changes is changed: for a pipeline that nobody uses
  /// any more.
  package func trialCheck(of rule: RuleSet.ActiveRule, key: EventKey, at time: Int64) -> ScriptTrace? {
    slot(of: rule, key).flatMap { rule.detector.trialCheck($0, at: time, in: contexts[rule.detector.keys.share]) }
  }

  private func slot(of rule: RuleSet.ActiveRule, _ key: EventKey) -> Int? {
    let number = key.bytes.withUnsafeBufferPointer(rule.detector.keys.dictionary.number(of:))
    return rule.detector.table.find(number)
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
  package func key(of rule: RuleSet.ActiveRule, event index: Int) -> EventKey {
    let keys = rule.detector.keys
    keys.begin(batch)
    let number = keys.number(index)
    return EventKey(
      members: keys.members(number), missing: keys.missing(index), bytes: Array(keys.dictionary.key(number)))
  }
}

extension RuleSet.ActiveRule {
  /// What the last call of the script's `on` did since this was asked; nil when there was none, and when nobody traces the
  /// script's values.
  package func takeEventCall() -> ScriptTrace? { detector.takeEventCall() }

  /// When the rule's keys were checked last, and when they are next, nanoseconds since the epoch; nil when not.
  package var checks: (last: Int64?, next: Int64?) {
    (
      detector.lastTick == .min ? nil : detector.lastTick, detector.nextTick == .max ? nil : detector.nextTick
    )
  }

  package var scriptStanding: ScriptStanding? {
    guard let quarantine = detector.quarantine, quarantine.failures > 0 else { return nil }
    return ScriptStanding(
      restsUntil: quarantine.restingUntil == .min ? nil : quarantine.restingUntil,
      lastError: quarantine.lastError?.advice, failures: quarantine.failures,
      isFailing: quarantine.isFailing)
  }
}

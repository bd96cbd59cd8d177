import StellaModel

/// How the alerts of two sets of rules over the same log differ.
package struct ReplayDifference: Sendable {
  package struct Pair: Sendable, Hashable {
    package let old: ReplayedAlert
    package let new: ReplayedAlert
  }

  /// Alerts that only the new rules raise, and only the old ones, in the order in which they fired.
  package private(set) var added: [ReplayedAlert] = []
  package private(set) var removed: [ReplayedAlert] = []
  /// The same trouble of the same key, told at another time.
  package private(set) var moved: [Pair] = []
  /// The same alert with another severity, text, value or number of events.
  package private(set) var changed: [Pair] = []
  package private(set) var same = 0

  package var isEmpty: Bool { added.isEmpty && removed.isEmpty && moved.isEmpty && changed.isEmpty }

  /// Alerts of one rule and key that fire at most so far apart are the same trouble: an hour.
  private static let reach: Int64 = 3_600_000_000_000

  private struct Subject: Hashable {
    let rule: String
    let key: [FieldValue.Member]
  }

  /// O(n log n).
  package init(old: [ReplayedAlert], new: [ReplayedAlert]) {
    let known = Dictionary(old.map { ($0.id, $0) }) { first, _ in first }
    var left: [ReplayedAlert] = []
    var found: Set<String> = []
    for alert in new {
      guard let before = known[alert.id] else {
        left.append(alert)
        continue
      }
      found.insert(alert.id)
      add(Pair(old: before, new: alert))
    }
    // Ids hold when an alert's first event was: what is left is new, gone, or has another first event.
    let gone = old.filter { !found.contains($0.id) }
    var waiting = Dictionary(grouping: gone.indices) { Subject(rule: gone[$0].rule, key: gone[$0].key) }
    var paired: Set<Int> = []
    for alert in left {
      let subject = Subject(rule: alert.rule, key: alert.key)
      let candidates = waiting[subject] ?? []
      let nearest = candidates.min { distance(gone[$0], alert) < distance(gone[$1], alert) }
      guard let nearest, distance(gone[nearest], alert) <= ReplayDifference.reach else {
        added.append(alert)
        continue
      }
      add(Pair(old: gone[nearest], new: alert))
      paired.insert(nearest)
      waiting[subject]?.removeAll { $0 == nearest }
    }
    removed = gone.indices.filter { !paired.contains($0) }.map { gone[$0] }
    func distance(_ one: ReplayedAlert, _ other: ReplayedAlert) -> Int64 {
      let (length, overflow) = one.fired.subtractingReportingOverflow(other.fired)
      return overflow ? .max : Int64(clamping: length.magnitude)
    }
  }

  private mutating func add(_ pair: Pair) {
    if pair.old.fired != pair.new.fired {
      moved.append(pair)
    } else if ReplayDifference.isSame(pair.old, pair.new) {
      same += 1
    } else {
      changed.append(pair)
    }
  }

  private static func isSame(_ one: ReplayedAlert, _ other: ReplayedAlert) -> Bool {
    one.severity == other.severity && one.title == other.title && one.summary == other.summary
      && one.value == other.value && one.count == other.count && one.status == other.status
      && one.lastSeen == other.lastSeen
  }
}

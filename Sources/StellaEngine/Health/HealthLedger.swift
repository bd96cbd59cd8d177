import StellaModel

/// Brings what the store has of findings together with what holds now.
package enum HealthLedger {
  /// What comes back within so many nanoseconds was never gone: a figure that wobbles about its limit is one finding, and whoever looks
  /// after it still does.
  package static let comeback: Int64 = 3_600_000_000_000

  /// What has to be written. What doesn't hold any more is closed; what comes back later begins anew, and nobody looks after it yet.
  ///
  /// - Parameters:
  ///   - known: all that are not closed, and of those that are closed at least the ones that hold again.
  ///   - now: nanoseconds since the epoch.
  package static func changes(
    known: [HealthFinding], found: [HealthFinding], score: Int, now: Int64
  ) -> [HealthFinding] {
    let before = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
    let current = Set(found.map(\.id))
    let held = found.map { finding in
      guard let former = before[finding.id], now - (former.closedAt ?? now) < comeback else { return finding }
      var finding = finding
      finding.firstSeen = former.firstSeen
      finding.score = min(former.score, score)
      // What has become graver is to be looked at anew.
      if finding.severity <= former.severity { finding.acknowledged = former.acknowledged }
      return finding
    }
    let closed = known.filter { $0.closedAt == nil && !current.contains($0.id) }.map { former in
      var finding = former
      finding.closedAt = now
      return finding
    }
    return held + closed
  }
}

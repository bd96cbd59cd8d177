import StellaDetection
import StellaModel

/// Finds out which alerts have grown while they fire: what joins an alert is no transition, and yet who looks at it wants to
/// know how often and how lately it was seen.
struct GrownAlerts {
  private struct Size: Equatable {
    let count: Int
    let lastSeen: Int64

    init(_ alert: Alert) { (count, lastSeen) = (alert.count, alert.lastSeen) }
  }

  /// Nanoseconds between two looks, at least.
  private static let interval: Int64 = 60_000_000_000

  private var sizes: [String: Size] = [:]
  private var nextLook = Int64.min

  /// Those of `rules` that are new or have grown since the last look; none before it is time for the next one.
  ///
  /// - Parameters:
  ///   - now: monotonic nanoseconds.
  ///   - force: whether to look in any case.
  mutating func take(_ rules: RuleSet, at now: Int64, force: Bool) -> [Alert] {
    guard force || now >= nextLook else { return [] }
    nextLook = now + Self.interval
    let firing = rules.rules.flatMap(\.detector.firingAlerts)
    let before = sizes
    sizes = Dictionary(firing.map { ($0.id, Size($0)) }, uniquingKeysWith: { $1 })
    return firing.filter { before[$0.id] != sizes[$0.id] }
  }
}

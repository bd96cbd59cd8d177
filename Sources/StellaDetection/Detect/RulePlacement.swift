import StellaScripting

/// Decides which share a rule belongs to: evenly within each list of `by` fields, whose rules tend to see the same events,
/// then evenly over all. A rule that enters Lua for events weighs as much as several that don't. Nothing of it shows in
/// what rules find.
struct RulePlacement {
  private var loads: [Int]
  private var loadsOfKeys: [[String]: [Int]] = [:]

  init(shares: Int) { loads = Array(repeating: 0, count: shares) }

  /// Counts a rule that has its share already.
  mutating func add(_ manifest: RuleManifest, to share: Int) {
    let weight = RulePlacement.weight(manifest)
    loads[share] += weight
    loadsOfKeys[manifest.by, default: Array(repeating: 0, count: loads.count)][share] += weight
  }

  /// The share of a new rule.
  mutating func place(_ manifest: RuleManifest) -> Int {
    if loads.count == 1 { return 0 }
    let own = loadsOfKeys[manifest.by] ?? Array(repeating: 0, count: loads.count)
    let share = loads.indices.min { (own[$0], loads[$0], $0) < (own[$1], loads[$1], $1) } ?? 0
    add(manifest, to: share)
    return share
  }

  /// An event costs about 25 ns in a threshold, twice that in a sequence, 150 ns and more in a script.
  private static func weight(_ manifest: RuleManifest) -> Int {
    if manifest.on != nil { return 6 }
    return manifest.sequence == nil ? 1 : 2
  }
}

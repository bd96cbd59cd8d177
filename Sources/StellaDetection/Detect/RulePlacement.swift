import StellaScripting

/// Decides which share a rule belongs to: evenly within each list of `by` fields, whose rules tend to see the same events,
/// then evenly over all. A rule that enters Lua for events weighs as much as several that don't. The first share gets less
/// when its thread reads ahead while the others still run their rules. Nothing of it shows in what rules find.
struct RulePlacement {
  private var loads: [Int]
  private var loadsOfKeys: [[String]: [Int]] = [:]
  /// What of every list of keys each share should get, in the same unknown unit.
  private let portions: [Int]

  /// - Parameters:
  ///   - rules: about how many there will be.
  ///   - readsAhead: whether the first share's thread has events to read meanwhile.
  init(shares: Int, rules: Int = 0, readsAhead: Bool = false) {
    loads = Array(repeating: 0, count: shares)
    var portions = Array(repeating: 1, count: shares)
    if readsAhead && shares > 1 {
      // All of them have as much to do when each has its part of the rules and of the reading.
      let all = rules + RulePlacement.reading
      portions = Array(repeating: all, count: shares)
      portions[0] = max(0, all - RulePlacement.reading * shares)
    }
    self.portions = portions
  }

  /// What reading and decoding an event weighs.
  private static let reading = 12

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
    let weight = RulePlacement.weight(manifest)
    /// Whether the rule should rather go to `a`, by what each would have then in relation to its portion.
    func isBetter(_ a: Int, _ b: Int) -> Bool {
      let (ofA, ofB) = ((own[a] + weight) * portions[b], (own[b] + weight) * portions[a])
      let (allOfA, allOfB) = ((loads[a] + weight) * portions[b], (loads[b] + weight) * portions[a])
      return (ofA, allOfA, a) < (ofB, allOfB, b)
    }
    let share = loads.indices.min(by: isBetter) ?? 0
    add(manifest, to: share)
    return share
  }

  /// An event costs about 25 ns in a threshold, twice that in a sequence, 150 ns and more in a script.
  private static func weight(_ manifest: RuleManifest) -> Int {
    if manifest.on != nil { return 6 }
    return manifest.sequence == nil ? 1 : 2
  }
}

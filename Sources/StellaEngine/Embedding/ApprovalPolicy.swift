import StellaModel
import StellaRemediation

/// What must hold before fixes run. Of several, the first that matches a target of the plan holds for it; without a match one
/// approver who has no part in the run is asked.
public struct ApprovalPolicy: Sendable, Hashable {
  /// How records call it.
  public var name: String
  /// Ids of fixes and names of targets that it is for, with `*` for any text; empty: all.
  public var fixes: [String]
  /// As ``fixes``.
  public var targets: [String]
  /// Tags of fixes, of which the fix must have one; empty: any.
  public var tags: [String]
  /// Approvals altogether.
  public var approvals = 1
  /// Approvals of different members of a group, by its name.
  public var groupApprovals: [String: Int] = [:]
  /// Whether a plan of nothing but effects that their targets call safe runs without being asked about.
  public var runsSafeAtOnce = true
  /// From the plan to the last vote.
  public var decideWithin: Duration = .seconds(4 * 3600)
  /// From the last vote to the first effect.
  public var executeWithin: Duration = .seconds(30 * 60)
  /// Between two runs of one fix for one alert's key.
  public var cooldown: Duration = .seconds(15 * 60)
  /// Runs for one alert's key within a day.
  public var attemptsPerDay = 3
  /// Rows that one run may change.
  public var rowLimit = 1000

  /// A policy for the fixes, targets and tags that are named, or for all.
  public init(_ name: String, fixes: [String] = [], targets: [String] = [], tags: [String] = []) {
    self.name = name
    self.fixes = fixes
    self.targets = targets
    self.tags = tags
  }

  var policy: Policy {
    var policy = Policy(name: name)
    policy.match = Policy.Match(fixes: fixes, targets: targets, tags: tags)
    policy.needs = groupApprovals.sorted { $0.key < $1.key }.map { Policy.Need(group: $0.key, count: $0.value) }
    policy.total = approvals
    policy.runsSafeAtOnce = runsSafeAtOnce
    policy.decideWithin = decideWithin.nanoseconds
    policy.executeWithin = executeWithin.nanoseconds
    policy.cooldown = cooldown.nanoseconds
    policy.attempts = Policy.Rate(count: attemptsPerDay, within: 24 * Policy.hour)
    policy.limits.rows = rowLimit
    return policy
  }
}

extension Duration {
  /// Whole nanoseconds, as far as 64 bits reach.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return isOver ? (seconds < 0 ? .min : .max) : whole &+ attoseconds / 1_000_000_000
  }
}

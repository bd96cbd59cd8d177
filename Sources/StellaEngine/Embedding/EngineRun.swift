import StellaModel
import StellaRemediation

/// One attempt of one fix for one alert, as a host sees it.
public struct EngineRun: Sendable, Hashable {
  /// Where a run stands. New states can come with a minor version.
  public struct State: RawRepresentable, Sendable, Hashable {
    /// As the execution log and the command line write it.
    public let rawValue: String

    /// A state as it is written.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Its plan waits for votes.
    public static let awaiting = State(rawValue: "awaiting")
    /// Decided; the engine takes it up by itself.
    public static let approved = State(rawValue: "approved")
    /// The fix's `plan` failed, or gave two plans for one situation.
    public static let planFailed = State(rawValue: "plan_failed")
    /// A policy, a target or a bound forbids the plan.
    public static let refused = State(rawValue: "refused")
    /// There is nothing to change, or no longer.
    public static let noChange = State(rawValue: "no_change")
    /// Somebody said no.
    public static let rejected = State(rawValue: "rejected")
    /// The time to decide, or to execute, is over.
    public static let expired = State(rawValue: "expired")
    /// Taken back before anything was applied.
    public static let withdrawn = State(rawValue: "withdrawn")
    /// Another plan has its place.
    public static let superseded = State(rawValue: "superseded")
    /// It is being carried out.
    public static let applying = State(rawValue: "applying")
    /// Nobody knows what became of an effect: a person must say so with ``StellaEngine/StellaEngine/reconcile(_:isApplied:reason:by:)``.
    public static let unknown = State(rawValue: "unknown")
    /// Everything was applied, and the fix has verified it.
    public static let succeeded = State(rawValue: "succeeded")
    /// Everything was applied, and the trouble is still there.
    public static let ineffective = State(rawValue: "ineffective")
    /// Some effects were applied and others weren't.
    public static let partial = State(rawValue: "partial")
    /// It ended, and nothing was changed.
    public static let failed = State(rawValue: "failed")
    /// What was there before was restored.
    public static let rolledBack = State(rawValue: "rolled_back")
  }

  /// `r-` and eight hexadecimal digits.
  public let id: String
  /// Where it stands.
  public let state: State
  /// The fix's id and title.
  public let fix: String
  /// For people.
  public let title: String
  /// The alert's id, and the rule that raised it; empty when a person asked for the fix.
  public let alert: String
  /// The rule that raised the alert.
  public let rule: String
  /// Why this fix, for people.
  public let reason: String
  /// What an approval is bound to: `sha256:` and 64 digits. Nil while there is no plan.
  public let digest: String?
  /// Whether there is nothing in the plan but effects that their targets call safe.
  public let isSafe: Bool
  /// Names of the targets that the plan touches.
  public let targets: [String]
  /// How many effects the plan has, and how many rows they change.
  public let effects: Int
  /// Rows that the plan changes.
  public let rows: Int
  /// Nanoseconds since the epoch, as all times.
  public let proposedAt: Int64
  /// Until when it can be decided; nil before there is a plan.
  public let decideBy: Int64?
  /// When it ended; nil while it hasn't.
  public let endedAt: Int64?
  /// The run whose effects this one takes back; nil for a fix.
  public let rollsBack: String?
  /// Why it is where it is, for people and escaped; empty when the state says enough.
  public let detail: String
}

extension EngineRun {
  init(_ run: Run) {
    self.init(
      id: run.id, state: State(rawValue: run.state.rawValue), fix: run.fix, title: TextEscaping.oneLine(run.fixTitle),
      alert: run.alert, rule: run.rule, reason: TextEscaping.oneLine(run.reason), digest: run.digest?.description,
      isSafe: run.isSafe, targets: run.targets, effects: run.effectCount, rows: run.rowCount,
      proposedAt: run.proposedAt, decideBy: run.decideBy, endedAt: run.endedAt, rollsBack: run.rollsBack,
      detail: TextEscaping.oneLine(run.detail, limit: 1000))
  }
}

/// How an embedded engine fares. Asking costs next to nothing and never waits.
public struct EngineHealth: Sendable, Hashable {
  /// What the engine is at.
  public enum Phase: String, Sendable, Hashable, CaseIterable {
    /// `run()` wasn't called yet, or opens its sources.
    case starting
    /// Events are read.
    case running
    /// What is left is worked off.
    case stopping
    /// It has ended, and takes nothing more.
    case ended
  }

  /// What the engine is at.
  public var phase = Phase.starting
  /// Rules that are in force.
  public var activeRules = 0
  /// Files of rules and fixes that can't be used, each with why.
  public var refusals: [String] = []
  /// Rules that rest after repeated failures, each with why.
  public var restingRules: [String: String] = [:]
  /// Events read so far, as of about a second ago.
  public var events = 0
  /// Log calls and ingested events that found no room.
  public var droppedEvents = 0
  /// Log calls that were made from within another and not kept.
  public var nestedEvents = 0
  /// Alerts that came faster than they could be kept; 0 is what should be.
  public var droppedAlerts = 0
  /// What is wrong at present: a store that can't be written, a source that can't be read, a broken reload. Empty when all
  /// is well.
  public var troubles: [String] = []

  /// Whether it runs and nothing is wrong; rules that are refused or rest are no trouble of the engine's.
  public var isWell: Bool { phase == .running && troubles.isEmpty }
}

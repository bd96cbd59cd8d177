import Glibc
import StellaDetection
import StellaModel
import Synchronization

/// Where a running engine shows others its rules, and where they leave the wish that it load them anew.
///
/// The engine writes when its rules change and about once a second; nobody who reads holds it up.
package final class RuleBoard: Sendable {
  /// What came of a wish.
  package enum Outcome: Sendable, Hashable {
    /// They are in use. `refused` files are not, as was so before.
    case live(active: Int, carriedOver: Int, refused: [RuleError])
    /// Those before stay in use.
    case refused([RuleError])
  }

  /// A script that rests.
  struct Rest: Sendable, Hashable {
    /// Event time; `Int64.max` until the script is corrected.
    var until: Int64
    var error: String
  }

  private struct State {
    var cards: [RuleCard]?
    var rests: [String: Rest] = [:]
    var shadows: [AlertMuting.Shadow] = []
    var latest: Int64?
    var asked = 0
    var taken = 0
    var finished = 0
    var outcome: Outcome?
  }

  /// Nanoseconds that a wish waits for its outcome, when tests have to pass first.
  package static let patience: Int64 = 45_000_000_000

  private let state = Mutex(State())

  // MARK: - Who asks

  /// Every rule file with what its rule does at present; nil before the engine has begun.
  package var cards: [RuleCard]? {
    state.withLock { state in
      state.cards?.map { $0.settled(rests: state.rests, shadows: state.shadows, latest: state.latest) }
    }
  }

  /// Has the rules loaded anew, changed or not, and waits for what comes of it. Blocks.
  ///
  /// - Parameter patience: nanoseconds to wait for at most.
  /// - Returns: nil when it has not come to an end by then; it goes on.
  package func reload(patience: Int64 = RuleBoard.patience) -> Outcome? {
    let (number, deadline) = state.withLock { state in
      state.asked += 1
      return (state.asked, machineMonotonicTime() + patience)
    }
    while true {
      if let outcome = state.withLock({ $0.finished >= number ? $0.outcome : nil }) { return outcome }
      if machineMonotonicTime() >= deadline { return nil }
      usleep(20_000)
    }
  }

  // MARK: - The engine

  /// The last wish that the engine has taken note of.
  var taken: Int { state.withLock { $0.taken } }

  /// Whether somebody has asked since the last call.
  func takeRequest() -> Bool {
    state.withLock { state in
      guard state.taken < state.asked else { return false }
      state.taken = state.asked
      return true
    }
  }

  /// - Parameter request: the last wish that this is the outcome of; 0 for none.
  func finish(_ request: Int, _ outcome: Outcome) {
    state.withLock { state in
      guard request > state.finished else { return }
      state.finished = request
      state.outcome = outcome
    }
  }

  /// Other rules run from now on. O(rules).
  func show(_ rules: RuleSet, shadows: [AlertMuting.Shadow]) {
    let cards = RuleCard.unsettled(rules)
    let rests = Self.rests(of: rules)
    state.withLock { state in
      (state.cards, state.shadows, state.rests) = (cards, shadows, rests)
    }
  }

  /// What may have changed of the rules that are shown.
  func note(_ rules: RuleSet, latest: Int64?) {
    let rests = Self.rests(of: rules)
    state.withLock { state in
      if !rests.isEmpty || !state.rests.isEmpty { state.rests = rests }
      state.latest = latest
    }
  }

  /// The scripts that were sent to rest, by rule; some may be through with it. O(rules).
  static func rests(of rules: RuleSet) -> [String: Rest] {
    var rests: [String: Rest] = [:]
    for rule in rules.rules {
      guard let quarantine = rule.detector.quarantine, quarantine.rests > 0, quarantine.restingUntil > .min,
        let error = quarantine.lastError
      else { continue }
      rests[rule.manifest.id] = Rest(until: quarantine.restingUntil, error: error.description)
    }
    return rests
  }
}

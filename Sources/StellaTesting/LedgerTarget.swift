import StellaModel
import Synchronization

/// A target that keeps a ledger of what really happened to it, and answers as a test says: truthfully, not at all, or before
/// or after it did what it was asked.
package final class LedgerTarget: EffectExecutor {
  package enum Manner: Sendable {
    /// It does it and says so.
    case obedient
    /// It does it, and the answer is lost.
    case silent
    /// It doesn't do it, and there is no answer.
    case deaf
    /// It doesn't do it and says so.
    case refusing
  }

  package let name: String?
  private let isSafe: Bool
  private let physicalID: String
  private struct State {
    var manners: [Manner]
    var observable = true
    /// Keys in the order in which they took effect, once for each time.
    var ledger: [String] = []
    var calls = 0
    var applied: Set<String> = []
    var onCall: (@Sendable () -> Void)?
  }
  private let state: Mutex<State>

  /// - Parameter manners: of the calls in order; the last one is that of all that follow.
  package init(
    _ name: String?, isSafe: Bool = false, physicalID: String = "ledger-1", _ manners: [Manner] = [.obedient]
  ) {
    self.name = name
    self.isSafe = isSafe
    self.physicalID = physicalID
    state = Mutex(State(manners: manners))
  }

  package var ledger: [String] { state.withLock { $0.ledger } }
  package var calls: Int { state.withLock { $0.calls } }

  package func become(_ manners: [Manner], observable: Bool = true) {
    state.withLock {
      $0.manners = manners
      $0.observable = observable
    }
  }

  /// What happens just before the next calls.
  package func before(_ body: (@Sendable () -> Void)?) { state.withLock { $0.onCall = body } }

  package func identity() throws(TargetError) -> TargetIdentity? {
    name.map { TargetIdentity(name: $0, kind: "ledger", physicalID: physicalID) }
  }

  package func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission {
    EffectAdmission(isSafe: isSafe, reason: isSafe ? "listed as safe" : "not listed as safe")
  }

  package func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
    state.withLock { $0.onCall }?()
    return state.withLock { state in
      state.calls += 1
      let manner = state.manners.count > 1 ? state.manners.removeFirst() : state.manners[0]
      // An honest target does what one key asks for once.
      let isNew = effect.strongestClass != .keyed || !state.applied.contains(marker.key)
      switch manner {
      case .obedient, .silent:
        if isNew { state.ledger.append(marker.key) }
        state.applied.insert(marker.key)
        return manner == .obedient ? .applied("done") : .unclear("no answer")
      case .deaf: return .unclear("no answer")
      case .refusing: return .notApplied("refused")
      }
    }
  }

  package func observe(_ effect: Effect) -> EffectOutcome {
    state.withLock { state in
      guard state.observable else { return .unclear("can't be asked") }
      return state.ledger.isEmpty ? .notApplied("not there") : .applied("there")
    }
  }
}

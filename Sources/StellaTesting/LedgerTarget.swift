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
    /// There is no answer, and it does it when ``arrive()`` is called.
    case late
  }

  /// One effect that really happened.
  package struct Entry: Sendable, Hashable {
    /// What would be its idempotency key, whether it is looked at or not.
    package let key: String
    package let request: String
    /// Which thing it happened to.
    package let place: String
  }

  package let name: String?
  package let arrival: Duration
  private let isSafe: Bool
  private struct State {
    var manners: [Manner]
    var place: String
    var seemingPlace: String?
    var observable = true
    /// In the order in which they took effect, once for each time.
    var entries: [Entry] = []
    var calls = 0
    var keys: Set<String> = []
    /// What is in force: requests that were carried out and not taken back.
    var standing: Set<String> = []
    var late: [(entry: Entry, effect: Effect)] = []
    var onCall: (@Sendable () -> Void)?
    var afterCall: (@Sendable () -> Void)?
  }
  private let state: Mutex<State>

  /// - Parameters:
  ///   - manners: of the calls in order; the last one is that of all that follow.
  ///   - physicalID: which thing it is at first.
  package init(
    _ name: String?, isSafe: Bool = false, physicalID: String = "ledger-1", arrival: Duration = .zero,
    _ manners: [Manner] = [.obedient]
  ) {
    self.name = name
    self.isSafe = isSafe
    self.arrival = arrival
    state = Mutex(State(manners: manners, place: physicalID))
  }

  package var entries: [Entry] { state.withLock { $0.entries } }
  /// The keys of ``entries``.
  package var ledger: [String] { entries.map(\.key) }
  package var calls: Int { state.withLock { $0.calls } }

  package func become(_ manners: [Manner], observable: Bool = true) {
    state.withLock {
      $0.manners = manners
      $0.observable = observable
    }
  }

  /// From now on its name stands for another thing.
  ///
  /// - Parameter seeming: what it claims to be, which no real target does: for showing that a lie would be found.
  package func move(to physicalID: String, seeming: String? = nil) {
    state.withLock {
      $0.place = physicalID
      $0.seemingPlace = seeming
    }
  }

  /// What happens just before the next calls.
  package func before(_ body: (@Sendable () -> Void)?) { state.withLock { $0.onCall = body } }

  /// What happens after the next calls did what they do, and before anybody is told.
  package func after(_ body: (@Sendable () -> Void)?) { state.withLock { $0.afterCall = body } }

  /// Somebody else brings about what a request to this address would.
  package func establish(_ address: String) { _ = state.withLock { $0.standing.insert(address) } }

  /// What was under way is lost.
  package func lose() { state.withLock { $0.late = [] } }

  /// What was under way arrives.
  package func arrive() {
    state.withLock { state in
      for (entry, effect) in state.late { Self.carryOut(entry, effect, &state) }
      state.late = []
    }
  }

  package func identity() throws(TargetError) -> TargetIdentity? {
    let place = state.withLock { $0.seemingPlace ?? $0.place }
    return name.map { TargetIdentity(name: $0, kind: "ledger", physicalID: place) }
  }

  package func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission {
    EffectAdmission(isSafe: isSafe, reason: isSafe ? "listed as safe" : "not listed as safe")
  }

  package func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
    state.withLock { $0.onCall }?()
    let outcome = state.withLock { state -> EffectOutcome in
      state.calls += 1
      let manner = state.manners.count > 1 ? state.manners.removeFirst() : state.manners[0]
      let entry = Entry(key: marker.key, request: Self.request(effect), place: state.place)
      switch manner {
      case .obedient, .silent:
        Self.carryOut(entry, effect, &state)
        return manner == .obedient ? .applied("done") : .unclear("no answer")
      case .late:
        state.late.append((entry, effect))
        return .unclear("no answer")
      case .deaf: return .unclear("no answer")
      case .refusing: return .notApplied("refused")
      }
    }
    state.withLock { $0.afterCall }?()
    return outcome
  }

  package func observe(_ effect: Effect) -> EffectOutcome {
    guard case .httpRequest(let request) = effect, request.observation != nil else {
      return .unclear("the effect has no observation")
    }
    return state.withLock { state in
      guard state.observable else { return .unclear("can't be asked") }
      return state.standing.contains(Self.address(effect)) ? .applied("there") : .notApplied("not there")
    }
  }

  /// An honest target does what one key asks for once.
  private static func carryOut(_ entry: Entry, _ effect: Effect, _ state: inout State) {
    guard state.keys.insert(entry.key).inserted || effect.strongestClass != .keyed else { return }
    state.entries.append(entry)
    if entry.request.hasPrefix("DELETE ") {
      state.standing.remove(address(effect))
    } else {
      state.standing.insert(address(effect))
    }
  }

  private static func request(_ effect: Effect) -> String {
    guard case .httpRequest(let request) = effect else { return "\(effect.kind.rawValue)" }
    return "\(request.method) \(request.url)"
  }

  private static func address(_ effect: Effect) -> String {
    guard case .httpRequest(let request) = effect else { return "" }
    return request.url
  }
}

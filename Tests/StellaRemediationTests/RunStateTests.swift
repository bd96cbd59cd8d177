import StellaModel
import Testing

@testable import StellaRemediation

@Suite("The states of a run")
struct RunStateTests {
  /// Every transition that may happen, written from the state diagram and by the names that the log uses. What isn't
  /// here must be rejected.
  static let diagram = """
    proposed            suppressed → suppressed, planning_started → planning
    planning            plan_failed → plan_failed, plan_empty → no_change, plan_refused → refused
    planning            plan_recorded → awaiting, taken_over → planning
    awaiting            vote_recorded → awaiting, approved → approved, rejected → rejected, deadline_passed → expired
    awaiting            withdrawn → withdrawn, superseded → superseded, effects_gone → no_change
    approved            deadline_passed → expired, frozen → frozen, claimed → checking
    approved            withdrawn → withdrawn, superseded → superseded
    frozen              thawed → approved, withdrawn → withdrawn, superseded → superseded
    checking            superseded → superseded, claim_released → approved, digest_confirmed → applying
    checking            taken_over → checking, effects_gone → no_change
    applying            effect_intended → applying, effect_applied → applying, reconciled → applying
    applying            outcome_unclear → unknown, effect_failed → stopped, halted → stopped, drift_found → stopped
    applying            all_applied → verifying, taken_over → applying
    unknown             reconciled → applying
    stopped             nothing_applied → failed, part_applied → partial, rollback_started → rolling_back
    stopped             taken_over → stopped
    partial             rollback_started → rolling_back, accepted → accepted
    verifying           verified_good → succeeded, verified_bad → ineffective, taken_over → verifying
    succeeded           rollback_started → rolling_back
    ineffective         rollback_started → rolling_back
    rolling_back        reconciled → rolling_back
    rolling_back        all_restored → rolled_back, rollback_conflicted → rollback_conflict
    rolling_back        rollback_failed → rollback_failed, outcome_unclear → rollback_unknown, halted → partial
    rolling_back        taken_over → rolling_back
    rollback_unknown    reconciled → rolling_back
    rollback_conflict   rollback_started → rolling_back, accepted → accepted
    rollback_failed     rollback_started → rolling_back, accepted → accepted
    """

  /// `state event` → state.
  static let transitions: [String: String] = {
    var transitions: [String: String] = [:]
    for line in diagram.split(separator: "\n") {
      let words = line.split { " ,→".contains($0) }.map(String.init)
      for index in stride(from: 1, to: words.count, by: 2) {
        let key = words[0] + " " + words[index]
        precondition(transitions[key] == nil, "\(key) is written twice")
        transitions[key] = words[index + 1]
      }
    }
    return transitions
  }()

  @Test("Each event in each state leads where the diagram says, and is rejected where it says nothing")
  func everyPair() {
    var met = 0
    for state in RunState.allCases {
      for event in RunEvent.allCases {
        let wanted = Self.transitions[state.rawValue + " " + event.rawValue]
        #expect(RunState.next(state, event)?.rawValue == wanted, "\(state.rawValue), \(event.rawValue)")
        met += wanted == nil ? 0 : 1
      }
    }
    // A misspelt name in the diagram would be a pair that is never met.
    #expect(met == Self.transitions.count)
  }

  @Test("The states have the names that people know them by, and two more")
  func names() {
    let known = """
      proposed planning plan_failed no_change refused suppressed awaiting rejected expired withdrawn superseded approved
      frozen checking applying unknown stopped failed partial verifying succeeded ineffective rolling_back rolled_back
      rollback_conflict rollback_failed
      """.split { $0.isWhitespace }.map(String.init)
    #expect(Set(RunState.allCases.map(\.rawValue)) == Set(known + ["rollback_unknown", "accepted"]))
    #expect(known.count == 26)
  }

  @Test("No run leaves a terminal state")
  func terminal() {
    let terminal = RunState.allCases.filter(\.isTerminal)
    #expect(terminal.count == 11)
    for state in terminal {
      #expect(RunEvent.allCases.allSatisfy { RunState.next(state, $0) == nil }, "\(state.rawValue)")
    }
  }

  @Test("A run that is over can only be rolled back")
  func over() {
    for state in [RunState.succeeded, .ineffective] {
      #expect(!state.isTerminal && state.turn == .nobody)
      #expect(RunEvent.allCases.filter { RunState.next(state, $0) != nil } == [.rollbackStarted])
    }
  }

  @Test("From every state that isn't terminal a run can come to its end, and every state can be reached")
  func liveness() {
    for state in RunState.allCases where !state.isTerminal {
      let ends = Self.reachable(from: state).filter(\.isTerminal)
      #expect(!ends.isEmpty, "\(state.rawValue)")
    }
    #expect(Self.reachable(from: .proposed).union([.proposed]) == Set(RunState.allCases))
  }

  @Test("A state has a runner, a person or nobody to act, and somebody has a move exactly when somebody must act")
  func turns() {
    for state in RunState.allCases {
      let moves = RunEvent.allCases.filter { RunState.next(state, $0).map { $0 != state } ?? false }
      if state.turn != .nobody { #expect(!moves.isEmpty, "\(state.rawValue)") }
    }
    let runner = Set(RunState.allCases.filter { $0.turn == .runner })
    let takenOver = Set(RunState.allCases.filter { RunState.next($0, .takenOver) != nil })
    // Proposed and approved runs have no owner yet whose work could be taken over.
    #expect(runner == takenOver.union([.proposed, .approved]))
    #expect(takenOver.allSatisfy { RunState.next($0, .takenOver) == $0 })
  }

  @Test("No clock moves a run that waits for an operator")
  func operators() {
    for state in RunState.allCases where state.turn == .operators {
      for event in [RunEvent.deadlinePassed, .takenOver, .effectsGone] {
        #expect(RunState.next(state, event) == nil, "\(state.rawValue) \(event.rawValue)")
      }
    }
  }

  /// What a run has behind it, so far as a promise depends on it.
  struct Past: Hashable {
    var isApproved = false
    var isChecked = false
    var hasApplied = false
    var hasUndone = false
  }

  @Test("Effects come only after an approval and a check under the lock, and never again once undoing began")
  func safety() {
    var seen: Set<[AnyHashable]> = []
    var open: [(RunState, Past)] = [(.proposed, Past())]
    while let (state, past) = open.popLast() {
      guard seen.insert([state, past]).inserted else { continue }
      for event in RunEvent.allCases {
        guard let next = RunState.next(state, event) else { continue }
        var after = past
        switch event {
        case .approved: after.isApproved = true
        case .claimReleased: after.isChecked = false
        case .digestConfirmed: after.isChecked = true
        case .effectApplied: after.hasApplied = true
        case .rollbackStarted: after.hasUndone = true
        default: break
        }
        if event == .effectIntended || next == .applying {
          #expect(past.isApproved && after.isChecked && !past.hasUndone, "\(state.rawValue) \(event.rawValue)")
        }
        if next == .checking { #expect(past.isApproved && !past.isChecked, "\(state.rawValue) \(event.rawValue)") }
        if next == .rollingBack { #expect(past.isApproved && past.isChecked, "\(state.rawValue) \(event.rawValue)") }
        let closesUntouched: Set<RunState> = [
          .withdrawn, .rejected, .expired, .superseded, .noChange, .refused, .planFailed,
        ]
        if closesUntouched.contains(next) {
          #expect(!past.hasApplied && !past.isChecked, "\(state.rawValue) \(event.rawValue)")
        }
        open.append((next, after))
      }
    }
    #expect(seen.count > RunState.allCases.count)
  }

  @Test("A run whose outcome is unknown can only be reconciled, and goes back to what it was doing")
  func unknown() {
    for (state, work) in [(RunState.unknown, RunState.applying), (.rollbackUnknown, .rollingBack)] {
      #expect(RunEvent.allCases.filter { RunState.next(state, $0) != nil } == [.reconciled])
      #expect(RunState.next(state, .reconciled) == work)
      #expect(RunState.next(work, .outcomeUnclear) == state)
    }
  }

  /// All states that some events lead to.
  static func reachable(from state: RunState) -> Set<RunState> {
    var reached: Set<RunState> = []
    var open = [state]
    while let from = open.popLast() {
      for event in RunEvent.allCases {
        if let next = RunState.next(from, event), reached.insert(next).inserted { open.append(next) }
      }
    }
    return reached
  }
}

import StellaModel

/// Whether the next effect of an approved run may begin now. Pure, and asked before each of them: a freeze, a closed window
/// or a vote that no longer counts stops a run at the next boundary.
package enum EffectGate: Sendable, Hashable {
  case open
  /// All effects are stopped.
  case frozen(Freeze)
  /// No maintenance window is open; when the next opens, if that is known.
  case outsideWindow(opens: Int64?)
  /// The time to execute is over: the run has expired.
  case late
  /// The approval doesn't hold any longer: what the votes come to now.
  case notApproved(Quorum.State)

  /// - Parameters:
  ///   - executeBy: nil for a run that has begun: deadline and windows are for its first effect, and half a repair isn't left
  ///     lying because an hour ended.
  ///   - isRollback: undoing isn't bound to windows.
  ///   - duringFreeze: a person asked for this rollback in spite of the freeze.
  package init(
    policy: Policy, quorum: Quorum.State, freeze: Freeze?, executeBy: Int64?, now: Int64, isRollback: Bool = false,
    duringFreeze: Bool = false
  ) {
    if quorum != .satisfied {
      self = .notApproved(quorum)
    } else if let executeBy, now >= executeBy {
      self = .late
    } else if let freeze, !(isRollback && duringFreeze) {
      self = .frozen(freeze)
    } else if executeBy != nil, !isRollback, let closed = policy.closedWindows(at: now) {
      self = .outsideWindow(opens: closed.opens)
    } else {
      self = .open
    }
  }
}

extension Policy {
  /// Nil while each list of windows has one that is open; else when the one that keeps it closed longest opens next.
  package func closedWindows(at time: Int64) -> (opens: Int64?, lists: Int)? {
    let closed = windows.filter { list in !list.isEmpty && list.allSatisfy { $0.closes(after: time) == nil } }
    guard !closed.isEmpty else { return nil }
    let next = closed.map { list in list.compactMap { $0.opens(after: time) }.min() }
    return (next.contains(nil) ? nil : next.compactMap { $0 }.max(), closed.count)
  }

  /// When the windows that are open at `time` begin to close; nil without windows, and while they are closed.
  package func windowCloses(after time: Int64) -> Int64? {
    guard closedWindows(at: time) == nil else { return nil }
    return windows.filter { !$0.isEmpty }.compactMap { list in list.compactMap { $0.closes(after: time) }.max() }.min()
  }
}

import StellaModel

/// What somebody asks for about runs, their approval, and the freeze: the same value whether a command says it or a request
/// over HTTP.
package enum RunRequest: Sendable, Hashable {
  /// Which runs to list.
  package struct Filter: Sendable, Hashable {
    /// Empty: all.
    package var states: [RunState] = []
    package var fix: String?
    /// The most that are given; the newest of them.
    package var limit = 50

    package init() {}
  }

  /// What became of an effect whose outcome nobody could tell.
  package enum Finding: String, Sendable, CaseIterable {
    case applied
    case notApplied = "not_applied"
  }

  case list(Filter)
  /// Everything about one run.
  ///
  /// - Parameters:
  ///   - isWhole: with every effect on the screen.
  ///   - former: on the screen, how the plan differs from that of this run.
  case show(String, isWhole: Bool = false, former: String? = nil)
  /// - Parameter isAlone: in an emergency, for the whole quorum.
  case approve(String, digest: String, reason: String, isAlone: Bool = false)
  case reject(String, digest: String, reason: String)
  case review(String, reason: String)
  case withdraw(String, reason: String)
  case replan(String)
  case execute(String)
  case rollback(String)
  case reconcile(String, Finding, reason: String)
  case accept(String, reason: String)
  case freezeStatus
  case freeze(reason: String)
  case thaw(reason: String)
  case whoami
}

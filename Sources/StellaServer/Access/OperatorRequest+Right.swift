import StellaModel

extension OperatorRequest {
  /// What somebody must be allowed to ask for it over the network. What a run's policy wants besides is looked at by who answers.
  package enum Right: String, Sendable, Hashable, CaseIterable {
    /// To see alerts, runs and what the engine does.
    case read
    /// To ask for a plan or a rollback, on which people decide.
    case propose
    /// To acknowledge, resolve, silence, have rules loaded anew and carried out what is approved, and stop all effects.
    case respond
    /// To let effects go on.
    case thaw
    /// To decide.
    case vote
    /// To change who may do what.
    case administer
    /// To change one's own password.
    case own

    /// Whether a token of an OpenID provider can be enough, without a session.
    ///
    /// - Parameter isVisitor: whether it is about no user of ours: who asks for a plan must not be the one who approves it, and of
    ///   them nobody could tell.
    package func isForIssued(_ isVisitor: Bool) -> Bool {
      switch self {
      case .read, .respond: true
      case .propose: !isVisitor
      case .thaw, .vote, .administer, .own: false
      }
    }

    /// The roles of which any is enough. No role implies another.
    package var roles: Set<String> {
      switch self {
      case .read, .own: ["viewer", "editor", "approver", "admin"]
      case .propose, .respond: ["editor", "approver", "admin"]
      case .thaw: ["approver", "admin"]
      case .vote: ["approver"]
      case .administer: ["admin"]
      }
    }

    /// The scope that a token needs; nil: no token may.
    package var scope: APIToken.Scope? {
      switch self {
      case .read: .read
      case .propose: .propose
      case .respond, .thaw, .vote, .administer, .own: nil
      }
    }
  }

  package var right: Right {
    switch self {
    case .list, .show, .state, .freezeStatus, .whoami, .alerts, .alert, .history, .top, .mutes, .log: .read
    case .fixes(.list), .fixes(.show): .read
    // Also of what isn't asked for: who picks the parameters picks what is read at the targets.
    case .fixes(.plan): .propose
    case .rules(.list), .rules(.show): .read
    case .rules(.reload): .respond
    case .notifications(.list): .read
    case .notifications(.retry): .respond
    case .replan, .rollback, .withdraw: .propose
    case .acknowledge, .resolve, .silence, .unsilence, .execute, .freeze: .respond
    case .thaw: .thaw
    case .approve, .reject, .review, .reconcile, .accept: .vote
    case .access(.setPassword(_, _, former: .some)): .own
    case .access: .administer
    case .health(.acknowledge): .respond
    case .health: .read
    }
  }

  /// Whether somebody may ask for it on a machine where nobody logs in: it changes nothing, and holds nothing of a plan.
  package var isForAnybodyHere: Bool {
    switch self {
    case .show, .state: false
    default: right == .read
    }
  }

  /// Whether the answer is a run that is on record with its plan, which somebody may decide on.
  package var isAboutRun: Bool {
    if case .fixes(.plan(_, parameters: _, isProposal: true)) = self { return true }
    return run != nil
  }

  /// The run that it is about, by its id.
  package var run: String? {
    switch self {
    case .show(let id, _, _), .state(let id), .approve(let id, _, _, _), .reject(let id, _, _), .review(let id, _),
      .withdraw(let id, _), .replan(let id), .execute(let id), .rollback(let id), .reconcile(let id, _, _),
      .accept(let id, _):
      id
    default: nil
    }
  }
}

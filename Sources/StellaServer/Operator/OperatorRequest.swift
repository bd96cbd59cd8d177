import StellaModel

/// What an operator asks for about alerts, runs, their approval, the freeze, and the engine that runs: the same value whether a command says it or
/// a request over HTTP.
package enum OperatorRequest: Sendable, Hashable {
  /// Which runs to list.
  package struct Filter: Sendable, Hashable {
    /// Empty: all.
    package var states: [RunState] = []
    package var fix: String?
    /// The most that are given; the newest of them.
    package var limit = 50

    package init() {}
  }

  /// Which alerts to list.
  package struct AlertFilter: Sendable, Hashable {
    /// Also those that are over.
    package var isWhole = false
    package var rule: String?
    /// The most that are given.
    package var limit = 100

    package init() {}
  }

  /// Which rules of the running engine to tell of.
  package struct TopFilter: Sendable, Hashable {
    /// What comes first: those with most of it, or by name.
    package enum Order: String, Sendable, CaseIterable {
      case cost, events, alerts, keys, memory, rule
    }

    package var order = Order.cost
    /// The most that are given; nil for all.
    package var limit: Int?

    package init() {}
  }

  /// A part of a key that a silence is for.
  package struct KeyPart: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
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
  /// Only where it is, for who waits for it.
  case state(String)
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
  case alerts(AlertFilter)
  /// By its id, or the first 8 digits of it or more; as in what follows.
  case alert(String)
  case acknowledge(String, reason: String)
  case resolve(String, reason: String)
  /// - Parameters:
  ///   - key: in the order of the names, each once.
  ///   - length: such as `2h`.
  case silence(rule: String, key: [KeyPart], length: String, reason: String)
  case unsilence(Int64)
  /// The last decisions of a rule.
  ///
  /// - Parameters:
  ///   - key: only those about a key that has this text in it.
  ///   - limit: the most that are given; the newest.
  case history(rule: String, key: String? = nil, limit: Int)
  /// How the engine fares, and what each rule costs it. Only the process that it runs in can say.
  case top(TopFilter)
  /// About the rules that run.
  case rules(RuleRequest)
  /// About the fixes that can be proposed.
  case fixes(FixRequest)
  /// What keeps alerts, or events from rules: silences, exceptions, maintenance, shadow mode.
  case mutes
  /// About the execution log.
  case log(LogRequest)
  /// About what people are told.
  case notifications(NotificationRequest)
  /// About those who may come in.
  case access(AccessRequest)
  /// About how the system is.
  case health(HealthRequest)

  /// Whether it runs a fix's `plan`, which reads at targets that may be slow.
  var isPlanning: Bool {
    switch self {
    case .fixes(.plan), .replan: true
    default: false
    }
  }
}

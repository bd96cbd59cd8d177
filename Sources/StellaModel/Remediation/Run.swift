/// One attempt of one fix for one alert, as a store keeps it. Its plan, votes and steps are kept beside it.
package struct Run: Sendable, Hashable {
  /// `r-` and 8 hexadecimal digits, the same for the same proposal.
  package var id: String
  package var state: RunState
  /// The run whose applied effects this one takes back; nil for a fix.
  package var rollsBack: String?
  package var fix: String
  package var fixTitle: String
  /// The file as it was named when loading.
  package var fixFile: String
  /// What asked for it: the alert's id, its rule, and its key as JSON. Empty when a person did.
  package var alert: String
  package var rule: String
  package var alertKey: String
  /// Rule, key and fix: runs with the same subject are attempts at the same thing.
  package var subject: String
  package var parameters: NamedValues
  /// Such as `rule:data.user-id-format` or `user:mara`.
  package var requestedBy: String
  /// Why this fix, for people.
  package var reason: String
  /// Who edited parameters, besides the one who asked; they can't vote where four eyes are wanted.
  package var editors: [String]
  /// The name of the policy that it is under.
  package var policy: String
  package var digest: PlanDigest?
  /// Whether the engine found nothing in the plan but effects that a target lists as safe.
  package var isSafe: Bool
  package var targets: [String]
  package var effectCount: Int
  package var rowCount: Int
  /// Nanoseconds since the epoch, as all times here.
  package var proposedAt: Int64
  package var plannedAt: Int64?
  /// When planning again last gave the same.
  package var checkedAt: Int64?
  package var decideBy: Int64?
  package var executeBy: Int64?
  /// When the clock of the deadline that is in force began: with the plan, then with the approval.
  package var waitsSince: ClockReading?
  package var endedAt: Int64?
  /// Who decided alone in an emergency, and who looked at that afterwards.
  package var glassBrokenBy: String?
  package var reviewedBy: String?
  package var supersedes: String?
  package var supersededBy: String?
  /// How often planning anew gave another plan on the way to this run.
  package var supersessions: Int
  /// Why it is where it is; empty when the state says enough. For people, and not escaped.
  package var detail: String

  package init(
    id: String, fix: String, fixTitle: String, fixFile: String, subject: String, parameters: NamedValues,
    requestedBy: String, policy: String, proposedAt: Int64
  ) {
    self.id = id
    state = .proposed
    self.fix = fix
    self.fixTitle = fixTitle
    self.fixFile = fixFile
    alert = ""
    rule = ""
    alertKey = ""
    self.subject = subject
    self.parameters = parameters
    self.requestedBy = requestedBy
    reason = ""
    editors = []
    self.policy = policy
    isSafe = false
    targets = []
    effectCount = 0
    rowCount = 0
    self.proposedAt = proposedAt
    supersessions = 0
    detail = ""
  }
}

extension Run {
  /// The ``subject`` of what a rule's alert asks for.
  package static func subject(fix: String, rule: String, key: [FieldValue.Member]) -> String {
    "\(fix) \(rule) \(FieldValue.object(key).json)"
  }

  /// Whether the time to decide is over, or once it is decided the time to execute.
  package func isLate(at now: ClockReading) -> Bool {
    (state == .awaiting ? decideBy : executeBy).map { now.isPast($0, since: waitsSince) } ?? false
  }
}

/// What one person said about one plan. Written once, never changed.
package struct RunVote: Sendable, Hashable {
  package enum Decision: String, Sendable, Hashable {
    case approve
    case reject
  }

  package var run: String
  /// The name under which `users:` knows the person, or `policy:…`.
  package var voter: String
  package var decision: Decision
  /// The plan that the person had before them.
  package var digest: PlanDigest
  package var reason: String
  package var time: Int64

  package init(run: String, voter: String, decision: Decision, digest: PlanDigest, reason: String, time: Int64) {
    self.run = run
    self.voter = voter
    self.decision = decision
    self.digest = digest
    self.reason = reason
    self.time = time
  }
}

/// A group of effects of a run that was about to be performed, and what became of it.
package struct RunStep: Sendable, Hashable {
  package enum State: String, Sendable, Hashable {
    /// Perhaps performed. Nothing but its class, or a person, tells.
    case intended
    case applied
    case notApplied = "not_applied"
    /// Not applied either, because the target no longer held what the plan was made for.
    case drifted
  }

  package var run: String
  /// From 1, in the order of the plan.
  package var group: Int
  /// From 1: a group that an engine left undone, for certain, is begun once more.
  package var attempt: Int
  package var state: State
  /// What the target said; for people, and not escaped.
  package var detail: String
  /// For each effect of the group the values of the columns that it returns, by inserted row.
  package var results: [[NamedValues]]
  /// Of the intent.
  package var epoch: Int64
  package var intendedAt: Int64
  /// The same moment on the machine's steady clock.
  package var intendedSteady: SteadyTime?
  package var endedAt: Int64?

  package init(run: String, group: Int, attempt: Int = 1, epoch: Int64, intendedAt: Int64) {
    self.run = run
    self.group = group
    self.attempt = attempt
    state = .intended
    detail = ""
    results = []
    self.epoch = epoch
    self.intendedAt = intendedAt
  }
}

extension RunStep {
  package var intention: ClockReading { ClockReading(calendar: intendedAt, steady: intendedSteady) }
}

/// Whether all effects are stopped.
package struct Freeze: Sendable, Hashable {
  package var by: String
  package var reason: String
  package var since: Int64

  package init(by: String, reason: String, since: Int64) {
    self.by = by
    self.reason = reason
    self.since = since
  }
}

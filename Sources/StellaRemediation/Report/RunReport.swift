import StellaModel

/// Everything that a screen about a run may say, read from the store in one transaction and judged by the policy and
/// people there are now.
package struct RunReport: Sendable {
  /// Who looks at the screen.
  package enum Viewer: Sendable, Hashable {
    /// A name of `users:`.
    case person(String)
    /// Somebody who can't vote at all, such as `uid 1000 (mara)`, with the reason.
    case nobody(String, reason: String)
  }

  /// What `plan` asked the targets.
  package struct Reads: Sendable, Hashable {
    package var queries: Int
    package var rows: Int
    /// Nanoseconds.
    package var duration: Int64

    package init(queries: Int, rows: Int, duration: Int64) {
      self.queries = queries
      self.rows = rows
      self.duration = duration
    }
  }

  package var run: Run
  /// That holds for the run now; its name may be another than the run's.
  package var policy: Policy
  package var quorum: Quorum
  /// Nil while there is none, when it was erased, and in lists.
  package var plan: Plan?
  /// What the fix had to say to the one who decides.
  package var notes: [String]
  package var steps: [RunStep]
  /// The alert's fields as its JSON has them.
  package var alert: FieldValue?
  package var reads: Reads?
  /// Runs with the same subject within the policy's window, this one not counted.
  package var earlierAttempts: Int?
  package var viewer: Viewer
  package var freeze: Freeze?
  /// Nanoseconds since the epoch.
  package var now: Int64

  package init(run: Run, policy: Policy, quorum: Quorum, viewer: Viewer, freeze: Freeze?, now: Int64) {
    self.run = run
    self.policy = policy
    self.quorum = quorum
    self.viewer = viewer
    self.freeze = freeze
    self.now = now
    notes = []
    steps = []
  }
}

extension RunReport {
  /// Why the viewer can't approve the plan; nil when they may.
  package var viewerBar: String? {
    switch viewer {
    case .nobody(_, let reason): reason
    case .person(let name): quorum.bar(of: name)?.sentence
    }
  }

  /// `1/2`, `auto`, or `–` where nothing is to be voted on.
  package var votes: String {
    if quorum.decider != nil { return "auto" }
    if run.digest == nil { return "–" }
    return "\(quorum.approvals)/\(quorum.approvalCount)"
  }

  /// The deadline that runs now.
  package var deadline: (name: String, time: Int64, isUrgent: Bool)? {
    switch run.state {
    case .awaiting:
      run.decideBy.map {
        ("decide by", $0, Policy.isUrgent(deadline: $0, from: run.plannedAt ?? run.proposedAt, now: now))
      }
    case .approved, .frozen:
      run.executeBy.map {
        (
          "execute by", $0,
          Policy.isUrgent(deadline: $0, from: quorum.votes.last?.vote.time ?? run.proposedAt, now: now)
        )
      }
    default: nil
    }
  }

  /// Whether the deadline is over, although nothing is on record yet that says so.
  package var isLate: Bool { deadline.map { $0.time <= now } ?? false }

  /// Groups of effects without an outcome.
  package var openSteps: [RunStep] { steps.filter { $0.state == .intended } }

  /// What is asked of a person, in words of the engine's own; nil when nothing is.
  package var demand: String? {
    switch run.state {
    case .unknown, .rollbackUnknown:
      "what became of \(openSteps.first.map { "group \($0.group)" } ?? "an effect") is unknown"
    case .partial: "some effects were applied and others weren't"
    case .rollbackConflict: "the target no longer holds what the run wrote"
    case .rollbackFailed: "a restoring step failed"
    case .frozen: "it is approved and held by the freeze"
    default: nil
    }
  }
}

extension RunState {
  /// In words for people, as lists show it; those that want a person are in capitals, so that no colour is needed.
  package var shown: String {
    let words = rawValue.split(separator: "_").joined(separator: " ")
    return turn == .operators ? words.uppercased() : words
  }
}

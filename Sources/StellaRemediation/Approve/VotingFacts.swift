import StellaModel

/// What a vote on a run is judged by, besides policy and people.
package struct VotingFacts: Sendable, Hashable {
  /// Its id: two runs may have the same plan and digest, and a vote is for one of them. Nil: any.
  package var run: String?
  /// As ``Run/requestedBy``; only `user:…` names somebody.
  package var requestedBy: String
  package var editors: [String]
  /// Whoever the fix names as its author, or a version control system as the last to change it.
  package var authors: [String]
  /// Of the plan there is now; nil: there is none to vote on.
  package var digest: PlanDigest?
  /// Whether the engine found nothing in the plan but effects that a target lists as safe.
  package var isSafe: Bool

  package init(
    run: String? = nil, requestedBy: String, editors: [String] = [], authors: [String] = [], digest: PlanDigest?,
    isSafe: Bool = false
  ) {
    self.run = run
    self.requestedBy = requestedBy
    self.editors = editors
    self.authors = authors
    self.digest = digest
    self.isSafe = isSafe
  }

  /// Whether a policy may decide without any person: what a program asked for, or had planned into something else, waits for
  /// one, since no token decides.
  var isForPolicy: Bool { isSafe && !Caller.isToken(requestedBy) && !editors.contains(where: Caller.isToken) }

  package init(_ run: Run, authors: [String] = [], isSafe: Bool = false) {
    self.init(
      run: run.id, requestedBy: run.requestedBy, editors: run.editors, authors: authors, digest: run.digest,
      isSafe: isSafe)
  }
}

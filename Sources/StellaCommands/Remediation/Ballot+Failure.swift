import StellaModel
import StellaRemediation

extension Ballot.Refusal {
  /// What a person whose vote wasn't recorded is told, and how the command ends: not permitted for a missing right, a conflict
  /// for everything else.
  ///
  /// - Parameter quorum: as it is without the vote, for who may.
  func failure(_ run: Run, _ quorum: Quorum, now: Int64) -> CommandFailure {
    let id = ScreenText.name(run.id)
    let read = "Read it: stella approvals show \(id)"
    let status: CommandStatus = isPermission ? .notPermitted : .conflict
    let message =
      switch self {
      case .notAwaiting(let state):
        "not recorded: \(id) is \(state.shown) and takes no votes."
          + (run.supersededBy.map { " Its place has \(ScreenText.name($0))." } ?? "")
          + (state == .expired ? " Ask for it anew: \(run.askingAnew)" : " \(read)")
      case .late(let decideBy):
        "not recorded: the time to decide ended at \(ScreenTime(now: now).clock(decideBy)). "
          + "Ask for it anew: \(run.askingAnew)"
      case .badDigest(.tooShort(let count)):
        "not recorded: --digest has \(CountText.count(count, "digit")), and at least \(PlanDigest.prefixDigits) are needed. \(read)"
      case .badDigest(.tooLong): "not recorded: --digest has more digits than a digest. \(read)"
      case .badDigest(.notHexadecimal): "not recorded: --digest takes the digits 0…9 and a…f. \(read)"
      case .otherPlan(let digest):
        "not recorded: the plan is not the one that you read; now it is \(digest.short), and votes on another don't count. "
          + read
      case .barred(let bar): "you can't vote on \(id): \(RunScreen.shown(bar)).\n  \(quorum.eligibleSentence)"
      }
    return CommandFailure(status, message)
  }
}

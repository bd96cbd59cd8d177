import StellaModel
import StellaRemediation
import StellaScripting

extension StellaError {
  /// The same as a host is told it.
  init(_ error: any Error) {
    switch error {
    case let error as StellaError: self = error
    case let error as StoreError: self.init(.store, error.description)
    case let error as LogError: self.init(.store, "\(error)")
    case let error as RemediationError:
      let code: Code =
        switch error.code {
        case .notFound: .notFound
        case .conflict: .conflict
        case .notPermitted: .notPermitted
        case .usage: .usage
        case .frozen: .frozen
        }
      self.init(code, error.message)
    case let error as RefusedBallot: self.init(error)
    case let error as RuleError: self.init(.rules, error.description, place: "\(error.file):\(error.line)")
    case let error as FixError: self.init(.usage, "\(error)")
    case let error as People.Problem: self.init(.configuration, error.message)
    default: self.init(.failed, "\(error)")
    }
  }

  private init(_ error: RefusedBallot) {
    let id = error.run.id
    switch error.refusal {
    case .notAwaiting(let state):
      let next = error.run.supersededBy.map { " Its place has \($0)." } ?? ""
      self.init(.conflict, "not recorded: \(id) is \(state.rawValue) and takes no votes.\(next)")
    case .late: self.init(.conflict, "not recorded: the time to decide on \(id) is over.")
    case .badDigest(.tooShort(let count)):
      self.init(
        .usage, "not recorded: the digest has \(count) digits, and at least \(PlanDigest.prefixDigits) are needed.")
    case .badDigest(.tooLong): self.init(.usage, "not recorded: the digest has more digits than a digest.")
    case .badDigest(.notHexadecimal): self.init(.usage, "not recorded: a digest has the digits 0…9 and a…f.")
    case .otherPlan(let now):
      self.init(.conflict, "not recorded: the plan of \(id) is another one by now, \(now.short). Read it again.")
    case .barred(let bar): self.init(.notPermitted, "not recorded: no vote on \(id) for this person (\(bar)).")
    }
  }
}

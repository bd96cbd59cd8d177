import StellaModel

extension CommandStatus {
  /// What the status says, for the reference page.
  package var meaning: String {
    switch self {
    case .done: "done; `watch` also when alerts fired"
    case .findings: "findings: alerts in a replay, failed tests, lint warnings with `--strict`"
    case .broken: "a rule or fix is broken; `watch` ran with the others"
    case .usage: "usage or configuration"
    case .conflict: "conflict: a digest that doesn't fit any more, something that was decided already"
    case .notPermitted: "not permitted"
    case .quorumOpen: "recorded, but the quorum is not reached"
    case .integrity: "integrity failure: stored data is damaged"
    case .frozen: "frozen"
    case .outcomeUnknown: "the outcome is unknown; a person decides"
    case .failure: "runtime or I/O failure; a retry may help"
    case .notFound: "not found"
    case .interrupted: "interrupted, such as by Ctrl-C"
    }
  }
}

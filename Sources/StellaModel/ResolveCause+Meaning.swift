extension Alert.ResolveCause {
  /// For people, after "resolved: ".
  package var meaning: String {
    switch self {
    case .quiet: "nothing more came for as long as the rule waits"
    case .recovered: "its checks find nothing any more"
    case .resolveWhen: "resolve_when holds"
    case .cancelOn: "an event that cancel_on names came"
    case .returned: "what had stayed away has come"
    case .forgotten: "what had stayed away is not expected any more"
    case .ruleRemoved: "the rule was removed"
    case .ruleReset: "the rule began anew, without the state that looked after it"
    case .scriptRuns: "the script runs well again, or was corrected"
    case .scriptStopped: "the script was stopped for good"
    case .byHand: "a person said that it is over"
    }
  }
}

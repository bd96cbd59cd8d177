/// What is asked about rules.
package enum RuleRequest: Sendable, Hashable {
  /// Those that run, and those that were refused.
  case list
  /// Everything about one rule, by its id.
  case show(String)
  /// Has the rules loaded anew, and waits for what comes of it.
  case reload
}

extension RuleRequest {
  var call: OperatorRequest.Call {
    switch self {
    case .list: OperatorRequest.Call(method: "GET", path: OperatorRequest.root + ["rules"])
    case .show(let id): OperatorRequest.Call(method: "GET", path: OperatorRequest.root + ["rules", id])
    case .reload: OperatorRequest.Call(method: "POST", path: OperatorRequest.root + ["rules", "reload"], body: [])
    }
  }
}

/// What is asked about fixes.
package enum FixRequest: Sendable, Hashable {
  /// Those that can be loaded, and those that were refused.
  case list
  /// Everything about one fix, by its id.
  case show(String)
}

extension FixRequest {
  var call: OperatorRequest.Call {
    switch self {
    case .list: OperatorRequest.Call(method: "GET", path: OperatorRequest.root + ["fixes"])
    case .show(let id): OperatorRequest.Call(method: "GET", path: OperatorRequest.root + ["fixes", id])
    }
  }
}

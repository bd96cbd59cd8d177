import StellaModel

/// What is asked about fixes.
package enum FixRequest: Sendable, Hashable {
  /// Those that can be loaded, and those that were refused.
  case list
  /// Everything about one fix, by its id.
  case show(String)
  /// What a fix would change now.
  ///
  /// - Parameters:
  ///   - parameters: in the order of the names, each once; a text may stand for a number or a truth value.
  ///   - isProposal: whether it is asked for as well; otherwise nothing is left of it.
  case plan(String, parameters: [FieldValue.Member], isProposal: Bool)
}

extension FixRequest {
  var call: OperatorRequest.Call {
    switch self {
    case .list: OperatorRequest.Call(method: "GET", path: OperatorRequest.root + ["fixes"])
    case .show(let id): OperatorRequest.Call(method: "GET", path: OperatorRequest.root + ["fixes", id])
    case .plan(let id, let parameters, let isProposal):
      OperatorRequest.Call(
        method: "POST", path: OperatorRequest.root + ["fixes", id, "plan"],
        body: [.init("params", .object(parameters)), .init("propose", .bool(isProposal))])
    }
  }

  static func plan(_ id: String, _ members: RequestMembers) throws(CommandFailure) -> FixRequest {
    var members = members
    let parameters = try members.values("params").sorted { $0.key < $1.key }.map { FieldValue.Member($0.key, $0.value) }
    let request = FixRequest.plan(id, parameters: parameters, isProposal: try members.flag("propose"))
    try members.end()
    return request
  }
}

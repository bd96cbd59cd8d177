import StellaModel

/// What is asked about what people are told.
package enum NotificationRequest: Sendable, Hashable {
  /// - Parameters:
  ///   - state: nil: all.
  ///   - limit: the newest.
  case list(OutboxMessage.State?, limit: Int)
  case retry(String)
}

extension NotificationRequest {
  var call: OperatorRequest.Call {
    switch self {
    case .list(let state, let limit):
      OperatorRequest.Call(
        method: "GET", path: OperatorRequest.root + ["notifications"],
        query: (state.map { [.init("state", $0.rawValue)] } ?? []) + [.init("limit", String(limit))])
    case .retry(let id):
      OperatorRequest.Call(method: "POST", path: OperatorRequest.root + ["notifications", id, "retry"], body: [])
    }
  }

  static func list(_ query: [OperatorRequest.Parameter]) throws(CommandFailure) -> NotificationRequest {
    var state: OutboxMessage.State?
    var limit = 50
    for parameter in query {
      switch parameter.name {
      case "state": state = try Self.state(parameter.value)
      case "limit": limit = try OperatorRequest.limit(parameter.value)
      default: throw OperatorRequest.unknown(parameter, among: ["state", "limit"])
      }
    }
    return .list(state, limit: limit)
  }

  package static func state(_ name: String) throws(CommandFailure) -> OutboxMessage.State {
    guard let state = OutboxMessage.State(rawValue: name) else {
      throw CommandFailure(
        .usage,
        "state \(name): write one of \(OutboxMessage.State.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return state
  }
}

import StellaModel

/// What is asked about the execution log.
package enum LogRequest: Sendable, Hashable {
  /// Which records to give, oldest first.
  package struct Filter: Sendable, Hashable {
    /// Only those with a larger number, the first ``limit`` of them; nil: the last.
    package var after: Int64?
    /// Only those with a smaller number; nil: no matter.
    package var before: Int64?
    /// The most that are given, up to ``most``.
    package var limit = 100
    /// Only those about this run.
    package var run: String?

    package static let most = 1000

    package init(after: Int64? = nil, before: Int64? = nil, limit: Int = 100, run: String? = nil) {
      self.after = after
      self.before = before
      self.limit = limit
      self.run = run
    }
  }

  case records(Filter)
  case record(Int64)
  /// How large the log is, up to where it is signed and anchored, and when it was verified last.
  case status
}

extension LogRequest {
  var call: OperatorRequest.Call {
    switch self {
    case .records(let filter):
      var query: [OperatorRequest.Parameter] = []
      if let after = filter.after { query.append(.init("after", String(after))) }
      if let before = filter.before { query.append(.init("before", String(before))) }
      query.append(.init("limit", String(filter.limit)))
      if let run = filter.run { query.append(.init("run", run)) }
      return call(["log"], query)
    case .record(let number): return call(["log", String(number)])
    case .status: return call(["log", "status"])
    }
  }

  private func call(_ path: [String], _ query: [OperatorRequest.Parameter] = []) -> OperatorRequest.Call {
    OperatorRequest.Call(method: "GET", path: OperatorRequest.root + path, query: query)
  }
}

extension LogRequest.Filter {
  /// - Throws: ``CommandFailure`` `usage` for a parameter that is unknown or makes no sense.
  init(_ query: [OperatorRequest.Parameter]) throws(CommandFailure) {
    self.init()
    for parameter in query {
      switch parameter.name {
      case "after": after = try OperatorRequest.number(parameter.value, "after")
      case "before": before = try OperatorRequest.number(parameter.value, "before")
      case "limit":
        limit = try OperatorRequest.number(parameter.value, "limit")
        guard (1...Self.most).contains(limit) else {
          throw CommandFailure(.usage, "limit \(limit): write a number from 1 to \(Self.most).")
        }
      case "run": run = parameter.value
      default: throw OperatorRequest.unknown(parameter, among: ["after", "before", "limit", "run"])
      }
    }
  }
}

import StellaModel

/// What is asked about how the system is, was, and what its analysis has found.
package enum HealthRequest: Sendable, Hashable {
  /// Which samples are wanted.
  package struct HistoryFilter: Sendable, Hashable {
    /// A time (RFC 3339), or a duration before now, such as `24h`.
    package var since: String?
    package var until: String?
    package var status: HealthStatus?
    package var scoreBelow: Int?
    /// The most that are given; the newest of them.
    package var limit = 1500

    package init() {}
  }

  /// Which findings are wanted.
  package struct FindingFilter: Sendable, Hashable {
    /// As those of samples: what was there at any time between the two.
    package var since: String?
    package var until: String?
    /// Empty: all.
    package var statuses: [HealthFinding.Status] = []
    /// This one and graver ones.
    package var severity: Severity?
    package var scoreBelow: Int?
    /// The most that are given.
    package var limit = 200

    package init() {}
  }

  /// How it is now. Only the process that the engine runs in can say.
  case system
  case history(HistoryFilter)
  case findings(FindingFilter)
  /// By its id, or the first 8 digits of it or more.
  case acknowledge(String, reason: String)
}

extension HealthRequest {
  var call: OperatorRequest.Call {
    switch self {
    case .system: return get(["system"], [])
    case .history(let filter):
      return get(
        ["system", "history"],
        [
          ("since", filter.since), ("until", filter.until), ("status", filter.status?.rawValue),
          ("score_below", filter.scoreBelow.map(String.init)), ("limit", String(filter.limit)),
        ])
    case .findings(let filter):
      let statuses: [(String, String?)] = filter.statuses.map { ("status", $0.rawValue) }
      return get(
        ["findings"],
        [("since", filter.since), ("until", filter.until)] + statuses + [
          ("severity", filter.severity?.rawValue), ("score_below", filter.scoreBelow.map(String.init)),
          ("limit", String(filter.limit)),
        ])
    case .acknowledge(let id, let reason):
      return OperatorRequest.Call(
        method: "POST", path: OperatorRequest.root + ["findings", id, "acknowledge"],
        body: [.init("reason", .string(reason))])
    }
  }

  private func get(_ path: [String], _ query: [(String, String?)]) -> OperatorRequest.Call {
    OperatorRequest.Call(
      method: "GET", path: OperatorRequest.root + path,
      query: query.compactMap { name, value in value.map { OperatorRequest.Parameter(name, $0) } })
  }

  /// - Throws: ``CommandFailure`` `usage` for a parameter that is unknown or makes no sense.
  static func history(_ query: [OperatorRequest.Parameter]) throws(CommandFailure) -> HealthRequest {
    var filter = HistoryFilter()
    for parameter in query {
      switch parameter.name {
      case "since": filter.since = parameter.value
      case "until": filter.until = parameter.value
      case "status": filter.status = try word(parameter)
      case "score_below": filter.scoreBelow = try OperatorRequest.number(parameter.value, "score_below")
      case "limit": filter.limit = try OperatorRequest.number(parameter.value, "limit")
      default:
        throw OperatorRequest.unknown(parameter, among: ["since", "until", "status", "score_below", "limit"])
      }
    }
    return .history(filter)
  }

  static func findings(_ query: [OperatorRequest.Parameter]) throws(CommandFailure) -> HealthRequest {
    var filter = FindingFilter()
    for parameter in query {
      switch parameter.name {
      case "since": filter.since = parameter.value
      case "until": filter.until = parameter.value
      case "status": filter.statuses.append(try word(parameter))
      case "severity": filter.severity = try word(parameter)
      case "score_below": filter.scoreBelow = try OperatorRequest.number(parameter.value, "score_below")
      case "limit": filter.limit = try OperatorRequest.number(parameter.value, "limit")
      default:
        throw OperatorRequest.unknown(
          parameter, among: ["since", "until", "status", "severity", "score_below", "limit"])
      }
    }
    return .findings(filter)
  }

  private static func word<Word: RawRepresentable<String> & CaseIterable>(
    _ parameter: OperatorRequest.Parameter
  ) throws(CommandFailure) -> Word {
    if let word = Word(rawValue: parameter.value) { return word }
    let names = Word.allCases.map(\.rawValue)
    let hint = NearestName.of(parameter.value, in: names).map { " Did you mean \($0)?" } ?? ""
    throw CommandFailure(
      .usage, "\(parameter.name) \(parameter.value): write one of \(names.joined(separator: ", ")).\(hint)")
  }
}

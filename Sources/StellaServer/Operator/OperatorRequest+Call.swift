import StellaModel

extension OperatorRequest {
  /// A request as it goes over HTTP.
  package struct Call: Sendable, Hashable {
    package var method: String
    /// Its parts, not encoded.
    package var path: [String]
    package var query: [Parameter] = []
    /// A JSON object; nil for none.
    package var body: [FieldValue.Member]?
  }

  package struct Parameter: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// In front of every path.
  static let root = ["api", "v1"]

  package var call: Call {
    switch self {
    case .list(let filter):
      var query = filter.states.map { Parameter("state", $0.rawValue) }
      if let fix = filter.fix { query.append(Parameter("fix", fix)) }
      return get(["runs"], query + [Parameter("limit", String(filter.limit))])
    case .show(let id, let isWhole, let former):
      return get(
        ["runs", id], (isWhole ? [Parameter("effects", "all")] : []) + (former.map { [Parameter("diff", $0)] } ?? []))
    case .state(let id): return get(["runs", id, "state"])
    case .approve(let id, let digest, let reason, let isAlone):
      return post(
        id, "approve", [text("digest", digest), text("reason", reason), .init("break_glass", .bool(isAlone))])
    case .reject(let id, let digest, let reason):
      return post(id, "reject", [text("digest", digest), text("reason", reason)])
    case .review(let id, let reason): return post(id, "review", [text("reason", reason)])
    case .withdraw(let id, let reason): return post(id, "withdraw", [text("reason", reason)])
    case .replan(let id): return post(id, "replan", [])
    case .execute(let id): return post(id, "execute", [])
    case .rollback(let id): return post(id, "rollback", [])
    case .reconcile(let id, let finding, let reason):
      return post(id, "reconcile", [text("outcome", finding.rawValue), text("reason", reason)])
    case .accept(let id, let reason): return post(id, "accept", [text("reason", reason)])
    case .freezeStatus: return get(["freeze"])
    case .freeze(let reason):
      return Call(method: "PUT", path: Self.root + ["freeze"], body: [text("reason", reason)])
    case .thaw(let reason):
      return Call(method: "DELETE", path: Self.root + ["freeze"], query: [Parameter("reason", reason)])
    case .whoami: return get(["whoami"])
    case .alerts(let filter):
      var query = filter.isWhole ? [Parameter("all", "true")] : []
      if let rule = filter.rule { query.append(Parameter("rule", rule)) }
      return get(["alerts"], query + [Parameter("limit", String(filter.limit))])
    case .alert(let id): return get(["alerts", id])
    case .acknowledge(let id, let reason):
      return Call(method: "POST", path: Self.root + ["alerts", id, "acknowledge"], body: [text("reason", reason)])
    case .resolve(let id, let reason):
      return Call(method: "POST", path: Self.root + ["alerts", id, "resolve"], body: [text("reason", reason)])
    case .silence(let rule, let key, let length, let reason):
      return Call(
        method: "POST", path: Self.root + ["silences"],
        body: [
          text("rule", rule), .init("key", .object(key.map { text($0.name, $0.value) })), text("for", length),
          text("reason", reason),
        ])
    case .unsilence(let number):
      return Call(method: "DELETE", path: Self.root + ["silences", String(number)])
    case .history(let rule, let key, let limit):
      return get(
        ["rules", rule, "history"], (key.map { [Parameter("key", $0)] } ?? []) + [Parameter("limit", String(limit))])
    case .top(let filter):
      return get(
        ["top"],
        [Parameter("sort", filter.order.rawValue)] + (filter.limit.map { [Parameter("limit", String($0))] } ?? []))
    case .rules(let request): return request.call
    case .fixes(let request): return request.call
    case .mutes: return get(["mutes"])
    case .log(let request): return request.call
    case .access(let request): return request.call
    case .notifications(let request): return request.call
    case .health(let request): return request.call
    }
  }

  private func get(_ path: [String], _ query: [Parameter] = []) -> Call {
    Call(method: "GET", path: Self.root + path, query: query)
  }

  private func post(_ id: String, _ verb: String, _ body: [FieldValue.Member]) -> Call {
    Call(method: "POST", path: Self.root + ["runs", id, verb], body: body)
  }

  private func text(_ name: String, _ value: String) -> FieldValue.Member { .init(name, .string(value)) }
}

extension OperatorRequest {
  /// What is done to a run, by the last part of its path.
  enum Verb: String, CaseIterable {
    case approve, reject, review, withdraw, replan, execute, rollback, reconcile, accept
  }

  /// What `verb` of the run `id` asks for.
  ///
  /// - Throws: ``CommandFailure`` `usage` when a member of the body is missing, of another kind, or unknown.
  init(_ verb: Verb, _ id: String, _ members: RequestMembers) throws(CommandFailure) {
    var members = members
    switch verb {
    case .approve:
      self = .approve(
        id, digest: try members.text("digest"), reason: try members.text("reason"),
        isAlone: try members.flag("break_glass"))
    case .reject: self = .reject(id, digest: try members.text("digest"), reason: try members.text("reason"))
    case .review: self = .review(id, reason: try members.text("reason"))
    case .withdraw: self = .withdraw(id, reason: try members.text("reason"))
    case .replan: self = .replan(id)
    case .execute: self = .execute(id)
    case .rollback: self = .rollback(id)
    case .reconcile:
      let outcome = try members.text("outcome")
      guard let finding = Finding(rawValue: outcome) else {
        throw CommandFailure(
          .usage, "outcome \(outcome): write \(Finding.allCases.map(\.rawValue).joined(separator: " or ")).")
      }
      self = .reconcile(id, finding, reason: try members.text("reason"))
    case .accept: self = .accept(id, reason: try members.text("reason"))
    }
    try members.end()
  }

  /// - Throws: ``CommandFailure`` `usage` for a parameter that is unknown or makes no sense.
  static func list(_ query: [Parameter]) throws(CommandFailure) -> OperatorRequest {
    var filter = Filter()
    for parameter in query {
      switch parameter.name {
      case "state": filter.states.append(try state(parameter.value))
      case "fix": filter.fix = parameter.value
      case "limit": filter.limit = try limit(parameter.value)
      default: throw unknown(parameter, among: ["state", "fix", "limit"])
      }
    }
    return .list(filter)
  }

  static func show(_ id: String, _ query: [Parameter]) throws(CommandFailure) -> OperatorRequest {
    var isWhole = false
    var former: String?
    for parameter in query {
      switch (parameter.name, parameter.value) {
      case ("effects", "all"): isWhole = true
      case ("diff", let id): former = id
      default: throw unknown(parameter, among: ["effects=all", "diff"])
      }
    }
    return .show(id, isWhole: isWhole, former: former)
  }

  static func thaw(_ query: [Parameter]) throws(CommandFailure) -> OperatorRequest {
    guard query.count == 1, query[0].name == "reason" else {
      throw CommandFailure(.usage, "one parameter is needed here, and no other: reason.")
    }
    return .thaw(reason: query[0].value)
  }

  static func alerts(_ query: [Parameter]) throws(CommandFailure) -> OperatorRequest {
    var filter = AlertFilter()
    for parameter in query {
      switch (parameter.name, parameter.value) {
      case ("all", "true"): filter.isWhole = true
      case ("rule", let rule): filter.rule = rule
      case ("limit", let text): filter.limit = try limit(text)
      default: throw unknown(parameter, among: ["all=true", "rule", "limit"])
      }
    }
    return .alerts(filter)
  }

  static func history(_ rule: String, _ query: [Parameter]) throws(CommandFailure) -> OperatorRequest {
    var key: String?
    var limit = 100
    for parameter in query {
      switch parameter.name {
      case "key": key = parameter.value
      case "limit": limit = try Self.limit(parameter.value)
      default: throw unknown(parameter, among: ["key", "limit"])
      }
    }
    return .history(rule: rule, key: key, limit: limit)
  }

  static func top(_ query: [Parameter]) throws(CommandFailure) -> OperatorRequest {
    var filter = TopFilter()
    for parameter in query {
      switch parameter.name {
      case "sort":
        guard let order = TopFilter.Order(rawValue: parameter.value) else {
          let names = TopFilter.Order.allCases.map(\.rawValue)
          throw CommandFailure(.usage, "sort \(parameter.value): write one of \(names.joined(separator: ", ")).")
        }
        filter.order = order
      case "limit": filter.limit = try limit(parameter.value)
      default: throw unknown(parameter, among: ["sort", "limit"])
      }
    }
    return .top(filter)
  }

  static func silence(_ members: RequestMembers) throws(CommandFailure) -> OperatorRequest {
    var members = members
    let request = OperatorRequest.silence(
      rule: try members.text("rule"), key: try members.texts("key").map { KeyPart($0.name, $0.value) },
      length: try members.text("for"), reason: try members.text("reason"))
    try members.end()
    return request
  }

  /// Lines of a list at most: all of it is in memory at once, several times.
  package static let mostListed = 10_000

  static func limit(_ text: String) throws(CommandFailure) -> Int { try checked(limit: number(text, "limit")) }

  private static func checked(limit: Int) throws(CommandFailure) -> Int {
    guard (1...mostListed).contains(limit) else {
      throw CommandFailure(.usage, "limit \(limit): write a number from 1 to \(mostListed).")
    }
    return limit
  }

  /// - Throws: ``CommandFailure`` `usage` where a list of nothing is asked for, or of more than one may have.
  package func checkLimit() throws(CommandFailure) {
    let limit: Int? =
      switch self {
      case .list(let filter): filter.limit
      case .alerts(let filter): filter.limit
      case .history(_, _, let limit): limit
      case .notifications(.list(_, let limit)): limit
      case .top(let filter): filter.limit
      default: nil
      }
    if let limit { _ = try Self.checked(limit: limit) }
  }

  static func number<Number: FixedWidthInteger>(_ text: String, _ name: String) throws(CommandFailure) -> Number {
    guard let number = Number(text) else { throw CommandFailure(.usage, "\(name) \(text): write a number.") }
    return number
  }

  static func unknown(_ parameter: Parameter, among names: [String]) -> CommandFailure {
    CommandFailure(
      .usage,
      "there is no parameter \(parameter.name)=\(parameter.value) here. "
        + (names.isEmpty ? "None is taken." : "There are \(names.joined(separator: ", "))."))
  }

  /// A state by the name that JSON has for it, or with `-` in the place of `_`.
  package static func state(_ name: String) throws(CommandFailure) -> RunState {
    if let state = RunState(rawValue: name.replacing("-", with: "_")) { return state }
    let names = RunState.allCases.map(\.rawValue)
    let hint = NearestName.of(name, in: names).map { " Did you mean \($0)?" } ?? ""
    throw CommandFailure(.usage, "there is no state \(name).\(hint) The states are \(names.joined(separator: ", ")).")
  }
}

import Hummingbird
import NIOCore
import StellaEngine
import StellaModel

/// What people ask of an embedded engine, as routes of the host's own server, behind the host's own login:
///
///     let operators = router.group("operators").add(middleware: ShopLogin())
///     StellaOperatorRoutes(engine) { _, context in
///       context.user.map { StellaOperator($0.name, $0.isOnCall ? .approver : .viewer) }
///     }.add(to: operators)
///
/// | route | who | what |
/// |---|---|---|
/// | `GET status` | viewer | how the engine fares |
/// | `GET metrics` | viewer | the same for Prometheus |
/// | `GET stream?types=alert,run` | viewer | alerts and runs as they change, as server-sent events |
/// | `GET alerts?all=true&rule=…&limit=…`, `GET alerts/ID` | viewer | alerts, one a line |
/// | `POST alerts/ID/acknowledge`, `…/resolve` `{"reason"}` | approver | the alert |
/// | `GET runs?state=…&fix=…&limit=…`, `GET approvals` | viewer | runs, one a line; those that wait for a decision |
/// | `GET runs/ID` | viewer | the run; for an approver with its `plan` |
/// | `POST runs/ID/approve`, `…/reject` `{"digest","reason"}` | approver | a vote on exactly the plan of that digest |
/// | `POST runs/ID/withdraw`, `…/accept` `{"reason"}`, `…/replan`, `…/rollback` | approver | the run that it is then about |
/// | `POST runs/ID/reconcile` `{"outcome","reason"}` | approver | the run; `applied` or `not_applied` |
/// | `POST runs` `{"fix","params"}` | approver | the run: a fix that is asked for without an alert |
/// | `GET silences` | viewer | silences that hold, one a line |
/// | `POST silences` `{"rule","key","for","reason"}`, `DELETE silences/NUMBER` | approver | its number, and until when |
/// | `POST freeze`, `POST unfreeze` `{"reason"}` | approver | whether all effects are stopped |
///
/// Failures are `application/problem+json`. Who is not known gets 401 everywhere. A `POST` must say that its body is
/// `application/json`, so that no form of another site can send it; a host whose login is a cookie guards against requests of
/// other sites (CSRF) besides, as for its own routes.
public struct StellaOperatorRoutes<Context: RequestContext>: Sendable {
  /// Says who asks, by something that can't be claimed: a session, a checked token. Nil for nobody.
  public typealias Caller = @Sendable (Request, Context) async throws -> StellaOperator?

  let engine: StellaEngine
  let caller: Caller
  let listeners: OperatorPlaces
  /// Between two looks at whether a client may still listen, and is there.
  let ping: Duration
  private let asking = OperatorPlaces(64, "requests wait")

  /// Routes for one engine.
  ///
  /// - Parameters:
  ///   - clients: that listen to the stream at a time.
  ///   - caller: asked for each request, and every 15 seconds while a client listens. What it throws is the answer.
  public init(_ engine: StellaEngine, clients: Int = 100, caller: @escaping Caller) {
    self.init(engine, clients: clients, ping: .seconds(15), caller: caller)
  }

  package init(_ engine: StellaEngine, clients: Int, ping: Duration, caller: @escaping Caller) {
    (self.engine, self.ping, self.caller) = (engine, ping, caller)
    listeners = OperatorPlaces(clients, "clients listen")
  }

  /// Adds the routes.
  public func add(to router: some RouterMethods<Context>) {
    addReads(to: router)
    addDecisions(to: router)
    addSilences(to: router)
    router.get("stream") { request, context in
      try await answer(request, context, .viewer) { _ in try stream(request, context) }
    }
  }

  private func addReads(to router: some RouterMethods<Context>) {
    router.get("status") { request, context in
      try await answer(request, context, .viewer) { _ in Self.json(engine.health.json) }
    }
    router.get("metrics") { request, context in
      try await answer(request, context, .viewer) { _ in
        Self.response("text/plain; version=0.0.4; charset=utf-8", engine.health.metrics.text)
      }
    }
    router.get("alerts") { request, context in
      try await answer(request, context, .viewer) { _ in
        guard case .alerts(let filter) = try OperatorRequest.alerts(request.query()) else { return Self.lines([]) }
        let alerts = try await engine.alerts(
          in: filter.isWhole ? [] : [.pending, .firing], rule: filter.rule, limit: Self.bounded(filter.limit))
        return Self.lines(alerts.map(\.json))
      }
    }
    router.get("alerts/:id") { request, context in
      let id = try Self.part(context)
      return try await answer(request, context, .viewer) { _ in Self.json(try await engine.alert(id).json) }
    }
    router.get("runs") { request, context in
      try await answer(request, context, .viewer) { _ in
        guard case .list(let filter) = try OperatorRequest.list(request.query(several: ["state"])) else {
          return Self.lines([])
        }
        let runs = try await engine.runs(
          in: filter.states.map { EngineRun.State(rawValue: $0.rawValue) }, fix: filter.fix,
          limit: Self.bounded(filter.limit))
        return Self.lines(runs.map(\.json))
      }
    }
    router.get("approvals") { request, context in
      try await answer(request, context, .viewer) { _ in
        Self.lines(try await engine.runs(in: [.awaiting], limit: Self.most).map(\.json))
      }
    }
    router.get("runs/:id") { request, context in
      let id = try Self.part(context)
      return try await answer(request, context, .viewer) { who in
        let run: EngineRun = try await engine.run(id)
        return Self.json(run.json(withPlan: who.role == .approver ? try await engine.plan(of: id) : nil))
      }
    }
  }

  private func addDecisions(to router: some RouterMethods<Context>) {
    decide("runs/:id/approve", ["digest", "reason"], router) { id, said, who in
      try await engine.approve(id, digest: said[0], reason: said[1], by: who).json
    }
    decide("runs/:id/reject", ["digest", "reason"], router) { id, said, who in
      try await engine.reject(id, digest: said[0], reason: said[1], by: who).json
    }
    decide("runs/:id/withdraw", ["reason"], router) { id, said, who in
      try await engine.withdraw(id, reason: said[0], by: who).json
    }
    decide("runs/:id/replan", [], router) { id, _, who in try await engine.replan(id, by: who).json }
    decide("runs/:id/rollback", [], router) { id, _, who in try await engine.rollBack(id, by: who).json }
    decide("runs/:id/accept", ["reason"], router) { id, said, who in
      try await engine.accept(id, reason: said[0], by: who).json
    }
    decide("runs/:id/reconcile", ["outcome", "reason"], router) { id, said, who in
      guard let finding = OperatorRequest.Finding(rawValue: said[0]) else {
        let known = OperatorRequest.Finding.allCases.map(\.rawValue).joined(separator: " or ")
        throw CommandFailure(.usage, "outcome \(said[0]): write \(known).")
      }
      return try await engine.reconcile(id, isApplied: finding == .applied, reason: said[1], by: who).json
    }
    decide("freeze", ["reason"], router) { _, said, who in
      try await engine.freeze(reason: said[0], by: who)
      return #"{"frozen":true}"#
    }
    decide("unfreeze", ["reason"], router) { _, said, who in
      try await engine.unfreeze(reason: said[0], by: who)
      return #"{"frozen":false}"#
    }
    decide("alerts/:id/acknowledge", ["reason"], router) { id, said, who in
      try await engine.acknowledge(alert: id, reason: said[0], by: who)
      return try await engine.alert(id).json
    }
    decide("alerts/:id/resolve", ["reason"], router) { id, said, who in
      try await engine.resolve(alert: id, reason: said[0], by: who)
      return try await engine.alert(id).json
    }
  }

  private func addSilences(to router: some RouterMethods<Context>) {
    router.get("silences") { request, context in
      try await answer(request, context, .viewer) { _ in
        if let parameter = try request.query().first { throw OperatorRequest.unknown(parameter, among: []) }
        return Self.lines(try await engine.silences().map(\.json))
      }
    }
    router.post("silences") { request, context in
      try await answer(request, context, .approver) { who in
        let asked = try OperatorRequest.silence(try await Self.body(of: request))
        guard case .silence(let rule, let key, let length, let reason) = asked else { return Self.lines([]) }
        guard let duration = DurationText.nanoseconds(length) else {
          throw CommandFailure(.usage, "for \(length): write a duration up to 30d, such as 30m, 2h or 1d.")
        }
        let silence = try await engine.setSilence(
          rule: rule, key: Dictionary(key.map { ($0.name, $0.value) }) { first, _ in first },
          for: .nanoseconds(duration), reason: reason, by: who.name)
        return Self.json(
          FieldValue.object([
            .init("number", .integer(silence.number)), .init("until", .string(Timestamp.text(silence.until))),
          ]).json)
      }
    }
    router.delete("silences/:number") { request, context in
      let part = try OperatorRoutes<Context>.part("number", context)
      return try await answer(request, context, .approver) { who in
        let number: Int64 = try OperatorRequest.number(part, "silence")
        try await engine.endSilence(number, by: who.name)
        return Self.json(FieldValue.object([.init("number", .integer(number))]).json)
      }
    }
    router.post("runs") { request, context in
      try await answer(request, context, .approver) { who in
        var members = try await Self.body(of: request)
        let (fix, parameters) = (try members.text("fix"), try members.values("params"))
        try members.end()
        return Self.json(try await engine.request(fix: fix, parameters: parameters, by: who.name).json)
      }
    }
  }

  /// - Parameters:
  ///   - names: the members of the body, all of them.
  ///   - decision: gets the id of the path if it has one, the members in the same order, and who decides.
  private func decide(
    _ path: RouterPath, _ names: [String], _ router: some RouterMethods<Context>,
    _ decision: @escaping @Sendable (_ id: String, _ said: [String], _ who: String) async throws -> String
  ) {
    router.post(path) { request, context in
      let id = context.parameters.get("id") == nil ? "" : try Self.part(context)
      return try await answer(request, context, .approver) { who in
        let said = try await Self.members(names, of: request)
        return Self.json(try await decision(id, said, who.name))
      }
    }
  }

  private static func body(of request: Request) async throws -> RequestMembers {
    let type = request.headers[.contentType]?.lowercased().prefix { $0 != ";" && $0 != " " }
    guard type == "application/json" else { throw HTTPError(.unsupportedMediaType, message: "send application/json.") }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: OperatorRoutes<Context>.bodyLimit)
    } catch is NIOTooManyBytesError {
      throw HTTPError(.contentTooLarge)
    }
    return try RequestMembers(body)
  }

  private static func members(_ names: [String], of request: Request) async throws -> [String] {
    var members = try await Self.body(of: request)
    var said: [String] = []
    for name in names { said.append(try members.text(name)) }
    // Before anything is done.
    try members.end()
    return said
  }

  // MARK: - Answers

  /// The most that a list has.
  private static var most: Int { 1000 }

  private func answer(
    _ request: Request, _ context: Context, _ role: StellaOperator.Role,
    _ body: (StellaOperator) async throws -> Response
  ) async throws -> Response {
    guard let who = try await caller(request, context) else {
      return Problem(CommandFailure(.notPermitted, "log in first."), status: .unauthorized).response
    }
    guard role == .viewer || who.role == .approver else {
      return Problem(CommandFailure(.notPermitted, "this takes an approver.")).response
    }
    do {
      let place = try asking.take()
      defer { withExtendedLifetime(place) {} }
      return try await body(who)
    } catch let failure as CommandFailure {
      return StreamRoutes.response(failure)
    } catch let error as StellaError {
      return StreamRoutes.response(Self.failure(error))
    }
  }

  private static func failure(_ error: StellaError) -> CommandFailure {
    let status: CommandStatus =
      switch error.code {
      case .notFound: .notFound
      case .conflict: .conflict
      case .notPermitted: .notPermitted
      case .usage: .usage
      case .frozen: .frozen
      default: .failure
      }
    return CommandFailure(status, error.message)
  }

  private static func part(_ context: Context) throws -> String { try OperatorRoutes<Context>.part("id", context) }

  private static func bounded(_ limit: Int) throws(CommandFailure) -> Int {
    guard 1...most ~= limit else { throw CommandFailure(.usage, "limit \(limit): write 1 to \(most).") }
    return limit
  }

  private static func lines(_ lines: [String]) -> Response {
    response("application/x-ndjson", lines.map { $0 + "\n" }.joined())
  }

  private static func json(_ json: String) -> Response { response("application/json", json + "\n") }

  private static func response(_ type: String, _ body: String) -> Response {
    Response(
      status: .ok, headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
  }
}

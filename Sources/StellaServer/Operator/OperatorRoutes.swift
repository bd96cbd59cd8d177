import Hummingbird
import NIOCore
import StellaModel

/// Alerts, runs, their approval, the freeze, and the engine that runs over HTTP, under `/api/v1`:
///
///     GET    /runs?state=…&fix=…&limit=…       GET /runs/ID?effects=all&diff=ID   GET /runs/ID/state
///     POST   /runs/ID/approve  {"digest","reason","break_glass"}     /reject {"digest","reason"}
///     POST   /runs/ID/review|withdraw|accept  {"reason"}             /replan|execute|rollback {}
///     POST   /runs/ID/reconcile  {"outcome":"applied"|"not_applied","reason"}
///     GET    /alerts?all=true&rule=…&limit=…   GET /alerts/ID
///     POST   /alerts/ID/acknowledge|resolve  {"reason"}
///     POST   /silences  {"rule","key":{…},"for","reason"}            DELETE /silences/NUMBER
///     GET    /rules/ID/history?key=…&limit=…
///     GET    /freeze      PUT /freeze {"reason"}      DELETE /freeze?reason=…      GET /whoami
///     GET    /top?sort=…&limit=…      and what OperatorRoutes+Knowledge.swift, +Access.swift, +Notifications.swift and
///                                     +Health.swift add
///
/// Answers are JSON, of lists one object a line, or with `Accept: text/plain` what the command prints. Failures are
/// ``Problem``s. What is asked is done by the host, off the event loops.
package struct OperatorRoutes<Context: RequestContext>: Sendable {
  /// Does what is asked in the name of the caller. Blocks.
  package typealias Operation =
    @Sendable (OperatorRequest, Caller, AnswerLayout) throws(CommandFailure) -> OperatorAnswer

  /// Bytes of a body at most.
  package static var bodyLimit: Int { 64 << 10 }
  /// Notes of an answer at most, and their bytes.
  private static var noteLimit: Int { 100 }
  private static var noteBytes: Int { 32 << 10 }

  private let work: RequestWork
  private let planning: PlanningWork
  private let caller: @Sendable (Context) async throws -> Caller
  private let operation: Operation
  /// What one request to set a password counts as: of somebody by name; nil where nothing can be guessed by it.
  var passwordAttempt: (@Sendable (String, Request, Context) -> PasswordAttempt?)?

  /// - Parameters:
  ///   - work: where `operation` runs.
  ///   - planning: where it runs if it plans, and so may wait long for targets; nil for `work`.
  ///   - caller: who asks, by something that can't be claimed.
  package init(
    work: RequestWork, planning: PlanningWork? = nil, caller: @escaping @Sendable (Context) async throws -> Caller,
    operation: @escaping Operation
  ) {
    self.work = work
    self.planning = planning ?? PlanningWork(people: work, tokens: work)
    self.caller = caller
    self.operation = operation
  }

  package func add(to router: some RouterMethods<Context>) {
    let routes = router.group("api/v1")
    addRuns(to: routes)
    addAlerts(to: routes)
    addFreeze(to: routes)
    addKnowledge(to: routes)
    addAccess(to: routes)
    addNotifications(to: routes)
    addHealth(to: routes)
    routes.get("whoami") { try await plain($0, $1) { _ in .whoami } }
    routes.get("top") { try await answer($0, $1) { request, _ throws(CommandFailure) in try .top(request.query()) } }
  }

  private func addRuns(to routes: RouterGroup<Context>) {
    routes.get("runs") {
      try await answer($0, $1) { request, _ throws(CommandFailure) in try .list(request.query(several: ["state"])) }
    }
    routes.get("runs/:id") { request, context in
      let id = try Self.part("id", context)
      return try await answer(request, context) { request, _ throws(CommandFailure) in try .show(id, request.query()) }
    }
    routes.get("runs/:id/state") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { _ in .state(id) }
    }
    for verb in OperatorRequest.Verb.allCases {
      routes.post("runs/:id/\(verb.rawValue)") { request, context in
        let id = try Self.part("id", context)
        return try await plain(request, context) { body throws(CommandFailure) in try OperatorRequest(verb, id, body) }
      }
    }
  }

  private func addAlerts(to routes: RouterGroup<Context>) {
    routes.get("alerts") {
      try await answer($0, $1) { request, _ throws(CommandFailure) in try .alerts(request.query()) }
    }
    routes.get("alerts/:id") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { _ in .alert(id) }
    }
    routes.post("alerts/:id/acknowledge") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { body throws(CommandFailure) in
        .acknowledge(id, reason: try Self.reason(body))
      }
    }
    routes.post("alerts/:id/resolve") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { body throws(CommandFailure) in
        .resolve(id, reason: try Self.reason(body))
      }
    }
    routes.post("silences") {
      try await plain($0, $1) { body throws(CommandFailure) in try .silence(body) }
    }
    routes.get("rules/:id/history") { request, context in
      let id = try Self.part("id", context)
      return try await answer(request, context) { request, _ throws(CommandFailure) in
        try .history(id, request.query())
      }
    }
    routes.delete("silences/:number") { request, context in
      let number = try Self.part("number", context)
      return try await plain(request, context) { _ throws(CommandFailure) in
        .unsilence(try OperatorRequest.number(number, "silence"))
      }
    }
  }

  private func addFreeze(to routes: RouterGroup<Context>) {
    routes.get("freeze") { try await plain($0, $1) { _ in .freezeStatus } }
    routes.put("freeze") {
      try await plain($0, $1) { body throws(CommandFailure) in .freeze(reason: try Self.reason(body)) }
    }
    routes.delete("freeze") {
      try await answer($0, $1) { request, _ throws(CommandFailure) in try .thaw(request.query()) }
    }
  }

  /// The one member of a body.
  static func reason(_ body: RequestMembers) throws(CommandFailure) -> String {
    var body = body
    let reason = try body.text("reason")
    try body.end()
    return reason
  }

  static func part(_ name: String, _ context: Context) throws -> String {
    let part = try context.parameters.require(name)
    return URLText.decoded(part) ?? part
  }

  /// A request that takes no parameters.
  func plain(
    _ request: Request, _ context: Context, as attempt: PasswordAttempt? = nil,
    _ read: (RequestMembers) throws(CommandFailure) -> OperatorRequest
  ) async throws -> Response {
    try await answer(request, context, as: attempt) { request, body throws(CommandFailure) in
      if let parameter = try request.query().first { throw OperatorRequest.unknown(parameter, among: []) }
      return try read(body)
    }
  }

  func answer(
    _ request: Request, _ context: Context, as attempt: PasswordAttempt? = nil,
    _ read: (Request, RequestMembers) throws(CommandFailure) -> OperatorRequest
  ) async throws -> Response {
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: Self.bodyLimit)
    } catch is NIOTooManyBytesError {
      return Problem(
        CommandFailure(.usage, "the body is over \(Self.bodyLimit >> 10) KiB."), status: .contentTooLarge
      ).response
    }
    let caller = try await caller(context)
    let layout = AnswerField.layout(request.headers)
    do throws(CommandFailure) {
      let members = try RequestMembers(body)
      // None of these has a member, and a client that sends one means something by it.
      if [.get, .delete].contains(request.method) { try members.end() }
      let asked = try read(request, members)
      if let seconds = attempt?.begin() { return AccessGate.tooMany(seconds: seconds) }
      let operation = operation
      let answer: OperatorAnswer
      do throws(CommandFailure) {
        let place = attempt?.work ?? (asked.isPlanning ? planning.work(of: caller) : work)
        answer = try await place.run { () throws(CommandFailure) -> OperatorAnswer in
          do throws(CommandFailure) {
            return try operation(asked, caller, layout)
          } catch {
            attempt?.failed(error)
            throw error
          }
        }
      } catch {
        attempt?.ended(error)
        throw error
      }
      attempt?.succeeded()
      return response(answer, layout)
    } catch {
      return Problem(error).response
    }
  }

  /// Those that header fields may hold, hints last, and how many those are that were left out: clients take no answer with more.
  private static func bounded(_ notes: [OperatorAnswer.Note]) -> [OperatorAnswer.Note] {
    let all = notes.filter { !$0.isHint } + notes.filter(\.isHint)
    var bytes = 0
    let shown = all.prefix(noteLimit).prefix { note in
      bytes += URLText.encoded(note.text).utf8.count
      return bytes <= noteBytes
    }
    let rest = all[shown.endIndex...]
    guard !rest.isEmpty else { return all }
    let count = CountText.count(rest.count, "note is", "notes are")
    return Array(shown) + [
      OperatorAnswer.Note(
        "\(count) left out here: there are too many. JSON has all of it: --output json",
        isHint: rest.allSatisfy(\.isHint))
    ]
  }

  private func response(_ answer: OperatorAnswer, _ layout: AnswerLayout) -> Response {
    var headers: HTTPFields = [.cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
    headers[.contentType] =
      switch layout {
      case .json: answer.isList ? "application/x-ndjson" : "application/json"
      case .text: "text/plain; charset=utf-8"
      }
    headers[AnswerField.name(AnswerField.status)] = String(answer.status.rawValue)
    if let run = answer.run {
      headers[AnswerField.name(AnswerField.run)] = URLText.encoded(run.id)
      headers[AnswerField.name(AnswerField.state)] = run.state.rawValue
    }
    if let next = answer.next { headers[AnswerField.name(AnswerField.next)] = String(next) }
    for note in Self.bounded(answer.notes) {
      let field = note.isHint ? AnswerField.hint : AnswerField.note
      headers.append(.init(name: AnswerField.name(field), value: URLText.encoded(note.text)))
    }
    return Response(
      status: answer.status == .quorumOpen ? .accepted : .ok, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
  }
}

import Hummingbird
import NIOCore
import StellaModel

/// Runs, their approval, and the freeze over HTTP, under `/api/v1`:
///
///     GET    /runs?state=…&fix=…&limit=…       GET /runs/ID?effects=all&diff=ID
///     POST   /runs/ID/approve  {"digest","reason","break_glass"}     /reject {"digest","reason"}
///     POST   /runs/ID/review|withdraw|accept  {"reason"}             /replan|execute|rollback {}
///     POST   /runs/ID/reconcile  {"outcome":"applied"|"not_applied","reason"}
///     GET    /freeze      PUT /freeze {"reason"}      DELETE /freeze?reason=…      GET /whoami
///
/// Answers are JSON, of lists one object a line, or with `Accept: text/plain` what the command prints. Failures are
/// ``Problem``s. What is asked is done by the host, off the event loops.
package struct RunRoutes<Context: RequestContext>: Sendable {
  /// Does what is asked in the name of the user with this uid. Blocks.
  package typealias Operation = @Sendable (RunRequest, _ uid: UInt32, AnswerLayout) throws(CommandFailure) -> RunAnswer

  /// Bytes of a body at most.
  package static var bodyLimit: Int { 64 << 10 }

  private let work: RequestWork
  private let caller: @Sendable (Context) async throws -> UInt32
  private let operation: Operation

  /// - Parameters:
  ///   - work: where `operation` runs.
  ///   - caller: who asks, by something that can't be claimed.
  package init(
    work: RequestWork, caller: @escaping @Sendable (Context) async throws -> UInt32, operation: @escaping Operation
  ) {
    self.work = work
    self.caller = caller
    self.operation = operation
  }

  package func add(to router: some RouterMethods<Context>) {
    let routes = router.group("api/v1")
    routes.get("runs") { try await answer($0, $1) { request, _ throws(CommandFailure) in try .list(query(request)) } }
    routes.get("runs/:id") { request, context in
      let id = try Self.id(context)
      return try await answer(request, context) { request, _ throws(CommandFailure) in try .show(id, query(request)) }
    }
    for verb in RunRequest.Verb.allCases {
      routes.post("runs/:id/\(verb.rawValue)") { request, context in
        let id = try Self.id(context)
        return try await answer(request, context) { request, body throws(CommandFailure) in
          try none(query(request))
          return try RunRequest(verb, id, body)
        }
      }
    }
    routes.get("freeze") { request, context in
      try await answer(request, context) { request, _ throws(CommandFailure) in
        try none(query(request))
        return .freezeStatus
      }
    }
    routes.put("freeze") { request, context in
      try await answer(request, context) { request, body throws(CommandFailure) in
        try none(query(request))
        var body = body
        let reason = try body.text("reason")
        try body.end()
        return .freeze(reason: reason)
      }
    }
    routes.delete("freeze") { request, context in
      try await answer(request, context) { request, body throws(CommandFailure) in
        try body.end()
        return try .thaw(query(request))
      }
    }
    routes.get("whoami") { request, context in
      try await answer(request, context) { request, _ throws(CommandFailure) in
        try none(query(request))
        return .whoami
      }
    }
  }

  private static func id(_ context: Context) throws -> String {
    let id = try context.parameters.require("id")
    return URLText.decoded(id) ?? id
  }

  private func answer(
    _ request: Request, _ context: Context, _ read: (Request, RequestMembers) throws(CommandFailure) -> RunRequest
  ) async throws -> Response {
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: Self.bodyLimit)
    } catch is NIOTooManyBytesError {
      return Problem(
        CommandFailure(.usage, "the body is over \(Self.bodyLimit >> 10) KiB."), status: .contentTooLarge
      ).response
    }
    let uid = try await caller(context)
    let layout = AnswerField.layout(request.headers)
    do throws(CommandFailure) {
      let asked = try read(request, try RequestMembers(body))
      let operation = operation
      return response(try await work.run { () throws(CommandFailure) in try operation(asked, uid, layout) }, layout)
    } catch {
      return Problem(error).response
    }
  }

  private func query(_ request: Request) -> [RunRequest.Parameter] {
    request.uri.queryParameters.map { RunRequest.Parameter(String($0.key), String($0.value)) }
  }

  private func none(_ query: [RunRequest.Parameter]) throws(CommandFailure) {
    if let parameter = query.first { throw RunRequest.unknown(parameter, among: []) }
  }

  private func response(_ answer: RunAnswer, _ layout: AnswerLayout) -> Response {
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
    for note in answer.notes {
      let field = note.isHint ? AnswerField.hint : AnswerField.note
      headers.append(.init(name: AnswerField.name(field), value: URLText.encoded(note.text)))
    }
    return Response(
      status: answer.status == .quorumOpen ? .accepted : .ok, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
  }
}

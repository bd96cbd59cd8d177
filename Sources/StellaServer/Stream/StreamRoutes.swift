import HTTPTypes
import Hummingbird
import NIOCore
import StellaEngine
import StellaModel

/// What happens, as it happens: `GET /api/v1/stream` and `GET /api/stella/server-logs-stream`.
///
///     ?types=event,alert,run,silence   which kinds of messages; all without it
///     &level=warning           events of at least this level
///     &service=shop,api        events of these services, and alerts whose key names one of them
///     &rule=errors.spike       alerts, runs and silences of these rules
///     &severity=high           alerts of at least this severity
///     &where=status >= 500     events for which a rule's condition holds
///
/// Server-sent events, or with `Accept: application/x-ndjson` one JSON object a line. Each message has an id; a client that
/// comes back with the last one in `Last-Event-ID` (or `last_event_id=`) goes on behind it, as far as that is kept.
/// Besides, there are `gap` (messages that are missing, `missed` of them or null), `ping`, `dropped` (the client took too little)
/// and `end`: the server ends, or the session of who asked is over. StreamRoutes+Socket.swift has the same over a WebSocket.
package struct StreamRoutes: ReadRoutes {
  let feed: LiveFeed
  let clientBytes: Int
  let isPrivileged: @Sendable (any ViewerContext) -> Bool

  /// - Parameters:
  ///   - clientBytes: what may wait for a client before it is dropped.
  ///   - isPrivileged: whether who asks may see personal data.
  package init(
    _ feed: LiveFeed, clientBytes: Int = 1 << 20,
    isPrivileged: @escaping @Sendable (any ViewerContext) -> Bool = { $0.seesPersonalData }
  ) {
    (self.feed, self.clientBytes, self.isPrivileged) = (feed, clientBytes, isPrivileged)
  }

  package func add(to router: some RouterMethods<some ViewerContext>) {
    for path in ["api/v1/stream", "api/stella/server-logs-stream"] {
      router.get(RouterPath(path)) { request, context in
        do throws(CommandFailure) {
          return try response(
            to: request, isPrivileged: isPrivileged(context), StreamWatch(mayStillRead: context.mayStillRead),
            context.eventLoop)
        } catch {
          return Self.response(error)
        }
      }
    }
    addSockets(to: router)
  }

  /// Those of the filter, and the message that the client had last.
  static func parameters(
    _ request: Request
  ) throws(CommandFailure) -> (filter: [(name: String, value: String)], last: String?) {
    var parameters: [(name: String, value: String)] = []
    var last = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
    for given in try request.query() {
      if given.name == "last_event_id" { last = given.value } else { parameters.append((given.name, given.value)) }
    }
    return (parameters, last)
  }

  static func response(_ failure: CommandFailure) -> Response {
    var response = Problem(failure).response
    if failure.status == .failure { response.headers[.retryAfter] = "30" }
    return response
  }

  private func response(
    to request: Request, isPrivileged: Bool, _ watch: StreamWatch, _ eventLoop: (any EventLoop)?
  ) throws(CommandFailure) -> Response {
    let (parameters, last) = try Self.parameters(request)
    var filter = try FeedFilter(parameters)
    filter.isPrivileged = isPrivileged
    let isLines = request.headers[.accept]?.contains("ndjson") ?? false
    if isLines { filter.framing = .lines }
    let seat = try StreamSeat(feed, filter, bytes: clientBytes, after: last)
    return Response(
      status: .ok,
      headers: [
        .contentType: isLines ? "application/x-ndjson" : "text/event-stream; charset=utf-8", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff",
      ],
      body: ResponseBody { writer in
        defer { seat.leave() }
        let watching = Task { if await watch.isOver() { seat.client.end(LiveFeed.over(seat.filter.framing)) } }
        defer { watching.cancel() }
        // So that whoever asked knows at once that it listens.
        if !isLines { try await writer.write(ByteBuffer(string: "retry: 2000\n\n")) }
        while let chunks = await seat.client.next() {
          try await writer.write(contentsOf: chunks.map { $0.form { ByteBuffer(bytes: $0) } })
          await seat.client.settle(on: eventLoop)
        }
        try await writer.finish(nil)
      })
  }
}

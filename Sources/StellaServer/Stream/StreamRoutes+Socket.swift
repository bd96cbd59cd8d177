import HTTPTypes
import Hummingbird
import StellaEngine
import StellaModel

extension StreamRoutes {
  /// `GET /api/v1/ws` and `GET /telemetry/ws`: the stream's messages over a WebSocket, with the same parameters. A text that the
  /// client sends, `{"types":"alert","severity":"high","last_event_id":"…"}`, is the filter from then on.
  ///
  /// Closed with 1008 when the session is over, pings aren't answered or a filter makes no sense, with 1013 when the client took too
  /// little, and with 1001 when the server ends.
  func addSockets(to router: some RouterMethods<some ViewerContext>) {
    for path in SocketOffer.paths.sorted() {
      router.get(RouterPath(path)) { request, context in
        // A browser lets every page open one anywhere.
        if let refusal = AccessGate.foreignPage(request) { return refusal }
        do throws(CommandFailure) {
          let isPrivileged = isPrivileged(context)
          let (feed, bytes) = (feed, clientBytes)
          let makeSeat: @Sendable ([(name: String, value: String)], String?) throws(CommandFailure) -> StreamSeat = {
            parameters, last throws(CommandFailure) in
            var filter = try FeedFilter(parameters)
            (filter.framing, filter.isPrivileged) = (.messages, isPrivileged)
            return try StreamSeat(feed, filter, bytes: bytes, after: last)
          }
          let (parameters, last) = try Self.parameters(request)
          // What is wrong with it is said also to whom no WebSocket can be given.
          let seat = try makeSeat(parameters, last)
          guard let offer = SocketOffer.current else { return Self.noHandshake }
          let socket = StreamSocket(seat, StreamWatch(mayStillRead: context.mayStillRead), makeSeat)
          offer.accept { await socket.run($0) }
          return Response(status: .switchingProtocols)
        } catch {
          return Self.response(error)
        }
      }
    }
  }

  private static var noHandshake: Response {
    var response = Problem(
      CommandFailure(
        .usage,
        "this is a WebSocket: send `Upgrade: websocket`, as the first request of a connection, or read /api/v1/stream."),
      status: .upgradeRequired
    ).response
    response.headers[.upgrade] = "websocket"
    return response
  }
}

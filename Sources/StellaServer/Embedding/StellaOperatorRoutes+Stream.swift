import Hummingbird
import NIOCore
import ServiceLifecycle
import StellaEngine
import StellaModel

extension StellaOperatorRoutes {
  /// Alerts and runs from now on, until the engine or the server ends, or who asked may no longer listen.
  func stream(_ request: Request, _ context: Context) throws -> Response {
    let types = try Self.types(request)
    let place = try listeners.take()
    let told = OperatorStream()
    // From here on nothing is missed that happens before the client gets the head.
    let alerts = types.contains("alert") ? engine.alertEvents : nil
    let runs = types.contains("run") ? engine.runs : nil
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff",
      ],
      body: ResponseBody { writer in
        let tasks = [
          Task { if let alerts { await Self.tell(alerts, "alert", to: told) { $0.json } } },
          Task { if let runs { await Self.tell(runs, "run", to: told) { $0.json } } },
          Task { await watch(request, context, told) },
          Task { if (try? await gracefulShutdown()) != nil { told.end("end", "the server ends") } },
        ]
        defer {
          for task in tasks { task.cancel() }
          withExtendedLifetime(place) {}
        }
        // So that whoever asked knows at once that it listens.
        try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
        for await message in told.messages { try await writer.write(ByteBuffer(string: message)) }
        try await writer.write(ByteBuffer(string: told.farewell))
        try await writer.finish(nil)
      })
  }

  private static func types(_ request: Request) throws(CommandFailure) -> Set<String> {
    let known = ["alert", "run"]
    var types = Set(known)
    for parameter in try request.query() {
      guard parameter.name == "types" else { throw OperatorRequest.unknown(parameter, among: ["types"]) }
      types = Set(parameter.value.split(separator: ",").map(String.init))
      guard !types.isEmpty, types.isSubset(of: known) else {
        throw CommandFailure(.usage, "types \(parameter.value): write \(known.joined(separator: ",")), or one of them.")
      }
    }
    return types
  }

  private static func tell<Element: Sendable>(
    _ stream: EngineStream<Element>, _ kind: String, to told: OperatorStream, _ json: (Element) -> String
  ) async {
    for await element in stream {
      told.send(kind, json(element))
      if stream.dropped > 0 { return told.drop() }
    }
    if !Task.isCancelled { told.end("end", "the engine ends") }
  }

  /// Asks anew whether the client may listen, and finds out whether it is still there.
  private func watch(_ request: Request, _ context: Context, _ told: OperatorStream) async {
    while (try? await Task.sleep(for: ping)) != nil {
      let who = try? await caller(request, context)
      guard who != nil else { return told.end("end", "the session is over; log in again") }
      told.ping()
    }
  }
}

import Glibc
import Hummingbird
import StellaEngine
import StellaModel

/// Turns every request of a Hummingbird server into an event for rules: `method`, `route` (the pattern, not the path), `path`,
/// `status`, `duration_ms`, and `user_id` where the host knows it.
///
///     router.add(middleware: StellaRequestEvents(engine) { request, context in context.identity?.name })
///
/// The level is `info`, from status 400 on `warning`, and from 500 on, or for an error that nobody caught, `error`. The query isn't
/// part of the event. It never waits; what finds no room is dropped and counted.
public struct StellaRequestEvents<Context: RequestContext>: RouterMiddleware {
  private let engine: StellaEngine
  private let service: String?
  private let user: @Sendable (Request, Context) -> String?

  /// - Parameters:
  ///   - engine: gets the events.
  ///   - service: the events' service; nil for that of the engine's configuration.
  ///   - user: who asks, as rules shall see it: better a number or a hash than a name or an address.
  public init(
    _ engine: StellaEngine, service: String? = nil,
    user: @escaping @Sendable (Request, Context) -> String? = { _, _ in nil }
  ) {
    self.engine = engine
    self.service = service
    self.user = user
  }

  /// Hands the request on, and tells of its response.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let began = Self.now(CLOCK_MONOTONIC)
    do {
      let response = try await next(request, context)
      tell(request, context, status: Int(response.status.code), error: nil, began)
      return response
    } catch let error as any HTTPResponseError {
      tell(request, context, status: Int(error.status.code), error: nil, began)
      throw error
    } catch {
      tell(request, context, status: 500, error: "\(type(of: error))", began)
      throw error
    }
  }

  private func tell(_ request: Request, _ context: Context, status: Int, error: String?, _ began: Int64) {
    let nanoseconds = Self.now(CLOCK_MONOTONIC) - began
    var fields: [FieldValue.Member] = [
      .init("method", .string(request.method.rawValue)), .init("path", .string(request.uri.path)),
      .init("status", .integer(Int64(status))), .init("duration_ms", .double(Double(nanoseconds / 1000) / 1000)),
    ]
    if let route = context.endpointPath { fields.append(.init("route", .string(route))) }
    if let user = user(request, context) { fields.append(.init("user_id", .string(user))) }
    if let error { fields.append(.init("error_type", .string(error))) }
    engine.ingest(
      CollectionOfOne(
        Event(
          time: Self.now(CLOCK_REALTIME), level: status >= 500 ? .error : status >= 400 ? .warning : .info,
          message: "\(request.method.rawValue) \(context.endpointPath ?? request.uri.path) \(status)",
          service: service, fields: fields)))
  }

  private static func now(_ clock: clockid_t) -> Int64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}
